"""The service that works the spool off: per printer one asyncio task that owns the states and one thread that does only input and output.

What a person should see comes through `on_change`; what a person must decide (held and unknown papers) is returned by `start` and never
decided here.
"""

from __future__ import annotations

import asyncio
import logging
import tempfile
import threading
from collections.abc import Awaitable, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Protocol, TypeVar
from uuid import UUID

from sqlalchemy import Connection

from printing import spool
from printing.bitmap import Bitmap
from printing.delivery import Delivery, PrinterConfig
from printing.errors import DocumentError, PrinterFault
from printing.escpos_encoder import drawer_kick
from printing.rendering import render
from printing.spool import DRAWER, Job, State
from printing.status import UNKNOWN, Status

_log = logging.getLogger(__name__)

#: A job larger than this is a mistake, not a receipt.
MOST_BYTES = 4 * 1024 * 1024
#: Seconds until the next attempt after a failure that is not the printer's: the database cannot be written, or a bug.
_FAULT_PAUSE = 2.0
_NO_IMAGES: Mapping[str, Bitmap] = {}

T = TypeVar("T")


class Transact(Protocol):
    """Runs a function on a connection inside a transaction of its own and commits it durably."""

    def __call__(self, work: Callable[[Connection], T], /) -> Awaitable[T]: ...


class Clock(Protocol):
    def now(self) -> datetime:
        """The present instant, aware, UTC."""
        ...


@dataclass(frozen=True, slots=True)
class SpoolChange:
    """Something changed at a printer: a job's state (`job` is how it stands now), or what is known of the printer itself.

    `problem` is why the printer is not working things off now: an error code of `spool.Job`, or ``fault`` (the spool cannot be written,
    or a bug; it is in the log and tried again); None: nothing is known against it.
    """

    printer: str
    status: Status
    problem: str | None
    job: Job | None


@dataclass(frozen=True, slots=True)
class Found:
    """What a start found: `held` papers still wait for their document, `unknown` ones may or may not have been printed, `stranded` ones
    are queued for a printer that this desk has no more."""

    held: tuple[Job, ...]
    unknown: tuple[Job, ...]
    stranded: tuple[Job, ...]


