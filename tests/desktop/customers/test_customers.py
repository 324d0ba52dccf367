"""Customers: stored as typed but clean, changed field by field, and hints at people who are there already."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from desktop.access import Actor, Permission
from desktop.customers.birthday import Birthday
from desktop.customers.customers import (
    CustomerEntry,
    ShownCustomer,
    add_customer,
    change_customer,
    remove_customer,
    show_customer,
)
from desktop.errors import InvalidInput, NotPermitted, Refused
from desktop.ids import new_id
from tests.desk import TestDesk

NUSA = CustomerEntry(
    first_name="Nuša",
    last_name="Žagar",
    phones=("041 555 283", "+43 664 1234567"),
    email="Nusa.Zagar@primer.si",
    birthday=Birthday(14, 5),
    language="sl",
    notes="Rada ima tišino.\n\nKava brez sladkorja.",
    alert="Alergija: PPD v barvi za lase.",
    street="Vošnjakova 4",
    post_code="1000",
    town="Ljubljana",
)


def add(desk: TestDesk, **fields: Any) -> ShownCustomer:
    return desk.write(add_customer, CustomerEntry(**fields)).customer


def change(desk: TestDesk, customer: ShownCustomer, **fields: Any) -> ShownCustomer:
    return desk.write(change_customer, customer.id, customer.entry, replace(customer.entry, **fields)).customer


def test_a_customer_is_kept(desk: TestDesk) -> None:
    stored = desk.write(add_customer, NUSA).customer
    desk.reopen()
    assert desk.read(show_customer, stored.id) == stored
    assert stored.entry == replace(NUSA, phones=("+38641555283", "+436641234567"), email="nusa.zagar@primer.si")
    assert stored.since == date(2026, 11, 20)
    assert stored.name == "Nuša Žagar"


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"first_name": "Eva"}, "Eva"),
        ({"last_name": "Frizerstvo d. o. o."}, "Frizerstvo d. o. o."),
        ({"first_name": " Đurđa\x1b@ ", "last_name": "Straße\x07 \U0001f600"}, "Đurđa@ Straße \U0001f600"),
    ],
)
def test_names(desk: TestDesk, fields: dict[str, str], name: str) -> None:
    assert add(desk, **fields).name == name


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"first_name": "", "last_name": " "}, "last_name", "customers.name"),
        ({"first_name": "x" * 10_000_000}, "first_name", "entry.too_long"),
        ({"last_name": "a\x00b"}, "last_name", "entry.nul"),
        ({"phones": ("12",)}, "phones", "customers.phone"),
        ({"phones": tuple(f"041 555 {n:03}" for n in range(11))}, "phones", "customers.phones_too_many"),
        ({"email": "nusa"}, "email", "entry.email"),
        ({"birthday": Birthday(30, 2)}, "birthday", "customers.birthday"),
        ({"birthday": Birthday(29, 2, 2025)}, "birthday", "customers.birthday"),
        ({"birthday": Birthday(1, 1, 1)}, "birthday", "customers.birthday"),
        ({"birthday": Birthday(1, 1, 99999)}, "birthday", "customers.birthday"),
        ({"birthday": Birthday(21, 11, 2026)}, "birthday", "customers.birthday"),
        ({"language": "it"}, "language", "customers.language"),
        ({"country": "Slovenija"}, "country", "entry.too_long"),
        ({"country": "S1"}, "country", "customers.country"),
        ({"notes": "x" * 10_000_000}, "notes", "entry.too_long"),
        ({"alert": "x" * 301}, "alert", "entry.too_long"),
    ],
)
def test_bad_input_is_refused_at_its_field(desk: TestDesk, fields: dict[str, Any], field: str, code: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        add(desk, **({"first_name": "Ana"} | fields))
    assert (caught.value.field, caught.value.code) == (field, code)


def test_a_leap_day_needs_no_year(desk: TestDesk) -> None:
    assert add(desk, first_name="Ana", birthday=Birthday(29, 2)).entry.birthday == Birthday(29, 2)


def test_two_forms_that_were_open_at_once_keep_each_others_fields(desk: TestDesk) -> None:
    opened = add(desk, first_name="Ana", last_name="Novak", phones=("041 555 283",))
    change(desk, opened, last_name="Kos")
    both = change(desk, opened, notes="Nov zapis.")
    assert (both.entry.last_name, both.entry.notes, both.entry.phones) == ("Kos", "Nov zapis.", ("+38641555283",))


def test_phones_come_go_and_come_back(desk: TestDesk) -> None:
    ana = add(desk, first_name="Ana", phones=("041 555 283", "041 555 283", " ", "031 111 222"))
    assert ana.entry.phones == ("+38641555283", "+38631111222")
    ana = change(desk, ana, phones=("031 111 222",))
    assert ana.entry.phones == ("+38631111222",)
    ana = change(desk, ana, phones=("041 555 283", "031 111 222"))
    assert ana.entry.phones == ("+38641555283", "+38631111222")
    assert desk.read(show_customer, ana.id) == ana


def test_the_same_number_or_address_is_a_hint(desk: TestDesk) -> None:
    irena = add(desk, first_name="Irena", last_name="Žagar", phones=("041 555 283",))
    gone = add(desk, first_name="Nekdo", phones=("041 555 283",))
    desk.write(remove_customer, gone.id)
    saved = desk.write(add_customer, replace(NUSA, email="irena@primer.si"))
    assert [hit.id for hit in saved.possible_duplicates] == [irena.id]
    third = desk.write(add_customer, CustomerEntry(first_name="Tim", email="IRENA@primer.si"))
    assert [hit.name for hit in third.possible_duplicates] == ["Nuša Žagar"]
    other = desk.write(add_customer, CustomerEntry(first_name="Nov"))
    assert other.possible_duplicates == ()
    changed = desk.write(
        change_customer, other.customer.id, other.customer.entry, replace(other.customer.entry, email="irena@primer.si")
    )
    assert {hit.name for hit in changed.possible_duplicates} == {"Nuša Žagar", "Tim"}


def test_a_removed_customer_is_gone(desk: TestDesk) -> None:
    ana = add(desk, first_name="Ana")
    desk.write(remove_customer, ana.id)
    for use_case, args in (
        (show_customer, (ana.id,)),
        (remove_customer, (ana.id,)),
        (change_customer, (ana.id, ana.entry, ana.entry)),
        (show_customer, (new_id(),)),
    ):
        with pytest.raises(Refused) as caught:
            desk.write(use_case, *args)
        assert caught.value.code == "customers.not_found"


def test_rights(desk: TestDesk) -> None:
    ana = add(desk, first_name="Ana", phones=("041 555 283",), email="a@b.si", town="Celje")
    for use_case, args in (
        (add_customer, (NUSA,)),
        (change_customer, (ana.id, ana.entry, ana.entry)),
        (remove_customer, (ana.id,)),
    ):
        with pytest.raises(NotPermitted):
            desk.write(use_case, *args, actor=desk.practitioner)
    nobody = Actor(new_id(), "Nihče", frozenset())
    with pytest.raises(NotPermitted):
        desk.read(show_customer, ana.id, actor=nobody)
    blind = Actor(new_id(), "Brez stikov", frozenset({Permission.BOOK}))
    seen = desk.read(show_customer, ana.id, actor=blind).entry
    assert (seen.first_name, seen.phones, seen.email, seen.town) == ("Ana", (), "", "")
