"""kill -9 while a paper is on its way: afterwards it is unknown, and nothing is sent again by itself."""

import asyncio
import subprocess
import sys
import time
from collections import Counter as Tally
from pathlib import Path
from uuid import UUID

import pytest

from printing.rendering import render
from printing.spool import State
from printing.virtual import Faults, VirtualPrinter
from tests.printing.counter import PROFILE, Counter, paper

CHILD = """
import asyncio, sys
from dataclasses import replace
from pathlib import Path
from tests.printing.counter import FAST, Counter

async def main():
    patient = replace(FAST, answer=5.0, confirm=60.0, write=60.0)
    desk = Counter(Path(sys.argv[1]), sys.argv[2], timings=patient)
    await desk.spooler.start()
    print("started", flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_killed_on_the_way_is_unknown_and_never_sent_again(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """The killer acts on progress marks: the printer has taken so much of a long paper, from its first byte to nearly its last."""
    kills: int = request.config.getoption("--kills")
    document = paper(lines=3000)
    size = len(render(document, PROFILE).data)
    found: Tally[State] = Tally()
    for number in range(kills):
        folder = tmp_path / str(number)
        folder.mkdir()
        with VirtualPrinter(faults=Faults(bytes_per_second=400_000)) as printer:
            desk = Counter(folder, printer.address)
            job_id = desk.enqueue(document)
            _kill_at(20 + (size - 200) * number // max(kills - 1, 1), folder, printer)
            found[desk.job(job_id).state] += 1
            asyncio.run(_restart(desk, job_id, printer))
        assert printer.errors == [] or "ends inside" in printer.errors[0]
        desk.engine.dispose()
    assert set(found) <= {State.SENDING, State.SENT}
    assert found[State.SENDING] >= kills // 4, "the phase of sending was not hit"
    assert found[State.SENT], "the phase of waiting for the printer's word was not hit"


def _kill_at(mark: int, folder: Path, printer: VirtualPrinter) -> None:
    command = [sys.executable, "-c", CHILD, str(folder), printer.address]
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2])
    assert child.stdout is not None
    try:
        assert child.stdout.readline() == "started\n"
        until = time.monotonic() + 60
        while len(printer.received) < mark:
            assert child.poll() is None, "the child ended before it was killed"
            assert time.monotonic() < until, f"{len(printer.received)} bytes of {mark} arrived"
            time.sleep(0.001)
        child.kill()
        child.wait()
    finally:
        child.kill()
        child.wait()
        child.stdout.close()


async def _restart(desk: Counter, job_id: UUID, printer: VirtualPrinter) -> None:
    printer.faults = Faults()
    connections = printer.connections
    found = await desk.spooler.start()
    assert [(job.id, job.error) for job in found.unknown] == [(job_id, "crashed")]
    assert await desk.spooler.settled(5)
    assert desk.job(job_id).state is State.UNKNOWN
    await desk.spooler.shutdown()
    assert printer.connections == connections, "something was sent again"
