"""Two desks of one salon: what one writes the other sees, offline edits of both are kept, nobody is booked twice in silence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from pathlib import Path
from uuid import UUID

import pytest

from desktop.access import Role
from desktop.appointments.booking import book_visit
from desktop.appointments.day import day_view
from desktop.appointments.entries import ItemEntry, VisitEntry
from desktop.appointments.moving import change_note, move_visit
from desktop.customers.customers import CustomerEntry, add_customer, change_customer, show_customer
from desktop.customers.search import search_customers
from desktop.database.history import record_history
from desktop.staff.members import MemberEntry, add_member
from tests.desk import TestDesk
from tests.desktop.staff.people import every_day, open_shop
from tests.sync.salon_of_desks import Salon

DAY = date(2026, 11, 25)
ANA = CustomerEntry("Ana", "Čeh", ("041 555 283",), street="Nova 1", town="Celje")


@pytest.fixture
def salon(tmp_path: Path) -> Iterator[Salon]:
    made = Salon(tmp_path, 2)
    yield made
    made.close()


def booked(desk: TestDesk, member: UUID, at: time, name: str) -> UUID:
    entry = VisitEntry((ItemEntry("Striženje", member, 30, 3400),), DAY, at, customer_name=name)
    return desk.write(book_visit, entry).visit.id


def test_what_one_desk_writes_the_other_sees_finds_and_can_tell_who_did_it(salon: Salon) -> None:
    here, there = salon.desks
    made = here.write(add_customer, ANA).customer
    salon.settle()
    [hit] = there.read(search_customers, "ceh 555")
    assert hit.id == made.id
    [entry] = there.read(record_history, "customer", made.id)
    assert (entry.name, entry.actor_name) == ("customers.add_customer", here.owner.name)
    salon.assert_agreed()
    assert salon.findings(here) == salon.findings(there) == []


def test_different_fields_edited_offline_on_two_desks_are_both_kept(salon: Salon) -> None:
    here, there = salon.desks
    made = here.write(add_customer, ANA).customer
    salon.settle()
    here.write(change_customer, made.id, made.entry, replace(made.entry, notes="rada ima kavo"))
    there.write(change_customer, made.id, made.entry, replace(made.entry, email="ana@primer.si"))
    salon.settle()
    for desk in salon.desks:
        shown = desk.read(show_customer, made.id).entry
        assert (shown.notes, shown.email) == ("rada ima kavo", "ana@primer.si")
    salon.assert_agreed()


def test_the_same_field_edited_offline_keeps_the_later_one_and_the_loser_in_the_history(salon: Salon) -> None:
    here, there = salon.desks
    made = here.write(add_customer, ANA).customer
    salon.settle()
    here.clock.move(minutes=1)
    there.clock.move(minutes=2)
    here.write(change_customer, made.id, made.entry, replace(made.entry, notes="zgodnja"))
    there.write(change_customer, made.id, made.entry, replace(made.entry, notes="pozna"))
    salon.push(there)
    salon.push(here)  # arrives last, was written first
    salon.settle()
    for desk in salon.desks:
        assert desk.read(show_customer, made.id).entry.notes == "pozna"
    written = {entry.new["notes"] for entry in here.read(record_history, "customer", made.id) if entry.new}
    assert "zgodnja" in written
    salon.assert_agreed()


def test_an_edit_after_a_pull_wins_even_when_the_clock_here_is_slow(salon: Salon) -> None:
    here, there = salon.desks
    here.clock.move(minutes=30)
    made = here.write(add_customer, ANA).customer
    salon.settle()
    there.write(change_customer, made.id, made.entry, replace(made.entry, notes="popravek"))
    salon.settle()
    assert here.read(show_customer, made.id).entry.notes == "popravek"
    salon.assert_agreed()


def test_what_is_not_pushed_yet_stays_on_top_of_what_a_pull_brings(salon: Salon) -> None:
    here, there = salon.desks
    made = here.write(add_customer, ANA).customer
    salon.settle()
    here.write(change_customer, made.id, made.entry, replace(made.entry, notes="tam"))
    salon.push(here)
    there.clock.move(minutes=1)
    there.write(change_customer, made.id, made.entry, replace(made.entry, notes="tukaj", email="ana@primer.si"))
    salon.pull(there)
    shown = there.read(show_customer, made.id).entry
    assert (shown.notes, shown.email) == ("tukaj", "ana@primer.si")
    salon.settle()
    salon.assert_agreed()


def test_a_reply_that_was_lost_and_a_batch_that_came_twice_change_nothing(salon: Salon) -> None:
    here, there = salon.desks
    made = here.write(add_customer, ANA).customer
    assert salon.push(here, lose_reply=True, times=3) == salon.push(here, times=2) == 1
    assert salon.push(here) == 0
    salon.settle()
    assert there.read(show_customer, made.id).entry.last_name == "Čeh"
    salon.assert_agreed()


def test_two_offline_desks_that_book_one_place_end_in_a_conflict_that_both_see(salon: Salon) -> None:
    here, there = salon.desks
    open_shop(here, every_day("7:00-20:00"))
    member = here.write(add_member, MemberEntry("Nuša Čeh", "NČ", Role.PRACTITIONER)).id
    salon.settle()
    first, second = booked(here, member, time(9), "Ana"), booked(there, member, time(9), "Maja")
    salon.push(there)
    salon.push(here)
    salon.settle()
    salon.assert_agreed()
    for desk in salon.desks:
        [column] = [one for one in desk.read(day_view, DAY).columns if one.member_id == member]
        assert {block.visit_id: block.claim_state for block in column.blocks} == {
            second: "confirmed", first: "conflict",
        }  # fmt: skip
        assert salon.findings(desk) == []


def test_a_visit_that_arrives_takes_its_place_from_one_that_was_not_pushed_yet(salon: Salon) -> None:
    here, there = salon.desks
    open_shop(here, every_day("7:00-20:00"))
    member = here.write(add_member, MemberEntry("Nuša Čeh", "NČ", Role.PRACTITIONER)).id
    salon.settle()
    lost = booked(there, member, time(9), "Maja")
    booked(here, member, time(9), "Ana")
    salon.push(here)
    salon.pull(there)
    assert salon.rows(there, "visit")[lost.hex]["claim_state"] == "conflict"
    salon.settle()
    salon.assert_agreed()


def test_the_history_of_a_row_that_a_pull_brought_says_who_wrote_what_and_goes_on_from_there(salon: Salon) -> None:
    here, there = salon.desks
    made = here.write(add_customer, ANA).customer
    here.clock.move(minutes=1)
    moved = replace(made.entry, town="Kranj")
    here.write(change_customer, made.id, made.entry, moved)
    salon.settle()
    there.clock.move(minutes=2)
    there.write(change_customer, made.id, moved, replace(moved, notes="kava"), actor=there.manager)
    newest, edited, first = there.read(record_history, "customer", made.id)
    assert (newest.kind, newest.actor_name, newest.new) == ("u", there.manager.name, {"notes": "kava"})
    assert (edited.kind, edited.actor_name, edited.name) == ("u", here.owner.name, "customers.change_customer")
    assert edited.new is not None
    assert (edited.new["town"], edited.new["street"], "last_name" in edited.new) == ("Kranj", "Nova 1", False)
    assert (first.kind, first.name, first.old) == ("i", "customers.add_customer", None)
    assert first.new is not None
    assert (first.new["last_name"], "town" in first.new, "notes" in first.new) == ("Čeh", False, False)
    [local] = [one for one in here.read(record_history, "customer", made.id) if one.kind == "i"]
    assert local.operation == first.operation


def test_a_move_that_was_not_judged_takes_nothing_from_a_visit_that_the_backend_confirmed(salon: Salon) -> None:
    here, there = salon.desks
    open_shop(here, every_day("7:00-20:00"))
    member = here.write(add_member, MemberEntry("Nuša Čeh", "NČ", Role.PRACTITIONER)).id
    moved, confirmed = booked(here, member, time(10), "Maja"), booked(here, member, time(11), "Ana")
    salon.settle()
    here.write(move_visit, confirmed, DAY, time(9))
    here.write(change_note, moved, "kava")
    salon.push(here)
    there.write(move_visit, moved, DAY, time(9))
    salon.pull(there)  # who was moved to nine there, and then the old place of the one that was moved to nine here
    states = {row: values["claim_state"] for row, values in salon.rows(there, "visit").items()}
    assert states == {confirmed.hex: "confirmed", moved.hex: "conflict"}
    salon.settle()
    salon.assert_agreed()
    assert salon.backend.state("visit", confirmed.hex)["claim_state"] == "confirmed"
