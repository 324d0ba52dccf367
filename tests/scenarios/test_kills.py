"""kill -9 during a working day: restart, and nothing confirmed is lost, no number comes twice, the database verifies.

The authority and the printer live in the test's process and survive. The killer acts on the marks that the child writes: every
other round the child is stopped at the mark, in the rounds between it runs on and is killed within milliseconds. The phase that
a kill hit is the last mark that was written.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from desktop.__main__ import main
from desktop.commands.rehearse.day import Mark
from fiscal.slovenia.standin.certificates import Authority
from fiscal.slovenia.standin.server import StandIn
from printing.decoder.machine import Model
from printing.virtual import VirtualPrinter

ROOT = Path(__file__).parents[2]
PHASES = {
    Mark.CHARGING: "before commit",
    Mark.COMMITTED: "commit to submit",
    Mark.SUBMITTING: "during submit",
    Mark.ANSWERED: "reply to store",
    Mark.PRINTING: "while printing",
}


class World:
    """What survives the kills: authority, printer, the data directory; and what was seen so far."""

    def __init__(self, folder: Path, furs: StandIn, printer: VirtualPrinter) -> None:
        self.folder, self.furs, self.printer = folder, furs, printer
        taxpayer = furs.admit(furs.authority.taxpayer())
        (folder / "taxpayer.p12").write_bytes(taxpayer.pkcs12("geslo", issuer=furs.authority.tax_ca))
        (folder / "anchors.pem").write_bytes(furs.authority.anchors_pem)
        self.hits: Counter[str] = Counter()
        self.committed = 0

    def start(self, mark: str, count: int) -> tuple[subprocess.Popen[bytes], int]:
        """A child on the data directory and the reading end of its marks."""
        reading, writing = os.pipe()
        words = [
            *(str(writing), mark, str(count), "--out", str(self.folder / "out"), "--visits", "1"),
            *("--data-dir", str(self.folder / "data"), "--printer", self.printer.address),
            *("--certificate", str(self.folder / "taxpayer.p12"), "--certificate-password-env", "PULT_TEST_PASSWORD"),
            *("--fiscal-url", self.furs.url, "--fiscal-ca", str(self.folder / "anchors.pem")),
        ]
        child = subprocess.Popen(
            [sys.executable, "-m", "tests.scenarios.killed_day", *words],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": str(ROOT), "PULT_TEST_PASSWORD": "geslo"},
            pass_fds=(writing,),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        )
        os.close(writing)
        return child, reading

    def kill(self, mark: Mark, count: int, delay: float | None) -> None:
        """Kills a child `delay` seconds behind the `count`-th mark, or stopped at it (None)."""
        child, reading = self.start(mark.value, count if delay is None else 0)
        seen: list[str] = []
        with os.fdopen(reading, encoding="utf-8") as marks:
            for line in marks:
                seen.append(line.strip())
                if seen.count(mark.value) == count:
                    time.sleep(delay or 0)
                    child.kill()
                    break
            seen += [line.strip() for line in marks]  # what it wrote until it died
        said = child.communicate()[0].decode()
        assert seen.count(mark.value) >= count, f"the day ended before {mark.value} {count}: {said}"
        self.hits[PHASES.get(Mark(seen[-1]), "between sales")] += 1
        self.committed += seen.count(Mark.COMMITTED.value)

    def finish(self) -> dict[str, Any]:
        """Lets a day end; its summary."""
        child, reading = self.start("", 0)
        with os.fdopen(reading, encoding="utf-8") as marks:
            self.committed += sum(1 for line in marks if line.strip() == Mark.COMMITTED.value)
        said = child.communicate()[0].decode()
        assert child.returncode == 0, said
        found: dict[str, Any] = json.loads((self.folder / "out" / "summary.json").read_text("utf-8"))
        return found

    def verify(self) -> int:
        return main(["verify", "--data-dir", str(self.folder / "data")])


@pytest.fixture
def world(tmp_path: Path, certificates: Authority) -> Iterator[World]:
    with StandIn(certificates) as furs, VirtualPrinter(Model()) as printer:
        yield World(tmp_path, furs, printer)


def test_a_day_that_is_killed_again_and_again(
    world: World, request: pytest.FixtureRequest, capsys: pytest.CaptureFixture[str]
) -> None:
    kills: int = request.config.getoption("--kills")
    chance = Random(7)
    marks = list(PHASES)
    for number in range(kills):
        delay = None if number % 2 else chance.uniform(0, 0.004)
        world.kill(marks[number % len(marks)], chance.randint(1, 5), delay)
        assert world.verify() == 0, capsys.readouterr().out
    print(f"hits: {dict(world.hits)}")
    assert {phase for phase in PHASES.values() if not world.hits[phase]} == set(), f"never hit; {world.hits}"

    summary = world.finish()
    assert world.verify() == 0, capsys.readouterr().out
    assert summary["pending"] == []
    invoices = {one["number"]: one for one in summary["invoices"]}
    numbers = [int(one["number"].rsplit("-", 1)[1]) for one in summary["invoices"]]
    assert numbers == list(range(1, len(numbers) + 1)), "a gap or a twin"
    assert world.committed <= len(numbers), "what the counter had confirmed is gone"
    _authority_agrees(world, invoices)
    _papers_agree(world, invoices)


def _authority_agrees(world: World, invoices: dict[str, Any]) -> None:
    """All that the authority took is in the database with the same code, and each of ours has one of its answers."""
    given: dict[str, set[str]] = {}
    for one in world.furs.accepted:
        if one.eor is None:
            continue
        mark = one.invoice["InvoiceIdentifier"]
        number = f"{mark['BusinessPremiseID']}-{mark['ElectronicDeviceID']}-{mark['InvoiceNumber']}"
        assert invoices[number]["zoi"] == one.invoice["ProtectedID"], f"{number} is another receipt"
        given.setdefault(number, set()).add(one.eor)
    for number, invoice in invoices.items():
        assert invoice["eor"] in given[number], number


def _papers_agree(world: World, invoices: dict[str, Any]) -> None:
    """Every receipt came out, and its unmarked original at most once."""
    sheets = [sheet.text for sheet in world.printer.sheets]
    for number in invoices:
        papers = [text for text in sheets if re.search(rf"\b{number}\b", text)]
        assert papers, f"{number} was never printed"
        title = re.compile(rf"^(?:Račun|Dobropis)\s+{number}$", re.MULTILINE)
        originals = [text for text in papers if title.search(text) and "KOPIJA" not in text]
        assert len(originals) <= 1, "\n---8<---\n".join(originals)
