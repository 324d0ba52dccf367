"""The service that shares this desk's books: owns the line to the backend and the engine, and says how they are.

It runs behind the desk: nothing a person does waits for it. What was committed here wakes it.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop.access import SYSTEM, Actor, Permission
from desktop.database.create import Identity
from desktop.database.database import Database
from desktop.database.door import Changes
from desktop.database.secrets import SecretStore
from desktop.errors import PultError, Refused
from desktop.ids import new_id
from desktop.register.company import show_company
from desktop.services.pairing import Candidate, Connect, ask_to_pair, over_https, said, trust_of
from desktop.services.replica import DeskReplica
from desktop.sharing.pairing import (
    KEY,
    Pairing,
    PairingEntry,
    check_entry,
    keep_forked,
    keep_pairing,
    last_operation,
    pause_sharing,
    record_sharing,
    renew_desk,
    show_pairing,
    stop_sharing,
)
from desktop.sync_manifest import build_manifest
from sync.client.bootstrap import Bootstrap
from sync.client.engine import Condition, Engine, Standing
from sync.client.ports import Backend
from sync.client.ports import Identity as Proof
from sync.manifest import Manifest
from sync.wire import Devices, Looked, NewCode

R = TypeVar("R")
_log = logging.getLogger(__name__)
#: What ends the work at a desk until it is paired anew: it was revoked, or another file has its device.
FOR_GOOD: Final = ("revoked", "forked")


class SharingState(StrEnum):
    """What the status light says."""

    ALONE = "alone"  # not paired
    PAUSED = "paused"
    STARTING = "starting"
    AGREED = "agreed"
    WAITING = "waiting"  # no line, or the backend is busy; tried again by itself
    STOPPED = "stopped"  # a person is needed; see `code`


@dataclass(frozen=True, slots=True)
class SharingStatus:
    """How the sharing stands. `contact`: seconds since 1970 of the backend's last answer; `pending`: operations not judged yet.

    `ahead`: whole minutes that this computer's clock is ahead of the server's, negative behind it, 0 as long as it is right enough.
    """

    state: SharingState
    contact: float | None = None
    pending: int = 0
    code: str | None = None
    ahead: int = 0


_STATES = {
    Condition.STARTING: SharingState.STARTING,
    Condition.AGREED: SharingState.AGREED,
    Condition.WAITING: SharingState.WAITING,
    Condition.STOPPED: SharingState.STOPPED,
}


class Sharing:
    """The sharing of one open database. `on_change` is called on the loop's thread whenever the status changed.

    `clock`: seconds since 1970, as this computer has it.
    """

    def __init__(
        self,
        database: Database,
        secrets: SecretStore,
        on_change: Callable[[SharingStatus], None],
        *,
        jitter: Callable[[], float] = random.random,
        connect: Connect = over_https,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._clock = clock
        self._database, self._secrets = database, secrets
        self._on_change, self._jitter = on_change, jitter
        self._connect = connect
        self._line: Backend | None = None
        self._engine: Engine | None = None
        self._deaf: Callable[[], None] = _nothing
        self._trouble: str | None = None
        self._opening: asyncio.Task[None] | None = None
        self._stopping: asyncio.Task[None] | None = None
        self.pairing: Pairing | None = None

    @property
    def status(self) -> SharingStatus:
        if self.pairing is None:
            return SharingStatus(SharingState.ALONE)
        if self._trouble is not None:
            return SharingStatus(SharingState.STOPPED, pending=self.pairing.unshared, code=self._trouble)
        if self._engine is None:
            return SharingStatus(SharingState.PAUSED if self.pairing.paused else SharingState.STARTING)
        standing = self._engine.standing
        state = _STATES[standing.condition]
        return SharingStatus(state, standing.contact, standing.pending, standing.code, standing.ahead)

    async def start(self) -> None:
        """Begins to share where this desk is paired and may: in the background, because a keyring takes its time."""
        self.pairing = await self._database.read(SYSTEM, show_pairing)
        self._trouble = (self.pairing.stopped if self.pairing is not None else "") or None
        if self.pairing is not None and not self.pairing.paused and self._trouble is None:
            self._opening = asyncio.get_running_loop().create_task(self._open(self.pairing))
        self._on_change(self.status)

    async def _open(self, pairing: Pairing) -> None:
        """Without its key the desk has to be paired anew; a keyring that fails is said, and asked at the next start."""
        try:
            key = await _in_thread(self._secrets.get, KEY)
            if key is not None:
                await self._begin(pairing, Ed25519PrivateKey.from_private_bytes(bytes.fromhex(key)))
                return
            self._trouble = "key_lost"
        except PultError as error:
            _log.warning("the sharing does not begin: %s", error)
            self._trouble = error.code.rpartition(".")[2]
        self._on_change(self.status)

    async def shutdown(self) -> None:
        """Ends the loop; what was on its way is sent again at the next start."""
        for task in (self._opening, self._stopping):
            if task is not None:
                await asyncio.gather(task, return_exceptions=True)
        self._opening = self._stopping = None
        self._deaf()
        self._deaf = _nothing
        engine, self._engine = self._engine, None
        if engine is not None:
            await engine.shutdown()
        line, self._line = self._line, None
        if line is not None:
            await line.close()

    async def agreed(self, seconds: float) -> bool:
        """Waits until the backend has judged all that was done here and all that it knew was fetched, at most so long."""
        if self._opening is not None:
            await self._opening
        if self._engine is None:
            return False
        try:
            async with asyncio.timeout(seconds):
                return await self._engine.agreed()
        except TimeoutError:
            return False

    def wake(self) -> None:
        """Somebody wants to see now what others did."""
        if self._engine is not None:
            self._engine.hurry()

    async def pair(self, actor: Actor, entry: PairingEntry, looked: Looked) -> Pairing:
        """Pairs this desk, which has books of its own, and begins to share.

        Raises as `desktop.services.pairing.look`; `Refused` ``sharing.forked`` for a file that was restored or copied: it stops.
        """
        actor.require(Permission.EDIT_SETTINGS)
        own, key = self._database.desk, await self._key()
        identity = Identity(own.tenant, own.shop, own.device)
        last = await self._database.read(SYSTEM, last_operation)
        desk = Candidate(identity, own.practice, await self._shop_name(), key, self._manifest(), last)
        try:
            pairing, n = await ask_to_pair(entry, looked.name, desk, self._connect)
        except Refused as error:
            if error.code == "sharing.forked":
                await self._keep_forked(actor, entry, looked)
            raise
        self.pairing = await self._database.write(actor, keep_pairing, pairing, n)
        self._trouble = None
        await self.shutdown()
        await self._begin(pairing, key)
        return pairing

    async def _keep_forked(self, actor: Actor, entry: PairingEntry, looked: Looked) -> None:
        """The server knows more of this desk than this file: it may not work before it is a desk of its own."""
        await self.shutdown()
        checked = check_entry(entry)
        forked = Pairing(checked.url, "", looked.name, checked.desk, checked.trust)
        self.pairing = await self._database.write(actor, keep_forked, forked)
        self._trouble = "forked"
        self._on_change(self.status)

    async def renew(self, entry: PairingEntry, looked: Looked) -> None:
        """Pairs this file as a new desk, after it was restored or copied. It has to be opened anew after this.

        The code is the permission: nobody can sign in to a desk that may not work. Raises as `desktop.services.pairing.look`.
        """
        own, key = self._database.desk, Ed25519PrivateKey.generate()
        identity = Identity(own.tenant, own.shop, new_id())
        desk = Candidate(identity, own.practice, await self._shop_name(), key, self._manifest())
        pairing, _n = await ask_to_pair(entry, looked.name, desk, self._connect)
        await self.shutdown()
        await _in_thread(self._secrets.put, KEY, key.private_bytes_raw().hex())
        await self._database.write(SYSTEM, renew_desk, identity.device_id, pairing)

    async def pause(self, actor: Actor, paused: bool) -> None:
        """Begins or ends a pause."""
        await self._database.write(actor, pause_sharing, paused)
        await self.shutdown()
        await self.start()

    async def devices(self) -> Devices:
        """Who belongs to the salon."""
        return await said(self._open_line().devices())

    async def code(self, actor: Actor) -> NewCode:
        """A one-time code for another desk."""
        actor.require(Permission.EDIT_SETTINGS)
        made = await said(self._open_line().code())
        await self._database.write(actor, record_sharing, "sharing.code_made")
        return made

    async def revoke(self, actor: Actor, device: str) -> Devices:
        """Another desk is not welcome any more."""
        actor.require(Permission.EDIT_SETTINGS)
        told = await said(self._open_line().revoke(device))
        await self._database.write(actor, record_sharing, "sharing.device_revoked", device)
        return told

    async def allow_deletes(self, actor: Actor, device: str) -> Devices:
        """Another desk may delete many rows, for an hour; it goes on by itself."""
        actor.require(Permission.EDIT_SETTINGS)
        line = self._open_line()
        await said(line.allow_deletes(device))
        await self._database.write(actor, record_sharing, "sharing.deletes_allowed", device)
        return await said(line.devices())

    def _open_line(self) -> Backend:
        if self._line is None:
            raise Refused("sharing.not_paired" if self.pairing is None else "sharing.paused")
        return self._line

    def _manifest(self) -> Manifest:
        return build_manifest(self._database.schema)

    async def _begin(self, pairing: Pairing, key: Ed25519PrivateKey) -> None:
        proof = Proof(pairing.tenant, self._database.desk.device.hex, key)
        self._line = self._connect(pairing.url, proof, await trust_of(pairing.trust))
        replica = DeskReplica(self._database)
        self._engine = Engine(
            replica,
            self._line,
            clock=self._clock,
            jitter=self._jitter,
            on_standing=self._tell,
            bootstrap=Bootstrap(replica, self._line, pairing.tenant, self._database.desk.shop.hex),
        )
        loop, engine = asyncio.get_running_loop(), self._engine

        def hear(changes: Changes) -> None:
            if changes.operation is not None:  # of this desk; called in the writer's thread
                loop.call_soon_threadsafe(engine.wake)

        self._deaf = self._database.subscribe(hear)
        self._engine.start()
        self._on_change(self.status)

    def _tell(self, standing: Standing) -> None:
        if standing.condition is Condition.STOPPED and standing.code in FOR_GOOD:
            self._stopping = asyncio.get_running_loop().create_task(self._stop(standing.code))
        else:
            self._on_change(self.status)

    async def _stop(self, code: str) -> None:
        """The desk may not work any more, after a new start neither."""
        self.pairing = await self._database.write(SYSTEM, stop_sharing, code)
        self._trouble = code
        self._on_change(self.status)

    async def _key(self) -> Ed25519PrivateKey:
        """This desk's key; kept before it is used, so that a pairing whose answer was lost can be asked for again."""
        stored = await _in_thread(self._secrets.get, KEY)
        if stored is not None:
            return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(stored))
        key = Ed25519PrivateKey.generate()
        await _in_thread(self._secrets.put, KEY, key.private_bytes_raw().hex())
        return key

    async def _shop_name(self) -> str:
        company = await self._database.read(SYSTEM, show_company)
        return ", ".join(part for part in (company.name, company.town) if part) if company is not None else ""


async def _in_thread(job: Callable[..., R], *given: object) -> R:
    return await asyncio.get_running_loop().run_in_executor(None, job, *given)


def _nothing() -> None:
    """Nobody listens."""
