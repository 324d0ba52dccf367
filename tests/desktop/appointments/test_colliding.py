"""A visit that lost its place: what stands there, what is free instead, and how it leaves the conflict."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time
from pathlib import Path
from uuid import UUID

import pytest

from desktop.appointments.booking import find_visit
from desktop.appointments.colliding import (
    colliding_visits,
    count_colliding,
    obstacles,
    stay_beside,
    ways_out,
)
from desktop.appointments.entries import shown_visit
from desktop.appointments.moving import move_visit
from desktop.appointments.progress import cancel_visit
from desktop.appointments.undo import RULES
from desktop.database.history import last_undoable
from desktop.errors import Refused
from tests.desk import TestDesk
from tests.sync.salon_of_desks import Salon
from tests.sync.two_desks import DAY, booked, collide, open_salon


@pytest.fixture
def salon(tmp_path: Path) -> Iterator[Salon]:
    made = Salon(tmp_path, 2)
    yield made
    made.close()


@pytest.fixture
def member(salon: Salon) -> UUID:
    return open_salon(salon)


def state(desk: TestDesk, visit: UUID) -> str:
    return desk.read(lambda s, a: shown_visit(find_visit(s, a, visit))).claim_state


def test_both_desks_see_the_visit_in_conflict_and_what_stands_in_its_way(salon: Salon, member: UUID) -> None:
    stands, lost = collide(salon, member)
    for desk in salon.desks:
        assert [one.id for one in desk.read(colliding_visits)] == [lost]
        assert desk.read(count_colliding) == 1
        [obstacle] = desk.read(obstacles, lost)
        assert obstacle.id == stands
        assert obstacle.visit is not None
        assert obstacle.visit.customer_name == "Maja"


def test_the_ways_out_are_free_and_the_nearest_first(salon: Salon, member: UUID) -> None:
    here, _ = salon.desks
    _, lost = collide(salon, member)
    ways = here.read(ways_out, lost)
    assert [(way.member_id, way.moved_min) for way in ways] == [(member, -30), (member, 30)]


def test_a_move_to_a_free_place_settles_the_conflict_on_both_desks(salon: Salon, member: UUID) -> None:
    here, there = salon.desks
    _, lost = collide(salon, member)
    here.write(move_visit, lost, DAY, time(9, 30))
    assert state(here, lost) == "confirmed"
    with pytest.raises(Refused, match="slot_taken"):
        booked(here, member, time(9, 30), "Tretja")
    salon.settle()
    assert state(there, lost) == "confirmed"
    salon.assert_agreed()


def test_a_move_out_of_a_conflict_can_be_undone_back_into_it(salon: Salon, member: UUID) -> None:
    here, _ = salon.desks
    _, lost = collide(salon, member)
    here.write(move_visit, lost, DAY, time(9, 30))
    [step] = here.read(last_undoable)[:1]
    here.database.undo_now(here.owner, step.id, RULES)
    assert state(here, lost) == "conflict"
    [obstacle] = here.read(obstacles, lost)
    assert obstacle.visit is not None


def test_staying_beside_holds_the_time_on_purpose_and_the_backend_agrees(salon: Salon, member: UUID) -> None:
    here, there = salon.desks
    stands, lost = collide(salon, member)
    here.write(stay_beside, lost)
    salon.settle()
    for desk in salon.desks:
        assert state(desk, lost) == state(desk, stands) == "confirmed"
        assert desk.read(count_colliding) == 0
        assert salon.findings(desk) == []
    salon.assert_agreed()
    there.write(cancel_visit, stands, "odpovedala")
    with pytest.raises(Refused, match="slot_taken"):
        booked(there, member, time(9), "Tretja")


def test_a_visit_beside_another_one_gives_its_lane_back_when_it_moves(salon: Salon, member: UUID) -> None:
    here, _ = salon.desks
    _, lost = collide(salon, member)
    here.write(stay_beside, lost)
    moved = here.write(move_visit, lost, DAY, time(11)).visit
    assert moved.starts_at.astimezone(here.database.desk.zone).time() == time(11)
    lanes = salon.rows_of(here, f"SELECT DISTINCT lane FROM slot WHERE holder = x'{lost.hex}'")
    assert lanes == [(0,)], "else another desk could book the same time and nobody would see it"


def test_staying_beside_can_be_undone(salon: Salon, member: UUID) -> None:
    here, _ = salon.desks
    _, lost = collide(salon, member)
    here.write(stay_beside, lost)
    here.database.undo_now(here.owner, here.read(last_undoable)[0].id, RULES)
    assert state(here, lost) == "conflict"


def test_only_a_visit_in_conflict_may_stay_beside(salon: Salon, member: UUID) -> None:
    here, _ = salon.desks
    stands, _ = collide(salon, member)
    with pytest.raises(Refused, match="no_conflict"):
        here.write(stay_beside, stands)


def test_a_cancelled_visit_is_no_conflict_any_more(salon: Salon, member: UUID) -> None:
    here, _ = salon.desks
    _, lost = collide(salon, member)
    here.write(cancel_visit, lost, "prišla bo drugič")
    assert here.read(colliding_visits) == ()
    assert here.read(count_colliding) == 0


def test_a_place_that_became_free_has_no_obstacles_and_is_the_first_way(salon: Salon, member: UUID) -> None:
    here, _ = salon.desks
    stands, lost = collide(salon, member)
    here.write(cancel_visit, stands, "odpovedala")
    assert here.read(obstacles, lost) == ()
    assert here.read(ways_out, lost)[0].moved_min == 0