@dataclass
class _Printer:
    name: str
    config: PrinterConfig
    executor: ThreadPoolExecutor
    wake: asyncio.Event
    status: Status = UNKNOWN
    problem: str | None = None
    pause: float = 0.0  # seconds before the next attempt
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)  # one conversation at a time


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What came of the way to the printer. `state` QUEUED: nothing was sent, try again later."""

    state: State
    sent: int = 0
    error: str | None = None


class Spooler:
    """Sends queued jobs to their printers. `start`, `shutdown` and `wake` are called on the event loop's thread.

    `images` are the pictures that documents name. `locks` is the folder of the lock files that keep two programs from one printer; by
    default one in the system's temporary folder.
    """

    def __init__(
        self,
        transact: Transact,
        printers: Mapping[str, PrinterConfig],
        clock: Clock,
        on_change: Callable[[SpoolChange], None],
        *,
        images: Mapping[str, Bitmap] = _NO_IMAGES,
        locks: Path | None = None,
    ) -> None:
        self._transact = transact
        self._clock = clock
        self._on_change = on_change
        self._images = images
        self._locks = Path(tempfile.gettempdir()) / "receipt-printers" if locks is None else locks
        self._abort = threading.Event()
        self._stopping = False
        self._moved = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._printers = {
            name: _Printer(name, config, ThreadPoolExecutor(1, thread_name_prefix=f"printer-{name}"), asyncio.Event())
            for name, config in printers.items()
        }

    async def start(self) -> Found:
        """Settles what a crash left under way as unknown, then begins to work. Held jobs are returned, not printed."""
        now = self._clock.now()
        found = await self._transact(partial(_find, names=frozenset(self._printers), now=now))
        for printer in self._printers.values():
            task = asyncio.create_task(self._serve(printer), name=f"spooler of {printer.name}")
            self._tasks.append(task)
        return found

    async def shutdown(self, grace: float = 3.0) -> None:
        """Takes no further job, gives the ones under way `grace` seconds, then breaks them off (they become unknown), and ends."""
        self._stopping = True
        self.wake()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=grace)
            if late:
                self._abort.set()
                await asyncio.wait(late)
        for printer in self._printers.values():
            printer.executor.shutdown(wait=True)

    def wake(self) -> None:
        """Something was queued, or a person wants it tried again now: no printer waits any longer."""
        for printer in self._printers.values():
            printer.pause = 0.0
            printer.wake.set()

    def status(self, printer: str) -> SpoolChange:
        """What is known of a printer now. Raises KeyError for a name that is not configured."""
        known = self._printers[printer]
        return SpoolChange(printer, known.status, known.problem, None)

    async def probe(self, printer: str) -> SpoolChange:
        """Asks a printer how it is, without printing; waits its turn behind a job. Raises KeyError for a name not configured."""
        known = self._printers[printer]
        async with known.turn:
            delivery = Delivery(known.config, self._locks, self._abort)
            problem = None
            try:
                known.status = await self._io(known, delivery.open)
                if (reason := known.status.blocked) is not None:
                    problem = f"not_ready.{reason}"
            except PrinterFault as fault:
                known.status, problem = UNKNOWN, fault.code
            finally:
                await self._io(known, delivery.close)
        self._tell(known, problem, None)
        if problem is None:
            known.wake.set()
        return self.status(printer)

    async def settled(self, seconds: float) -> bool:
        """Waits until nothing is queued or under way at any printer; False if that takes longer than `seconds`."""
        names = frozenset(self._printers)
        try:
            async with asyncio.timeout(seconds):
                while True:
                    self._moved.clear()
                    if not await self._transact(partial(spool.busy, printers=names)):
                        return True
                    await self._moved.wait()
        except TimeoutError:
            return False

    async def _serve(self, printer: _Printer) -> None:
        crashed = False
        while not self._stopping:
            printer.wake.clear()
            job = None
            try:
                if crashed:
                    await self._transact(partial(spool.recover, now=self._clock.now(), printer=printer.name))
                    crashed = False
                job = await self._transact(partial(spool.next_job, printer=printer.name, now=self._clock.now()))
                if job is not None:
                    async with printer.turn:
                        await self._work(printer, job)
            except Exception:  # noqa: BLE001 - a full disk or a bug must not end printing for the day
                _log.exception("the spooler of %s", printer.name)
                self._tell(printer, "fault", None)
                crashed, printer.pause = True, _FAULT_PAUSE
            self._moved.set()
            if job is None or printer.pause:
                await self._rest(printer)

    async def _rest(self, printer: _Printer) -> None:
        """Waits for a wake, or for the pause before the next attempt."""
        if self._stopping:
            return
        try:
            async with asyncio.timeout(printer.pause or None):
                await printer.wake.wait()
        except TimeoutError:
            pass

    async def _work(self, printer: _Printer, job: Job) -> None:
        try:
            data = self._bytes(printer, job)
        except DocumentError as error:
            _log.error("job %s cannot be printed: %s", job.id, error)
            await self._settle(printer, job, _Outcome(State.FAILED, 0, "document"))
            return
        delivery = Delivery(printer.config, self._locks, self._abort)
        try:
            outcome = await self._deliver(printer, job, delivery, data)
        finally:
            await self._io(printer, delivery.close)
        if outcome is not None:
            await self._settle(printer, job, outcome)

    def _bytes(self, printer: _Printer, job: Job) -> bytes:
        if job.kind == DRAWER:
            return drawer_kick(printer.config.profile, printer.config.drawer_pin)
        if job.document is None:
            raise DocumentError("no document that this program can read")
        data = render(job.document, printer.config.profile, self._images).data
        if len(data) > MOST_BYTES:
            raise DocumentError(f"{len(data)} bytes")
        return data

    async def _deliver(self, printer: _Printer, job: Job, delivery: Delivery, data: bytes) -> _Outcome | None:
        """The whole way; None if the job was taken back or had expired when the printer was ready for it."""
        try:
            printer.status = await self._io(printer, delivery.open)
        except PrinterFault as fault:
            printer.status = UNKNOWN
            return _Outcome(State.QUEUED, 0, fault.code)
        if (reason := printer.status.blocked) is not None:
            return _Outcome(State.QUEUED, 0, f"not_ready.{reason}")
        begin = partial(spool.begin, job_id=job.id, now=self._clock.now())
        if self._stopping or not await self._step(printer, job.id, begin, None):
            return None
        try:
            await self._io(printer, partial(delivery.send, data))
        except PrinterFault as fault:
            if not fault.sent:
                return _Outcome(State.QUEUED, 0, fault.code)
            return _Outcome(State.FAILED if job.kind == DRAWER else State.UNKNOWN, fault.sent, fault.code)
        sent = len(data)
        if not delivery.can_confirm:
            return _Outcome(State.HANDED_OVER, sent)
        settle = partial(spool.settle, job_id=job.id, state=State.SENT, now=self._clock.now(), sent_bytes=sent)
        await self._step(printer, job.id, settle, None)
        doubtful = State.HANDED_OVER if job.kind == DRAWER else State.UNKNOWN
        try:
            confirmed = await self._io(printer, delivery.confirm)
        except PrinterFault as fault:
            return _Outcome(doubtful, sent, fault.code)
        finally:
            printer.status = delivery.status
        if confirmed:
            return _Outcome(State.PRINTED, sent)
        reason = delivery.status.blocked
        return _Outcome(doubtful, sent, "unconfirmed" if reason is None else f"not_ready.{reason}")

    async def _settle(self, printer: _Printer, job: Job, outcome: _Outcome) -> None:
        timings = printer.config.timings
        now = self._clock.now()
        state, error = outcome.state, outcome.error
        if state is State.QUEUED and job.kind == DRAWER:
            state = State.FAILED  # a drawer that opens later opens unattended
        if state is State.QUEUED:
            printer.pause = min(max(printer.pause * 2, timings.retry_first), timings.retry_most)
            step = partial(spool.postpone, job_id=job.id, now=now, error=error or "")
        else:
            printer.pause = 0.0
            step = partial(spool.settle, job_id=job.id, state=state, now=now, sent_bytes=outcome.sent, error=error)
        await self._step(printer, job.id, step, None if error == "document" else error)

    async def _step(
        self, printer: _Printer, job_id: UUID, step: Callable[[Connection], bool], problem: str | None
    ) -> bool:
        """One step of a job's state, told if it was taken."""

        def work(connection: Connection) -> tuple[bool, Job | None]:
            return step(connection), spool.job(connection, job_id)

        taken, job = await self._transact(work)
        if taken:
            self._tell(printer, problem, job)
        return taken

    def _tell(self, printer: _Printer, problem: str | None, job: Job | None) -> None:
        printer.problem = problem
        self._on_change(SpoolChange(printer.name, printer.status, problem, job))

    async def _io(self, printer: _Printer, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(printer.executor, work)


def _find(connection: Connection, *, names: frozenset[str], now: datetime) -> Found:
    spool.recover(connection, None, now)
    queued = spool.jobs(connection, states={State.QUEUED})
    return Found(
        held=tuple(spool.held(connection)),
        unknown=tuple(spool.jobs(connection, states={State.UNKNOWN})),
        stranded=tuple(job for job in queued if job.printer not in names),
    )
