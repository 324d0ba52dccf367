"""The hours of the shop: a week that holds from a day on, and days that differ (holidays, a short day before Christmas)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.entry import line
from desktop.errors import InvalidInput
from desktop.ids import natural_id
from desktop.staff.model import OpeningDay, OpeningHours
from desktop.staff.spans import Span, check_spans, load_spans, store_spans

#: Spans of the weekdays 0 (Monday) … 6 (Sunday); a weekday that is not named is free.
Week = Mapping[int, Sequence[Span]]


@dataclass(frozen=True, slots=True)
class WeekPlan:
    """A week that holds from a day on; `days[0]` is Monday."""

    valid_from: date
    days: tuple[tuple[Span, ...], ...]


@dataclass(frozen=True, slots=True)
class SpecialDay:
    """A day of the shop that differs from its week; no spans: closed, for `reason`."""

    day: date
    spans: tuple[Span, ...]
    reason: str


@dataclass(frozen=True, slots=True)
class Opening:
    """The hours of the shop: the week that holds on the asked day (None: never set), later weeks, and special days."""

    week: WeekPlan | None
    later: tuple[WeekPlan, ...]
    special_days: tuple[SpecialDay, ...]


@dataclass(frozen=True, slots=True)
class PublicHoliday:
    """A public holiday that can be taken over as a closed day; `decided`: this shop already has a rule for the day."""

    day: date
    name: str
    decided: bool


def set_opening_hours(session: Session, action: Action, valid_from: date, week: Week) -> WeekPlan:
    """Sets the hours of all seven weekdays from a day on.

    Raises `NotPermitted` without `EDIT_HOURS`; `InvalidInput` with the field ``weekday_0`` … ``weekday_6`` and
    ``staff.spans_…``.
    """
    action.actor.require(Permission.EDIT_HOURS)
    plan = checked_week(valid_from, week)
    shop = action.desk.shop
    for weekday, spans in enumerate(plan.days):
        identity = natural_id(shop, "opening_hours", valid_from.isoformat(), str(weekday))
        row = session.get(OpeningHours, identity)
        if row is None:
            row = OpeningHours(id=identity, shop_id=shop, valid_from=valid_from, weekday=weekday, spans=[])
            session.add(row)
        row.spans, row.deleted_at = store_spans(spans), None
    session.flush()
    return plan


def set_special_day(
    session: Session, action: Action, day: date, spans: Sequence[Span] | None, reason: str = ""
) -> SpecialDay | None:
    """Gives a day of the shop its own hours, closes it (no spans, the reason is then required), or takes that back (None).

    Raises `NotPermitted` without `EDIT_HOURS`; `InvalidInput` ``entry.required`` (field `reason`), ``staff.spans_…``.
    """
    action.actor.require(Permission.EDIT_HOURS)
    identity = natural_id(action.desk.shop, "opening_day", day.isoformat())
    row = session.get(OpeningDay, identity)
    if spans is None:
        if row is not None:
            row.deleted_at = action.now
            session.flush()
        return None
    checked = check_spans(spans, "spans")
    text = line(reason, "reason", required=not checked)
    if row is None:
        row = OpeningDay(id=identity, shop_id=action.desk.shop, day=day, spans=[], reason="")
        session.add(row)
    row.spans, row.reason, row.deleted_at = store_spans(checked), text, None
    session.flush()
    return SpecialDay(day, checked, text)


def show_opening(session: Session, action: Action, day: date, until: date | None = None) -> Opening:
    """The shop's week that holds on a day, weeks that begin later, and its special days from then to `until` (one year)."""
    shop = action.desk.shop
    plans = read_weeks(
        session.execute(
            select(OpeningHours.valid_from, OpeningHours.weekday, OpeningHours.spans).where(
                OpeningHours.shop_id == shop, OpeningHours.deleted_at.is_(None)
            )
        )
    )
    begun = [plan for plan in plans if plan.valid_from <= day]
    return Opening(
        week=begun[-1] if begun else None,
        later=tuple(plan for plan in plans if plan.valid_from > day),
        special_days=_special_days(session, shop, day, until or day + timedelta(days=366)),
    )


def propose_holidays(session: Session, action: Action, year: int, language: str = "sl") -> tuple[PublicHoliday, ...]:
    """The public holidays of the shop's country in a year, as proposals: none closes the shop by itself.

    `language` is that of the names: sl, de, hr or en; a language that the country's calendar does not have gives English.
    """
    import holidays  # late: it brings the calendars of all countries

    country = action.desk.country
    known = holidays.country_holidays(country, years=year, language="en_US" if language == "en" else language)
    if not known:
        return ()
    decided = {day.day for day in _special_days(session, action.desk.shop, date(year, 1, 1), date(year, 12, 31))}
    return tuple(PublicHoliday(day, str(name), day in decided) for day, name in sorted(known.items()))


def checked_week(valid_from: date, week: Week) -> WeekPlan:
    """A week as it is stored; raises `InvalidInput` ``staff.spans_…`` at the weekday's field."""
    if not set(week) <= set(range(7)):
        raise InvalidInput("weekday", "entry.out_of_range", minimum=0, maximum=6)
    return WeekPlan(valid_from, tuple(check_spans(week.get(day, ()), f"weekday_{day}") for day in range(7)))


def read_weeks(rows: Iterable[tuple[date, int, list[list[str]]]]) -> tuple[WeekPlan, ...]:
    """Weeks out of rows (valid_from, weekday, spans), earliest first."""
    plans: dict[date, list[tuple[Span, ...]]] = {}
    for valid_from, weekday, spans in rows:
        plans.setdefault(valid_from, [()] * 7)[weekday] = load_spans(spans)
    return tuple(WeekPlan(valid_from, tuple(days)) for valid_from, days in sorted(plans.items()))


def _special_days(session: Session, shop: UUID, first: date, last: date) -> tuple[SpecialDay, ...]:
    rows = session.execute(
        select(OpeningDay.day, OpeningDay.spans, OpeningDay.reason)
        .where(OpeningDay.shop_id == shop, OpeningDay.deleted_at.is_(None), OpeningDay.day.between(first, last))
        .order_by(OpeningDay.day)
    )
    return tuple(SpecialDay(day, load_spans(spans), reason) for day, spans, reason in rows)
