"""When people work: the shop's week, the person's week, single days, absences, and the reason when nobody does."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest

from desktop.errors import InvalidInput, NotPermitted, Refused
from desktop.ids import new_id
from desktop.staff.opening import propose_holidays, set_opening_hours, set_special_day, show_opening
from desktop.staff.spans import WHOLE_DAY
from desktop.staff.working import (
    AbsenceEntry,
    AbsenceKind,
    add_absence,
    remove_absence,
    set_working_day,
    set_working_hours,
    show_work_plan,
)
from desktop.staff.working_time import WorkingTime, working_time
from tests.desk import TestDesk
from tests.desktop.staff.people import employ, every_day, open_shop, span, spans, weekdays

FRIDAY = date(2026, 11, 20)
SINCE = date(2026, 1, 1)


def of(desk: TestDesk, member: UUID, day: date = FRIDAY) -> WorkingTime:
    [found] = desk.read(working_time, day, [member])
    return found


def local(desk: TestDesk, found: WorkingTime) -> str:
    """The intervals as wall times, with the day of the month where it is not Friday's."""
    zone = desk.database.desk.zone

    def one(instant: datetime) -> str:
        wall = instant.astimezone(zone)
        return f"{wall:%H:%M}" if wall.date() == FRIDAY else f"{wall:%d/%H:%M}"

    return " ".join(f"{one(start)}-{one(end)}" for start, end in found.intervals)


def test_without_hours_of_ones_own_the_shops_hold(desk: TestDesk) -> None:
    member = employ(desk)
    assert of(desk, member).closed is not None
    open_shop(desk, weekdays("8:00-18:00"))
    assert local(desk, of(desk, member)) == "08:00-18:00"


def test_ones_own_week_is_cut_to_the_shops(desk: TestDesk) -> None:
    member, other = employ(desk), employ(desk, "X")
    open_shop(desk, weekdays("8:00-18:00"))
    desk.write(set_working_hours, member, SINCE, weekdays("7:00-12:00 13:00-16:00"))
    both = desk.read(working_time, FRIDAY, [other, member])
    assert [found.member_id for found in both] == [other, member]
    assert [local(desk, found) for found in both] == ["08:00-18:00", "08:00-12:00 13:00-16:00"]


def test_a_plan_holds_from_its_day_on(desk: TestDesk) -> None:
    member = employ(desk)
    open_shop(desk, every_day("0:00-0:00"))
    desk.write(set_working_hours, member, SINCE, weekdays("8:00-12:00"))
    desk.write(set_working_hours, member, FRIDAY, {4: spans("14:00-20:00")})
    assert local(desk, of(desk, member)) == "14:00-20:00"
    before = of(desk, member, FRIDAY - timedelta(days=7))
    assert before.intervals[0][0] == datetime(2026, 11, 13, 7, 0, tzinfo=UTC)
    monday = of(desk, member, FRIDAY + timedelta(days=3))
    assert monday.closed is not None, "a weekday that the new plan does not name is free"
    assert monday.closed.code == "staff.day_off"


def test_setting_a_plan_again_replaces_it(desk: TestDesk) -> None:
    member = employ(desk)
    open_shop(desk, weekdays("8:00-18:00"))
    open_shop(desk, weekdays("9:00-17:00"))
    assert local(desk, of(desk, member)) == "09:00-17:00"
    opening = desk.read(show_opening, FRIDAY)
    assert opening.week is not None
    assert opening.week.days == (spans("9:00-17:00"),) * 5 + ((), ())
    assert opening.later == ()


def test_a_single_day_wins_over_the_week(desk: TestDesk) -> None:
    member = employ(desk)
    open_shop(desk, weekdays("8:00-18:00"))
    desk.write(set_working_hours, member, SINCE, weekdays("8:00-12:00"))
    desk.write(set_working_day, member, FRIDAY, spans("15:00-18:00"), "menjava")
    assert local(desk, of(desk, member)) == "15:00-18:00"
    desk.write(set_working_day, member, FRIDAY, ())
    found = of(desk, member)
    assert found.closed is not None
    assert found.closed.code == "staff.day_off"
    desk.write(set_working_day, member, FRIDAY, None)
    assert local(desk, of(desk, member)) == "08:00-12:00"


