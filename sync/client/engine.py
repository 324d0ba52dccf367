"""The loop: pushes what the device wrote and pulls what others wrote, again and again, and waits in between.

Beside it a listener hears the backend's pokes and wakes the loop; without them the loop goes round by its own timer.

Pull is never blocked by push: when a push fails, the pull of the same round is done all the same. A round repeats nothing, because the
backend gives one word for each operation and a page moves the cursor with its rows. Whatever fails is tried again by the engine's own
timer, with jitter; only what another try cannot mend stops it, and says so.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from sync.client.bootstrap import Bootstrap
from sync.client.clock_error import ClockError
from sync.client.ports import Line, Replica, Unreachable
from sync.errors import Unlawful
from sync.wire import MOST_OPERATIONS, MOST_ROWS, Page, Push

_log = logging.getLogger(__name__)

PERIOD: Final = 30.0
#: Rows of the first page of a pull: one that fits it is one transaction, and no longer than a person may wait. Further pages are
#: as long as they may be; the replica takes those in slices.
PAGE_ROWS: Final = 250
_FIRST: Final = 1.0
_LONGEST: Final = 300.0
#: Failures that count where a person decides elsewhere: then it is asked again every quarter of a minute.
_ASKED_OFTEN: Final = 5
#: What another try cannot mend: a person has to pair the device anew, or to update the program.
FINAL: Final = frozenset({"unknown_device", "revoked", "forked", "behind", "wrong_device", "upgrade"})


class Condition(StrEnum):
    """How the sync stands."""

    STARTING = "starting"
    AGREED = "agreed"
    WAITING = "waiting"
    STOPPED = "stopped"


@dataclass(frozen=True, slots=True)
class Standing:
    """What the status light says. `contact`: when the backend last answered (seconds of `clock`), None for never.

    `pending`: operations that it has not judged. `code`: why it waits (``unreachable``) or stopped. `ahead`: whole minutes that this
    device's clock is ahead of the server's, negative behind it, 0 as long as it is right enough.
    """

    condition: Condition
    contact: float | None = None
    pending: int = 0
    code: str | None = None
    ahead: int = 0


class Engine:
    """One device's loop.

    Args:
        clock: seconds since 1970 by this device's clock, for `Standing.contact` and `Standing.ahead`.
        jitter: gives a number from 0 to 1.
        bootstrap: how a device that has pulled nothing begins; None: it pulls everything.
        on_standing: told whenever something of it changed, in the loop's thread.
    """

    def __init__(
        self,
        replica: Replica,
        line: Line,
        *,
        clock: Callable[[], float],
        jitter: Callable[[], float],
        on_standing: Callable[[Standing], None] = lambda _standing: None,
        period: float = PERIOD,
        bootstrap: Bootstrap | None = None,
    ) -> None:
        self._replica, self._line = replica, line
        self._clock, self._jitter = clock, jitter
        self._on_standing, self._period = on_standing, period
        self._standing = Standing(Condition.STARTING)
        self._told = self._standing
        self._clock_error = ClockError()
        self._bootstrap = bootstrap
        self._failures = 0
        self._ready = asyncio.Event()
        self._filled = False
        self._wake = asyncio.Event()
        self._hurried = asyncio.Event()
        self._turn = asyncio.Event()
        self._rounds = 0
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def standing(self) -> Standing:
        return self._standing

    def start(self) -> None:
        """Begins the loop; the first round starts at once."""
        loop = asyncio.get_running_loop()
        self._tasks = [
            loop.create_task(self._run(), name="sync engine"),
            loop.create_task(self._listen(), name="sync pokes"),
            loop.create_task(self._fill(), name="sync archive"),
        ]

    async def agreed(self) -> bool:
        """Waits for a round that began after this call and ended well; False when the loop stopped."""
        before = self._rounds
        while self._rounds < before + 2 and self._standing.condition is not Condition.STOPPED:
            self.wake()  # the round under way may have begun before
            await self._turn.wait()
        return self._standing.condition is not Condition.STOPPED

    def wake(self) -> None:
        """Something was written here, or somebody said that others wrote: a round begins as soon as it may."""
        self._wake.set()

    def hurry(self) -> None:
        """A person wants it now: a round begins at once, whatever failed before."""
        self._wake.set()
        self._hurried.set()

    async def shutdown(self) -> None:
        """Ends the loop; a transaction that has begun is finished by the replica."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []
        if self._bootstrap is not None:
            self._bootstrap.close()

    async def _run(self) -> None:
        while True:
            self._wake.clear()
            try:
                await self.round()
            except Unreachable:
                self._failures += 1
                await self._tell(Condition.WAITING, "unreachable")
            except Unlawful as error:
                if error.code in FINAL:
                    _log.error("the sync stopped: %s", error)
                    await self._tell(Condition.STOPPED, error.code)
                    self._turn.set()
                    self._tasks[1].cancel()  # nobody listens for what is not fetched any more
                    return
                self._failures = (
                    min(self._failures + 1, _ASKED_OFTEN) if error.code == "mass_delete" else self._failures + 1
                )
                _log.warning("the backend refused a round: %s", error)
                await self._tell(Condition.WAITING, error.code)
            except Exception:  # noqa: BLE001 - a full disk here, or a bug: the loop must not die of either
                _log.exception("a round of the sync failed")
                self._failures += 1
                await self._tell(Condition.WAITING, "broken")
            else:
                self._failures = 0
                if not self._filled:
                    self._filled = True
                    self._ready.set()
                await self._tell(Condition.AGREED, None)
                self._rounds += 1
            self._turn.set()
            self._turn.clear()  # who waits was woken
            await self._pause()

    async def _listen(self) -> None:
        """Wakes the loop when somebody else changed something; whatever goes wrong here is the loop's to notice."""
        failures = 0
        while True:
            with suppress(Exception):
                async for poke in self._line.pokes():
                    failures = 0
                    if poke.seq > await self._replica.cursor(poke.scope):
                        self.wake()
            failures += 1
            await asyncio.sleep(self._wait_after(failures))

    async def _fill(self) -> None:
        """Brings the archive of a snapshot beside everything else, once the first round went well, and when it started over."""
        while self._bootstrap is not None:
            await self._ready.wait()
            self._ready.clear()
            if await self._fill_up(self._bootstrap):
                self.wake()

    async def _fill_up(self, bootstrap: Bootstrap) -> bool:
        """Whether anything came."""
        parts = failures = 0
        while True:
            try:
                if not await bootstrap.archive():
                    return parts > 0
                parts += 1
                failures = 0
            except Exception as error:  # noqa: BLE001 - the line, a full disk here, or a bug: it is tried again
                _log.warning("the archive waits: %s", error, exc_info=not isinstance(error, Unreachable | Unlawful))
                failures += 1
                await asyncio.sleep(self._wait_after(failures))

    async def round(self) -> None:
        """Pushes all that is pending and pulls all that is new. Raises `Unreachable` and `Unlawful` of the line.

        What the device held before it was paired goes first: until it is up nothing is pushed, because operations build on it, and
        nothing is pulled, because a pull lays only the operations behind it on top again.
        """
        trouble: Unreachable | Unlawful | None = None
        await self._send_state()
        if self._bootstrap is not None and await self._bootstrap.hot():
            self._filled = False
        try:
            await self._push()
        except (Unreachable, Unlawful) as error:
            trouble = error
        try:
            await self._pull()
        except Unlawful as error:
            if trouble is not None and error.code in ("too_old", "revoked"):  # what is pending goes first
                raise trouble from error
            if error.code != "too_old":
                raise
            await self._start_over()
        if trouble is not None:
            raise trouble
        await self._replica.let_go()

    async def _start_over(self) -> None:
        """The server has dropped what was deleted while this device was away: it pulls everything anew, by a snapshot if there is one."""
        _log.warning("this device was away for too long and starts over")
        await self._replica.start_over()
        self._filled = False
        if self._bootstrap is not None:
            self._bootstrap.start_over()
            await self._bootstrap.hot()
        await self._pull()

    async def _send_state(self) -> None:
        while state := await self._replica.next_state():
            asked = self._clock()
            try:
                taken = await self._line.send_state(state)
            except Unlawful as error:
                if error.code == "unknown_manifest":
                    await self._line.offer(self._replica.manifest)
                    continue
                raise
            self._answered(asked, taken.server_time)
            await self._replica.state_sent(taken)

    async def _push(self) -> None:
        while sent := await self._replica.pending(MOST_OPERATIONS):
            push, asked = Push(self._replica.manifest.version, sent), self._clock()
            try:
                pushed = await self._line.push(push)
            except Unlawful as error:
                if error.code == "unknown_manifest":
                    await self._line.offer(self._replica.manifest)
                    continue
                last = error.values.get("last")
                if error.code == "gap" and isinstance(last, int) and last < sent[0].n - 1:
                    raise Unlawful("behind", last=last) from error  # it forgot what it had judged
                raise
            self._answered(asked, pushed.server_time)
            await self._replica.acknowledge(pushed)

    async def _pull(self) -> None:
        for scope in self._replica.scopes:
            cursor, horizon = await self._replica.cursor(scope), await self._replica.horizon(scope)
            page = await self._fetch(scope, cursor, PAGE_ROWS, horizon)
            while page.more:
                page = await self._apply_and_fetch(page)
            await self._replica.apply(page)

    async def _fetch(self, scope: str, cursor: int, most: int, horizon: int) -> Page:
        asked = self._clock()
        page = await self._line.pull(scope, cursor, most, horizon)
        self._answered(asked, page.server_time)
        return page

    async def _apply_and_fetch(self, page: Page) -> Page:
        """Takes a page while the next one is on its way."""
        following = asyncio.create_task(self._fetch(page.scope, page.cursor, MOST_ROWS, page.horizon))
        try:
            await self._replica.apply(page)
            return await following
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)

    def _answered(self, asked: float, server_time: int) -> None:
        heard = self._clock()
        self._clock_error.learn(asked, heard, server_time)
        self._standing = replace(self._standing, contact=heard)

    async def _tell(self, condition: Condition, code: str | None) -> None:
        try:
            pending = await self._replica.waiting()
        except Exception:  # noqa: BLE001 - asked of a device whose disk may have failed: the rest is said all the same
            _log.exception("how much is pending is not known")
            pending = self._standing.pending
        ahead = self._clock_error.minutes
        standing = replace(self._standing, condition=condition, code=code, pending=pending, ahead=ahead)
        self._standing = standing
        if standing != self._told:  # also when nothing but the time of the contact changed
            self._told = standing
            self._on_standing(standing)

    async def _pause(self) -> None:
        """Until somebody wakes it or the time is over; after a failure only a person's hurry shortens the wait."""
        self._hurried.clear()
        failed = self._failures > 0
        wait = self._wait_after(self._failures) if failed else self._period * (0.8 + 0.4 * self._jitter())
        with suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await (self._hurried if failed else self._wake).wait()

    def _wait_after(self, failures: int) -> float:
        """Seconds: twice as long after each failure, up to five minutes, never quite the same."""
        return min(_LONGEST, _FIRST * 2.0 ** min(failures - 1, 20)) * (0.8 + 0.4 * self._jitter())
