"""Booking, copying, moving, resizing and changing visits; every refusal says why and what is free."""

from __future__ import annotations

import tomllib
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest

from desktop.access import Actor
from desktop.appointments.blocking import block_time
from desktop.appointments.booking import book_visit, copy_visit
from desktop.appointments.entries import ItemEntry, VisitEntry, item_entries
from desktop.appointments.model import Status
from desktop.appointments.moving import change_items, change_note, move_visit, resize_visit
from desktop.appointments.progress import cancel_visit
from desktop.customers.customers import CustomerEntry, add_customer, remove_customer
from desktop.errors import InvalidInput, NotPermitted, Refused
from desktop.ids import new_id
from desktop.staff.opening import set_special_day
from desktop.staff.working import AbsenceEntry, AbsenceKind, add_absence, set_working_day
from tests.desktop.appointments.salon import MONDAY, Salon, at
from tests.desktop.appointments.test_slots import stored
from tests.desktop.staff.people import every_day, open_shop

TUESDAY = MONDAY + timedelta(days=1)


def refusal(salon: Salon, use_case: Any, *args: Any, **values: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        salon.desk.write(use_case, *args, actor=salon.desk.reception, **values)
    return caught.value


def refused_booking(salon: Salon, *args: Any, **values: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        salon.book(*args, **values)
    return caught.value


def test_a_visit_is_booked(salon: Salon) -> None:
    visit = salon.book("9:00", 45)
    assert salon.wall(visit) == "09:00–09:45"
    assert (visit.customer_name, visit.status, visit.claim_state) == ("Žana", Status.CONFIRMED, "confirmed")
    assert visit.price_cents == 2500
    assert len(salon.desk.read(stored)) == 9


def test_the_alert_comes_with_the_booking(salon: Salon) -> None:
    entry = CustomerEntry(first_name="Đurđa", last_name="Weiß", alert="Alergija na amonijak")
    customer = salon.desk.write(add_customer, entry).customer.id
    booked = salon.booked("9:00", customer_id=customer, customer_name="")
    assert booked.alert == "Alergija na amonijak"
    assert booked.visit.customer_name == "Đurđa Weiß"
    assert salon.desk.write(move_visit, booked.visit.id, MONDAY, at("10:00")).alert == booked.alert
    salon.desk.write(remove_customer, customer)
    assert refused_booking(salon, "11:00", customer_id=customer).code == "appointments.customer"


def test_a_taken_place_is_refused_with_who_and_what_is_free(salon: Salon) -> None:
    salon.book("9:00", 60)
    found = refused_booking(salon, "9:15", 30)
    assert found.code == "appointments.slot_taken"
    assert found.values["holder"] == "Žana"
    assert found.values["when"] == "09:00–10:00"
    assert found.values["who"] == "Maja Kovač"
    assert found.values["free"] == (time(8, 30), time(10, 0))
    for place in found.values["nearest"]:  # type: ignore[attr-defined]  # values are objects
        local = place.starts_at.astimezone(salon.desk.database.desk.zone)
        salon.book(f"{local:%H:%M}", 30, place.member_id)


def test_another_person_is_free(salon: Salon) -> None:
    salon.book("9:00")
    salon.book("9:00", member=salon.tina)
    salon.book("9:30")


def test_buffers_keep_others_away(salon: Salon) -> None:
    salon.book("9:00", items=(salon.item(30, buffer_after_min=10, buffer_before_min=5),))
    assert refused_booking(salon, "9:30").code == "appointments.slot_taken"
    assert refused_booking(salon, "8:30").code == "appointments.slot_taken"
    salon.book("9:40")
    salon.book("8:25")


def test_processing_time_is_free_for_others(salon: Salon) -> None:
    salon.book("9:00", items=(salon.item(90, processing_start_min=30, processing_min=30),))
    salon.book("9:30", 30)
    assert refused_booking(salon, "9:25", 5).code == "appointments.slot_taken"
    assert refused_booking(salon, "10:00", 5).code == "appointments.slot_taken"


def test_items_follow_each_other(salon: Salon) -> None:
    items = (salon.item(30), salon.item(45, salon.tina, name="Barvanje"), salon.item(15, gap_min=10))
    visit = salon.book("9:00", items=items)
    zone = salon.desk.database.desk.zone
    assert [f"{item.starts_at.astimezone(zone):%H:%M}" for item in visit.items] == ["09:00", "09:30", "10:25"]
    assert salon.wall(visit) == "09:00–10:40"
    salon.book("9:30", 45)  # the first person is free while the second one works
    assert refused_booking(salon, "10:25").code == "appointments.slot_taken"


def test_closed_outside_and_absent_are_refused_with_the_reason(salon: Salon) -> None:
    salon.desk.write(set_special_day, MONDAY, (), "Inventura")
    found = refused_booking(salon)
    assert (found.code, found.values["reason"]) == ("appointments.closed_day", "Inventura")
    free = found.values["free"]
    assert isinstance(free, tuple)
    assert {one.date() for one in free if isinstance(one, datetime)} == {TUESDAY}
    found = refused_booking(salon, "17:45", day=TUESDAY)
    assert (found.code, found.values["hours"]) == ("appointments.outside_hours", "08:00–18:00")
    salon.desk.write(set_working_day, salon.maja, TUESDAY, ())
    assert refused_booking(salon, day=TUESDAY).code == "appointments.day_off"
    wednesday = MONDAY + timedelta(days=2)
    absence = AbsenceEntry(salon.maja, AbsenceKind.SICK, wednesday, wednesday)
    salon.desk.write(add_absence, absence)
    found = refused_booking(salon, day=wednesday)
    assert (found.code, found.values["kind"]) == ("appointments.absent", "sick")
    thursday = MONDAY + timedelta(days=3)
    salon.desk.write(
        add_absence, AbsenceEntry(salon.maja, AbsenceKind.TRAINING, thursday, thursday, at("10:00"), at("12:00"))
    )
    assert refused_booking(salon, "11:45", day=thursday).code == "appointments.absent"
    salon.book("12:00", day=thursday)


def test_a_weekday_without_hours_is_refused(salon: Salon) -> None:
    open_shop(salon.desk, {0: every_day("8:00-18:00")[0]}, since=date(2026, 2, 1))
    assert refused_booking(salon, day=TUESDAY).code == "appointments.closed_weekday"


def test_outside_hours_when_somebody_decides_but_never_twice(salon: Salon) -> None:
    salon.book("19:00", outside_hours=True)
    assert refused_booking(salon, "19:15", outside_hours=True).code == "appointments.slot_taken"


def test_a_visit_moves_over_its_own_place(salon: Salon) -> None:
    visit = salon.book("9:00", 60)
    moved = salon.desk.write(move_visit, visit.id, MONDAY, at("9:30")).visit
    assert salon.wall(moved) == "09:30–10:30"
    salon.book("9:00", 30)
    found = refusal(salon, move_visit, visit.id, MONDAY, at("9:15"))
    assert (found.code, found.values["free"]) == ("appointments.slot_taken", (time(9, 30), time(9, 45)))


def test_a_visit_moves_to_another_person_and_day(salon: Salon) -> None:
    visit = salon.book("9:00", items=(salon.item(30), salon.item(30, salon.tina), salon.item(30)))
    moved = salon.desk.write(move_visit, visit.id, TUESDAY, at("10:00"), salon.tina).visit
    assert {item.member_id for item in moved.items} == {salon.tina}
    one = salon.desk.write(move_visit, visit.id, TUESDAY, at("10:00"), salon.maja, (moved.items[1].id,)).visit
    assert [item.member_id for item in one.items] == [salon.tina, salon.maja, salon.tina]
    unknown = (moved.items[0].id, new_id())
    assert (
        refusal(salon, move_visit, visit.id, TUESDAY, at("10:00"), salon.maja, unknown).code == "appointments.no_item"
    )


def test_some_items_are_handed_over_and_the_others_stay_with_their_people(salon: Salon) -> None:
    visit = salon.book(
        "9:00", items=(salon.item(30), salon.item(30, salon.tina), salon.item(15, salon.tina, gap_min=15))
    )
    salon.book("11:00", 60, salon.tina)
    taken = [item.id for item in visit.items[1:]]
    moved = salon.desk.write(move_visit, visit.id, MONDAY, at("10:00"), salon.maja, taken).visit
    assert [item.member_id for item in moved.items] == [salon.maja] * 3
    assert [item.starts_at - moved.starts_at for item in moved.items] == [timedelta(minutes=m) for m in (0, 30, 75)]
    back = (salon.tina, taken[:1])
    assert refusal(salon, move_visit, visit.id, MONDAY, at("10:45"), *back).code == "appointments.slot_taken"
    moved = salon.desk.write(move_visit, visit.id, MONDAY, at("10:00"), *back).visit  # the third is hers no more
    assert [item.member_id for item in moved.items] == [salon.maja, salon.tina, salon.maja]


def test_an_item_in_the_middle_is_resized_and_only_what_follows_it_moves(salon: Salon) -> None:
    visit = salon.book("9:00", items=(salon.item(30), salon.item(30, salon.tina), salon.item(30)))
    longer = salon.desk.write(resize_visit, visit.id, 45, visit.items[1].id).visit
    assert [item.duration_min for item in longer.items] == [30, 45, 30]
    assert [item.starts_at - longer.starts_at for item in longer.items] == [timedelta(minutes=m) for m in (0, 30, 75)]
    assert refusal(salon, resize_visit, visit.id, 45, new_id()).code == "appointments.no_item"


def test_resizing_pushes_the_items_behind(salon: Salon) -> None:
    visit = salon.book("9:00", items=(salon.item(30), salon.item(30, salon.tina)))
    salon.book("10:30", 30, salon.tina)
    longer = salon.desk.write(resize_visit, visit.id, 60, visit.items[0].id).visit
    assert salon.wall(longer) == "09:00–10:30"
    assert refusal(salon, resize_visit, visit.id, 45).code == "appointments.slot_taken"
    assert salon.wall(salon.desk.write(resize_visit, visit.id, 15).visit) == "09:00–10:15"


def test_items_are_added_ordered_and_removed(salon: Salon) -> None:
    visit = salon.book("9:00", 30)
    kept = item_entries(visit)
    changed = salon.desk.write(change_items, visit.id, (salon.item(15, name="Umivanje"), *kept)).visit
    assert [item.name for item in changed.items] == ["Umivanje", "Striženje"]
    assert changed.items[1].id == visit.items[0].id
    assert salon.wall(changed) == "09:00–09:45"
    assert refusal(salon, change_items, visit.id, ()).code == "appointments.no_items"


def test_a_copy_is_a_visit_of_its_own(salon: Salon) -> None:
    visit = salon.book("9:00", items=(salon.item(30), salon.item(30, salon.tina, gap_min=15)))
    assert refusal(salon, copy_visit, visit.id, MONDAY, at("9:00")).code == "appointments.slot_taken"
    copy = salon.desk.write(copy_visit, visit.id, TUESDAY, at("9:00")).visit
    assert copy.id != visit.id
    assert {item.id for item in copy.items}.isdisjoint(item.id for item in visit.items)
    assert salon.wall(copy) == "09:00–10:15"


def test_what_is_over_stays(salon: Salon) -> None:
    visit = salon.book()
    salon.desk.write(cancel_visit, visit.id, "Zbolela")
    for use_case, args in ((move_visit, (MONDAY, at("10:00"))), (resize_visit, (60,))):
        assert refusal(salon, use_case, visit.id, *args).code == "appointments.over"


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"duration_min": 0}, "items.0.duration_min", "entry.out_of_range"),
        ({"duration_min": -30}, "items.0.duration_min", "entry.out_of_range"),
        ({"duration_min": 1441}, "items.0.duration_min", "entry.out_of_range"),
        ({"price_cents": -1}, "items.0.price_cents", "entry.out_of_range"),
        ({"name": "x" * 10_000_000}, "items.0.name", "entry.too_long"),
        ({"name": "\x00"}, "items.0.name", "entry.nul"),
        (
            {"processing_start_min": 20, "processing_min": 15},
            "items.0.processing_min",
            "appointments.processing_outside",
        ),
        ({"member_id": new_id()}, "member_id", "appointments.no_member"),
        ({"buffer_after_min": 241}, "items.0.buffer_after_min", "entry.out_of_range"),
    ],
)
def test_bad_items_are_refused_at_the_field(salon: Salon, change: dict[str, Any], field: str, code: str) -> None:
    values = {"name": "Striženje", "member_id": salon.maja, "duration_min": 30} | change
    found = refused_booking(salon, items=(ItemEntry(**values),))
    assert isinstance(found, InvalidInput)
    assert (found.field, found.code) == (field, code)


