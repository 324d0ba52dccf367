"""Desks of two versions of the program at one backend: what the older one does not know is lost on nobody."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from uuid import UUID

import msgspec
import pytest
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.catalogue.products import ProductEntry, add_product
from desktop.catalogue.vat import set_up_vat_rates
from desktop.customers.customers import CustomerEntry, add_customer, change_customer, show_customer
from desktop.database.new_file import Stamp, make_file
from desktop.database.version import HEAD
from desktop.ids import new_id
from desktop.inventory.movements import receive_stock
from desktop.services.replica import DeskReplica
from sync.operations import ledger_hash
from sync.server.judge import Judge
from tests.desk import KEY, START
from tests.sync.backend import TENANT, Backend
from tests.sync.newer_program import NEXT, THIS, Desk, Program, give, set_pet

ANA = CustomerEntry("Ana", "Čeh", ("041 555 283",), street="Nova 1", town="Celje")


class Shop:
    """A backend that knows the next version, and desks of one shop."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.backend = folder, Backend()
        self.tenant, self.shop = new_id(), new_id()
        self.desks: list[Desk] = []

    def desk(self, program: Program) -> Desk:
        device = new_id()
        path = self.folder / f"{device.hex}.db"
        stamp = Stamp(new_id(), "practice", self.tenant, self.shop, device, "Europe/Ljubljana", HEAD, START)
        make_file(path, KEY, program.schema, stamp)
        self.backend.admit(device, self.shop)
        self.desks.append(Desk(path, self.backend, program))
        return self.desks[-1]

    def learn(self) -> None:
        """The backend goes on with the next manifest."""
        self.backend.judge = Judge(TENANT, NEXT.manifest)

    def settle(self) -> None:
        for _ in range(3):
            for one in self.desks:
                one.push()
                one.pull()


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    for one in made.desks:
        one.database.close()
    made.backend.close()


def extra(desk: Desk, customer: UUID) -> object:
    [(held,)] = desk.rows(f"SELECT extra FROM customer WHERE hex(id) = '{customer.hex.upper()}'")
    return None if held is None else json.loads(held)


def test_a_field_that_the_older_program_does_not_know_is_kept_and_goes_back_as_it_came(shop: Shop) -> None:
    shop.learn()
    old, new = shop.desk(THIS), shop.desk(NEXT)
    made = old.write(add_customer, ANA).customer
    shop.settle()
    new.write(set_pet, made.id, "muca")
    shop.settle()
    assert extra(old, made.id) == {"pet": "muca"}
    old.clock.move(minutes=1)
    old.write(change_customer, made.id, made.entry, replace(made.entry, notes="kava"))
    new.clock.move(minutes=2)
    new.write(set_pet, made.id, "pes")  # while the older desk holds the cat
    shop.settle()
    stands = shop.backend.state("customer", made.id.hex)
    assert (stands["pet"], stands["notes"], stands["extra"]) == ("pes", "kava", None)
    assert extra(old, made.id) == {"pet": "pes"}
    assert new.rows("SELECT pet, notes, extra FROM customer") == [("pes", "kava", None)]


def test_two_unknown_fields_by_two_operations_are_both_kept(shop: Shop) -> None:
    shop.learn()
    old, new = shop.desk(THIS), shop.desk(NEXT)
    made = old.write(add_customer, ANA).customer
    shop.settle()
    new.write(set_pet, made.id, "muca")
    new.push()
    page = shop.backend.give("", 0)
    row = next(one for one in page.rows if one.collection == "customer")
    stamps = {**row.stamps, "shoe": row.stamps["*"]}
    both = msgspec.structs.replace(row, values={**row.values, "shoe": "39"}, stamps=stamps)
    old.take(msgspec.structs.replace(page, rows=(both,)))
    assert extra(old, made.id) == {"pet": "muca", "shoe": "39"}


def test_an_unknown_collection_does_not_stop_the_pull_and_comes_with_the_next_program(shop: Shop) -> None:
    shop.learn()
    old, new = shop.desk(THIS), shop.desk(NEXT)
    made = old.write(add_customer, ANA).customer
    shop.settle()
    gift = new_id()
    new.write(give, gift, made.id, "šampon")
    new.write(set_pet, made.id, "muca")
    new.write(add_customer, CustomerEntry("Maja", "Novak"))
    new.push()
    assert old.pull(most=1) == 3
    assert old.rows('SELECT collection, hex("row") FROM sync_unread') == [("gift", gift.hex.upper())]
    assert sorted(old.rows("SELECT first_name FROM customer")) == [("Ana",), ("Maja",)]
    assert old.pull() == 0
    old.upgrade()
    assert old.pull() > 3
    assert old.rows("SELECT hex(id), name, hex(customer_id) FROM gift") == [
        (gift.hex.upper(), "šampon", made.id.hex.upper())
    ]
    assert old.rows("SELECT pet, extra FROM customer WHERE first_name = 'Ana'") == [("muca", None)]
    assert old.rows("SELECT * FROM sync_unread") == []
    assert old.pull() == 0


