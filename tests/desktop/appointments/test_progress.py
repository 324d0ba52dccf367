"""Statuses and their one-key step, cancelling, no-shows, and undoing every operation of the room."""

from __future__ import annotations

import ast
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import desktop.appointments
from desktop.appointments.blocking import block_time, move_block, unblock_time
from desktop.appointments.booking import copy_visit
from desktop.appointments.cards import visit_card
from desktop.appointments.day import day_view
from desktop.appointments.entries import ShownVisit
from desktop.appointments.model import Status
from desktop.appointments.moving import change_items, change_note, move_visit, resize_visit
from desktop.appointments.progress import cancel_visit, mark_no_show, next_step, set_status
from desktop.appointments.undo import RULES
from desktop.database.history import last_undoable
from desktop.errors import InvalidInput, Refused
from desktop.ids import new_id
from tests.desktop.appointments.salon import MONDAY, Salon, at
from tests.desktop.appointments.test_booking import refusal, refused_booking
from tests.desktop.appointments.test_slots import stored

TUESDAY = MONDAY + timedelta(days=1)
TODAY = date(2026, 11, 20)


def undo(salon: Salon) -> None:
    salon.desk.database.undo_now(salon.desk.owner, salon.desk.read(last_undoable)[0].id, RULES)


def now(salon: Salon, visit: ShownVisit) -> ShownVisit:
    return salon.desk.read(visit_card, visit.id).visit


def test_one_step_after_the_other(salon: Salon) -> None:
    visit = salon.book(status=Status.PENDING)
    steps = [salon.desk.write(next_step, visit.id).visit.status for _ in range(4)]
    assert steps == [Status.CONFIRMED, Status.ARRIVED, Status.IN_SERVICE, Status.DONE]
    assert refusal(salon, next_step, visit.id).code == "appointments.no_next_step"


def test_any_status_but_those_with_commands(salon: Salon) -> None:
    visit = salon.book()
    assert salon.desk.write(set_status, visit.id, Status.DONE).visit.status is Status.DONE
    assert salon.desk.write(set_status, visit.id, Status.CONFIRMED).visit.status is Status.CONFIRMED
    assert refusal(salon, set_status, visit.id, Status.CANCELLED).code == "appointments.own_command"


def test_cancelling_wants_a_reason_and_frees(salon: Salon) -> None:
    visit = salon.book()
    found = refusal(salon, cancel_visit, visit.id, "  ")
    assert isinstance(found, InvalidInput)
    assert (found.field, found.code) == ("reason", "entry.required")
    cancelled = salon.desk.write(cancel_visit, visit.id, "Zbolela").visit
    assert (cancelled.status, cancelled.cancel_reason) == (Status.CANCELLED, "Zbolela")
    assert salon.desk.read(stored) == []
    assert refusal(salon, cancel_visit, visit.id, "Spet").code == "appointments.over"
    salon.book()
    assert refusal(salon, set_status, visit.id, Status.CONFIRMED).code == "appointments.slot_taken"


def test_a_cancelled_visit_comes_back(salon: Salon) -> None:
    visit = salon.book()
    salon.desk.write(cancel_visit, visit.id, "Zbolela")
    back = salon.desk.write(set_status, visit.id, Status.CONFIRMED).visit
    assert (back.status, back.cancel_reason) == (Status.CONFIRMED, "")
    assert refused_booking(salon).code == "appointments.slot_taken"


def test_a_no_show_needs_its_time(salon: Salon) -> None:
    visit = salon.book("10:00", day=TODAY)
    found = refusal(salon, mark_no_show, visit.id)
    assert (found.code, found.values["at"]) == ("appointments.not_begun", "10:00")
    salon.desk.clock.move(hours=1)
    assert salon.desk.write(mark_no_show, visit.id).visit.status is Status.NO_SHOW
    assert salon.desk.read(stored) == []
    came = salon.book("10:00", day=TODAY, status=Status.ARRIVED)
    assert refusal(salon, mark_no_show, came.id).code == "appointments.came"


def test_a_booking_is_undone(salon: Salon) -> None:
    visit = salon.book()
    undo(salon)
    assert salon.desk.read(stored) == []
    assert salon.desk.read(day_view, MONDAY).agenda == ()
    assert refusal(salon, move_visit, visit.id, MONDAY, at("10:00")).code == "appointments.not_found"


