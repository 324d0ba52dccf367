"""Rows that were deleted long ago are dropped, unless somebody names them; a cursor that has not seen that is too old."""

from __future__ import annotations

import msgspec
import pytest
from sqlalchemy import func, select

from sync.errors import Unlawful
from sync.manifest import Collection, DataClass, Field, FieldType, Manifest, Scope
from sync.operations import Kind
from sync.server import tables
from sync.server.compacting import HORIZON_DAYS, compact
from sync.server.exchange import Exchange
from sync.server.proving import Caller
from sync.server.store import Store
from sync.wire import Push
from tests.sync.server.books import NOW, SHOP, TENANT, Books
from tests.sync.server.writer import Writer, Written

_TEXT, _DELETED = Field(FieldType.TEXT), Field(FieldType.INTEGER)
NOTES = Manifest(
    1,
    (
        Collection("person", DataClass.MERGEABLE, Scope.TENANT, {"name": _TEXT, "deleted_at": _DELETED}),
        Collection(
            "note",
            DataClass.MERGEABLE,
            Scope.TENANT,
            {"person": Field(FieldType.ID), "text": _TEXT, "deleted_at": _DELETED},
        ),
        Collection("sale", DataClass.LEDGER, Scope.SHOP, {"deleted_at": _DELETED, "hash": _TEXT}),
    ),
)
OLD = NOW - HORIZON_DAYS * 24 * 60 * 60_000 - 1


class Salon:
    """A tenant with people and notes, and a device."""

    def __init__(self, store: Store) -> None:
        self.books = Books(store)
        self.device: Writer = self.books.writer()
        self.exchange = Exchange(store, lambda: NOW)
        row = {"tenant": TENANT, "salon": TENANT, "practice": 1, "manifest_version": 1}
        row |= {"manifest": msgspec.json.encode(NOTES).decode()}
        store.tenant(TENANT, lambda c: c.execute(tables.salon.insert(), row))

    @property
    def caller(self) -> Caller:
        return Caller(TENANT, self.device.device)

    def write(self, *rows: Written) -> int:
        """Pushes rows in one operation; how far the tenant's scope is then."""
        self.exchange.push(self.caller, Push(1, (self.device.operation(rows),)))
        return self.exchange.counters(self.caller)[""]

    def rows(self) -> set[str]:
        return {one.row[0] for one in self.exchange.pull(self.caller, "", 0).rows}


@pytest.fixture
def salon(store: Store) -> Salon:
    return Salon(store)


def person(row: str, deleted_at: int | None, kind: Kind = Kind.INSERT) -> Written:
    return Written("person", row * 32, {"name": "Ana", "deleted_at": deleted_at}, kind)


def note(row: str, about: str, deleted_at: int | None = None) -> Written:
    return Written("note", row * 32, {"person": about * 32, "text": "", "deleted_at": deleted_at})


def test_what_was_deleted_long_ago_goes_unless_it_is_named_and_ledgers_stay(salon: Salon) -> None:
    sale = Written("sale", "9" * 32, {"deleted_at": OLD, "hash": f"{2:064x}"})
    salon.write(person("1", None), person("2", OLD), person("3", OLD + 1), person("4", OLD), note("5", "4"))
    salon.write(note("6", "6", OLD), sale)
    assert compact(salon.books.store, TENANT, NOW) == 2
    assert salon.rows() == {"1", "3", "4", "5"}
    assert len(salon.exchange.pull(salon.caller, SHOP, 0).rows) == 1, "the ledger row"
    assert compact(salon.books.store, TENANT, NOW) == 0


def test_what_named_it_goes_first(salon: Salon) -> None:
    salon.write(person("4", OLD), note("5", "4", OLD))
    assert [compact(salon.books.store, TENANT, NOW) for _ in range(3)] == [1, 1, 0]
    assert salon.rows() == set()


