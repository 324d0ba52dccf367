"""The backend's own code with one tenant, on SQLite in memory or another database, and what a desk has for it."""

from __future__ import annotations

import json
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Engine, create_engine, event, func, insert, select
from sqlalchemy.pool import StaticPool

from desktop.database.outgoing import Outgoing
from desktop.schema import SCHEMA
from desktop.sync_manifest import PLACES, build_manifest
from sync.operations import Operation
from sync.server import tables
from sync.server.checks import Rules
from sync.server.judge import Judge
from sync.server.pulling import pull
from sync.server.state import StateTaker
from sync.wire import MOST_ROWS, Page, Pushed, State, StateTaken, Verdict
from tests.desk import TestDesk

TENANT = "7" * 32
NOW = 1_800_000_000_000
MANIFEST = build_manifest(SCHEMA)
OUTGOING = Outgoing(SCHEMA, PLACES)


def in_memory() -> Engine:
    """SQLite in memory, whose transactions begin as writers."""
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _manual(connection: Any, _record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


class Backend:
    """The tables of the server. `now`: its clock, in milliseconds since 1970."""

    def __init__(self, engine: Engine | None = None) -> None:
        self.now = NOW
        self.engine = engine or in_memory()
        tables.metadata.create_all(self.engine)
        self.judge = Judge(TENANT, MANIFEST)

    def close(self) -> None:
        self.engine.dispose()

    def image(self) -> bytes:
        """All its tables, for `sqlite3.Connection.deserialize`."""
        raw: Any = self.engine.raw_connection()
        return bytes(raw.driver_connection.serialize())

    def admit(self, device: UUID, shop: UUID) -> None:
        with self.engine.begin() as connection:
            row = {"tenant": TENANT, "device": device.hex, "shop": shop.hex, "n": 0, "hash": ""}
            connection.execute(insert(tables.device), row)

    def push(self, operations: list[Operation], device: str | None = None) -> list[Verdict]:
        with self.engine.begin() as connection:
            return self.judge.judge(connection, device or operations[0].device, operations, self.now)

    def take(self, operations: list[Operation]) -> Pushed:
        """A push with its whole answer."""
        verdicts = self.push(operations)
        return Pushed(tuple(verdicts), max(one.n for one in verdicts), self.now)

    def take_state(self, state: State, device: str | None = None) -> StateTaken:
        """A page of state, of the device whose operations it names."""
        with self.engine.begin() as connection:
            taker = StateTaker(TENANT, Rules(MANIFEST))
            return taker.take(connection, device or state.envelopes[0].device, state, self.now)

    def give(self, scope: str, cursor: int, most: int = MOST_ROWS) -> Page:
        with self.engine.begin() as connection:
            return pull(connection, TENANT, scope, cursor, self.now, most)

    def state(self, collection: str, row: str) -> dict[str, Any]:
        with self.engine.begin() as connection:
            found = connection.execute(
                select(tables.row.c["values"]).where(tables.row.c.collection == collection, tables.row.c.row == row)
            ).scalar_one()
        return dict(json.loads(found))

    def states(self, collection: str) -> dict[str, dict[str, Any]]:
        """All rows of a collection by id."""
        with self.engine.begin() as connection:
            found = connection.execute(
                select(tables.row.c.row, tables.row.c["values"]).where(tables.row.c.collection == collection)
            ).all()
        return {row: json.loads(values) for row, values in found}

    def count(self, table: Any) -> int:
        with self.engine.begin() as connection:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()


def outgoing(desk: TestDesk, after: int = 0, most: int = 500) -> list[Operation]:
    """The operations of a desk behind a number, for the wire."""
    device = desk.database.desk.device

    def read(engine: Engine) -> list[Operation]:
        with engine.connect() as connection:
            return OUTGOING.operations(connection, device, after, most)

    return desk.on_writer(read)
