"""A server with one tenant, running for real, and desks of one shop that share through it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from desktop.customers.search import search_customers
from desktop.database.new_file import Mode, Stamp, make_file
from desktop.database.secrets import FileSecrets
from desktop.database.version import HEAD
from desktop.ids import new_id
from desktop.schema import SCHEMA
from desktop.services.pairing import look
from desktop.services.sharing import Sharing, SharingState, SharingStatus
from desktop.sharing.pairing import PairingEntry
from sync.server.pairing import Pairing
from sync.server.sqlite_store import SqliteStore
from tests import desk as desks
from tests.desk import TestDesk
from tests.sync.server.running import RunningServer

TENANT = "7" * 32


@dataclass
class SharedDesk:
    """A desk with its sharing; `ahead`: seconds by which its computer's clock is wrong, added up."""

    desk: TestDesk
    sharing: Sharing
    told: list[SharingStatus]
    ahead: list[float]

    async def until(self, state: SharingState, code: str | None = None) -> SharingStatus:
        async with asyncio.timeout(20):
            while self.sharing.status.state is not state or (code and self.sharing.status.code != code):
                await asyncio.sleep(0.01)
        return self.sharing.status

    async def sees(self, look: Callable[[], Awaitable[bool]]) -> None:
        async with asyncio.timeout(20):
            while not await look():
                await asyncio.sleep(0.01)

    async def finds(self, words: str) -> bool:
        return bool(await self.desk.database.read(self.desk.owner, search_customers, words))


class SharedSalon:
    """A server with one tenant, and desks of one shop."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = SqliteStore(folder / "server")
        self.store.make_tenant(TENANT, "Salon Ana", 1)
        self.server = RunningServer(self.store, folder)
        self.trust = (folder / "server.pem").read_text()
        self.tenant, self.shop = new_id(), new_id()
        self.desks: list[SharedDesk] = []

    def entry(self, code: str | None = None) -> PairingEntry:
        return PairingEntry(self.server.url, code or self.code(), "Recepcija", self.trust)

    def code(self) -> str:
        return Pairing(self.store, self.server._now).make_code(TENANT).code

    def desk(self, shop: UUID | None = None, tenant: UUID | None = None, mode: Mode = "practice") -> SharedDesk:
        folder = self.folder / f"desk{len(self.desks)}"
        folder.mkdir()
        path = folder / "pult.db"
        stamp = Stamp(
            new_id(), mode, tenant or self.tenant, shop or self.shop, new_id(), "Europe/Ljubljana", HEAD, desks.START
        )
        make_file(path, desks.KEY, SCHEMA, stamp)
        made = TestDesk(path)
        told: list[SharingStatus] = []
        ahead: list[float] = []
        secrets = FileSecrets(folder / "secrets", desks.KEY)
        sharing = Sharing(
            made.database, secrets, told.append, jitter=lambda: 0.0, clock=lambda: time.time() + sum(ahead)
        )
        self.desks.append(SharedDesk(made, sharing, told, ahead))
        return self.desks[-1]

    async def paired(self) -> SharedDesk:
        made = self.desk()
        entry = self.entry()
        await made.sharing.pair(made.desk.owner, entry, await look(entry))
        await made.until(SharingState.AGREED)
        return made

    async def close(self) -> None:
        for one in self.desks:
            await one.sharing.shutdown()
            one.desk.database.close()
        await asyncio.to_thread(self.server.stop)
        self.store.close()
