"""The search finds by parts of name and number, stays in step with every change, and is safe from whatever is typed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from desktop.access import Actor, Permission
from desktop.customers.customers import CustomerEntry, ShownCustomer, add_customer, change_customer, remove_customer
from desktop.customers.search import search_customers
from desktop.database.verify import check_derived
from desktop.errors import NotPermitted
from desktop.ids import new_id
from desktop.schema import SCHEMA
from tests.desk import TestDesk

PEOPLE = (
    ("Nuša", "Žagar", "041 555 283"),
    ("Irena", "Žagar", "041 555 664"),
    ("Đurđa", "Babić", "+43 664 1234567"),
    ("Anna", "Straße", "01 234 56 78"),
    ("Ana", "Čuk", ""),
    ("Ana", "Cvek", ""),
    ("Studio 54", "", ""),
)


@pytest.fixture
def salon(desk: TestDesk) -> TestDesk:
    for first, last, phone in PEOPLE:
        entry = CustomerEntry(
            first_name=first,
            last_name=last,
            phones=(phone,) if phone else (),
            email=f"{first.split()[0].lower()}@primer.si" if phone and first.isascii() else "",
        )
        desk.write(add_customer, entry)
    return desk


def found(desk: TestDesk, typed: str, **kwargs: Any) -> list[str]:
    return [hit.name for hit in desk.read(search_customers, typed, **kwargs)]


@pytest.mark.parametrize(
    ("typed", "names"),
    [
        ("zag", ["Irena Žagar", "Nuša Žagar"]),
        ("ŽAG nu", ["Nuša Žagar"]),
        ("nusa zagar", ["Nuša Žagar"]),
        ("ana", ["Ana Cvek", "Ana Čuk"]),
        ("an", ["Ana Cvek", "Ana Čuk", "Anna Straße"]),
        ("đurđa", ["Đurđa Babić"]),
        ("djur", ["Đurđa Babić"]),
        ("durd", ["Đurđa Babić"]),
        ("strasse", ["Anna Straße"]),
        ("041 555 283", ["Nuša Žagar"]),
        ("041555", ["Irena Žagar", "Nuša Žagar"]),
        ("+386 41 555", ["Irena Žagar", "Nuša Žagar"]),
        ("0038641555664", ["Irena Žagar"]),
        ("5283", ["Nuša Žagar"]),
        ("283", ["Nuša Žagar"]),
        ("zag 664", ["Irena Žagar"]),
        ("664", ["Đurđa Babić", "Irena Žagar"]),
        ("54", ["Studio 54"]),
        ("studio 54", ["Studio 54"]),
        ("irena@", ["Irena Žagar"]),
        ("agar", []),
        ("999999", []),
        ("ana AND", []),
    ],
)
def test_found(salon: TestDesk, typed: str, names: list[str]) -> None:
    assert found(salon, typed) == names


def test_with_nothing_typed_the_latest_come_first(salon: TestDesk) -> None:
    for typed in ("", "  ", "-", "\x00"):
        assert found(salon, typed, limit=2) == ["Studio 54", "Ana Cvek"]


def test_a_hit_tells_people_apart(salon: TestDesk) -> None:
    [hit] = salon.read(search_customers, "nusa")
    assert hit.phones == ("+38641555283",)
    assert (hit.birthday, hit.alert) == (None, "")


def test_the_search_follows_every_change(desk: TestDesk) -> None:
    def shown(typed: str) -> list[str]:
        return found(desk, typed)

    ana: ShownCustomer = desk.write(
        add_customer, CustomerEntry(first_name="Ana", last_name="Novak", phones=("041 555 283",))
    ).customer
    other = desk.write(add_customer, CustomerEntry(first_name="Eva", last_name="Kos")).customer

    def change(customer: ShownCustomer, **fields: Any) -> ShownCustomer:
        return desk.write(change_customer, customer.id, customer.entry, replace(customer.entry, **fields)).customer

    ana = change(ana, last_name="Kos")
    assert shown("novak") == []
    assert shown("kos") == ["Ana Kos", "Eva Kos"]
    ana = change(ana, phones=("031 111 222",))
    assert shown("555283") == []
    assert shown("111222") == ["Ana Kos"]
    change(other, phones=("070 333 444",))
    assert shown("333444") == ["Eva Kos"]
    desk.write(remove_customer, ana.id)
    assert shown("kos") == ["Eva Kos"]
    assert shown("111222") == []

    def restore(session: Any, action: Any) -> None:
        session.execute(text("UPDATE customer SET deleted_at = NULL"))

    desk.write(restore)
    assert shown("kos") == ["Ana Kos", "Eva Kos"]
    assert shown("111222") == ["Ana Kos"]


def test_phones_that_arrive_before_their_customer(desk: TestDesk) -> None:
    """A pull may bring the rows in any order."""
    identity, phone = new_id(), new_id()

    def pull(session: Any, action: Any) -> None:
        session.execute(
            text("INSERT INTO customer_phone(id, customer_id, number, position) VALUES (:p, :c, '+38641555283', 0)"),
            {"p": phone.bytes, "c": identity.bytes},
        )
        session.execute(
            text(
                "INSERT INTO customer(id, first_name, last_name, email, language, notes, alert, street, post_code, town,"
                " country, since) VALUES (:c, 'Ana', 'Novak', '', '', '', '', '', '', '', '', '2026-01-01')"
            ),
            {"c": identity.bytes},
        )

    desk.write(pull)
    assert found(desk, "555283") == ["Ana Novak"]


def test_a_rebuild_finds_the_same(salon: TestDesk) -> None:
    def rebuild(session: Any, action: Any) -> None:
        connection = session.connection()
        assert list(check_derived(connection, SCHEMA)) == []
        for derived in SCHEMA.derived:
            SCHEMA.rebuild(connection, derived)
        assert list(check_derived(connection, SCHEMA)) == []

    salon.write(rebuild)
    assert found(salon, "zag") == ["Irena Žagar", "Nuša Žagar"]
    assert found(salon, "041555") == ["Irena Žagar", "Nuša Žagar"]


def test_verify_sees_a_search_table_that_lies(salon: TestDesk) -> None:
    def spoil(session: Any, action: Any) -> None:
        session.execute(text("UPDATE customer_search SET numbers = '+1' WHERE row = 1"))
        assert [finding.code for finding in check_derived(session.connection(), SCHEMA)] == ["database.derived_wrong"]

    salon.write(spoil)


def test_rights(salon: TestDesk) -> None:
    with pytest.raises(NotPermitted):
        salon.read(search_customers, "ana", actor=Actor(new_id(), "Nihče", frozenset()))
    blind = Actor(new_id(), "Brez stikov", frozenset({Permission.BOOK}))
    [hit] = salon.read(search_customers, "nusa", actor=blind)
    assert hit.phones == ()
    assert salon.read(search_customers, "555283", actor=blind) == ()
    assert salon.read(search_customers, "irena@", actor=blind) == ()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
@given(typed=st.one_of(st.text(), st.text("an0415+@\"'*()-:^{} žđ", max_size=30)))
def test_whatever_is_typed_is_answered(salon: TestDesk, typed: str) -> None:
    assert len(salon.read(search_customers, typed)) <= len(PEOPLE)


def test_limits_are_kept(salon: TestDesk) -> None:
    assert len(found(salon, "an", limit=1)) == 1
    assert len(found(salon, "an", limit=-5)) == 1
    assert len(found(salon, "x" * 10_000_000)) == 0
