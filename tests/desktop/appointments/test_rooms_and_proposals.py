"""Rooms and chairs up to their capacity, items out of the catalogue, and proposals that are really free."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

import pytest

from desktop.appointments.booking import book_visit
from desktop.appointments.entries import VisitEntry
from desktop.appointments.moving import move_visit, resize_visit
from desktop.appointments.proposing import Proposal, items_for, propose_slots
from desktop.catalogue.resources import ResourceEntry, add_resource, remove_resource
from desktop.catalogue.services import ServiceEntry, Terms, add_service
from desktop.catalogue.vat import set_up_vat_rates
from desktop.errors import InvalidInput, Refused
from desktop.ids import new_id
from tests.desktop.appointments.salon import MONDAY, Salon, at
from tests.desktop.appointments.test_booking import refusal, refused_booking
from tests.desktop.staff.people import employ

TUESDAY = MONDAY + timedelta(days=1)


def add_room(salon: Salon, name: str = "Kabina", capacity: int = 1, kind: str = "cabin") -> UUID:
    return salon.desk.write(add_resource, ResourceEntry(name, kind, capacity)).id


def book_proposal(salon: Salon, proposal: Proposal) -> None:
    local = proposal.starts_at.astimezone(salon.desk.database.desk.zone)
    salon.desk.write(book_visit, VisitEntry(proposal.items, local.date(), local.time()))


def test_a_room_is_held_all_through(salon: Salon) -> None:
    room = add_room(salon)
    salon.book("9:00", items=(salon.item(90, processing_start_min=30, processing_min=30, resource_ids=(room,)),))
    found = refused_booking(salon, "9:30", items=(salon.item(30, salon.tina, resource_ids=(room,)),))
    assert (found.code, found.values["resource"]) == ("appointments.resource_full", "Kabina")
    assert found.values["free"] == (at("8:30"), at("10:30"))
    salon.book("9:30", items=(salon.item(30, salon.tina),))


def test_a_room_takes_as_many_as_it_holds(salon: Salon) -> None:
    room = add_room(salon, capacity=2)
    uses = {"resource_ids": (room,)}
    salon.book("9:00", items=(salon.item(30, **uses),))
    salon.book("9:30", items=(salon.item(30, **uses),))
    salon.book("8:30", items=(salon.item(30, salon.tina, **uses),))
    salon.book("9:00", items=(salon.item(60, salon.tina, **uses),))
    third = salon.item(15, new_person(salon), **uses)
    assert refused_booking(salon, "9:15", items=(third,)).code == "appointments.resource_full"
    salon.book("8:30", items=(third,))


def new_person(salon: Salon) -> UUID:
    return employ(salon.desk, "XX")


def test_lanes_are_found_where_no_single_one_is_free(salon: Salon) -> None:
    """Lane 0 is held first, lane 1 behind it: there is room for one more all through, though in no single lane."""
    room = add_room(salon, capacity=2)
    third = new_person(salon)
    uses = {"resource_ids": (room,)}
    salon.book("9:00", items=(salon.item(60, **uses),))  # lane 0
    salon.book("9:30", items=(salon.item(90, salon.tina, **uses),))  # lane 1
    salon.book("8:00", items=(salon.item(60, **uses),))
    salon.book("11:00", items=(salon.item(60, salon.tina, **uses),))
    salon.book("10:00", items=(salon.item(120, third, **uses),))
    salon.book("8:00", items=(salon.item(90, third, **uses),))


def test_any_room_of_a_kind(salon: Salon) -> None:
    first, second = add_room(salon, "Kabina 1"), add_room(salon, "Kabina 2")
    one = salon.book("9:00", items=(salon.item(30, needs=("cabin",)),))
    two = salon.book("9:00", items=(salon.item(30, salon.tina, needs=("cabin",)),))
    assert (one.items[0].resource_ids, two.items[0].resource_ids) == ((first,), (second,))
    other = salon.item(30, new_person(salon), needs=("cabin",))
    assert refused_booking(salon, "9:00", items=(other,)).code == "appointments.resource_full"
    longer = salon.desk.write(resize_visit, two.id, 60).visit
    assert longer.items[0].resource_ids == (second,)  # stays where it is
    salon.book("10:00", items=(salon.item(30, needs=("cabin",)),))
    moved = salon.desk.write(move_visit, two.id, MONDAY, at("9:45")).visit
    assert moved.items[0].resource_ids == (second,)
    salon.desk.write(remove_resource, second)
    assert refusal(salon, move_visit, two.id, MONDAY, at("9:45")).code == "appointments.resource_full"
    assert salon.desk.write(move_visit, two.id, TUESDAY, at("9:45")).visit.items[0].resource_ids == (first,)


def test_unknown_rooms_are_refused(salon: Salon) -> None:
    assert refused_booking(salon, items=(salon.item(resource_ids=(new_id(),)),)).code == "appointments.no_resource"
    assert refused_booking(salon, items=(salon.item(needs=("pool",)),)).code == "appointments.no_resource"


def add_colouring(salon: Salon, *terms: Terms, buffer_after: int = 0, needs: tuple[str, ...] = ()) -> UUID:
    salon.desk.write(set_up_vat_rates)
    entry = ServiceEntry(
        "Barvanje", 90, 6500, "standard", processing_start=30, processing=30, buffer_after=buffer_after, needs=needs
    )
    return salon.desk.write(add_service, entry, terms).id


def test_items_come_from_the_catalogue(salon: Salon) -> None:
    colouring = add_colouring(salon, Terms(salon.maja, 7000, 80), buffer_after=10)
    (item,) = salon.desk.read(items_for, (colouring,), salon.maja)
    assert (item.name, item.duration_min, item.price_cents, item.buffer_after_min) == ("Barvanje", 80, 7000, 10)
    assert (item.processing_start_min, item.processing_min) == (30, 30)
    with pytest.raises(InvalidInput) as caught:
        salon.desk.read(items_for, (colouring,), salon.tina)
    assert (caught.value.field, caught.value.code) == ("member_id", "appointments.cannot_do")
    visit = salon.book("9:00", items=(item,))
    assert refusal(salon, move_visit, visit.id, MONDAY, at("9:00"), salon.tina).code == "appointments.cannot_do"
    with pytest.raises(InvalidInput):
        salon.desk.read(items_for, (new_id(),), salon.maja)


def test_proposals_are_free_and_after_now(salon: Salon) -> None:
    colouring = add_colouring(salon)
    salon.book("9:00", 120, day=salon.desk.clock.now().date())
    now = salon.desk.clock.now()
    found = salon.desk.read(propose_slots, (colouring,), salon.maja, now, 3)
    zone = salon.desk.database.desk.zone
    assert [f"{one.starts_at.astimezone(zone):%H:%M}" for one in found] == ["11:00", "11:30", "12:00"]
    book_proposal(salon, found[1])
    book_proposal(salon, salon.desk.read(propose_slots, (colouring,), salon.maja, now, 1)[0])


def test_anybody_who_can(salon: Salon) -> None:
    colouring = add_colouring(salon, Terms(salon.tina))
    now = salon.desk.clock.now()
    assert {one.member_id for one in salon.desk.read(propose_slots, (colouring,), None, now, 9)} == {salon.tina}
    either = add_colouring(salon)
    salon.book("8:00", 600, day=now.date(), outside_hours=True)
    assert salon.desk.read(propose_slots, (either,), None, now, 1)[0].member_id == salon.tina
    salon.book("8:00", 600, salon.tina, day=now.date())
    later = salon.desk.read(propose_slots, (either,), None, now, 1)[0]
    assert later.starts_at.date() == now.date() + timedelta(days=1)


def test_proposals_find_a_room(salon: Salon) -> None:
    add_room(salon)
    service = add_colouring(salon, needs=("cabin",))
    now = salon.desk.clock.now()
    (first,) = salon.desk.read(propose_slots, (service,), None, now, 1)
    book_proposal(salon, first)
    (second,) = salon.desk.read(propose_slots, (service,), None, now, 1)
    assert second.starts_at >= first.ends_at  # the room, not the person
    book_proposal(salon, second)


def test_proposing_refuses_nonsense(salon: Salon) -> None:
    service, now = add_colouring(salon), salon.desk.clock.now()
    for args in (((), None, now), ((new_id(),), None, now), ((service,), new_id(), now), ((service,), None, now, 0)):
        with pytest.raises(Refused):
            salon.desk.read(propose_slots, *args)
    with pytest.raises(Refused):
        salon.desk.read(propose_slots, (service,), None, now.replace(year=9998))
