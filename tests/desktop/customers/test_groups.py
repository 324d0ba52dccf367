"""Fields that merge as one value are written down as one, so that whoever gets the change gets the whole of it."""

from __future__ import annotations

from dataclasses import replace

from desktop.customers.customers import CustomerEntry, add_customer, change_customer
from desktop.database.history import record_history
from tests.desk import TestDesk

BEFORE = CustomerEntry("Ana", "Novak", street="Stara 1", post_code="1000", town="Ljubljana")


def test_a_changed_street_brings_its_town_along(desk: TestDesk) -> None:
    made = desk.write(add_customer, BEFORE).customer
    desk.write(change_customer, made.id, made.entry, replace(made.entry, street="Nova 2"))
    newest = desk.read(record_history, "customer", made.id)[0]
    assert newest.old == {"street": "Stara 1", "post_code": "1000", "town": "Ljubljana", "country": made.entry.country}
    assert newest.new == newest.old | {"street": "Nova 2"}


def test_a_field_of_no_group_stands_alone(desk: TestDesk) -> None:
    made = desk.write(add_customer, BEFORE).customer
    desk.write(change_customer, made.id, made.entry, replace(made.entry, notes="rada ima kavo"))
    newest = desk.read(record_history, "customer", made.id)[0]
    assert newest.new == {"notes": "rada ima kavo"}