@pytest.mark.parametrize(
    ("change", "field", "code"),
    [
        ({"day": date(1, 1, 1)}, "day", "appointments.too_far_back"),
        ({"day": date(9999, 12, 31)}, "day", "appointments.too_far_ahead"),
        ({"at": time(9, 0, 30)}, "at", "appointments.whole_minutes"),
        ({"note": "x" * 10_000_000}, "note", "entry.too_long"),
        ({"customer_id": new_id()}, "customer_id", "appointments.customer"),
        ({"status": Status.DONE}, "status", "appointments.first_status"),
        ({"items": ()}, "items", "appointments.no_items"),
    ],
)
def test_bad_visits_are_refused_at_the_field(salon: Salon, change: dict[str, Any], field: str, code: str) -> None:
    values = {"items": (salon.item(),), "day": MONDAY, "at": at("9:00")} | change
    found = refusal(salon, book_visit, VisitEntry(**values))
    assert isinstance(found, InvalidInput)
    assert (found.field, found.code) == (field, code)


def test_too_many_and_too_long(salon: Salon) -> None:
    assert refused_booking(salon, items=(salon.item(),) * 21).code == "appointments.too_many_items"
    assert refused_booking(salon, items=(salon.item(1000),) * 2).code == "appointments.too_long"


def test_unknown_visits_and_missing_rights(salon: Salon) -> None:
    assert refusal(salon, move_visit, new_id(), MONDAY, at("9:00")).code == "appointments.not_found"
    nobody = Actor(new_id(), "Nihče", frozenset())
    with pytest.raises(NotPermitted):
        salon.desk.write(book_visit, VisitEntry((salon.item(),), MONDAY, at("9:00")), actor=nobody)


