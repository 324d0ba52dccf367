"""The spooler against a printer of software and its faults, on a real SQLite file."""

import asyncio
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import Connection, create_engine

from printing import spool
from printing.decoder.machine import Machine, Model
from printing.document import Document, Qr
from printing.rendering import render
from printing.spool import State
from printing.transports.address import FileAddress, parse_address
from printing.virtual import MODES, Faults, VirtualPrinter
from tests.printing.counter import FAST, PROFILE, Counter, counter, paper


async def test_a_paper_is_printed_and_confirmed(tmp_path: Path) -> None:
    with VirtualPrinter() as printer:
        async with counter(tmp_path, printer.address) as desk:
            job_id = desk.enqueue()
            assert await desk.spooler.settled(10)
            job = desk.job(job_id)
            data = render(paper(), PROFILE).data
            assert (job.state, job.sent_bytes, job.error, job.attempt) == (State.PRINTED, len(data), None, 1)
            assert desk.states(job_id) == [State.SENDING, State.SENT, State.PRINTED]
            assert desk.spooler.status("p1").status.ready
    assert printer.errors == []
    assert data in printer.received
    assert [sheet.text for sheet in printer.sheets] == ["\n".join(line.rstrip() for line in _lines(data))]


def _lines(data: bytes) -> list[str]:
    machine = Machine(Model())
    machine.run(data)
    return machine.sheets[0].text.split("\n")


async def test_papers_come_out_in_order_and_once(tmp_path: Path) -> None:
    with VirtualPrinter() as printer:
        async with counter(tmp_path, printer.address) as desk:
            for number in range(8):
                desk.enqueue(paper(number))
                await asyncio.sleep(0.002)  # one millisecond apart at least, as their order is by time
            assert await desk.spooler.settled(20)
    assert [sheet.text.splitlines()[0] for sheet in printer.sheets] == [f"Račun {number}" for number in range(8)]
    assert printer.errors == []


async def test_a_printer_without_paper_gets_nothing_until_it_has_some(tmp_path: Path) -> None:
    with VirtualPrinter(faults=MODES["paper-out"]) as printer:
        async with counter(tmp_path, printer.address) as desk:
            job_id = desk.enqueue()
            async with asyncio.timeout(10):
                while desk.job(job_id).attempt < 3:
                    await asyncio.sleep(0.02)
            job = desk.job(job_id)
            assert (job.state, job.error, job.sent_bytes) == (State.QUEUED, "not_ready.paper_out", 0)
            assert desk.spooler.status("p1").problem == "not_ready.paper_out"
            assert printer.sheets == []
            printer.put_in_paper()
            assert (await desk.reaches(job_id, State.PRINTED)).error is None
    assert len(printer.sheets) == 1


async def test_an_open_cover_is_told(tmp_path: Path) -> None:
    with VirtualPrinter(faults=MODES["cover-open"]) as printer:
        async with counter(tmp_path, printer.address) as desk:
            job_id = desk.enqueue()
            async with asyncio.timeout(10):
                while desk.job(job_id).error != "not_ready.cover_open":
                    await asyncio.sleep(0.02)
            change = await desk.spooler.probe("p1")
            assert (change.problem, change.status.cover_open) == ("not_ready.cover_open", True)
            assert desk.now(lambda connection: spool.cancel(connection, job_id, datetime.now(UTC)))
    assert printer.sheets == []


async def test_paper_that_ends_in_the_middle_leaves_a_question(tmp_path: Path) -> None:
    with VirtualPrinter(faults=Faults(paper_lines=2)) as printer:
        async with counter(tmp_path, printer.address) as desk:
            job_id = desk.enqueue(paper(lines=10))
            job = await desk.reaches(job_id, State.UNKNOWN)
            assert job.error == "not_ready.paper_out"
            assert job.sent_bytes == len(render(paper(lines=10), PROFILE).data)
            printer.put_in_paper()
            await asyncio.sleep(0.5)
            assert desk.job(job_id).state is State.UNKNOWN, "only a person's answer moves it on"
            assert len(printer.sheets) == 1