def test_a_closed_day_says_why(desk: TestDesk) -> None:
    member = employ(desk)
    open_shop(desk, weekdays("8:00-18:00"))
    desk.write(set_special_day, FRIDAY, (), "inventura")
    found = of(desk, member)
    assert found.intervals == ()
    assert found.closed is not None
    assert (found.closed.code, found.closed.text) == ("staff.closed_day", "inventura")
    desk.write(set_special_day, FRIDAY, spans("8:00-12:00"), "krajši dan")
    assert local(desk, of(desk, member)) == "08:00-12:00"
    desk.write(set_special_day, FRIDAY, None)
    assert local(desk, of(desk, member)) == "08:00-18:00"
    sunday = of(desk, member, date(2026, 11, 22))
    assert sunday.closed is not None
    assert sunday.closed.code == "staff.closed_weekday"


def test_a_closed_day_needs_a_reason(desk: TestDesk) -> None:
    with pytest.raises(InvalidInput) as caught:
        desk.write(set_special_day, FRIDAY, ())
    assert (caught.value.field, caught.value.code) == ("reason", "entry.required")


def test_open_day_and_night(desk: TestDesk) -> None:
    member = employ(desk)
    open_shop(desk, dict.fromkeys(range(7), (WHOLE_DAY,)))
    [(start, end)] = of(desk, member).intervals
    assert start <= datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
    assert end > datetime(2026, 11, 20, 23, 0, tzinfo=UTC), "a visit may run past midnight"


def test_a_night_shift_belongs_to_the_day_it_begins_and_shows_on_both(desk: TestDesk) -> None:
    member = employ(desk)
    open_shop(desk, every_day("0:00-0:00"))
    desk.write(set_working_hours, member, SINCE, {4: spans("23:00-02:00")})
    assert local(desk, of(desk, member)) == "23:00-21/02:00"
    assert local(desk, of(desk, member, FRIDAY + timedelta(days=1))) == "23:00-21/02:00"
    assert of(desk, member, FRIDAY + timedelta(days=2)).intervals == ()


def absent(desk: TestDesk, member: UUID, **fields: Any) -> UUID:
    entry = AbsenceEntry(member, AbsenceKind.HOLIDAY, FRIDAY, fields.pop("last_day", FRIDAY), **fields)
    return desk.write(add_absence, entry).id


def test_absences_are_taken_out_and_named(desk: TestDesk) -> None:
    member = employ(desk)
    open_shop(desk, weekdays("8:00-18:00"))
    dentist = absent(desk, member, start_time=time(10), end_time=time(11, 30), note="zobozdravnik")
    found = of(desk, member)
    assert local(desk, found) == "08:00-10:00 11:30-18:00"
    assert [kind for _, kind in found.absences] == ["holiday"]
    holiday = absent(desk, member, last_day=FRIDAY + timedelta(days=14), note="morje")
    desk.write(remove_absence, dentist)
    closed = of(desk, member).closed
    assert closed is not None
    assert (closed.code, closed.kind, closed.text) == ("staff.absent", "holiday", "morje")
    saturday = of(desk, member, FRIDAY + timedelta(days=1)).closed
    assert saturday is not None
    assert saturday.code == "staff.closed_weekday", "the shop's reason comes before the person's"
    assert of(desk, member, FRIDAY + timedelta(days=17)).closed is None
    desk.write(remove_absence, holiday)
    assert of(desk, member).closed is None


@pytest.mark.parametrize(
    ("fields", "field", "code"),
    [
        ({"last_day": FRIDAY - timedelta(days=1)}, "last_day", "staff.absence_order"),
        ({"last_day": FRIDAY + timedelta(days=5000)}, "last_day", "staff.absence_too_long"),
        ({"start_time": time(10)}, "end_time", "staff.absence_times"),
        (
            {"start_time": time(10), "end_time": time(11), "last_day": FRIDAY + timedelta(days=3)},
            "last_day",
            "staff.absence_times",
        ),
        ({"note": "x" * 10_000_000}, "note", "entry.too_long"),
    ],
)
def test_an_absence_that_cannot_be(desk: TestDesk, fields: dict[str, Any], field: str, code: str) -> None:
    member = employ(desk)
    with pytest.raises(InvalidInput) as caught:
        absent(desk, member, **fields)
    assert (caught.value.field, caught.value.code) == (field, code)


