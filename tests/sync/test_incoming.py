"""What a page leaves in the file of a desk: its rows, their stamps, and in the feed no more than is due."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from pathlib import Path

import msgspec
import pytest

from desktop.access import Role
from desktop.appointments.booking import book_visit
from desktop.appointments.entries import ItemEntry, VisitEntry
from desktop.appointments.moving import move_visit
from desktop.catalogue.products import ProductEntry, add_product
from desktop.catalogue.vat import set_up_vat_rates
from desktop.customers.customers import CustomerEntry, add_customer, change_customer
from desktop.database.connection import PART_ROWS, FeedState
from desktop.ids import new_id
from desktop.inventory.movements import receive_stock
from desktop.services.replica import DeskReplica
from desktop.staff.members import MemberEntry, add_member
from fiscal.slovenia.certificate import Credential
from sync.client.bootstrap import Reached
from sync.errors import Unlawful
from sync.snapshot import Chunk, Listed, Listing, Rows
from sync.wire import Page, Row
from tests.desk import TestDesk
from tests.desktop.salon import Salon as House
from tests.desktop.salon import service
from tests.desktop.staff.people import every_day, open_shop
from tests.sync.salon_of_desks import Salon

ANA = CustomerEntry("Ana", "Čeh", ("041 555 283",), street="Nova 1", town="Celje")
DAY = date(2026, 11, 25)
STAMPS = 'SELECT "table", hex("row"), field, clock, hex(device), hex(operation) FROM field_clock ORDER BY 1, 2, 3'


@pytest.fixture
def salon(tmp_path: Path) -> Iterator[Salon]:
    made = Salon(tmp_path, 2)
    yield made
    made.close()


def test_an_unknown_row_leaves_its_stamps_and_nothing_in_the_feed(salon: Salon) -> None:
    here, there = salon.desks
    made = here.write(add_customer, ANA).customer
    here.clock.move(minutes=1)
    moved = replace(made.entry, town="Kranj")
    here.write(change_customer, made.id, made.entry, moved)
    here.write(change_customer, made.id, moved, replace(moved, town="Bled"))
    unlike = "SELECT count(*) FROM field_clock f JOIN operation o ON o.id = f.operation WHERE o.clock <> f.clock"
    assert salon.rows_of(here, unlike) == [(0,)]
    salon.settle()
    assert salon.rows_of(there, STAMPS) == salon.rows_of(here, STAMPS) != []
    assert salon.rows_of(there, "SELECT count(*) FROM operation_row") == [(0,)]
    assert salon.findings(there) == []


def test_an_unknown_ledger_row_is_named_by_the_operation_that_wrote_it(salon: Salon) -> None:
    here, there = salon.desks
    here.write(set_up_vat_rates)
    product = here.write(add_product, ProductEntry("Šampon", 16_90, "standard")).id
    for quantity in (1000, 2000):
        here.write(receive_stock, product, quantity)
    salon.settle()
    named = (
        'SELECT hex(r."row"), r.hash, o.name FROM operation_row r JOIN operation o ON o.id = r.operation'
        " WHERE r.\"table\" = 'stock_movement' ORDER BY 1"
    )
    assert salon.rows_of(there, named) == salon.rows_of(here, named)
    assert len(salon.rows_of(there, named)) == 2
    assert salon.findings(there) == []


def test_a_change_of_a_row_that_stands_is_captured_with_what_it_replaced(salon: Salon) -> None:
    here, there = salon.desks
    made = here.write(add_customer, ANA).customer
    salon.settle()
    here.write(change_customer, made.id, made.entry, replace(made.entry, notes="kava"))
    salon.settle()
    captured = "SELECT v.old, v.new FROM operation_row r JOIN operation_value v USING (operation, n)"
    assert salon.rows_of(there, captured) == [('{"notes":""}', '{"notes":"kava"}')]


def test_a_page_that_brings_nothing_new_changes_nothing(salon: Salon) -> None:
    here, there = salon.desks
    here.write(set_up_vat_rates)
    made = here.write(add_customer, ANA).customer
    here.write(change_customer, made.id, made.entry, replace(made.entry, notes="kava"))
    salon.settle()
    before = salon.rows_of(there, "SELECT total_changes()")
    for desk in salon.desks:
        for scope in ("", salon.shop.hex):
            page = salon.backend.give(scope, 0)
            assert page.rows or scope
            assert salon.apply(desk, page) == {}
    # the cursor of each scope, and nothing else
    assert salon.rows_of(there, "SELECT total_changes()")[0][0] - before[0][0] == 2


def test_what_others_wrote_stays_in_its_operation_however_large() -> None:
    state = FeedState()
    operation = new_id().bytes
    for mode, parts in (("remote", 1), ("local", 2)):
        state.begin(operation, new_id().bytes, 1, mode)
        for _ in range(PART_ROWS + 1):
            state.open_row()
        assert len(state.parts) == parts


def test_a_new_visit_in_the_place_that_a_known_one_left_makes_no_conflict_on_the_way(salon: Salon) -> None:
    here, there = salon.desks
    open_shop(here, every_day("7:00-20:00"))
    member = here.write(add_member, MemberEntry("Nuša Čeh", "NČ", Role.PRACTITIONER)).id
    item = ItemEntry("Striženje", member, 30, 3400)
    first = here.write(book_visit, VisitEntry((item,), DAY, time(9), customer_name="Ana")).visit.id
    salon.settle()
    here.clock.move(minutes=1)
    here.write(move_visit, first, DAY, time(11))
    second = here.write(book_visit, VisitEntry((item,), DAY, time(9), customer_name="Maja")).visit.id
    here.write(move_visit, first, DAY, time(12))  # the known one stands behind the new one on the page
    salon.settle()
    rows = salon.rows(there, "visit")
    assert {rows[one.hex]["claim_state"] for one in (first, second)} == {"confirmed"}
    captured = (
        "SELECT v.new FROM operation_row r JOIN operation_value v USING (operation, n) WHERE r.\"table\" = 'visit'"
    )
    assert len(salon.rows_of(there, captured)) == 1
    assert not any("conflict" in new for (new,) in salon.rows_of(there, captured))
    salon.assert_agreed()
    assert salon.findings(there) == []


@pytest.mark.parametrize(("earlier", "stands"), [(0, "conflict"), (1, "confirmed")])
def test_a_row_of_a_snapshot_with_the_stamps_that_stand_brings_the_word_of_its_server(
    salon: Salon, earlier: int, stands: str
) -> None:
    """Another server may have decided a claim in another way; a row that is behind what stands counts for nothing."""
    here, there = salon.desks
    open_shop(here, every_day("7:00-20:00"))
    member = here.write(add_member, MemberEntry("Nuša Čeh", "NČ", Role.PRACTITIONER, without_tax_number=True)).id
    entry = VisitEntry((ItemEntry("Striženje", member, 30),), DAY, time(9), customer_name="Ana")
    booked = here.write(book_visit, entry).visit.id
    salon.settle()
    page = salon.backend.give(here.shop.hex, 0)
    [row] = [one for one in page.rows if one.row == booked.hex]
    stamps = {unit: one._replace(clock=one.clock - earlier) for unit, one in row.stamps.items()}
    row = msgspec.structs.replace(row, values=row.values | {"claim_state": "conflict"}, stamps=stamps)
    salon.bring(there, msgspec.structs.replace(page, rows=(row,)))
    assert salon.rows(there, "visit")[booked.hex]["claim_state"] == stands


@pytest.mark.parametrize("by", ["a pull", "a snapshot"])
def test_a_number_that_two_programs_gave_stops_nothing(salon: Salon, sealing: Credential, by: str) -> None:
    """The journal of one device in two branches: a copied file was at work. The second row is kept aside, with the alarm."""
    here, there = salon.desks
    House(here, sealing).sell(service())
    salon.push(here)
    page = salon.backend.give(here.shop.hex, 0)
    rows = {one.row: one for one in page.rows if one.collection == "fiscal_journal"}
    twin = msgspec.structs.replace(next(iter(rows.values())), row="7" * 32)
    twin = msgspec.structs.replace(twin, values=twin.values | {"hash": "7" * 64})
    page = msgspec.structs.replace(page, rows=(*page.rows, twin))
    if by == "a pull":
        salon.apply(there, page)
    else:
        asyncio.run(DeskReplica(there.database).bring(chunk_of(page), begun(there, here.shop.hex)))
    assert salon.rows(there, "fiscal_journal").keys() == rows.keys()
    assert salon.rows_of(there, "SELECT collection, row FROM sync_stray") == [("fiscal_journal", "7" * 32)]
    assert salon.rows(there, "invoice").keys() == salon.rows(here, "invoice").keys()
    assert salon.findings(there) == []


def test_a_snapshot_with_what_a_twin_of_this_desk_wrote_stops_it(salon: Salon) -> None:
    here, there = salon.desks
    here.write(add_customer, ANA)
    salon.push(here)
    page = salon.backend.give("", 0)
    own = there.database.desk.device.hex
    page = msgspec.structs.replace(
        page, envelopes=tuple([msgspec.structs.replace(one, device=own) for one in page.envelopes])
    )
    with pytest.raises(Unlawful, match="forked"):
        asyncio.run(DeskReplica(there.database).bring(chunk_of(page), begun(there, here.shop.hex)))
    assert salon.rows(there, "customer") == {}


def begun(desk: TestDesk, shop: str) -> Reached:
    """A snapshot of one part has begun."""
    listing = Listing("5" * 32, "6" * 32, shop, 1, 1, {}, 1, (Listed("0" * 64, 1, 1),))
    asyncio.run(DeskReplica(desk.database).begin_snapshot(listing))
    return Reached(listing, 0, 0)


def chunk_of(page: Page) -> Chunk:
    """The rows of a page as a part of a snapshot."""
    stamps = list({stamp for row in page.rows for stamp in row.stamps.values()})
    by: dict[tuple[str, ...], list[Row]] = {}
    for row in page.rows:
        by.setdefault((row.collection, *row.values), []).append(row)
    rows = tuple(
        Rows(
            collection,
            tuple(fields),
            tuple([one.row for one in some]),
            tuple([{unit: stamps.index(stamp) for unit, stamp in one.stamps.items()} for one in some]),
            tuple([tuple(one.values.values()) for one in some]),
        )
        for (collection, *fields), some in by.items()
    )
    return Chunk(tuple(stamps), page.envelopes, rows)
