"""A spool on a real SQLite file, its spooler, and what a person would hear of it."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, create_engine

from printing import spool
from printing.delivery import PrinterConfig
from printing.document import Cut, Document, Row, Text
from printing.profiles import PROFILES, Profile
from printing.spool import Job, State
from printing.spooler import Found, SpoolChange, Spooler
from printing.tables import metadata
from printing.transports.address import parse_address
from printing.transports.base import Timings

T = TypeVar("T")

PROFILE = PROFILES["epson-tm-80"]
FAST = Timings(
    connect=1.0,
    write=0.5,
    answer=0.3,
    confirm=0.6,
    confirm_silent=0.3,
    drain=0.3,
    lock=0.2,
    retry_first=0.05,
    retry_most=0.2,
)


def paper(number: int = 1, lines: int = 3) -> Document:
    rows = tuple(Row(f"Striženje č {n}", "35,00") for n in range(lines))
    return Document((Text(f"Račun {number}"), *rows, Cut()))


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class Counter:
    """A spool, its spooler and what a person would hear of it."""

    def __init__(self, folder: Path, address: str, profile: Profile = PROFILE, timings: Timings = FAST) -> None:
        self.engine: Engine = create_engine(f"sqlite:///{folder / 'spool.db'}")
        metadata.create_all(self.engine)
        self.changes: list[SpoolChange] = []
        config = PrinterConfig(parse_address(address), profile, timings=timings)
        self.spooler = Spooler(
            self.transact, {"p1": config}, SystemClock(), self.changes.append, locks=folder / "locks"
        )
        self.found: Found | None = None

    async def transact(self, work: Callable[[Connection], T]) -> T:
        await asyncio.sleep(0)
        return self.now(work)

    def now(self, work: Callable[[Connection], T]) -> T:
        with self.engine.begin() as connection:
            return work(connection)

    def enqueue(self, document: Document | None = None, expires_in: float | None = None) -> UUID:
        job_id = uuid4()
        now = datetime.now(UTC)
        expires_at = None if expires_in is None else now + timedelta(seconds=expires_in)
        self.now(
            lambda connection: spool.enqueue(
                connection,
                job_id=job_id,
                printer="p1",
                kind="receipt",
                subject=uuid4(),
                document=document or paper(),
                now=now,
                expires_at=expires_at,
            )
        )
        self.spooler.wake()
        return job_id

    def kick(self, expires_in: float = 5.0) -> UUID:
        job_id = uuid4()
        now = datetime.now(UTC)
        expires_at = now + timedelta(seconds=expires_in)
        self.now(
            lambda connection: spool.kick_drawer(
                connection, job_id=job_id, printer="p1", subject=uuid4(), now=now, expires_at=expires_at
            )
        )
        self.spooler.wake()
        return job_id

    def job(self, job_id: UUID) -> Job:
        found = self.now(lambda connection: spool.job(connection, job_id))
        assert found is not None
        return found

    async def reaches(self, job_id: UUID, *states: State) -> Job:
        """Waits for a state; fails the test if it does not come."""
        async with asyncio.timeout(20):
            while (job := self.job(job_id)).state not in states:
                await asyncio.sleep(0.01)
        return job

    def states(self, job_id: UUID) -> list[State]:
        """The states that were told, in order."""
        return [change.job.state for change in self.changes if change.job is not None and change.job.id == job_id]


@asynccontextmanager
async def counter(
    folder: Path, address: str, profile: Profile = PROFILE, timings: Timings = FAST
) -> AsyncIterator[Counter]:
    desk = Counter(folder, address, profile, timings)
    desk.found = await desk.spooler.start()
    try:
        yield desk
    finally:
        await desk.spooler.shutdown(grace=0.2)
        desk.engine.dispose()
