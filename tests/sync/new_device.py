"""A salon on a running server, and desks that come new to it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import text

from desktop.database.new_file import Stamp, make_file
from desktop.database.state import begin_pairing, paired
from desktop.database.version import HEAD
from desktop.ids import new_id
from desktop.schema import SCHEMA
from desktop.services.replica import DeskReplica
from sync.client.bootstrap import Bootstrap
from sync.client.engine import Engine
from sync.client.http_line import HttpLine
from sync.client.ports import Identity
from sync.server.pairing import Pairing
from sync.server.snapshots import Snapshots
from sync.server.sqlite_store import SqliteStore
from sync.server.store import Store
from sync.snapshot import Snapshot
from sync.wire import Pair
from tests.desk import KEY, START, TestDesk
from tests.sync.backend import MANIFEST
from tests.sync.server.running import RunningServer

TENANT = "7" * 32


class PickyLine(HttpLine):
    """The line to a running server, which does what a test wants with the parts of a snapshot."""

    on_list: Callable[[Snapshot], Snapshot] = staticmethod(lambda snapshot: snapshot)
    on_chunk: Callable[[int, bytes], bytes] = staticmethod(lambda n, packed: packed)
    asked: list[int]

    async def snapshot(self, shop: str) -> Snapshot:
        return self.on_list(await super().snapshot(shop))

    async def chunk(self, snapshot: str, n: int) -> bytes:
        self.asked.append(n)
        return self.on_chunk(n, await super().chunk(snapshot, n))


class Newcomer:
    """A desk that is paired with the server. `with_snapshot`: whether it begins with a snapshot; else it pulls everything."""

    def __init__(self, desk: TestDesk, line: PickyLine, *, with_snapshot: bool) -> None:
        self.desk, self.line = desk, line
        self._with_snapshot = with_snapshot
        self.start()

    def start(self) -> None:
        """As the program does at its start: nothing is remembered but what lies in the file."""
        self.replica = DeskReplica(self.desk.database, state_rows=200)
        own = self.desk.database.desk
        self.bootstrap = Bootstrap(self.replica, self.line, TENANT, own.shop.hex)
        given = self.bootstrap if self._with_snapshot else None
        self.engine = Engine(self.replica, self.line, clock=lambda: 0.0, jitter=lambda: 0.0, bootstrap=given)

    async def finish(self) -> None:
        """A round, then all of the archive."""
        await self.engine.round()
        while await self.bootstrap.archive():
            pass

    def table(self, query: str) -> list[tuple[Any, ...]]:
        def read(engine: SqlEngine) -> list[tuple[Any, ...]]:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(text(query))]

        return self.desk.on_writer(read)

    def content(self) -> dict[str, Any]:
        """Rows of all collections, without bodies that are not here, and the stamps."""
        content: dict[str, Any] = {}
        for one in MANIFEST.collections:
            left_out = one.deferred.field if one.deferred is not None else None
            names = ", ".join(f'"{name}"' for name in ("id", *one.fields) if name != left_out)
            content[one.name] = self.table(f'SELECT {names} FROM "{one.name}" ORDER BY id')
        stamps = 'SELECT "table", "row", field, clock, device, operation FROM field_clock ORDER BY 1, 2, 3'
        return content | {"field_clock": self.table(stamps), "slot": self.table("SELECT * FROM slot ORDER BY 1, 2, 3")}


class HostedSalon:
    """A running server with one tenant, and the desks of one shop. `store`: an empty one, else one in the folder."""

    def __init__(self, folder: Path, least_rows: int = 1, chunk_rows: int = 30, store: Store | None = None) -> None:
        self._folder = folder
        store = store or SqliteStore(folder / "server")
        store.make_tenant(TENANT, "Salon Ana", 1)
        self.server = RunningServer(store, folder)
        self.snapshots = Snapshots(store, self.server._now, least_rows=least_rows, chunk_rows=chunk_rows)
        self.server.backend.snapshots = self.snapshots
        self.tenant, self.shop = new_id(), new_id()
        self.newcomers: list[Newcomer] = []

    def desk(self) -> TestDesk:
        """A fresh desk that nobody has paired."""
        device = new_id()
        path = self._folder / f"{device.hex}.db"
        make_file(path, KEY, SCHEMA, self._stamp(device))
        return TestDesk(path)

    def _stamp(self, device: UUID) -> Stamp:
        return Stamp(new_id(), "practice", self.tenant, self.shop, device, "Europe/Ljubljana", HEAD, START)

    async def join(self, desk: TestDesk | None = None, *, with_snapshot: bool = True) -> Newcomer:
        """Pairs a desk, a fresh one unless one is given."""
        desk = desk or self.desk()
        own, key = desk.database.desk, Ed25519PrivateKey.generate()
        n, digest = desk.on_writer(lambda engine: _begin(engine, own.device))
        asked = Pair(
            code=Pairing(self.server.store, self.server._now).make_code(TENANT).code,
            device=own.device.hex, key=key.public_key().public_bytes_raw().hex(), name="Recepcija",
            salon=own.tenant.hex, practice=own.practice, shop=own.shop.hex, shop_name="Ljubljana", n=n, hash=digest,
            manifest=MANIFEST,
        )  # fmt: skip
        stranger = HttpLine(self.server.url, None, self.server.trust)
        answer = await stranger.pair(asked)
        await stranger.close()
        desk.on_writer(lambda engine: _note(engine, answer.n, answer.server_key))
        line = PickyLine(self.server.url, Identity(answer.tenant, own.device.hex, key), self.server.trust)
        line.asked = []
        made = Newcomer(desk, line, with_snapshot=with_snapshot)
        self.newcomers.append(made)
        return made

    async def close(self) -> None:
        for one in self.newcomers:
            await one.line.close()
            one.desk.database.close()
        await asyncio.to_thread(self.server.stop)
        self.server.store.close()


def flipped(packed: bytes) -> bytes:
    """The bytes with one bit in the middle turned."""
    place = len(packed) // 2
    return packed[:place] + bytes([packed[place] ^ 1]) + packed[place + 1 :]


def signed_by_another(snapshot: Snapshot) -> Snapshot:
    key = Ed25519PrivateKey.generate()
    return msgspec.structs.replace(snapshot, signature=key.sign(b"pult-snapshot 1 " + snapshot.listing.encode()).hex())


def _begin(engine: SqlEngine, device: UUID) -> tuple[int, str]:
    with engine.begin() as connection:
        return begin_pairing(connection, device)


def _note(engine: SqlEngine, n: int, key: str) -> None:
    with engine.begin() as connection:
        paired(connection, n, key)