def test_an_absence_in_the_gap_of_the_spring_change(desk: TestDesk) -> None:
    member, sunday = employ(desk), date(2027, 3, 28)
    entry = AbsenceEntry(member, AbsenceKind.OTHER, sunday, sunday, time(2, 30), time(5))
    with pytest.raises(InvalidInput) as caught:
        desk.write(add_absence, entry)
    assert (caught.value.field, caught.value.code) == ("start_time", "clock.gap")


def test_a_night_absence(desk: TestDesk) -> None:
    member = employ(desk)
    stored = desk.write(
        add_absence, AbsenceEntry(member, AbsenceKind.TRAINING, FRIDAY, FRIDAY, time(22), time(1), "tečaj")
    )
    assert stored.entry.last_day == FRIDAY + timedelta(days=1)
    assert stored.ends_at - stored.starts_at == timedelta(hours=3)
    assert desk.read(show_work_plan, member, FRIDAY).absences == (stored,)


def test_a_plan_is_shown(desk: TestDesk) -> None:
    member = employ(desk)
    assert desk.read(show_work_plan, member, FRIDAY).week is None
    desk.write(set_working_hours, member, SINCE, weekdays("8:00-12:00"))
    desk.write(set_working_hours, member, date(2027, 1, 1), weekdays("9:00-12:00"))
    desk.write(set_working_day, member, FRIDAY, (span("10:00-11:00"),), "menjava")
    plan = desk.read(show_work_plan, member, FRIDAY)
    assert plan.week is not None
    assert plan.week.valid_from == SINCE
    assert [later.valid_from for later in plan.later] == [date(2027, 1, 1)]
    assert [(day.day, day.note) for day in plan.different_days] == [(FRIDAY, "menjava")]


def test_holidays_are_proposals(desk: TestDesk) -> None:
    member = employ(desk)
    open_shop(desk, every_day("8:00-18:00"))
    christmas = date(2026, 12, 25)
    proposed = {holiday.day: holiday for holiday in desk.read(propose_holidays, 2026)}
    assert proposed[christmas].name == "božič"
    assert not proposed[christmas].decided
    assert of(desk, member, christmas).closed is None
    desk.write(set_special_day, christmas, (), proposed[christmas].name)
    assert {one.day for one in desk.read(propose_holidays, 2026) if one.decided} == {christmas}
    assert "Christmas Day" in {one.name for one in desk.read(propose_holidays, 2026, "en")}
    assert desk.read(propose_holidays, 2026, "hr"), "a language that the calendar lacks still gives the days"


def test_rights_and_unknown_people(desk: TestDesk) -> None:
    member = employ(desk)
    entry = AbsenceEntry(member, AbsenceKind.SICK, FRIDAY, FRIDAY)
    stored = desk.write(add_absence, entry)
    attempts: list[tuple[Any, tuple[Any, ...]]] = [
        (set_opening_hours, (SINCE, weekdays("8:00-12:00"))),
        (set_special_day, (FRIDAY, (), "x")),
        (set_working_hours, (member, SINCE, {})),
        (set_working_day, (member, FRIDAY, ())),
        (add_absence, (entry,)),
        (remove_absence, (stored.id,)),
    ]
    for use_case, args in attempts:
        with pytest.raises(NotPermitted):
            desk.write(use_case, *args, actor=desk.reception)
    nobody = new_id()
    for use_case, args in [
        (set_working_hours, (nobody, SINCE, {})),
        (set_working_day, (nobody, FRIDAY, ())),
        (add_absence, (AbsenceEntry(nobody, AbsenceKind.SICK, FRIDAY, FRIDAY),)),
        (remove_absence, (nobody,)),
    ]:
        with pytest.raises(Refused) as caught:
            desk.write(use_case, *args)
        assert caught.value.code == "staff.not_found"


def test_a_week_has_seven_days(desk: TestDesk) -> None:
    with pytest.raises(InvalidInput) as caught:
        desk.write(set_opening_hours, SINCE, {7: spans("8:00-12:00")})
    assert caught.value.field == "weekday"
    with pytest.raises(InvalidInput) as caught:
        desk.write(set_opening_hours, SINCE, {2: spans("8:00-12:00 9:00-10:00")})
    assert (caught.value.field, caught.value.code) == ("weekday_2", "staff.spans_overlap")