def test_a_note_is_written(salon: Salon) -> None:
    visit = salon.book()
    assert salon.desk.write(change_note, visit.id, "Pride s psom 🐕").visit.note == "Pride s psom 🐕"


def test_a_block_in_the_spring_gap_is_refused_at_the_field(salon: Salon) -> None:
    salon.desk.clock.set(salon.desk.clock.now().replace(year=2027, month=3, day=27))
    found = refusal(salon, block_time, salon.maja, date(2027, 3, 28), at("2:30"), 30)
    assert isinstance(found, InvalidInput)
    assert (found.field, found.code) == ("at", "clock.gap")


def test_the_spring_gap_is_refused_at_the_field(salon: Salon) -> None:
    salon.desk.clock.set(salon.desk.clock.now().replace(year=2027, month=3, day=27))
    found = refused_booking(salon, "2:30", day=date(2027, 3, 28), outside_hours=True)
    assert isinstance(found, InvalidInput)
    assert (found.field, found.code) == ("at", "clock.gap")
    over = salon.book("1:30", 60, day=date(2027, 3, 28), outside_hours=True)
    assert salon.wall(over) == "01:30–03:30"
    assert over.ends_at - over.starts_at == timedelta(hours=1)


def test_october_has_two_half_past_two(salon: Salon) -> None:
    day = date(2027, 10, 31)
    item = (salon.item(30),)
    first = salon.desk.write(book_visit, VisitEntry(item, day, time(2, 30)), True).visit
    second = salon.desk.write(book_visit, VisitEntry(item, day, time(2, 30, fold=1)), True).visit
    assert second.starts_at - first.starts_at == timedelta(hours=1)
    assert (
        refusal(salon, book_visit, VisitEntry(item, day, time(2, 30, fold=1)), True).code == "appointments.slot_taken"
    )
    assert salon.desk.write(resize_visit, first.id, 60, outside_hours=True).visit.ends_at == second.starts_at


@pytest.mark.parametrize("language", ["sl", "en"])
def test_every_status_has_a_letter_of_its_own(language: str) -> None:
    file = Path(__file__).parents[3] / "resources" / "translations" / language / "appointments.toml"
    tables = tomllib.loads(file.read_text(encoding="utf-8"))
    letters = tables["letter"]
    assert letters.keys() == {status.value for status in Status} | tables["shown"].keys()
    assert len(set(letters.values())) == len(letters)
    assert all(len(letter) == 1 for letter in letters.values())