def test_a_cursor_that_missed_the_deletion_is_too_old_and_no_other(salon: Salon) -> None:
    before = salon.write(person("1", None), person("2", None))
    deleted = salon.write(person("2", OLD, Kind.UPDATE))
    after = salon.write(person("3", None))
    assert compact(salon.books.store, TENANT, NOW) == 1
    with pytest.raises(Unlawful) as refused:
        salon.exchange.pull(salon.caller, "", before)
    assert (refused.value.code, refused.value.values) == ("too_old", {"scope": ""})
    assert [one.row[0] for one in salon.exchange.pull(salon.caller, "", deleted).rows] == ["3"]
    assert not salon.exchange.pull(salon.caller, "", after).rows
    assert salon.rows() == {"1", "3"}
    later = salon.write(person("3", OLD, Kind.UPDATE))
    assert compact(salon.books.store, TENANT, NOW) == 1
    with pytest.raises(Unlawful, match="too_old"):
        salon.exchange.pull(salon.caller, "", deleted)
    assert not salon.exchange.pull(salon.caller, "", later).rows
    assert not salon.exchange.pull(salon.caller, SHOP, 0).rows


def test_who_pulled_all_that_is_left_is_not_too_old(salon: Salon) -> None:
    """What was dropped had the latest place of all."""
    salon.write(person("1", None), person("2", None))
    deleted = salon.write(person("2", OLD, Kind.UPDATE))
    assert compact(salon.books.store, TENANT, NOW) == 1
    first = salon.exchange.pull(salon.caller, "", 0, 1)
    assert (len(first.rows), first.cursor) == (1, deleted)
    assert salon.exchange.pull(salon.caller, "", first.cursor).rows == ()


def test_who_begins_after_the_drop_pulls_page_by_page_across_it(salon: Salon) -> None:
    salon.write(person("1", None), person("2", None), person("3", None))
    salon.write(person("2", OLD, Kind.UPDATE))
    salon.write(person("4", None))
    assert compact(salon.books.store, TENANT, NOW) == 1
    cursor = horizon = 0
    seen, more = [], True
    while more:
        page = salon.exchange.pull(salon.caller, "", cursor, 1, horizon)
        cursor, horizon, more = page.cursor, page.horizon, page.more
        seen += [one.row[0] for one in page.rows]
    assert seen == ["1", "3", "4"]
    first = salon.exchange.pull(salon.caller, "", 0, 1)
    salon.write(person("3", OLD, Kind.UPDATE))
    assert compact(salon.books.store, TENANT, NOW) == 1
    with pytest.raises(Unlawful, match="too_old"):  # dropped meanwhile: it may have been in the first page
        salon.exchange.pull(salon.caller, "", first.cursor, 1, first.horizon)


def test_a_row_that_is_edited_after_it_was_dropped_is_unknown(salon: Salon) -> None:
    salon.write(person("2", OLD))
    compact(salon.books.store, TENANT, NOW)
    operation = salon.device.operation([Written("person", "2" * 32, {"name": "Eva"}, Kind.UPDATE)])
    pushed, _ = salon.exchange.push(salon.caller, Push(1, (operation,)))
    assert pushed.verdicts[0].code == "unknown_row"


def test_snapshots_that_may_hold_what_was_dropped_go_too(salon: Salon) -> None:
    salon.write(person("2", OLD))
    row = {"tenant": TENANT, "snapshot": "1" * 32, "shop": SHOP, "made_at": 1, "listing": "", "signature": ""}
    salon.books.store.tenant(TENANT, lambda c: c.execute(tables.snapshot.insert(), row))
    own = select(func.count()).select_from(tables.snapshot)
    compact(salon.books.store, TENANT, NOW)
    assert salon.books.store.read(TENANT, lambda c: c.execute(own).scalar()) == 0
    salon.books.store.tenant(TENANT, lambda c: c.execute(tables.snapshot.insert(), row))
    compact(salon.books.store, TENANT, NOW)
    assert salon.books.store.read(TENANT, lambda c: c.execute(own).scalar()) == 1, "nothing was dropped"
