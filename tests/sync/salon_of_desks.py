"""Several desks of one salon on real encrypted databases, and a backend between them: what is pushed and pulled is up to the test."""

from __future__ import annotations

import functools
import random
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, text, update

from desktop.appointments.arriving import make_room_for_visit
from desktop.database.connection import FeedState, make_engine, open_connection
from desktop.database.feed import DeviceStamp
from desktop.database.incoming import Incoming, acknowledge, cursor_of, number
from desktop.database.new_file import Stamp, make_file
from desktop.database.verify import verify_structure
from desktop.database.version import HEAD
from desktop.ids import new_id
from desktop.schema import SCHEMA
from tests.desk import KEY, START, TestDesk
from tests.sync.backend import MANIFEST, Backend, outgoing


@functools.cache
def empty_file() -> bytes:
    """A freshly made file: making all tables takes most of a short test's time."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "pult.db"
        stamp = Stamp(new_id(), "practice", new_id(), new_id(), new_id(), "Europe/Ljubljana", HEAD, START)
        make_file(path, KEY, SCHEMA, stamp)
        return path.read_bytes()


def new_file(path: Path, tenant: UUID, shop: UUID, device: UUID) -> None:
    """A new file of a device: a copy of the empty one with a stamp of its own."""
    path.write_bytes(empty_file())
    stamp = Stamp(new_id(), "practice", tenant, shop, device, "Europe/Ljubljana", HEAD, START)
    engine = make_engine(open_connection(path, KEY, FeedState(), SCHEMA.functions()), writes=True)
    with engine.begin() as connection:
        connection.execute(update(DeviceStamp).values(**asdict(stamp)))
    engine.dispose()


class Salon:
    """Desks, each with a file, a clock and a device of its own, at first all of one shop."""

    def __init__(self, folder: Path, desks: int) -> None:
        self.backend = Backend()
        self.tenant, self.shop = new_id(), new_id()
        self._folder = folder
        self.desks = [self.add_desk() for _ in range(desks)]

    def add_desk(self, shop: UUID | None = None) -> TestDesk:
        """A fresh desk of the salon, in its first shop unless another one is named."""
        device = new_id()
        folder = self._folder / device.hex
        folder.mkdir()
        path = folder / "pult.db"
        new_file(path, self.tenant, shop or self.shop, device)
        self.backend.admit(device, shop or self.shop)
        return TestDesk(path)

    def close(self) -> None:
        for desk in self.desks:
            desk.database.close()
        self.backend.close()

    def push(self, desk: TestDesk, *, most: int = 500, lose_reply: bool = False, times: int = 1) -> int:
        """Pushes what the server has not judged; how many operations went. A lost reply is one that the desk never saw."""
        sent = outgoing(desk, self.number(desk, "acknowledged"), most)
        if not sent:
            return 0
        for _ in range(times):
            answer = self.backend.take(sent)
        if not lose_reply:
            desk.on_writer(lambda engine: _in_transaction(engine, lambda connection: acknowledge(connection, answer)))
        return len(sent)

    def pull(self, desk: TestDesk, *, most: int = 2000, pages: int = 1000) -> int:
        """Pulls the tenant, then the shop; how many rows came."""
        count = 0
        for scope in ("", desk.shop.hex):
            for _ in range(pages):
                page = self.backend.give(scope, self._cursor(desk, scope), most)
                self.apply(desk, page)
                count += len(page.rows)
                if not page.more:
                    break
        return count

    def apply(self, desk: TestDesk, page: Any) -> Any:
        """Writes a page on a desk; what it says that changed."""
        incoming = self._incoming(desk)
        return desk.on_writer(
            lambda engine: _in_transaction(engine, lambda connection: incoming.apply(connection, page))
        )

    def bring(self, desk: TestDesk, page: Any) -> Any:
        """The same for rows of a snapshot."""
        incoming = self._incoming(desk)
        return desk.on_writer(
            lambda engine: _in_transaction(engine, lambda connection: incoming.bring(connection, page))
        )

    def _incoming(self, desk: TestDesk) -> Incoming:
        database = desk.database
        return Incoming(SCHEMA, MANIFEST, database.feed_state, database.desk.device, {"visit": make_room_for_visit})

    def _cursor(self, desk: TestDesk, scope: str) -> int:
        return int(desk.on_writer(lambda engine: _in_transaction(engine, lambda c: cursor_of(c, scope))))

    def number(self, desk: TestDesk, name: str) -> int:
        return int(desk.on_writer(lambda engine: _in_transaction(engine, lambda c: number(c, name))))

    def settle(self) -> None:
        """Pushes and pulls until nobody has anything new."""
        for _ in range(20):
            moved = sum(self.push(desk) for desk in self.desks)
            moved += sum(self.pull(desk) for desk in self.desks)
            if not moved:
                return
        raise AssertionError("the desks never come to rest")

    def rows(self, desk: TestDesk, table: str) -> dict[str, dict[str, Any]]:
        """Rows of a table as a desk holds them, by id, bytes as hex."""

        def read(engine: Engine) -> list[dict[str, Any]]:
            with engine.connect() as connection:
                return [dict(row) for row in connection.execute(text(f'SELECT * FROM "{table}"')).mappings()]

        plain = [
            {name: value.hex() if isinstance(value, bytes) else value for name, value in row.items()}
            for row in desk.on_writer(read)
        ]
        return {row.pop("id"): row for row in plain}

    def rows_of(self, desk: TestDesk, query: str) -> list[tuple[Any, ...]]:
        """What a query gives on a desk."""

        def read(engine: Engine) -> list[tuple[Any, ...]]:
            with engine.connect() as connection:
                return [tuple(row) for row in connection.execute(text(query))]

        return desk.on_writer(read)

    def findings(self, desk: TestDesk) -> list[Any]:
        """What the verification of a desk's file finds wrong."""

        def read(engine: Engine) -> list[Any]:
            with engine.connect() as connection:
                return list(verify_structure(connection, SCHEMA))

        return desk.on_writer(read)

    def assert_agreed(self) -> None:
        """Every desk holds what the backend holds, row by row and field by field."""
        for collection in MANIFEST.collections:
            truth = self.backend.states(collection.name)
            for number_of, desk in enumerate(self.desks):
                assert self.rows(desk, collection.name) == truth, f"{collection.name} on desk {number_of}"


def dice_of(seed: int) -> random.Random:
    return random.Random(seed)


def known(rows: dict[str, dict[str, Any]]) -> list[UUID]:
    """Ids of rows that are not deleted, in a fixed order."""
    return sorted(UUID(hex=one) for one, values in rows.items() if values.get("deleted_at") is None)


def _in_transaction(engine: Engine, job: Any) -> Any:
    with engine.begin() as connection:
        return job(connection)
