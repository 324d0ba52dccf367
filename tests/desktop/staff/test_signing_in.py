"""PINs: a right one makes an actor, wrong ones cost time, and neither restart nor refusal forgets the count."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import text

from desktop.access import PERMISSIONS, Role
from desktop.errors import InvalidInput, NotPermitted, Refused
from desktop.ids import new_id
from desktop.staff.members import add_member, change_member, set_up_owner
from desktop.staff.pin import hash_pin, is_pin
from desktop.staff.signing_in import TRIES, set_pin, sign_in
from tests.desk import TestDesk
from tests.desktop.staff.people import MAJA, OWNER

PIN = "2580"


def test_the_right_pin_makes_an_actor_of_the_role(desk: TestDesk) -> None:
    maja = desk.write(add_member, MAJA, PIN)
    answer = desk.write(sign_in, maja.id, PIN)
    assert answer.actor is not None
    assert (answer.actor.id, answer.actor.name) == (maja.id, "Maja Kovač")
    assert answer.actor.permissions == PERMISSIONS[Role.PRACTITIONER]
    assert answer.tries_left == TRIES


def test_five_wrong_pins_cost_time_and_more_cost_more(desk: TestDesk) -> None:
    maja = desk.write(add_member, MAJA, PIN)
    left = [desk.write(sign_in, maja.id, "0000").tries_left for _ in range(TRIES)]
    assert left == [4, 3, 2, 1, 0]
    blocked = desk.write(sign_in, maja.id, PIN)
    assert blocked.actor is None, "while blocked not even the right PIN is looked at"
    assert blocked.blocked_until == desk.clock.now() + timedelta(seconds=30)
    waits = []
    for _ in range(7):
        desk.clock.set(blocked.blocked_until)
        blocked = desk.write(sign_in, maja.id, "0000")
        assert blocked.blocked_until is not None
        waits.append((blocked.blocked_until - desk.clock.now()).total_seconds())
    assert waits == [60, 120, 240, 480, 900, 900, 900]
    desk.clock.set(blocked.blocked_until)
    assert desk.write(sign_in, maja.id, PIN).actor is not None
    assert desk.write(sign_in, maja.id, "0000").tries_left == 4, "a right PIN starts the count anew"


def test_the_count_survives_a_restart_and_is_per_person(desk: TestDesk) -> None:
    maja = desk.write(add_member, MAJA, PIN)
    other = desk.write(add_member, replace(MAJA, mark="X"), PIN)
    for _ in range(TRIES):
        desk.write(sign_in, maja.id, "0000")
    desk.reopen()
    assert desk.write(sign_in, maja.id, PIN).actor is None
    assert desk.write(sign_in, other.id, PIN).actor is not None, "the same PIN of another person works"


def test_signing_in_is_recorded(desk: TestDesk) -> None:
    maja = desk.write(add_member, MAJA, PIN)
    desk.write(sign_in, maja.id, "0000")
    desk.write(sign_in, maja.id, PIN)

    def kinds(engine: object) -> list[str]:
        with engine.connect() as connection:  # type: ignore[attr-defined]  # an Engine
            return [row[0] for row in connection.execute(text("SELECT kind FROM event ORDER BY id"))]

    assert [kind for kind in desk.on_writer(kinds) if kind.startswith("staff.")] == [
        "staff.pin_wrong",
        "staff.signed_in",
    ]


def test_who_cannot_sign_in(desk: TestDesk) -> None:
    maja = desk.write(add_member, MAJA)
    with pytest.raises(Refused) as caught:
        desk.write(sign_in, maja.id, PIN)
    assert caught.value.code == "staff.no_pin"
    desk.write(set_pin, maja.id, PIN)
    desk.write(change_member, maja.id, maja.entry, replace(maja.entry, active=False))
    for unknown in (maja.id, new_id()):
        with pytest.raises(Refused) as caught:
            desk.write(sign_in, unknown, PIN)
        assert caught.value.code == "staff.not_found"


@pytest.mark.parametrize("pin", ["", "258", "258013579", "25a0", "２５８０", "25 80", "2580\x00"])
def test_what_is_no_pin(pin: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        hash_pin(pin)
    assert caught.value.code == "staff.pin_form"


@pytest.mark.parametrize("pin", ["0000", "1234", "4321", "7890", "111111", "09876"])
def test_what_is_too_simple(pin: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        hash_pin(pin)
    assert caught.value.code == "staff.pin_simple"


def test_a_hash_tells_right_from_wrong() -> None:
    kept = hash_pin(PIN)
    assert kept.startswith("$argon2id$")
    assert PIN not in kept
    assert is_pin(PIN, kept)
    for wrong in ("2581", "", "25800", "\ud800", "2" * 10_000):
        assert not is_pin(wrong, kept)
    assert not is_pin(PIN, "damaged")


def test_ones_own_pin_asks_for_the_current_one(desk: TestDesk) -> None:
    maja = desk.write(add_member, MAJA, PIN)
    actor = desk.actor(Role.PRACTITIONER, maja.id)
    with pytest.raises(InvalidInput) as caught:
        desk.write(set_pin, maja.id, "9173", "0000", actor=actor)
    assert (caught.value.field, caught.value.code) == ("current", "staff.pin_wrong")
    desk.write(set_pin, maja.id, "9173", PIN, actor=actor)
    assert desk.write(sign_in, maja.id, "9173").actor is not None
    assert desk.write(sign_in, maja.id, PIN).actor is None


def test_anothers_pin_asks_for_the_right(desk: TestDesk) -> None:
    maja = desk.write(add_member, MAJA, PIN)
    owner = desk.write(set_up_owner, OWNER, PIN)
    with pytest.raises(NotPermitted):
        desk.write(set_pin, maja.id, "9173", actor=desk.reception)
    with pytest.raises(NotPermitted) as caught:
        desk.write(set_pin, owner.id, "9173", actor=desk.manager)
    assert caught.value.code == "staff.owner_only"
    for _ in range(TRIES):
        desk.write(sign_in, maja.id, "0000")
    desk.write(set_pin, maja.id, "9173", actor=desk.manager)
    assert desk.write(sign_in, maja.id, "9173").actor is not None, "a new PIN frees the person"
