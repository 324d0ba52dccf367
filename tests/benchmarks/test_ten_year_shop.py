"""The program on a shop of ten years: from its start to today's blocks, and its memory after an hour's work."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from desktop.database.place import Place
from tests.benchmarks.report import Row, Timing, as_installed, timed
from tests.benchmarks.ten_year_shop import CUSTOMERS, INVOICES, VISITS, build

ROOT = Path(__file__).parents[2]
STARTS = 5


def started(folder: Path, compiled: Path) -> tuple[float, dict[str, int]]:
    """Seconds from the start of the process to today's blocks, and the memory that it told, in bytes."""
    begin = time.perf_counter()
    command = [sys.executable, "-m", "tests.benchmarks.used_desk", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, env=as_installed(compiled), stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        painted, told = 0.0, {}
        for line in process.stdout:
            what, _, value = line.rpartition(" ")
            if what == "painted":
                painted = time.perf_counter() - begin
            else:
                told[what] = int(value)
    assert process.returncode == 0
    assert painted
    return painted, told


def test_a_shop_of_ten_years(report: Callable[[Row], None], tmp_path: Path) -> None:
    place = Place(tmp_path / "data")
    compiled = tmp_path / "compiled"
    build(place)
    bare = [sys.executable, "-m", "tests.benchmarks.first_paint"]
    floor = timed(lambda: subprocess.run(bare, cwd=ROOT, env=as_installed(compiled), check=True), times=STARTS)
    started(place.directory, compiled)
    runs = [started(place.directory, compiled) for _ in range(STARTS)]
    size = sum(one.stat().st_size for one in place.directory.glob("pult.db*")) / 2**20
    facts = (f"{CUSTOMERS:,} customers, {VISITS:,} visits, {INVOICES:,} invoices", f"{size:.0f} MiB")
    timing = Timing(tuple(painted for painted, _ in runs))
    report(Row("start to today's blocks", timing, floor, "bare PySide6 window", ratio=3, facts=facts))
    told = runs[-1][1]
    mib = {what: f"{value / 2**20:.0f} MiB" for what, value in told.items()}
    words = (
        f"fresh {mib['fresh']}, a third in {mib['a third']}, end {mib['end']}; budget 220 MB, growth 5 MB/h",
        *facts,
    )
    report(Row("300 days turned, visits opened, customers searched", timing, facts=words))
