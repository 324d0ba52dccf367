"""The working time of people on a day, as instants: what the calendar shades and what booking asks.

A person's day is: the single day that differs, else the person's week, else the shop's hours; cut to the shop's hours (its
special day, else its week); less absences. Spans that run past midnight belong to the day on which they begin; the answer
for a day holds whatever touches it, also the end of last night's shift.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.clock import day_bounds
from desktop.staff.model import Absence, OpeningDay, OpeningHours, WorkingDay, WorkingHours
from desktop.staff.spans import Interval, Span, intersect, load_spans, merge, subtract, to_intervals


@dataclass(frozen=True, slots=True)
class Closure:
    """Why there is no working time.

    `code`: ``staff.closed_day`` (the shop, for `text`), ``staff.closed_weekday`` (no opening hours), ``staff.absent`` (of
    kind `kind`, note in `text`), ``staff.day_off``.
    """

    code: str
    text: str = ""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class WorkingTime:
    """A person's working time that touches a day.

    Attributes:
        intervals: aware instants (UTC), in order, not overlapping, not cut at midnight.
        closed: why there is none on this day; None when there is some.
        absences: the person's absences that touch the day, as (interval, kind).
    """

    member_id: UUID
    intervals: tuple[Interval, ...]
    closed: Closure | None
    absences: tuple[tuple[Interval, str], ...] = ()


def working_time(session: Session, action: Action, day: date, member_ids: Sequence[UUID]) -> tuple[WorkingTime, ...]:
    """The working time of each person on a day of the shop's calendar, in the order asked; at most 256 people."""
    days = [day - timedelta(days=1), day, day + timedelta(days=1)]
    members = list(member_ids)[:256]
    zone = action.desk.zone
    opening, reasons = _opening(session, action.desk.shop, days)
    working = _working(session, action.desk.shop, days, members)
    absences = _absences(session, action, days, members)
    start, end = day_bounds(day, zone)
    open_on = {one: to_intervals(one, opening[one], zone) for one in days}
    open_time = merge(interval for intervals in open_on.values() for interval in intervals)
    found = []
    for member in members:
        planned: dict[date, list[Interval]] = {}
        for one in days:
            spans = working.get((member, one))
            planned[one] = open_on[one] if spans is None else intersect(to_intervals(one, spans, zone), open_time)
        away = absences.get(member, [])
        free = merge(interval for intervals in planned.values() for interval in intervals)
        left = subtract(free, [interval for interval, _, _ in away])
        touching = tuple(interval for interval in left if interval[0] < end and interval[1] > start)
        away_today = [one for one in away if one[0][0] < end and one[0][1] > start]
        found.append(
            WorkingTime(
                member,
                touching,
                None if touching else _reason(day, opening[day], reasons.get(day), planned[day], away_today),
                tuple((interval, kind) for interval, kind, _ in away_today),
            )
        )
    return tuple(found)


def _reason(
    day: date,
    opening: Sequence[Span],
    special: str | None,
    planned: Sequence[Interval],
    away: Sequence[tuple[Interval, str, str]],
) -> Closure:
    if not opening:
        return Closure("staff.closed_weekday") if special is None else Closure("staff.closed_day", special)
    if away and planned:
        _, kind, note = away[0]
        return Closure("staff.absent", note, kind)
    return Closure("staff.day_off")


def _opening(
    session: Session, shop: UUID, days: Sequence[date]
) -> tuple[dict[date, tuple[Span, ...]], dict[date, str]]:
    """The shop's spans of each day, and the reasons of special days."""
    special = session.execute(
        select(OpeningDay.day, OpeningDay.spans, OpeningDay.reason).where(
            OpeningDay.shop_id == shop, OpeningDay.day.in_(days), OpeningDay.deleted_at.is_(None)
        )
    )
    spans: dict[date, tuple[Span, ...]] = {}
    reasons: dict[date, str] = {}
    for day, stored, reason in special:
        spans[day], reasons[day] = load_spans(stored), reason
    weeks = session.execute(
        select(OpeningHours.weekday, OpeningHours.valid_from, OpeningHours.spans)
        .where(OpeningHours.shop_id == shop, OpeningHours.deleted_at.is_(None), OpeningHours.valid_from <= max(days))
        .where(OpeningHours.weekday.in_([day.weekday() for day in days]))
        .order_by(OpeningHours.valid_from)
    ).all()
    for day in days:
        if day not in spans:
            holding = [row for row in weeks if row.weekday == day.weekday() and row.valid_from <= day]
            spans[day] = load_spans(holding[-1].spans) if holding else ()
    return spans, reasons


def _working(
    session: Session, shop: UUID, days: Sequence[date], members: Sequence[UUID]
) -> dict[tuple[UUID, date], tuple[Span, ...]]:
    """The spans of each person and day that the shop's hours do not decide alone."""
    found: dict[tuple[UUID, date], tuple[Span, ...]] = {}
    weeks = session.execute(
        select(WorkingHours.member_id, WorkingHours.weekday, WorkingHours.valid_from, WorkingHours.spans)
        .where(WorkingHours.shop_id == shop, WorkingHours.deleted_at.is_(None), WorkingHours.valid_from <= max(days))
        .where(WorkingHours.weekday.in_([day.weekday() for day in days]), WorkingHours.member_id.in_(members))
        .order_by(WorkingHours.valid_from)
    ).all()
    for row in weeks:  # a later plan overwrites an earlier one
        for day in days:
            if row.weekday == day.weekday() and row.valid_from <= day:
                found[row.member_id, day] = load_spans(row.spans)
    different = session.execute(
        select(WorkingDay.member_id, WorkingDay.day, WorkingDay.spans)
        .where(WorkingDay.shop_id == shop, WorkingDay.deleted_at.is_(None))
        .where(WorkingDay.day.in_(days), WorkingDay.member_id.in_(members))
    )
    for member, day, stored in different:
        found[member, day] = load_spans(stored)
    return found


def _absences(
    session: Session, action: Action, days: Sequence[date], members: Sequence[UUID]
) -> dict[UUID, list[tuple[Interval, str, str]]]:
    """Each person's absences around the days: interval, kind, note. A whole day also takes the night shift it begins."""
    first, last = day_bounds(min(days), action.desk.zone)[0], day_bounds(max(days), action.desk.zone)[1]
    rows = session.execute(
        select(Absence.member_id, Absence.starts_at, Absence.ends_at, Absence.kind, Absence.note)
        .where(Absence.member_id.in_(members), Absence.deleted_at.is_(None))
        .where(Absence.starts_at < last, Absence.ends_at > first)
        .order_by(Absence.starts_at)
    )
    found: dict[UUID, list[tuple[Interval, str, str]]] = {}
    for member, starts_at, ends_at, kind, note in rows:
        found.setdefault(member, []).append(((starts_at, ends_at), kind, note))
    return found
