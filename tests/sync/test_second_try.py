"""What a desk made and the server refused: done again it reaches everybody, let go it is nowhere, and both desks agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import Engine

from desktop.appointments.colliding import ways_out
from desktop.customers.customers import CustomerEntry, add_customer, change_customer, remove_customer, show_customer
from desktop.customers.search import search_customers
from desktop.database.events import record_event
from desktop.database.verify import check_derived
from desktop.errors import NotPermitted, Refused
from desktop.sales.bills import open_bill
from desktop.schema import SCHEMA
from desktop.sharing.conflict import Conflict, ConflictKind
from desktop.sharing.conflicts import list_conflicts
from desktop.sharing.leftovers import Leftovers, show_leftovers
from desktop.sharing.second_try import do_again, let_go
from desktop.sharing.values import Plain
from desktop.sync_manifest import PARENTS
from sync.server.judge import Judge
from tests.desk import TestDesk
from tests.sync.backend import MANIFEST, TENANT
from tests.sync.salon_of_desks import Salon
from tests.sync.two_desks import booked, open_salon

ANA = CustomerEntry("Ana", "Čeh", ("+38641555283",), notes="kratko")


@pytest.fixture
def salon(tmp_path: Path) -> Iterator[Salon]:
    made = Salon(tmp_path, 2)
    yield made
    made.close()


def knows(salon: Salon, *not_known: str) -> None:
    """The server knows all collections but some."""
    known = tuple(one for one in MANIFEST.collections if one.name not in not_known)
    salon.backend.judge = Judge(TENANT, msgspec.structs.replace(MANIFEST, collections=known))


def refused_customer(salon: Salon) -> UUID:
    """A customer whom the server refused, because it knew no customers then."""
    knows(salon, "customer", "customer_phone")
    made = salon.desks[0].write(add_customer, ANA).customer.id
    salon.settle()
    knows(salon)
    return made


def inbox(desk: TestDesk) -> list[Conflict]:
    return list(desk.read(list_conflicts))


def only(desk: TestDesk) -> Conflict:
    [conflict] = inbox(desk)
    return conflict


def again(desk: TestDesk, conflict: Conflict, **given: Any) -> int:
    return desk.write(do_again, conflict.subject, desk.database.feed_state, **given)


def give_up(desk: TestDesk, conflict: Conflict, **given: Any) -> int:
    return desk.write(let_go, conflict.subject, desk.database.feed_state, PARENTS, **given)


def assert_sound(salon: Salon) -> None:
    salon.settle()
    salon.assert_agreed()
    for desk in salon.desks:
        assert salon.findings(desk) == []
        assert desk.on_writer(derived) == []


def derived(engine: Engine) -> list[Any]:
    with engine.connect() as connection:
        return list(check_derived(connection, SCHEMA))


def change(desk: TestDesk, customer: UUID, **values: Any) -> None:
    entry = desk.read(show_customer, customer).entry
    desk.write(change_customer, customer, entry, replace(entry, **values))


def test_it_says_what_it_was_why_it_was_refused_and_that_nobody_else_has_it(salon: Salon) -> None:
    refused_customer(salon)
    conflict = only(salon.desks[0])
    assert (conflict.kind, conflict.code) == (ConflictKind.SET_ASIDE, "unknown_collection")
    assert (conflict.operation, conflict.again, conflict.alone) == ("customers.add_customer", True, True)
    wanted, stands = ({fact.name: fact.value for fact in side.facts} for side in conflict.sides)
    assert wanted["customer.notes"] == Plain("kratko")
    assert stands["customer.notes"] == Plain("")
    assert inbox(salon.desks[1]) == []


def test_done_again_it_reaches_the_other_desk_with_what_belongs_to_it(salon: Salon) -> None:
    here, there = salon.desks
    customer = refused_customer(salon)
    assert again(here, only(here)) == 2
    assert inbox(here) == []
    assert_sound(salon)
    assert there.read(show_customer, customer).entry == ANA
    assert [hit.id for hit in there.read(search_customers, "555 283")] == [customer]
    assert [hit.id for hit in here.read(search_customers, "555 283")] == [customer]
    change(there, customer, notes="dolgo")
    assert_sound(salon)
    assert here.read(show_customer, customer).entry.notes == "dolgo"


def test_done_again_it_looks_as_it_looks_now_and_what_followed_is_settled_too(salon: Salon) -> None:
    here, there = salon.desks
    customer = refused_customer(salon)
    change(here, customer, notes="dolgo")
    salon.settle()
    assert [one.code for one in inbox(here)] == ["unknown_row", "unknown_collection"]
    again(here, inbox(here)[1])
    assert inbox(here) == []
    assert_sound(salon)
    assert there.read(show_customer, customer).entry.notes == "dolgo"


def test_refused_once_more_it_waits_once_more(salon: Salon) -> None:
    here = salon.desks[0]
    refused_customer(salon)
    knows(salon, "customer")
    again(here, only(here))
    salon.settle()
    assert only(here).alone
    knows(salon)
    again(here, only(here))
    assert_sound(salon)
    assert inbox(here) == []


def test_let_go_it_leaves_this_desk_too_and_views_are_told(salon: Salon) -> None:
    here, there = salon.desks
    customer = refused_customer(salon)
    change(here, customer, notes="dolgo")
    salon.settle()
    here.changes.clear()
    assert give_up(here, inbox(here)[1]) == 2
    assert inbox(here) == []
    assert any(customer in change.rows.get("customer", ()) for change in here.changes)
    with pytest.raises(Refused, match=r"customers\.not_found"):
        here.read(show_customer, customer)
    for desk in (here, there):
        assert desk.read(search_customers, "Ana") == ()
        assert desk.read(search_customers, "555 283") == ()
    assert_sound(salon)
    values = f"SELECT v.new FROM operation_value v JOIN operation_row r USING (operation, n) WHERE r.\"row\" = x'{customer.hex}'"
    assert salon.rows_of(here, values) == []


def test_an_edit_of_a_row_that_is_nowhere_else_any_more_is_let_go_with_the_row(salon: Salon) -> None:
    """Only the last one of the operations that were refused holds the row."""
    here = salon.desks[0]
    customer = refused_customer(salon)
    change(here, customer, notes="dolgo")
    salon.settle()
    give_up(here, inbox(here)[0])
    salon.settle()
    assert salon.rows_of(here, "SELECT count(*) FROM customer") == [(0,)]


def test_what_was_refused_together_with_an_edit_of_something_else_keeps_that_edit_in_the_inbox(salon: Salon) -> None:
    here, there = salon.desks
    other = here.write(add_customer, CustomerEntry("Maja", "Kos")).customer.id
    salon.settle()
    customer = refused_customer(salon)

    def both(session: Any, action: Any) -> None:
        for one in (customer, other):
            entry = show_customer(session, action, one).entry
            change_customer(session, action, one, entry, replace(entry, notes="oboje"))

    here.write(both)
    salon.settle()
    assert here.read(show_customer, other).entry.notes == ""
    give_up(here, inbox(here)[1])
    assert_sound(salon)
    left = only(here)
    assert not left.alone
    assert there.read(show_customer, other).entry.notes == ""


def test_ledger_rows_of_a_refused_operation_stay_and_are_on_the_server(salon: Salon) -> None:
    here = salon.desks[0]
    knows(salon, "customer", "customer_phone")

    def both(session: Any, action: Any) -> None:
        add_customer(session, action, ANA)
        record_event(session, action, "drawer_opened")

    here.write(both)
    salon.settle()
    knows(salon)
    conflict = only(here)
    assert conflict.alone
    assert not conflict.again, "the ledger row was taken"
    give_up(here, conflict)
    assert_sound(salon)
    assert salon.rows_of(here, "SELECT kind FROM event WHERE kind = 'drawer_opened'") == [("drawer_opened",)]


def test_a_visit_that_was_refused_is_booked_anew_or_frees_its_place(salon: Salon) -> None:
    here, there = salon.desks
    member = open_salon(salon)
    knows(salon, "visit")
    first, second = booked(here, member, time(9), "Ana"), booked(here, member, time(11), "Eva")
    salon.settle()
    knows(salon)
    later, earlier = inbox(here)
    again(here, earlier)
    give_up(here, later)
    assert_sound(salon)
    assert set(salon.rows(there, "visit")) == {first.hex}
    assert salon.rows(there, "visit")[first.hex]["claim_state"] == "confirmed"
    assert booked(here, member, time(11), "Ida") != second
    assert_sound(salon)


def test_a_visit_whose_place_was_taken_meanwhile_becomes_a_conflict_with_ways_out(salon: Salon) -> None:
    here, there = salon.desks
    member = open_salon(salon)
    knows(salon, "visit")
    lost = booked(here, member, time(9), "Ana")
    salon.push(here)
    knows(salon)
    booked(there, member, time(9), "Maja")
    salon.settle()
    refused = next(one for one in inbox(here) if one.kind is ConflictKind.SET_ASIDE)
    again(here, refused)
    salon.settle()
    for desk in salon.desks:
        assert [(one.kind, one.subject) for one in inbox(desk)] == [(ConflictKind.VISIT, lost)]
        assert desk.read(ways_out, lost)
    assert_sound(salon)


def test_who_names_what_was_let_go_is_told_to_the_admin(salon: Salon) -> None:
    here = salon.desks[0]
    customer = refused_customer(salon)
    here.write(open_bill, customer_id=customer)
    salon.settle()
    give_up(here, only(here))
    assert here.read(show_leftovers) == Leftovers(orphans=1)


def test_both_ask_for_the_right_of_the_room(salon: Salon) -> None:
    here = salon.desks[0]
    customer = refused_customer(salon)
    for act in (again, give_up):
        with pytest.raises(NotPermitted):
            act(here, only(here), actor=here.practitioner)
    assert here.read(show_customer, customer).entry == ANA


def test_a_deletion_of_a_refused_row_here_needs_nobody(salon: Salon) -> None:
    """It was made and deleted here before the server refused it: letting it go leaves nothing of it."""
    here = salon.desks[0]
    customer = refused_customer(salon)
    here.write(remove_customer, customer)
    salon.settle()
    give_up(here, inbox(here)[-1])
    assert inbox(here) == []
    assert_sound(salon)
