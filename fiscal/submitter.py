"""The submitter: one asyncio task that owns the outbox, sends what waits and records what comes back.

A try is three steps, each on its own: a transaction that signs the message under a fresh id and writes the request into
the journal; the network, with no transaction open; a transaction that writes the outcome. So every message that ever left
is in the journal, and a program that dies in between just tries again.

**Late.** A message is marked as sent later (FURS: ``SubsequentSubmit``) unless it is the first try of the document and made
from the counter, by `Submitter.submit_now`, before the receipt was handed out. As soon as that try fails or is left out
the document counts as handed out without a confirmation, for ever.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final, TypeVar
from uuid import UUID

from sqlalchemy.engine import Connection

from fiscal import outbox
from fiscal.breaker import Breaker
from fiscal.channel import BACKGROUND, COUNTER, Answer, Channel, Patience, Prepared, Verdict
from fiscal.errors import CertificateError, InvalidMessage, NoCredential
from fiscal.journal import EntryKind, append, append_certificate
from fiscal.port import Confirmation, Transact

T = TypeVar("T")

_IDLE: Final = 30.0  # how often an idle loop looks, in seconds, should nobody have told it of new work
_AFTER_A_FAULT: Final = 10.0
_CRASH_PAUSE: Final = timedelta(seconds=60)
_LONGEST_PAUSE: Final = timedelta(minutes=5)


class Line(StrEnum):
    """What is known of the line to the authority."""

    UNKNOWN = "unknown"  # nothing was sent yet
    UP = "up"
    DOWN = "down"


@dataclass(frozen=True, slots=True)
class Remaining:
    """What `Submitter.retry_pending` did, and what is left."""

    confirmed: int
    refused: int
    pending: int


@dataclass(frozen=True, slots=True)
class _Begun:
    waiting: outbox.Waiting
    prepared: Prepared


class Submitter:
    """Sends the documents of the outbox; start it once per database, on the loop of the program.

    Args:
        transact: runs a function on a connection in one durable transaction, off the loop, and awaits it.
        channel: the line; the submitter does not close it.
        clock: gives the present instant (aware).
        on_outcome: called on the loop after each outcome is stored. What it raises is reported to the loop's exception
            handler and disturbs nothing.
        jitter: gives a number from 0 to 1; for the pauses.
    """

    def __init__(
        self,
        transact: Transact,
        channel: Channel,
        clock: Callable[[], datetime],
        on_outcome: Callable[[Confirmation], None],
        *,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._transact = transact
        self._channel = channel
        self._clock = clock
        self._on_outcome = on_outcome
        self._jitter = jitter
        self._breaker = Breaker(jitter)
        self._line = Line.UNKNOWN
        self._is_back = False
        self._task: asyncio.Task[None] | None = None
        self._tries: dict[UUID, asyncio.Task[Confirmation | None]] = {}
        self._wake = asyncio.Event()

    @property
    def line(self) -> Line:
        """What the last try showed of the line."""
        return self._line

    def start(self) -> None:
        """Starts the loop; it first looks at what an earlier run left behind."""
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._run(), name="fiscal submitter")

    async def shutdown(self) -> None:
        """Stops the loop and the tries on their way; what was being sent is sent again at the next start."""
        tasks = [*self._tries.values(), *([self._task] if self._task is not None else [])]
        self._task = None
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def submit_now(self, document_id: UUID) -> Confirmation | None:
        """Tries the receipt that was just issued, ahead of everything, and says what is known then.

        Call it once the sale is committed and before the receipt is printed. Takes at most 2 s for the connection and 5 s
        in all, and does not wait at all while the line is known to be dead. A document that is not confirmed afterwards
        counts as handed out without a confirmation; the loop goes on with it. None for a document that is not in the
        outbox. Cancelling the call does not stop the try.
        """
        running = self._tries.get(document_id)
        if running is None and self._breaker.is_open:
            return await self._leave_to_the_loop(document_id)
        task = running or self._try(document_id, COUNTER, at_counter=True)
        done, _ = await asyncio.wait({task}, timeout=COUNTER.total + 1)
        if not done:
            return await self._leave_to_the_loop(document_id)
        return task.result()

    async def retry_pending(self, patience: Patience = BACKGROUND) -> Remaining:
        """Tries every waiting document once, in the order of issue, without regard to pauses; for the command line.

        Stops early when two in a row reach nobody.
        """
        dead, counts = 0, {Verdict.CONFIRMED.value: 0, "refused": 0}
        for document_id in await self._in(outbox.all_waiting):
            known = await self._try(document_id, patience, at_counter=False)
            if known is not None and known.status.value in counts:
                counts[known.status.value] += 1
            dead = dead + 1 if self._line is Line.DOWN else 0
            if dead == 2:
                break
        left = await self._in(outbox.all_waiting)
        return Remaining(confirmed=counts["confirmed"], refused=counts["refused"], pending=len(left))

    async def release_refused(self, codes: Sequence[str] = ()) -> int:
        """Puts refused documents back among the waiting ones (those with one of `codes`, or all); how many they were."""
        now = self._clock()
        released = await self._in(lambda connection: outbox.release_refused(connection, now, codes=codes))
        self.wake()
        return len(released)

    def wake(self) -> None:
        """Makes the loop try everything that waits, at once and on a dead line too: the network is back, somebody asks."""
        self._breaker.probe_now()
        self._is_back = True
        self._wake.set()

    async def _run(self) -> None:
        while True:
            try:
                pause = await self._step()
            except Exception as error:  # noqa: BLE001 - a full disk or a bug must not end submission for the day
                asyncio.get_running_loop().call_exception_handler({"message": "fiscal submitter", "exception": error})
                pause = _AFTER_A_FAULT
            if pause > 0:
                await self._sleep(pause)

    async def _step(self) -> float:
        """Does one try if one is due; seconds to wait before the next step."""
        dead = self._breaker.wait(asyncio.get_running_loop().time())
        if dead > 0:
            return dead
        now = self._clock()
        if self._is_back:
            self._is_back = False
            await self._in(lambda connection: outbox.make_due(connection, now))
        busy = list(self._tries)
        due = await self._in(lambda connection: outbox.next_due(connection, now, but=busy))
        if due is not None:
            await self._try(due.document_id, BACKGROUND, at_counter=False)
            return 0.0
        earliest = await self._in(outbox.earliest_try)
        if earliest is None:
            return _IDLE
        return min(max((earliest - now).total_seconds(), 0.1), _IDLE)

    async def _sleep(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._wake.wait()
        except TimeoutError:
            pass
        self._wake.clear()

    def _try(self, document_id: UUID, patience: Patience, *, at_counter: bool) -> asyncio.Task[Confirmation | None]:
        """The try of a document that is on its way, or a new one; two at once would be two messages for one receipt."""
        task = self._tries.get(document_id)
        if task is None:
            task = asyncio.get_running_loop().create_task(self._one_try(document_id, patience, at_counter=at_counter))
            self._tries[document_id] = task
            task.add_done_callback(lambda _: self._tries.pop(document_id, None))
        return task

    async def _one_try(self, document_id: UUID, patience: Patience, *, at_counter: bool) -> Confirmation | None:
        now = self._clock()
        begun = await self._in(lambda connection: self._begin(connection, document_id, now, at_counter=at_counter))
        if begun is None:
            return await self._in(lambda connection: outbox.known(connection, document_id))
        if isinstance(begun, Confirmation):
            self._tell(begun)
            return begun
        answer = await self._channel.send(begun.prepared, patience)
        self._learn(answer.verdict)
        done = self._clock()
        known = await self._in(lambda connection: self._finish(connection, begun.waiting, answer, done))
        if known is not None:
            self._tell(known)
        return known

    def _begin(
        self, connection: Connection, document_id: UUID, now: datetime, *, at_counter: bool
    ) -> _Begun | Confirmation | None:
        waiting = outbox.waiting(connection, document_id)
        if waiting is None:
            return None
        late = waiting.late or waiting.attempts > 0 or not at_counter
        try:
            prepared = self._channel.prepare(waiting.payload, late=late, now=now)
        except (NoCredential, CertificateError, InvalidMessage) as error:
            # Nothing can be sent until somebody acts: shown with its reason, looked at again after a while.
            outbox.set_failed(connection, document_id, error.code, str(error))
            outbox.set_late(connection, document_id, next_try_at=now + _LONGEST_PAUSE)
            return outbox.known(connection, document_id)
        outbox.begin_try(connection, document_id, next_try_at=now + _CRASH_PAUSE, late=late)
        self._keep_certificates(connection, waiting, [prepared.certificate], now)
        append(
            connection,
            shop_id=waiting.shop_id,
            device_id=waiting.device_id,
            kind=EntryKind.REQUEST,
            at=now,
            body=prepared.record,
            document_id=document_id,
            reference=prepared.message_id,
        )
        return _Begun(waiting, prepared)

    def _finish(
        self, connection: Connection, waiting: outbox.Waiting, answer: Answer, now: datetime
    ) -> Confirmation | None:
        document_id = waiting.document_id
        self._keep_certificates(connection, waiting, answer.certificates, now)
        code = answer.code or "unknown"
        if answer.verdict is Verdict.CONFIRMED and answer.confirmation is not None:
            kind, reference = EntryKind.CONFIRMATION, answer.confirmation
            outbox.set_confirmed(connection, document_id, answer.confirmation)
        elif answer.verdict is Verdict.REFUSED:
            kind, reference = EntryKind.REFUSAL, code
            outbox.set_refused(connection, document_id, code, answer.message)
        else:
            kind, reference = EntryKind.FAILURE, code
            outbox.set_failed(connection, document_id, code, answer.message)
            outbox.set_late(connection, document_id, next_try_at=now + self._pause(waiting.attempts))
        append(
            connection,
            shop_id=waiting.shop_id,
            device_id=waiting.device_id,
            kind=kind,
            at=now,
            body=answer.record,
            document_id=document_id,
            reference=reference,
        )
        return outbox.known(connection, document_id)

    def _keep_certificates(
        self, connection: Connection, waiting: outbox.Waiting, certificates: Sequence[tuple[str, bytes]], now: datetime
    ) -> None:
        for fingerprint, der in certificates:
            append_certificate(
                connection,
                shop_id=waiting.shop_id,
                device_id=waiting.device_id,
                at=now,
                der=der,
                fingerprint=fingerprint,
            )

    def _pause(self, attempts: int) -> timedelta:
        return min(timedelta(seconds=5 * 2 ** min(attempts, 10)), _LONGEST_PAUSE) * (0.8 + 0.4 * self._jitter())

    async def _leave_to_the_loop(self, document_id: UUID) -> Confirmation | None:
        now = self._clock()

        def leave(connection: Connection) -> Confirmation | None:
            if outbox.waiting(connection, document_id) is not None:
                outbox.set_late(connection, document_id, next_try_at=now)
            return outbox.known(connection, document_id)

        known = await self._in(leave)
        self._wake.set()
        return known

    def _learn(self, verdict: Verdict) -> None:
        now = asyncio.get_running_loop().time()
        self._line = Line.DOWN if verdict is Verdict.UNREACHABLE else Line.UP
        if verdict is Verdict.UNREACHABLE:
            self._breaker.failed(now)
        elif verdict is Verdict.LATER:
            self._breaker.told_to_come_later(now)
        else:
            self._is_back = self._is_back or self._breaker.is_open
            self._breaker.reached()
        self._wake.set()

    def _tell(self, known: Confirmation) -> None:
        asyncio.get_running_loop().call_soon(self._on_outcome, known)

    def _in(self, work: Callable[[Connection], T]) -> Awaitable[T]:
        # A transaction runs to its end whether or not anybody still waits for it; `Transact` cannot say the type.
        return self._transact(work)  # type: ignore[return-value]  # what `work` returns is what comes back
