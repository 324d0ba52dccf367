"""A desk that worked alone for a year is paired: what it holds goes up as state, and others see all of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path

import pytest

from desktop.customers.customers import CustomerEntry, add_customer, change_customer, show_customer
from desktop.database.history import record_history
from desktop.inventory.movements import level_of
from desktop.sales.invoices import list_invoices
from fiscal.slovenia.certificate import Credential
from sync.manifest import DataClass
from sync.wire import StateTaken
from tests.desktop.salon import service
from tests.sync.backend import MANIFEST, Backend, outgoing
from tests.sync.late import Year, everything, pair, upload
from tests.sync.salon_of_desks import Salon


@pytest.fixture
def salon(tmp_path: Path) -> Iterator[Salon]:
    made = Salon(tmp_path, 1)
    made.backend.now = 1_900_000_000_000  # in 2030, behind every clock of the desks
    yield made
    made.close()


@pytest.fixture
def year(salon: Salon, sealing: Credential) -> Year:
    return Year(salon.desks[0], sealing)


def notes(said: list[StateTaken]) -> list[tuple[str, str, str]]:
    return [(note.collection, note.row, note.code) for one in said for note in one.notes]


def test_a_second_desk_gets_a_year_of_work_whole(salon: Salon, year: Year) -> None:
    here = salon.desks[0]
    assert any(one.values is None for one in (change for op in outgoing(here) for change in op.changes))  # pruned
    pair(salon.backend, here)
    said = upload(salon.backend, here)
    assert len(said) > 5
    assert not any(one.lost or one.notes for one in said)
    there = salon.add_desk()
    salon.desks.append(there)
    salon.settle()
    salon.assert_agreed()
    assert all(salon.rows(there, one) for one in ("customer", "invoice", "fiscal_journal", "visit", "stock_movement"))
    assert there.read(level_of, year.product) == 7_000
    assert len(there.read(list_invoices)) == 12
    told = there.read(record_history, "customer", year.customers[0])
    assert [one.name for one in told] == ["customers.change_customer", "customers.add_customer"]
    assert {one.actor_name for one in told} == {year.house.owner.name}
    assert salon.findings(here) == salon.findings(there) == []
    assert salon.push(here) == 0


def test_every_field_goes_up_under_the_operation_that_wrote_it(salon: Salon, year: Year) -> None:
    here = salon.desks[0]
    pair(salon.backend, here)
    upload(salon.backend, here)
    page = salon.backend.give("", 0)
    names = {one.id: (one.name, one.clock) for one in page.envelopes}
    [row] = [one for one in page.rows if one.row == year.customers[5].hex]
    by = {unit: names[stamp.operation][0] for unit, stamp in row.stamps.items()}
    assert by.pop("*") == "customers.add_customer"
    assert "notes" in by
    assert set(by.values()) == {"customers.change_customer"}
    assert all(stamp.clock == names[stamp.operation][1] for stamp in row.stamps.values())


def test_the_upload_goes_on_where_it_was_cut_and_a_page_that_comes_twice_changes_nothing(
    salon: Salon, year: Year
) -> None:
    here = salon.desks[0]
    pair(salon.backend, here)
    upload(salon.backend, here, pages=2)
    before = everything(salon.backend)
    upload(salon.backend, here, lose_reply=True)
    once = everything(salon.backend)
    assert once != before
    upload(salon.backend, here, pages=1)
    assert everything(salon.backend) == once
    upload(salon.backend, here, times=2)
    assert upload(salon.backend, here) == []
    salon.settle()
    salon.assert_agreed()
    for collection in MANIFEST.collections:
        assert len(salon.backend.states(collection.name)) == len(salon.rows(here, collection.name))


@pytest.mark.parametrize("pages", range(0, 16, 3))
def test_what_is_edited_while_the_state_goes_up_follows_as_operations(salon: Salon, year: Year, pages: int) -> None:
    here = salon.desks[0]
    pair(salon.backend, here)
    upload(salon.backend, here, pages=pages)
    entry = here.read(show_customer, year.customers[3]).entry
    here.write(change_customer, year.customers[3], entry, replace(entry, notes="čaj"))
    added = here.write(add_customer, CustomerEntry("Žan", "Nov")).customer.id
    booked = year.book(time(12), "Žan")
    year.house.sell(service())
    upload(salon.backend, here)
    assert salon.push(here) > 3
    there = salon.add_desk()
    salon.desks.append(there)
    salon.settle()
    salon.assert_agreed()
    assert there.read(show_customer, year.customers[3]).entry.notes == "čaj"
    assert there.read(show_customer, added).entry.first_name == "Žan"
    assert salon.rows(there, "visit")[booked.hex]["claim_state"] == "confirmed"
    assert len(there.read(list_invoices)) == 13
    assert salon.findings(there) == []


def test_two_desks_with_their_own_books_become_two_shops_and_one_series_is_in_conflict(
    tmp_path: Path, sealing: Credential
) -> None:
    from desktop.ids import new_id

    salon = Salon(tmp_path, 1)
    try:
        here, there = salon.desks[0], salon.add_desk(new_id())
        first, second = Year(here, sealing), Year(there, sealing)
        for desk in (here, there):
            pair(salon.backend, desk)
        assert notes(upload(salon.backend, here)) == []
        series = salon.rows(there, "number_series")
        assert notes(upload(salon.backend, there)) == [("number_series", one, "conflict") for one in series]
        assert salon.rows_of(there, "SELECT collection, row, code FROM sync_noted") == [
            ("number_series", one, "conflict") for one in series
        ]
        salon.pull(here)
        salon.pull(there)
        for desk in (here, there):
            assert len(salon.rows(desk, "number_series")) == 1
            assert len(salon.rows(desk, "customer")) == 24
            assert len(salon.rows(desk, "invoice")) == 12
            assert salon.findings(desk) == []
        assert here.read(level_of, first.product) == there.read(level_of, second.product) == 7_000
        tenant = [one.name for one in MANIFEST.collections if one.scope == "tenant"]
        for name in tenant:
            assert salon.rows(here, name) == salon.rows(there, name), name
    finally:
        salon.close()


def test_a_ledger_row_with_other_bytes_is_kept_aside(salon: Salon, year: Year) -> None:
    import asyncio

    import msgspec

    from desktop.services.replica import DeskReplica

    here = salon.desks[0]
    pair(salon.backend, here)
    upload(salon.backend, here)
    pair(salon.backend, here)  # from the beginning again
    ledgers = {one.name for one in MANIFEST.collections if one.data_class is DataClass.LEDGER and not one.hashed}

    async def forge() -> list[str]:
        replica = DeskReplica(here.database)
        while (state := await replica.next_state()) is not None:
            forged = [one for one in state.rows if one.collection in ledgers][:1]
            if forged:
                row = msgspec.structs.replace(forged[0], values=forged[0].values | {"hash": "0" * 64})
                said = salon.backend.take_state(msgspec.structs.replace(state, rows=(row,)))
                assert [one.code for one in said.notes] == ["alarm"]
                assert salon.backend.state(row.collection, row.row)["hash"] != "0" * 64
                return [row.row]
            await replica.state_sent(salon.backend.take_state(state))
        return []

    assert asyncio.run(forge())


def test_what_a_pull_once_brought_goes_up_to_another_backend_under_the_operations_that_wrote_it(
    salon: Salon, year: Year
) -> None:
    pair(salon.backend, salon.desks[0])
    upload(salon.backend, salon.desks[0])
    there = salon.add_desk()
    salon.desks.append(there)
    there.write(add_customer, CustomerEntry("Maja", "Novak"))
    salon.settle()
    other = Backend()
    other.now = salon.backend.now
    other.admit(there.database.desk.device, salon.shop)
    pair(other, there)
    assert not any(one.lost or one.notes for one in upload(other, there))
    for collection in ("customer", "customer_phone", "product", "member", "visit", "invoice", "fiscal_journal"):
        assert other.states(collection) == salon.backend.states(collection) != {}
    written = {row.row: row.stamps for row in salon.backend.give("", 0).rows}
    assert {row.row: row.stamps for row in other.give("", 0).rows} == written
    other.close()


def test_a_desk_that_goes_to_another_backend_pulls_from_its_beginning(salon: Salon, year: Year) -> None:
    """How far it had pulled says nothing about the new one, whose counters are lower: it would miss what others wrote there."""
    here, first = salon.desks[0], salon.backend
    pair(first, here)
    upload(first, here)
    salon.settle()
    other = Backend()
    try:
        other.now, salon.backend = first.now, other
        other.admit(here.database.desk.device, salon.shop)
        there = salon.add_desk()
        salon.desks.append(there)
        added = there.write(add_customer, CustomerEntry("Maja", "Novak")).customer.id
        salon.push(there)
        pair(other, here)
        upload(other, here)
        salon.settle()
        assert here.read(show_customer, added).entry.first_name == "Maja"
        salon.assert_agreed()
    finally:
        first.close()
