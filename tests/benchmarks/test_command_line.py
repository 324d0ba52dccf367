"""What the tooling costs when all is in place: the bootstrap's own check, and the answer of `pult`."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from tests.benchmarks.report import Row, Timing, timed

ROOT = Path(__file__).parents[2]
TIMES = 15


def started(*words: str) -> Timing:
    """How long a fresh Python takes with these arguments, from start to end."""
    command = [sys.executable, *words]
    return timed(lambda: subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL), times=TIMES)


def test_tooling_starts(report: Callable[[Row], None]) -> None:
    floor = started("-c", "pass")
    check = "import dev; dev.missing_libraries(dev.QT_LIBRARIES); dev.fingerprint(dev.LOCK, sys.version)"
    bootstrap = started("-c", f"import sys; {check}")
    report(Row("dev.py when all is in place", bootstrap, floor=floor, floor_name="bare Python", p95=2.0))
    report(
        Row("pult --version", started("-m", "desktop", "--version"), floor=floor, floor_name="bare Python", p95=0.15)
    )
    report(Row("pult --help", started("-m", "desktop", "--help"), floor=floor, floor_name="bare Python", p95=0.15))