@pytest.mark.parametrize(
    ("use_case", "args"),
    [
        (move_visit, (TUESDAY, at("10:00"))),
        (resize_visit, (60,)),
        (change_note, ("Pride prej",)),
        (next_step, ()),
        (set_status, (Status.DONE,)),
        (cancel_visit, ("Zbolela",)),
    ],
)
def test_a_change_is_undone(salon: Salon, use_case: Any, args: tuple[object, ...]) -> None:
    visit, slots = salon.book(), salon.desk.read(stored)
    changed = salon.desk.write(use_case, visit.id, *args).visit
    assert changed != visit
    undo(salon)
    assert now(salon, visit) == visit
    assert salon.desk.read(stored) == slots


def test_items_and_people_are_undone(salon: Salon) -> None:
    visit = salon.book("9:00", items=(salon.item(30), salon.item(30, salon.tina)))
    salon.desk.write(move_visit, visit.id, MONDAY, at("9:00"), salon.tina)
    undo(salon)
    assert now(salon, visit) == visit
    salon.desk.write(change_items, visit.id, (salon.item(15),))
    undo(salon)
    assert now(salon, visit) == visit


def test_a_copy_is_undone_alone(salon: Salon) -> None:
    visit = salon.book()
    salon.desk.write(copy_visit, visit.id, TUESDAY, at("9:00"))
    undo(salon)
    assert {row[3] for row in salon.desk.read(stored)} == {visit.id}


def test_an_old_place_that_is_taken_is_not_given_back(salon: Salon) -> None:
    visit = salon.book("9:00")
    salon.desk.write(move_visit, visit.id, MONDAY, at("11:00"))
    moved = salon.desk.read(last_undoable)[0].id
    salon.book("9:00", customer_name="Ana")
    with pytest.raises(Refused) as caught:
        salon.desk.database.undo_now(salon.desk.owner, moved, RULES)
    assert (caught.value.code, caught.value.values["holder"]) == ("appointments.slot_taken", "Ana")
    assert caught.value.values["free"] == (at("8:30"), at("9:30"))
    assert salon.wall(now(salon, visit)) == "11:00–11:30"


def test_what_somebody_changed_since_is_not_undone(salon: Salon) -> None:
    visit = salon.book()
    salon.desk.write(move_visit, visit.id, MONDAY, at("11:00"))
    moved = salon.desk.read(last_undoable)[0].id
    salon.desk.write(move_visit, visit.id, MONDAY, at("12:00"))
    with pytest.raises(Refused) as caught:
        salon.desk.database.undo_now(salon.desk.owner, moved, RULES)
    assert caught.value.code == "database.changed_since"


def test_blocked_time_is_undone(salon: Salon) -> None:
    block = salon.desk.write(block_time, salon.maja, MONDAY, at("9:00"), 30, "Malica")
    slots = salon.desk.read(stored)
    salon.desk.write(move_block, block.id, salon.tina, MONDAY, at("10:00"), 45)
    undo(salon)
    assert salon.desk.read(stored) == slots
    salon.desk.write(unblock_time, block.id)
    gone = salon.desk.read(last_undoable)[0].id
    salon.book("9:00")
    with pytest.raises(Refused) as caught:
        salon.desk.database.undo_now(salon.desk.owner, gone, RULES)
    assert caught.value.code == "appointments.slot_taken"
    undo(salon)  # the visit
    salon.desk.database.undo_now(salon.desk.owner, gone, RULES)
    assert salon.desk.read(stored) == slots


def test_a_new_block_is_undone(salon: Salon) -> None:
    salon.desk.write(block_time, salon.maja, MONDAY, at("9:00"), 30)
    undo(salon)
    assert salon.desk.read(stored) == []
    assert refusal(salon, unblock_time, new_id()).code == "appointments.not_found"


@pytest.mark.parametrize("minutes", [0, -5, 1441])
def test_blocks_have_a_length(salon: Salon, minutes: int) -> None:
    found = refusal(salon, block_time, salon.maja, MONDAY, at("9:00"), minutes)
    assert isinstance(found, InvalidInput)
    assert found.field == "duration_min"


def test_every_writing_use_case_has_a_rule() -> None:
    """What asks for a right and writes can be undone: a new use case without a rule fails here."""
    reading = {"day_view", "week_capacity", "visit_card", "customer_visits", "items_for", "propose_slots", "ways_out"}
    found = set()
    for path in Path(desktop.appointments.__path__[0]).glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and "action.actor.require" in ast.unparse(node):
                found.add(node.name)
    assert found > reading
    assert {f"appointments.{name}" for name in found - reading} == RULES.keys()
