"""The day as the calendar shows it, the strip of the next days, the card and a customer's visits."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

import pytest

from desktop.access import Actor
from desktop.appointments.blocking import block_time, move_block, unblock_time
from desktop.appointments.cards import customer_visits, visit_card
from desktop.appointments.day import DayColumn, DayView, day_view, week_capacity
from desktop.appointments.model import Status
from desktop.appointments.progress import cancel_visit, mark_no_show, next_step
from desktop.customers.customers import CustomerEntry, add_customer
from desktop.errors import NotPermitted, Refused
from desktop.ids import new_id
from desktop.staff.members import remove_member
from desktop.staff.opening import set_special_day
from desktop.staff.working import set_working_day
from tests.desktop.appointments.salon import MONDAY, Salon, at

FRIDAY = date(2026, 11, 20)


def shown(salon: Salon, day: date = MONDAY) -> DayView:
    return salon.desk.read(day_view, day, actor=salon.desk.practitioner)


def column(view: DayView, member: UUID) -> DayColumn:
    return next(one for one in view.columns if one.member_id == member)


def test_a_day_has_columns_with_blocks(salon: Salon) -> None:
    visit = salon.book("9:00", items=(salon.item(30), salon.item(15, name="Pranje"), salon.item(60, salon.tina)))
    salon.book("8:00", 60, salon.tina)
    view = shown(salon)
    assert [one.member_id for one in view.columns] == [salon.maja, salon.tina]
    (block,) = column(view, salon.maja).blocks
    assert (block.title, block.part, block.parts) == ("Striženje, Pranje", 1, 2)
    assert block.ends_at - block.starts_at == timedelta(minutes=45)
    assert [one.visit_id for one in view.agenda][1:] == [visit.id, visit.id]
    assert column(view, salon.maja).load_percent == 100 * 45 // 600
    assert (column(view, salon.tina).booked_min, column(view, salon.tina).open_min) == (120, 600)
    assert all(not one.blocks for one in shown(salon, MONDAY + timedelta(days=1)).columns)


def test_cancelled_goes_and_no_show_stays(salon: Salon) -> None:
    gone, missed = salon.book("9:00", day=FRIDAY), salon.book("9:30", day=FRIDAY)
    salon.desk.clock.move(hours=2)
    salon.desk.write(cancel_visit, gone.id, "Zbolela")
    salon.desk.write(mark_no_show, missed.id)
    (block,) = column(shown(salon, FRIDAY), salon.maja).blocks
    assert (block.visit_id, block.status) == (missed.id, Status.NO_SHOW)
    assert column(shown(salon, FRIDAY), salon.maja).booked_min == 0


def test_late_new_and_alert(salon: Salon) -> None:
    entry = CustomerEntry(last_name="Novak", alert="Zamuja")
    customer = salon.desk.write(add_customer, entry).customer.id
    visit = salon.book("9:30", day=FRIDAY, customer_id=customer)
    salon.book("9:30", customer_id=customer)
    salon.desk.clock.move(minutes=39)
    (block,) = column(shown(salon, FRIDAY), salon.maja).blocks
    assert (block.late_min, block.is_new, block.alert) == (9, True, True)
    assert column(shown(salon), salon.maja).blocks[0].is_new is False
    salon.desk.write(next_step, visit.id)
    (block,) = column(shown(salon, FRIDAY), salon.maja).blocks
    assert (block.late_min, block.status) == (0, Status.ARRIVED)


def test_processing_is_a_pause(salon: Salon) -> None:
    salon.book("9:00", items=(salon.item(90, processing_start_min=30, processing_min=45, buffer_after_min=10),))
    (block,) = column(shown(salon), salon.maja).blocks
    assert [end - start for start, end in block.pauses] == [timedelta(minutes=45)]
    assert (block.buffer_before_min, block.buffer_after_min) == (0, 10)


def test_a_closed_day_and_a_free_person_say_why(salon: Salon) -> None:
    salon.desk.write(set_working_day, salon.maja, MONDAY, ())
    view = shown(salon)
    assert view.closed is None
    closed = column(view, salon.maja).closed
    assert closed is not None
    assert closed.code == "staff.day_off"
    salon.desk.write(set_special_day, MONDAY, (), "Praznik")
    view = shown(salon)
    assert view.closed is not None
    assert (view.closed.code, view.closed.text) == ("staff.closed_day", "Praznik")


def test_who_left_stays_while_there_are_visits(salon: Salon) -> None:
    salon.book(member=salon.tina)
    salon.desk.write(remove_member, salon.tina)
    assert salon.tina in {one.member_id for one in shown(salon).columns}
    assert salon.tina not in {one.member_id for one in shown(salon, MONDAY + timedelta(days=1)).columns}


def test_a_visit_over_midnight_is_on_both_days(salon: Salon) -> None:
    visit = salon.book("23:30", 60, outside_hours=True)
    for day in (MONDAY, MONDAY + timedelta(days=1)):
        view = shown(salon, day)
        assert [block.visit_id for block in view.agenda] == [visit.id]
        assert column(view, salon.maja).booked_min == 30


def test_the_day_of_the_change_is_shorter(salon: Salon) -> None:
    view = shown(salon, date(2027, 3, 28))
    assert view.ends_at - view.starts_at == timedelta(hours=23)
    assert column(view, salon.maja).open_min == 600


def test_the_strip_counts_what_is_held(salon: Salon) -> None:
    salon.book("9:00", 45)
    salon.desk.write(set_special_day, MONDAY + timedelta(days=1), (), "Praznik")
    strip = salon.desk.read(week_capacity, FRIDAY)
    assert [one.day for one in strip] == [FRIDAY + timedelta(n) for n in range(1, 7)]
    monday, tuesday = strip[2], strip[3]
    assert (monday.open_min, monday.booked_min, monday.free_min) == (1200, 45, 1155)
    assert tuesday.closed is not None
    assert tuesday.closed.text == "Praznik"


def test_blocked_time_holds_moves_and_goes(salon: Salon) -> None:
    block = salon.desk.write(block_time, salon.maja, MONDAY, at("12:00"), 30, "Malica")
    (found,) = column(shown(salon), salon.maja).blocked
    assert (found.id, found.reason) == (block.id, "Malica")
    with pytest.raises(Refused) as caught:
        salon.book("12:15")
    assert (caught.value.code, caught.value.values["reason"]) == ("appointments.time_blocked", "Malica")
    moved = salon.desk.write(move_block, block.id, salon.maja, MONDAY, at("12:15"), 30)
    salon.book("12:45")
    with pytest.raises(Refused) as caught:
        salon.desk.write(move_block, block.id, salon.maja, MONDAY, at("12:30"), 30)
    assert caught.value.code == "appointments.slot_taken"
    salon.desk.write(unblock_time, moved.id)
    salon.book("12:15")
    with pytest.raises(Refused):
        salon.desk.write(unblock_time, moved.id)


def test_the_card(salon: Salon) -> None:
    visit = salon.book("9:00", items=(salon.item(), salon.item(30, salon.tina)))
    card = salon.desk.read(visit_card, visit.id)
    assert card.visit == visit
    assert card.member_names.keys() >= {salon.maja, salon.tina}
    assert card.next_status is Status.ARRIVED


def test_a_customers_visits_are_paged(salon: Salon) -> None:
    customer = salon.desk.write(add_customer, CustomerEntry(last_name="Novak")).customer.id
    visits = [salon.book(f"{hour}:00", customer_id=customer) for hour in (9, 10, 11)]
    first = salon.desk.read(customer_visits, customer, None, 2)
    rest = salon.desk.read(customer_visits, customer, first[-1].starts_at, 2)
    assert [one.id for one in (*first, *rest)] == [one.id for one in reversed(visits)]


def test_reading_needs_the_right(salon: Salon) -> None:
    nobody = Actor(new_id(), "Nihče", frozenset())
    with pytest.raises(NotPermitted):
        salon.desk.read(day_view, MONDAY, actor=nobody)
