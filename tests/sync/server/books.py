"""A small manifest with every class and claim, and what tests of the backend do with it on any store."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Connection, func, insert, select

from sync.manifest import ClaimKind, Collection, DataClass, Field, FieldType, Manifest, Scope, Value
from sync.operations import Kind, Operation, Place
from sync.server import tables
from sync.server.judge import Judge
from sync.server.pulling import pull
from sync.server.store import Store
from sync.wire import Page, Verdict
from tests.sync.server.writer import Writer, Written

TENANT: Final = "a" * 32
SHOP: Final = "1" * 32
NOW: Final = 1_800_000_000_000
CHAIR: Final = "c" * 32

_TEXT, _ID, _INTEGER = Field(FieldType.TEXT), Field(FieldType.ID, required=True), Field(FieldType.INTEGER)
BOOKS: Final = Manifest(
    1,
    (
        Collection("customer", DataClass.MERGEABLE, Scope.TENANT, {"name": _TEXT, "notes": _TEXT}),
        Collection("key", DataClass.MERGEABLE, Scope.SHOP, {"shop_id": _ID, "name": _TEXT}),
        Collection("sale", DataClass.LEDGER, Scope.SHOP, {"shop_id": _ID, "total": _INTEGER, "hash": _TEXT}),
        Collection(
            "visit",
            DataClass.CLAIM,
            Scope.SHOP,
            {"shop_id": _ID, "times": _TEXT, "status": _TEXT, "note": _TEXT, "state": _TEXT},
            claim=ClaimKind.EXCLUSIVE,
            places_of="times",
            freeing={"status": ("cancelled",)},
            state="state",
        ),
        Collection(
            "series",
            DataClass.CLAIM,
            Scope.SHOP,
            {"shop_id": _ID, "code": _TEXT, "deleted_at": _INTEGER},
            claim=ClaimKind.UNIQUE,
            unique=("code",),
        ),
    ),
)


def place(start: int, lane: int = 0) -> Place:
    return Place(CHAIR, start, lane)


class Books:
    """One tenant on a store."""

    def __init__(self, store: Store, tenant: str = TENANT) -> None:
        self.store = store
        self.tenant = tenant
        self.judge = Judge(tenant, BOOKS)

    def writer(self, shop: str = SHOP) -> Writer:
        """A new device of the tenant."""
        made = Writer(shop, NOW)
        row = {"tenant": self.tenant, "device": made.device, "shop": shop, "n": 0, "hash": ""}
        self.store.tenant(self.tenant, lambda c: c.execute(insert(tables.device), row))
        return made

    def push(self, *operations: Operation) -> list[Verdict]:
        device = operations[0].device
        return self.store.tenant(self.tenant, lambda c: self.judge.judge(c, device, operations, NOW))

    def pull(self, scope: str = "", cursor: int = 0, most: int = 2_000) -> Page:
        return self.store.read(self.tenant, lambda c: pull(c, self.tenant, scope, cursor, NOW, most))

    def values(self, collection: str, row: str) -> dict[str, Value] | None:
        """The values of a row as the next pull brings them."""
        rows = (*self.pull().rows, *self.pull(SHOP).rows)
        return next((one.values for one in rows if (one.collection, one.row) == (collection, row)), None)

    def count(self, table: Any) -> int:
        def read(connection: Connection) -> int:
            return connection.execute(select(func.count()).select_from(table)).scalar_one()

        return self.store.read(self.tenant, read)

    def holders(self) -> dict[int, str]:
        """Who holds the chair, by the start of the place."""

        def read(connection: Connection) -> dict[int, str]:
            found: Sequence[Any] = connection.execute(select(tables.place.c.start, tables.place.c.row)).all()
            return {one.start: one.row for one in found}

        return self.store.read(self.tenant, read)


def visit(row: str, *starts: int, kind: Kind = Kind.INSERT) -> Written:
    values = {"shop_id": SHOP, "times": ",".join(map(str, starts))}
    return Written("visit", row, values, kind, tuple(place(start) for start in starts))


def series(row: str, code: str, deleted_at: int | None = None) -> Written:
    return Written("series", row, {"shop_id": SHOP, "code": code, "deleted_at": deleted_at})


def customer(row: str, name: str = "Ana", kind: Kind = Kind.INSERT) -> Written:
    return Written("customer", row, {"name": name}, kind)