def receive_lot(session: Session, action: Action, like: UUID, lot: str) -> None:
    """A stock movement as the next program writes it: the lot is in its hash."""
    connection = session.connection()
    [stored] = connection.exec_driver_sql("SELECT * FROM stock_movement WHERE id = ?", (like.bytes,)).mappings().all()
    values = dict(stored) | {"id": new_id().bytes, "lot": lot, "hash_version": 2}
    plain = {name: value.hex() if isinstance(value, bytes) else value for name, value in values.items()}
    values["hash"] = ledger_hash(plain, NEXT.manifest.collection("stock_movement").hashed_fields(2))
    names = ", ".join(f'"{name}"' for name in values)
    marks = ", ".join("?" * len(values))
    connection.exec_driver_sql(f"INSERT INTO stock_movement ({names}) VALUES ({marks})", tuple(values.values()))


def test_a_ledger_row_with_an_unknown_field_waits_for_the_next_program_instead_of_losing_it(shop: Shop) -> None:
    shop.learn()
    old, new = shop.desk(THIS), shop.desk(NEXT)
    new.write(set_up_vat_rates)
    product = new.write(add_product, ProductEntry("Šampon", 16_90, "standard")).id
    new.write(receive_stock, product, 1000)
    [(like,)] = new.rows("SELECT id FROM stock_movement")
    new.write(receive_lot, UUID(bytes=like), "A1")
    shop.settle()
    assert old.rows("SELECT count(*) FROM stock_movement") == [(1,)]  # the one without a lot
    old.upgrade()
    shop.settle()
    assert old.rows("SELECT lot FROM stock_movement ORDER BY lot") == [(None,), ("A1",)]


def test_a_program_of_another_version_pulls_once_more_and_changes_nothing_by_it(shop: Shop) -> None:
    shop.learn()
    old, new = shop.desk(THIS), shop.desk(NEXT)
    for n in range(3):
        new.write(add_customer, CustomerEntry(f"Ana {n}", "Čeh"))
    shop.settle()
    old.upgrade()
    before = old.rows("SELECT * FROM customer ORDER BY id")
    feed = old.rows("SELECT count(*) FROM operation_row")
    old.changes.clear()
    assert old.pull() == 3
    assert old.rows("SELECT * FROM customer ORDER BY id") == before
    assert old.rows("SELECT count(*) FROM operation_row") == feed
    assert old.pull() == 0


def test_no_edit_is_lost_when_the_schema_changes_with_edits_pending(shop: Shop) -> None:
    """Desk one: manifest 1 with edits pending. Desk two and the backend: manifest 2, with edits of the same rows."""
    one, two = shop.desk(THIS), shop.desk(THIS)
    made = one.write(add_customer, ANA).customer
    shop.settle()
    one.clock.move(minutes=1)
    one.write(change_customer, made.id, made.entry, replace(made.entry, notes="kava"))
    offline = one.write(add_customer, CustomerEntry("Maja", "Novak")).customer
    shop.learn()
    two.upgrade()
    two.clock.move(minutes=2)
    two.write(change_customer, made.id, made.entry, replace(made.entry, email="ana@primer.si"))
    two.write(set_pet, made.id, "muca")
    two.write(give, new_id(), made.id, "šampon")
    two.push()
    one.pull()  # brings the newer desk's edits under those that are pending
    assert one.read(show_customer, made.id).entry.notes == "kava"
    one.write(change_customer, offline.id, offline.entry, replace(offline.entry, town="Bled"))
    one.upgrade()  # while all of it is pending
    one.write(set_pet, offline.id, "pes")
    shop.settle()
    for desk in shop.desks:
        shown = desk.read(show_customer, made.id).entry
        assert (shown.notes, shown.email, shown.town) == ("kava", "ana@primer.si", "Celje")
        assert desk.read(show_customer, offline.id).entry.town == "Bled"
        pets = desk.rows("SELECT first_name, pet, extra FROM customer ORDER BY first_name")
        assert pets == [("Ana", "muca", None), ("Maja", "pes", None)]
        assert desk.rows("SELECT name FROM gift") == [("šampon",)]
    assert one.rows("SELECT * FROM customer ORDER BY id") == two.rows("SELECT * FROM customer ORDER BY id")


async def test_the_engine_begins_anew_once_after_the_program_changed(shop: Shop) -> None:
    new, other = shop.desk(THIS), shop.desk(THIS)
    new.write(add_customer, ANA)
    shop.settle()
    reached = await DeskReplica(other.database).cursor("")
    assert reached > 0
    assert await DeskReplica(other.database).cursor("") == reached
    other.rows("UPDATE sync_progress SET value = 77 WHERE name = 'manifest' RETURNING value")
    replica = DeskReplica(other.database)
    assert await replica.cursor("") == 0
    await replica.apply(shop.backend.give("", 0))
    assert await replica.cursor("") == await DeskReplica(other.database).cursor("") == reached
