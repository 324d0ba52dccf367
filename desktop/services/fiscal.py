"""The fiscal service: builds register, client and submitter from what is set up, and says in words how the line is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import Connection

from desktop.access import SYSTEM
from desktop.database.database import Database
from desktop.database.secrets import SecretStore
from desktop.errors import Refused, TemporaryFault
from desktop.register.fiscal_line import FiscalLine, fiscal_backlog, load_fiscal_line
from desktop.services.premise import PremiseRegistration, PremiseState, PremiseStatus
from fiscal.channel import Answer, Channel, Patience, Prepared
from fiscal.port import Confirmation, Draft, FiscalRegister, Problem, Sealed, Status
from fiscal.slovenia.register import SlovenianRegister
from fiscal.submitter import Line, Remaining, Submitter

if TYPE_CHECKING:
    from fiscal.slovenia.client import FursClient

_PREMISE_FIRST = 2.0  # seconds that the first receipt after a start leaves to the premise


class FiscalState(StrEnum):
    """What the status light says."""

    NOT_SET_UP = "not_set_up"
    NO_CERTIFICATE = "no_certificate"
    NO_LINE = "no_line"
    UNKNOWN = "unknown"
    WORKS = "works"
    DOWN = "down"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class FiscalStatus:
    """State of the line with what waits, what was refused, and the registration of the premise."""

    state: FiscalState
    waiting: int
    refused: int
    premise: PremiseStatus


class Step(StrEnum):
    """Where a submission stands, for who follows it closely: about to go out, and its answer at hand but not stored."""

    SUBMITTING = "submitting"
    ANSWERED = "answered"


class WatchedChannel:
    """The line to the authority, saying when a message goes out and when its answer is there."""

    def __init__(self, channel: Channel, watch: Callable[[Step], None]) -> None:
        self._channel = channel
        self._watch = watch

    def prepare(self, payload: bytes, *, late: bool, now: datetime) -> Prepared:
        return self._channel.prepare(payload, late=late, now=now)

    async def send(self, prepared: Prepared, patience: Patience) -> Answer:
        self._watch(Step.SUBMITTING)
        answer = await self._channel.send(prepared, patience)
        self._watch(Step.ANSWERED)
        return answer

    async def aclose(self) -> None:
        await self._channel.aclose()


def ignore_step(step: Step) -> None:
    """Nobody follows that closely."""


class NoRegister:
    """Stands where nothing is set up: every sale that must be verified is refused with the way out."""

    def validate(self, draft: Draft) -> list[Problem]:
        return [Problem("no_certificate")]

    def seal(self, connection: Connection, draft: Draft) -> Sealed:
        raise AssertionError("validate was not asked")


class FiscalService:
    """Owns the line to the authority for one open database.

    `on_change` is called on the loop's thread whenever the status may have changed, `watch` at each step of a submission.
    """

    def __init__(
        self,
        database: Database,
        secrets: SecretStore,
        on_change: Callable[[Confirmation | None], None],
        watch: Callable[[Step], None] = ignore_step,
    ) -> None:
        self._watch = watch
        self._database = database
        self._secrets = secrets
        self._on_change = on_change
        self._line: FiscalLine | None = None
        self._client: FursClient | None = None
        self._submitter: Submitter | None = None
        self._premise: PremiseRegistration | None = None
        self._keeps_registered = False
        self.register: FiscalRegister = NoRegister()

    async def start(self) -> None:
        """Loads what is set up and starts the submitter where there is a line."""
        line = await self._database.read(SYSTEM, load_fiscal_line, self._secrets)
        self._line = line
        if line.settings is None:
            self.register = NoRegister()
            return
        self.register = SlovenianRegister(line.settings, line.credentials, registered_premises=line.registered)
        if line.endpoint is None or line.anchors is None or not line.credentials:
            return
        from fiscal.slovenia.client import FursClient  # late: httpx and TLS are slow to import

        self._client = FursClient(line.endpoint, line.credentials, line.anchors, self._database.clock.now)
        self._submitter = Submitter(
            self._database.transactor("fiscal.submitter"),
            WatchedChannel(self._client, self._watch),
            self._database.clock.now,
            self._tell,
        )
        self._submitter.start()
        self._premise = PremiseRegistration(self._database, self._client, line.settings, self._premise_changed)
        await self._premise.look()
        if self._keeps_registered:
            self._premise.start()

    async def shutdown(self) -> None:
        """Stops the submitter; what was on its way is sent again at the next start."""
        premise, self._premise = self._premise, None
        if premise is not None:
            await premise.shutdown()
        submitter, self._submitter = self._submitter, None
        if submitter is not None:
            await submitter.shutdown()
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def reload(self) -> None:
        """Builds everything anew after the settings changed."""
        await self.shutdown()
        await self.start()
        self._on_change(None)

    async def submit_now(self, document_id: UUID) -> Confirmation | None:
        """Tries the receipt just issued, 5 s at most; None without a line."""
        if self._submitter is None:
            return None
        if self._premise is not None:
            await self._premise.tried(_PREMISE_FIRST)
        return await self._submitter.submit_now(document_id)

    async def retry_pending(self) -> Remaining:
        """Tries everything that waits once; raises `Refused` ``register.no_line`` where nothing is set up."""
        if self._submitter is None:
            raise Refused("register.no_line")
        await self._submitter.release_refused()
        return await self._submitter.retry_pending()

    def keep_registered(self) -> None:
        """From now on the premise is sent in the background whenever it is not confirmed as it is set up."""
        self._keeps_registered = True
        if self._premise is not None:
            self._premise.start()

    async def register_premise(self) -> None:
        """Registers the premise as it is set up. Raises `Refused` with the authority's words, or `TemporaryFault`."""
        if self._premise is None:
            raise Refused("register.no_line")
        try:
            await self._premise.send()
        except TemporaryFault:
            if self._keeps_registered:
                self._premise.start()
            raise

    async def status(self) -> FiscalStatus:
        """How things stand, in one word and two counts, and how far the premise is."""
        backlog = await self._database.read(SYSTEM, fiscal_backlog)
        premise = PremiseStatus(PremiseState.NOT_SET_UP) if self._premise is None else self._premise.status
        return FiscalStatus(self._state(backlog.refused), backlog.waiting, backlog.refused, premise)

    def _state(self, refused: int) -> FiscalState:
        line = self._line
        if line is None or line.settings is None:
            return FiscalState.NOT_SET_UP
        if not line.credentials:
            return FiscalState.NO_CERTIFICATE
        if self._submitter is None:
            return FiscalState.NO_LINE
        if refused:
            return FiscalState.REFUSED
        return {Line.UNKNOWN: FiscalState.UNKNOWN, Line.UP: FiscalState.WORKS, Line.DOWN: FiscalState.DOWN}[
            self._submitter.line
        ]

    def _premise_changed(self) -> None:
        line, premise = self._line, self._premise
        if line is None or line.settings is None or premise is None:
            return
        if premise.status.state is PremiseState.CONFIRMED:
            marks = line.registered | {premise.status.mark}
            self.register = SlovenianRegister(line.settings, line.credentials, registered_premises=marks)
            if self._submitter is not None:
                self._submitter.wake()  # what was refused for the premise waits again
        self._on_change(None)

    def _tell(self, known: Confirmation) -> None:
        if self._premise is not None and known.status in (Status.CONFIRMED, Status.REFUSED):
            self._premise.wake()  # the line answers
        self._on_change(known)
