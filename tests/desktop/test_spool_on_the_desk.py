"""The spool inside the desk's encrypted database: papers are born with the operation that makes them true, and printed from there."""

from datetime import timedelta
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.errors import Refused
from desktop.ids import new_id
from printing import spool
from printing.delivery import PrinterConfig
from printing.document import Document, Text
from printing.profiles import PROFILES
from printing.rendering import render
from printing.spool import State
from printing.spooler import SpoolChange, Spooler
from printing.transports.address import FileAddress
from tests.desk import TestDesk

PAPER = Document((Text("Račun 1"),))
PROFILE = PROFILES["epson-tm-80"]


def sell(session: Session, action: Action, job_id: UUID, refuse: bool) -> None:
    spool.hold(session.connection(), job_id=job_id, printer="p1", kind="receipt", subject=new_id(), now=action.now)
    if refuse:
        raise Refused("test.refused")


async def test_a_paper_of_the_desk_is_printed(desk: TestDesk, tmp_path: Path) -> None:
    kept, undone = new_id(), new_id()
    desk.write(sell, kept, False)
    with pytest.raises(Refused):
        desk.write(sell, undone, True)
    changes: list[SpoolChange] = []
    printers = {"p1": PrinterConfig(FileAddress(tmp_path / "papers.bin"), PROFILE)}
    transact = desk.database.transactor("printing.spool")
    spooler = Spooler(transact, printers, desk.clock, changes.append, locks=tmp_path / "locks")
    found = await spooler.start()
    assert [job.id for job in found.held] == [kept]
    assert await transact(lambda c: spool.release(c, job_id=kept, document=PAPER, now=desk.clock.now()))
    spooler.wake()
    assert await spooler.settled(20)
    await spooler.shutdown()
    assert changes[-1].job is not None
    assert changes[-1].job.state is State.HANDED_OVER
    assert (tmp_path / "papers.bin").read_bytes() == render(PAPER, PROFILE).data
    assert await transact(lambda c: spool.job(c, undone)) is None
    assert await transact(lambda c: spool.prune(c, desk.clock.now() + timedelta(days=1))) == 1