async def test_no_connection_is_tried_again_and_counted(tmp_path: Path) -> None:
    with VirtualPrinter() as gone:
        address = gone.address
    async with counter(tmp_path, address) as desk:
        job_id = desk.enqueue()
        async with asyncio.timeout(10):
            while desk.job(job_id).attempt < 3:
                await asyncio.sleep(0.02)
        assert (desk.job(job_id).state, desk.job(job_id).error) == (State.QUEUED, "refused")
        assert not await desk.spooler.settled(0.1)
        with VirtualPrinter(port=parse_address(address).port) as printer:  # type: ignore[union-attr]  # it is a TCP address
            await desk.reaches(job_id, State.PRINTED)
            assert len(printer.sheets) == 1


async def test_a_broken_connection_leaves_a_question_and_never_a_second_paper(tmp_path: Path) -> None:
    with VirtualPrinter(faults=Faults(reset_after=6000)) as printer:
        async with counter(tmp_path, printer.address) as desk:
            job_id = desk.enqueue(paper(lines=3000))
            job = await desk.reaches(job_id, State.UNKNOWN)
            assert job.error == "reset"
            assert job.sent_bytes > 0
            before = printer.connections
            printer.faults = Faults()
            desk.spooler.wake()
            await asyncio.sleep(0.5)
            assert printer.connections == before
            assert desk.now(lambda connection: spool.answer_unknown(connection, job_id, False, datetime.now(UTC)))
            desk.spooler.wake()
            await desk.reaches(job_id, State.PRINTED)


async def test_a_half_dead_printer_is_not_believed(tmp_path: Path) -> None:
    with VirtualPrinter(faults=MODES["half-dead"]) as printer:
        async with counter(tmp_path, printer.address) as desk:
            job = await desk.reaches(desk.enqueue(), State.UNKNOWN)
            assert job.error == "unconfirmed"
            assert not desk.spooler.status("p1").status.ready


@pytest.mark.parametrize("mode", ["silent", "garbage"])
async def test_a_printer_without_sensible_answers_leaves_a_question(tmp_path: Path, mode: str) -> None:
    with VirtualPrinter(faults=MODES[mode]) as printer:
        async with counter(tmp_path, printer.address) as desk:
            job = await desk.reaches(desk.enqueue(), State.UNKNOWN)
            assert job.error == "unconfirmed"
            assert not desk.spooler.status("p1").status.ready
    assert printer.errors == []


async def test_a_family_that_never_answers_is_handed_over(tmp_path: Path) -> None:
    with VirtualPrinter(faults=MODES["silent"]) as printer:
        async with counter(tmp_path, printer.address, replace(PROFILE, answers=False)) as desk:
            await desk.reaches(desk.enqueue(), State.HANDED_OVER)
    assert len(printer.sheets) == 1


@pytest.mark.parametrize("mode", ["slow", "automatic"])
async def test_slow_and_talkative_printers_print(tmp_path: Path, mode: str) -> None:
    with VirtualPrinter(faults=MODES[mode]) as printer:
        async with counter(tmp_path, printer.address, timings=replace(FAST, confirm=20.0)) as desk:
            await desk.reaches(desk.enqueue(), State.PRINTED)
    assert printer.errors == []
    assert len(printer.sheets) == 1


async def test_a_file_gets_the_very_bytes(tmp_path: Path) -> None:
    path = tmp_path / "papers.bin"
    async with counter(tmp_path, str(FileAddress(path))) as desk:
        jobs = [desk.enqueue(paper(1)), desk.enqueue(paper(2))]
        for job_id in jobs:
            await desk.reaches(job_id, State.HANDED_OVER)
    written = path.read_bytes()
    one, two = render(paper(1), PROFILE).data, render(paper(2), PROFILE).data
    assert written in (one + two, two + one)


async def test_the_drawer_opens_at_once_and_never_later(tmp_path: Path) -> None:
    with VirtualPrinter() as printer:
        async with counter(tmp_path, printer.address) as desk:
            await desk.reaches(desk.kick(), State.PRINTED)
            assert printer.kicks == 1
            printer.faults = MODES["cover-open"]
            refused = await desk.reaches(desk.kick(), State.FAILED)
            assert refused.error == "not_ready.cover_open"
            late = desk.kick(expires_in=-1)
            assert (await desk.reaches(late, State.EXPIRED)).error == "late"
            printer.faults = Faults()
            desk.spooler.wake()
            await asyncio.sleep(0.3)
            assert printer.kicks == 1


