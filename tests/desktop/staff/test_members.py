"""People: what is stored, what is refused, and that an owner is protected."""

from __future__ import annotations

from dataclasses import replace
from typing import Any
from uuid import UUID

import pytest

from desktop.access import Role
from desktop.errors import InvalidInput, NotPermitted, Refused
from desktop.ids import new_id
from desktop.staff.members import (
    MemberEntry,
    StaffMember,
    add_member,
    change_member,
    list_members,
    remove_member,
    set_up_owner,
)
from tests.desk import TestDesk
from tests.desktop.staff.people import MAJA, OWNER

PIN = "2580"


def change(desk: TestDesk, member: StaffMember, actor: Any = None, **fields: Any) -> StaffMember:
    return desk.write(change_member, member.id, member.entry, replace(member.entry, **fields), actor=actor)


def test_the_first_owner_is_made_once(desk: TestDesk) -> None:
    owner = desk.write(set_up_owner, OWNER, PIN)
    assert owner.entry.tax_number == "50223054"
    assert owner.has_pin
    assert desk.read(list_members) == (owner,)
    with pytest.raises(Refused) as caught:
        desk.write(set_up_owner, replace(OWNER, mark="X"), PIN)
    assert caught.value.code == "staff.owner_exists"


def test_the_first_person_is_an_owner(desk: TestDesk) -> None:
    with pytest.raises(InvalidInput) as caught:
        desk.write(set_up_owner, MAJA, PIN)
    assert (caught.value.field, caught.value.code) == ("role", "staff.first_is_owner")


def test_people_are_listed_in_their_order(desk: TestDesk) -> None:
    second = desk.write(add_member, replace(MAJA, mark="B", position=2))
    first = desk.write(add_member, replace(MAJA, mark="A", position=1))
    gone = desk.write(add_member, replace(MAJA, mark="C", position=0, active=False))
    assert desk.read(list_members) == (first, second)
    assert desk.read(list_members, True) == (gone, first, second)
    desk.write(remove_member, gone.id)
    assert desk.read(list_members, True) == (first, second)


def test_a_change_writes_only_what_changed(desk: TestDesk) -> None:
    member = desk.write(add_member, MAJA)
    renamed = change(desk, member, name="Maja Novak")
    assert renamed.entry == replace(MAJA, name="Maja Novak")
    moved = change(desk, member, position=3)  # a form opened before the new name
    assert moved.entry == replace(MAJA, name="Maja Novak", position=3)


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"name": ""}, "name", "entry.required"),
        ({"name": "x" * 10_000_000}, "name", "entry.too_long"),
        ({"name": "Ana\x00"}, "name", "entry.nul"),
        ({"mark": ""}, "mark", "entry.required"),
        ({"mark": "ABCDEFG"}, "mark", "entry.too_long"),
        ({"mark": "vž"}, "mark", "staff.mark_taken"),
        ({"tax_number": "12345678"}, "tax_number", "staff.tax_number"),
        ({"tax_number": "ATU12345678"}, "tax_number", "staff.tax_number"),
        ({"tax_number": "50223054", "without_tax_number": True}, "tax_number", "staff.tax_number_or_without"),
        ({"position": -1}, "position", "entry.out_of_range"),
    ],
)
def test_bad_input_is_refused_at_its_field(desk: TestDesk, fields: dict[str, Any], field: str, code: str) -> None:
    desk.write(set_up_owner, OWNER, PIN)
    with pytest.raises(InvalidInput) as caught:
        desk.write(add_member, replace(MAJA, **fields))
    assert (caught.value.field, caught.value.code) == (field, code)
    assert len(desk.read(list_members)) == 1


def test_a_mark_is_free_again_when_its_holder_is_gone(desk: TestDesk) -> None:
    member = desk.write(add_member, MAJA)
    assert change(desk, member, mark="mk").entry.mark == "mk"  # one's own mark is no clash
    desk.write(remove_member, member.id)
    assert desk.write(add_member, MAJA).entry.mark == "MK"


def test_the_last_owner_stays(desk: TestDesk) -> None:
    owner = desk.write(set_up_owner, OWNER, PIN)
    for attempt in ({"role": Role.MANAGER}, {"active": False}):
        with pytest.raises(Refused) as caught:
            change(desk, owner, **attempt)
        assert caught.value.code == "staff.last_owner"
    with pytest.raises(Refused) as caught:
        desk.write(remove_member, owner.id)
    assert caught.value.code == "staff.last_owner"
    second = desk.write(add_member, replace(OWNER, mark="V2"))
    assert change(desk, owner, role=Role.MANAGER).entry.role is Role.MANAGER
    with pytest.raises(Refused):
        desk.write(remove_member, second.id)


def test_only_an_owner_touches_an_owner(desk: TestDesk) -> None:
    owner = desk.write(set_up_owner, OWNER, PIN)
    maja = desk.write(add_member, MAJA)
    attempts = [
        lambda: desk.write(add_member, replace(OWNER, mark="X"), actor=desk.manager),
        lambda: change(desk, owner, desk.manager, name="Nihče"),
        lambda: change(desk, maja, desk.manager, role=Role.OWNER),
        lambda: desk.write(remove_member, owner.id, actor=desk.manager),
    ]
    for attempt in attempts:
        with pytest.raises(NotPermitted) as caught:
            attempt()
        assert caught.value.code == "staff.owner_only"
    assert change(desk, maja, desk.manager, role=Role.MANAGER).entry.role is Role.MANAGER


def test_rights(desk: TestDesk) -> None:
    maja = desk.write(add_member, MAJA)
    for actor in (desk.reception, desk.practitioner):
        for attempt in (
            lambda actor=actor: desk.write(add_member, replace(MAJA, mark="X"), actor=actor),
            lambda actor=actor: change(desk, maja, actor, name="X"),
            lambda actor=actor: desk.write(remove_member, maja.id, actor=actor),
        ):
            with pytest.raises(NotPermitted):
                attempt()


def test_nobody_removes_himself(desk: TestDesk) -> None:
    maja = desk.write(add_member, replace(MAJA, role=Role.MANAGER))
    with pytest.raises(Refused) as caught:
        desk.write(remove_member, maja.id, actor=desk.actor(Role.MANAGER, maja.id))
    assert caught.value.code == "staff.yourself"


@pytest.mark.parametrize("use_case", [remove_member])
def test_who_is_not_there(desk: TestDesk, use_case: Any) -> None:
    nobody: UUID = new_id()
    with pytest.raises(Refused) as caught:
        desk.write(use_case, nobody)
    assert caught.value.code == "staff.not_found"
    with pytest.raises(Refused) as caught:
        desk.write(change_member, nobody, MAJA, MAJA)
    assert caught.value.code == "staff.not_found"


def test_an_entry_round_trips(desk: TestDesk) -> None:
    entry = MemberEntry("Đurđa Babić 💇", "ĐB", Role.RECEPTION, without_tax_number=True, bookable=False, position=7)
    stored = desk.write(add_member, entry, PIN)
    desk.reopen()
    assert desk.read(list_members) == (stored,)
    assert stored.entry == entry
