"""The next version of the program: customers have a pet, stock movements a lot, and gifts are new. And a desk with either version."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Column, Connection, Engine, MetaData, Table, Text
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.appointments.arriving import make_room_for_visit
from desktop.database.classes import DataClass, Scope
from desktop.database.connection import FeedState, make_engine, open_connection
from desktop.database.database import Database
from desktop.database.incoming import Incoming, acknowledge, cursor_of, number
from desktop.database.outgoing import Outgoing
from desktop.database.parents import MissingParent, missing_parents
from desktop.database.schema import Schema
from desktop.database.types import Id, Instant, Json
from desktop.schema import SCHEMA
from desktop.sync_manifest import PARENTS, PLACES, build_manifest
from sync.manifest import Manifest
from sync.wire import Page
from tests.desk import KEY, TestDesk
from tests.sync.backend import MANIFEST, Backend


def _next(metadata: MetaData) -> MetaData:
    copied = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.sorted_tables:
        table.to_metadata(copied).info.update(table.info)
    if "customer" in copied.tables:
        copied.tables["customer"].append_column(Column("pet", Text, nullable=True))
        copied.tables["stock_movement"].append_column(Column("lot", Text, nullable=True, info={"since": 2}))
        Table(
            "gift",
            copied,
            Column("id", Id, primary_key=True),
            Column("extra", Json, nullable=True),
            Column("deleted_at", Instant, nullable=True),
            Column("name", Text, nullable=False),
            Column("customer_id", Id, nullable=False),
            info={"data_class": DataClass.MERGEABLE, "scope": Scope.TENANT},
        )
    return copied


@dataclass(frozen=True)
class Program:
    """A version of the program."""

    schema: Schema
    manifest: Manifest


THIS: Final = Program(SCHEMA, MANIFEST)
_NEXT: Final = Schema(tuple(_next(one) for one in SCHEMA.metadatas), SCHEMA.derived)
NEXT: Final = Program(_NEXT, Manifest(2, build_manifest(_NEXT).collections))


class Desk(TestDesk):
    """A desk that runs one version of the program, and shares by itself with a backend when it is told to."""

    __test__ = False

    def __init__(self, path: Path, backend: Backend, program: Program = THIS) -> None:
        self.program, self.backend = program, backend
        super().__init__(path)

    def open(self) -> None:
        self.database = Database(self.path, KEY, self.program.schema, self.clock)
        self.database.subscribe(self.changes.append)

    def upgrade(self) -> None:
        """Goes on with the next version, after what its migration would do."""
        self.database.close()
        engine = make_engine(open_connection(self.path, KEY, FeedState(), SCHEMA.functions()), writes=True)
        with engine.begin() as connection:
            old, new = self.program.schema.triggers(), NEXT.schema.triggers()
            for name in sorted(old.keys() & new.keys()):
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            connection.exec_driver_sql('ALTER TABLE "customer" ADD COLUMN pet TEXT')
            connection.exec_driver_sql('ALTER TABLE "stock_movement" ADD COLUMN lot TEXT')
            NEXT.schema.table("gift").create(connection)
            for text in new.values():
                connection.exec_driver_sql(text)
        engine.dispose()
        self.program = NEXT
        self.open()

    def push(self) -> int:
        """Pushes what is pending; how many operations went."""
        outgoing = Outgoing(self.program.schema, PLACES)
        device = self.database.desk.device

        def send(connection: Connection) -> int:
            sent = outgoing.operations(connection, device, number(connection, "acknowledged"), 500)
            if sent:
                acknowledge(connection, self.backend.take(sent))
            return len(sent)

        return int(self.inside(send))

    def pull(self, most: int = 2000, pages: int = 10_000) -> int:
        """Pulls the tenant, then the shop; how many rows came."""
        incoming = self.incoming()
        self.inside(incoming.begin)
        count = 0
        for scope in ("", self.shop.hex):
            for _ in range(pages):
                page = self.backend.give(scope, int(self.inside(lambda c, scope=scope: cursor_of(c, scope))), most)
                self.inside(lambda c, page=page: incoming.apply(c, page))
                count += len(page.rows)
                if not page.more:
                    break
        return count

    def take(self, page: Page) -> Any:
        """Takes one page, wherever it comes from."""
        return self.inside(lambda connection: self.incoming().apply(connection, page))

    def incoming(self) -> Incoming:
        database, program = self.database, self.program
        return Incoming(
            program.schema,
            program.manifest,
            database.feed_state,
            database.desk.device,
            {"visit": make_room_for_visit},
            PARENTS,
        )

    def missing(self) -> list[MissingParent]:
        return list(self.inside(missing_parents))

    def inside(self, job: Any) -> Any:
        """Runs a job in a transaction of the writer, outside the door."""

        def run(engine: Engine) -> Any:
            with engine.begin() as connection:
                return job(connection)

        return self.on_writer(run)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.inside(lambda connection: connection.exec_driver_sql(query).all())]


def set_pet(session: Session, _action: Action, customer: UUID, pet: str) -> None:
    """What the next program's form does with its field."""
    session.connection().exec_driver_sql("UPDATE customer SET pet = ? WHERE id = ?", (pet, customer.bytes))


def give(session: Session, _action: Action, gift: UUID, customer: UUID, name: str) -> None:
    """What the next program's new room does."""
    values = (gift.bytes, name, customer.bytes)
    session.connection().exec_driver_sql("INSERT INTO gift (id, name, customer_id) VALUES (?, ?, ?)", values)