async def test_what_cannot_be_printed_fails_and_does_not_block_the_rest(tmp_path: Path) -> None:
    with VirtualPrinter() as printer:
        async with counter(tmp_path, printer.address) as desk:
            bad = desk.enqueue(Document((Qr("1" * 9000),)))
            good = desk.enqueue()
            assert (await desk.reaches(bad, State.FAILED)).error == "document"
            await desk.reaches(good, State.PRINTED)


async def test_yesterdays_papers_do_not_come_out_in_the_morning(tmp_path: Path) -> None:
    with VirtualPrinter() as printer:
        desk = Counter(tmp_path, printer.address)
        stale = desk.enqueue(expires_in=-3600)
        fresh = desk.enqueue(paper(2))
        await desk.spooler.start()
        await desk.reaches(fresh, State.PRINTED)
        assert desk.job(stale).state is State.EXPIRED
        await desk.spooler.shutdown()
        desk.engine.dispose()
    assert [sheet.text.splitlines()[0] for sheet in printer.sheets] == ["Račun 2"]


async def test_start_reports_what_a_person_must_decide(tmp_path: Path) -> None:
    with VirtualPrinter() as printer:
        desk = Counter(tmp_path, printer.address)
        now = datetime.now(UTC)
        held, crashed, stranded = uuid4(), desk.enqueue(), uuid4()

        def prepare(connection: Connection) -> None:
            spool.hold(connection, job_id=held, printer="p1", kind="receipt", subject=uuid4(), now=now)
            spool.begin(connection, crashed, now)
            spool.enqueue(
                connection, job_id=stranded, printer="gone", kind="x", subject=uuid4(), document=paper(), now=now
            )

        desk.now(prepare)
        found = await desk.spooler.start()
        assert [job.id for job in found.held] == [held]
        assert [(job.id, job.error) for job in found.unknown] == [(crashed, "crashed")]
        assert [job.id for job in found.stranded] == [stranded]
        await asyncio.sleep(0.3)
        assert printer.sheets == []
        assert desk.now(lambda connection: spool.release(connection, job_id=held, document=paper(5), now=now))
        assert desk.now(lambda connection: spool.redirect(connection, stranded, "p1", now))
        desk.spooler.wake()
        await desk.reaches(held, State.PRINTED)
        await desk.reaches(stranded, State.PRINTED)
        await desk.spooler.shutdown()
        desk.engine.dispose()


async def test_shutdown_breaks_off_a_stuck_printer_and_says_so(tmp_path: Path) -> None:
    with VirtualPrinter(faults=MODES["half-dead"]) as printer:
        patient = replace(FAST, answer=30, confirm=60, confirm_silent=60, write=60)
        async with counter(tmp_path, printer.address, timings=patient) as desk:
            job_id = desk.enqueue()
            await asyncio.sleep(0.3)
        assert desk.job(job_id).state is State.QUEUED, "nothing had been sent"
        desk.engine.dispose()


async def test_a_database_that_cannot_be_written_stops_nothing_for_good(tmp_path: Path) -> None:
    with VirtualPrinter() as printer:
        async with counter(tmp_path, printer.address) as desk:
            blocker = sqlite3.connect(tmp_path / "spool.db", isolation_level=None)
            desk.engine.dispose()
            desk.engine = create_engine(f"sqlite:///{tmp_path / 'spool.db'}", connect_args={"timeout": 0.05})
            job_id = desk.enqueue()
            await desk.reaches(job_id, State.PRINTED)
            blocker.execute("BEGIN EXCLUSIVE")
            desk.spooler.wake()
            async with asyncio.timeout(10):
                while desk.spooler.status("p1").problem != "fault":
                    await asyncio.sleep(0.02)
            blocker.execute("ROLLBACK")
            blocker.close()
            await desk.reaches(desk.enqueue(paper(2)), State.PRINTED)
