"""Keeps the premise registered with the tax authority: sent whenever it is not confirmed as it is set up, in the background.

A receipt of a premise that the authority does not know is refused (S006), so a new or changed premise, a new certificate
or another address sends it anew. Silence is tried again by itself; a refusal waits for somebody who mends the cause.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from desktop.access import SYSTEM
from desktop.database.database import Database
from desktop.errors import PultError, Refused, TemporaryFault
from desktop.register.fiscal_line import premise_confirmed_at, premise_message
from fiscal.errors import FiscalError, RefusedByAuthority
from fiscal.slovenia.premises import Premise
from fiscal.slovenia.register import RegisterSettings

if TYPE_CHECKING:
    from fiscal.slovenia.client import FursClient

_FIRST_PAUSE: Final = 2.0
_LONGEST_PAUSE: Final = 300.0


class PremiseState(StrEnum):
    """How far the registration of the premise is."""

    NOT_SET_UP = "not_set_up"  # no premise, or no line to send it on
    NOT_SENT = "not_sent"
    WAITING = "waiting"  # tried and not answered; tried again by itself
    REFUSED = "refused"
    CONFIRMED = "confirmed"


@dataclass(frozen=True, slots=True)
class PremiseStatus:
    """State of the premise `mark`: confirmed `at` an instant, or what stood in the way at the last try."""

    state: PremiseState
    mark: str = ""
    at: datetime | None = None
    problem: PultError | None = None


class PremiseRegistration:
    """The registration of one premise over one line. `on_change` is called on the loop's thread."""

    def __init__(
        self, database: Database, client: FursClient, settings: RegisterSettings, on_change: Callable[[], None]
    ) -> None:
        self._database, self._client, self._settings = database, client, settings
        self._on_change = on_change
        self._lock = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None
        self._wake = asyncio.Event()
        self._tried = asyncio.Event()
        self.status = PremiseStatus(PremiseState.NOT_SET_UP)

    async def look(self) -> PremiseStatus:
        """What the journal knows of the premise as it is set up now."""
        from fiscal.slovenia.premise import premise_digest

        try:
            premise = await self._database.read(SYSTEM, premise_message)
        except Refused:
            return self._set(PremiseStatus(PremiseState.NOT_SET_UP))
        try:
            content = premise_digest(premise, url=self._client.url, certificate=self._client.certificate())
        except FiscalError as error:
            return self._set(PremiseStatus(PremiseState.REFUSED, premise.mark, problem=_told(error)))
        at = await self._database.read(SYSTEM, premise_confirmed_at, premise, content)
        if at is not None:
            return self._set(PremiseStatus(PremiseState.CONFIRMED, premise.mark, at))
        if self.status.problem is None:
            return self._set(PremiseStatus(PremiseState.NOT_SENT, premise.mark))
        return self.status

    async def send(self) -> Premise:
        """Sends it once. Raises `Refused` with the authority's words or for what is missing, `TemporaryFault` for silence."""
        from fiscal.slovenia.premise import register_premise

        async with self._lock:
            premise = await self._database.read(SYSTEM, premise_message)
            try:
                await register_premise(
                    self._database.transactor("fiscal.register_premise"),
                    self._client,
                    premise,
                    clock=self._database.clock.now,
                    shop_id=self._settings.shop_id,
                    device_id=self._settings.device_id,
                )
            except FiscalError as error:
                told = _told(error)
                state = PremiseState.WAITING if error.temporary else PremiseState.REFUSED
                self._set(PremiseStatus(state, premise.mark, problem=told))
                raise told from error
            self._set(PremiseStatus(PremiseState.CONFIRMED, premise.mark, self._database.clock.now()))
            return premise

    def start(self) -> None:
        """Sends it in the background while it is not confirmed."""
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._run(), name="premise registration")

    def wake(self) -> None:
        """The line is back: what waits is tried at once."""
        self._wake.set()

    async def tried(self, seconds: float) -> None:
        """Waits for the first try, at most so long: a receipt right after set-up must not overtake its premise."""
        if self._task is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._tried.wait()

    async def shutdown(self) -> None:
        """Stops trying; the next start goes on."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        tries = 0
        while True:
            try:
                if await self._done():
                    return
            except TemporaryFault:
                pass  # the status says so; tried again below
            except Exception as error:  # noqa: BLE001 - a full disk or a bug must not end the registration for the day
                asyncio.get_running_loop().call_exception_handler(
                    {"message": "premise registration", "exception": error}
                )
            finally:
                self._tried.set()
            pause = min(_FIRST_PAUSE * 2 ** min(tries, 10), _LONGEST_PAUSE)
            tries += 1
            await self._sleep(pause * (0.8 + 0.4 * random.random()))

    async def _done(self) -> bool:
        """One try if one is due; whether nothing is left to do."""
        status = await self.look()
        if status.state in (PremiseState.NOT_SET_UP, PremiseState.CONFIRMED):
            return True
        with suppress(Refused):  # the status says why; the same sent again would be refused again
            await self.send()
        return True

    async def _sleep(self, seconds: float) -> None:
        self._wake.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._wake.wait()

    def _set(self, status: PremiseStatus) -> PremiseStatus:
        if status != self.status:
            self.status = status
            self._on_change()
        return status


def _told(error: FiscalError) -> PultError:
    """An error of the line as the desktop says it."""
    if error.temporary:
        return TemporaryFault("fiscal.unreachable", reason=error.code)
    if isinstance(error, RefusedByAuthority):
        return Refused("fiscal.by_authority", answer=error.code, message=error.values.get("message", ""))
    return Refused(f"fiscal.{error.code}", **error.values)
