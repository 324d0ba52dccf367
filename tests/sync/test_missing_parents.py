"""Pages in any order: a child may come before its parent, and a parent that never comes is listed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from desktop.catalogue.products import ProductEntry, add_product
from desktop.catalogue.vat import set_up_vat_rates
from desktop.customers.customers import CustomerEntry, add_customer
from desktop.customers.search import search_customers
from desktop.database.new_file import Stamp, make_file
from desktop.database.parents import MissingParent
from desktop.database.version import HEAD
from desktop.ids import new_id
from desktop.inventory.movements import receive_stock
from desktop.schema import SCHEMA
from sync.wire import Page
from tests.desk import KEY, START
from tests.sync.backend import Backend
from tests.sync.newer_program import Desk

ANA = CustomerEntry("Ana", "Čeh", ("041 555 283", "040 111 222"), town="Celje")


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[tuple[Desk, Desk]]:
    backend, tenant, shop = Backend(), new_id(), new_id()
    made = []
    for _ in range(2):
        device = new_id()
        stamp = Stamp(new_id(), "practice", tenant, shop, device, "Europe/Ljubljana", HEAD, START)
        make_file(tmp_path / f"{device.hex}.db", KEY, SCHEMA, stamp)
        backend.admit(device, shop)
        made.append(Desk(tmp_path / f"{device.hex}.db", backend))
    yield made[0], made[1]
    for one in made:
        one.database.close()
    backend.close()


def backwards(page: Page) -> list[Page]:
    """The rows of a page, the last one first, each on a page of its own."""
    rows = page.rows[::-1]
    return [
        msgspec.structs.replace(
            page, rows=(row,), more=n < len(rows) - 1, cursor=page.cursor if n == len(rows) - 1 else 0
        )
        for n, row in enumerate(rows)
    ]


def test_rows_that_come_child_first_one_by_one_end_as_they_are(desks: tuple[Desk, Desk]) -> None:
    here, there = desks
    made = here.write(add_customer, ANA).customer
    here.write(set_up_vat_rates)
    product = here.write(add_product, ProductEntry("Šampon", 16_90, "standard")).id
    here.write(receive_stock, product, 3000)
    here.push()
    for scope in (here.shop.hex, ""):  # the shop first: its rows name rows of the tenant
        for page in backwards(there.backend.give(scope, 0)):
            there.take(page)
    for table in ("customer", "customer_phone", "product", "stock_movement", "stock_level", "customer_search"):
        query = f"SELECT * FROM {table} ORDER BY 1, 2"
        assert there.rows(query) == here.rows(query) != []
    assert there.missing() == []
    [hit] = there.read(search_customers, "ceh 555")
    assert hit.id == made.id
    assert there.pull() == 0


def test_a_parent_that_does_not_come_is_listed_after_the_last_page_and_until_it_comes(desks: tuple[Desk, Desk]) -> None:
    here, there = desks
    made = here.write(add_customer, ANA).customer
    here.push()
    pages = backwards(there.backend.give("", 0))
    for page in pages[:-1]:
        there.take(page)
        assert there.missing() == []  # more is to come
    there.take(msgspec.structs.replace(pages[-1], rows=()))
    phones = [row for (row,) in here.rows("SELECT hex(id) FROM customer_phone ORDER BY id")]
    listed = there.missing()
    assert [one.row.hex.upper() for one in listed] == phones
    assert {(one.collection, one.field, one.parent, one.parent_row) for one in listed} == {
        ("customer_phone", "customer_id", "customer", made.id)
    }
    assert isinstance(listed[0], MissingParent)
    assert there.rows("SELECT count(*) FROM customer_phone") == [(2,)]  # kept
    there.take(pages[-1])
    assert there.missing() == []


def test_a_child_that_gets_another_parent_is_no_longer_listed(desks: tuple[Desk, Desk]) -> None:
    here, there = desks
    here.write(add_customer, ANA)
    here.push()
    phone = next(row for row in there.backend.give("", 0).rows if row.collection == "customer_phone")
    page = msgspec.structs.replace(there.backend.give("", 0), rows=(phone,))
    there.take(page)
    assert len(there.missing()) == 1
    known = there.write(add_customer, CustomerEntry("Maja", "Novak")).customer
    moved = msgspec.structs.replace(phone, values={**phone.values, "customer_id": known.id.hex})
    there.take(msgspec.structs.replace(page, rows=(moved,)))
    assert there.missing() == []
