"""When people are meant to work: their week in this shop, single days that differ, and absences."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.clock import day_bounds
from desktop.entry import line
from desktop.errors import InvalidInput, Refused
from desktop.ids import natural_id, new_id
from desktop.staff.model import Absence, Member, WorkingDay, WorkingHours
from desktop.staff.opening import Week, WeekPlan, checked_week, read_weeks
from desktop.staff.spans import Span, check_spans, load_spans, store_spans

LONGEST_ABSENCE = timedelta(days=3 * 366)


class AbsenceKind(StrEnum):
    HOLIDAY = "holiday"
    SICK = "sick"
    TRAINING = "training"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class AbsenceEntry:
    """An absence as typed: whole days from `first_day` to `last_day`, or one day with both times.

    With times, `last_day` is `first_day`, or the next day when the time runs past midnight (an end not behind its start).
    """

    member_id: UUID
    kind: AbsenceKind
    first_day: date
    last_day: date
    start_time: time | None = None
    end_time: time | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlannedAbsence:
    """An absence as stored, with its instants (aware, UTC)."""

    id: UUID
    entry: AbsenceEntry
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class DifferentDay:
    """A day on which a person works other hours than the week says; no spans: does not work."""

    day: date
    spans: tuple[Span, ...]
    note: str


@dataclass(frozen=True, slots=True)
class WorkPlan:
    """What is planned for a person in this shop from a day on; `week` None: the person follows the shop's hours."""

    member_id: UUID
    week: WeekPlan | None
    later: tuple[WeekPlan, ...]
    different_days: tuple[DifferentDay, ...]
    absences: tuple[PlannedAbsence, ...]


def set_working_hours(session: Session, action: Action, member_id: UUID, valid_from: date, week: Week) -> WeekPlan:
    """Sets a person's hours of all seven weekdays in this shop from a day on.

    Raises `NotPermitted` without `EDIT_HOURS`; `Refused` ``staff.not_found``; `InvalidInput` at ``weekday_0`` …
    ``weekday_6`` with ``staff.spans_…``.
    """
    action.actor.require(Permission.EDIT_HOURS)
    _require_member(session, member_id)
    plan = checked_week(valid_from, week)
    shop = action.desk.shop
    for weekday, spans in enumerate(plan.days):
        identity = natural_id(shop, "working_hours", member_id.hex, valid_from.isoformat(), str(weekday))
        row = session.get(WorkingHours, identity)
        if row is None:
            row = WorkingHours(
                id=identity, shop_id=shop, member_id=member_id, valid_from=valid_from, weekday=weekday, spans=[]
            )
            session.add(row)
        row.spans, row.deleted_at = store_spans(spans), None
    session.flush()
    return plan


def set_working_day(
    session: Session, action: Action, member_id: UUID, day: date, spans: Sequence[Span] | None, note: str = ""
) -> DifferentDay | None:
    """Gives a person other hours on one day (none: free), or takes that back (None).

    Raises `NotPermitted` without `EDIT_HOURS`; `Refused` ``staff.not_found``; `InvalidInput` ``staff.spans_…``.
    """
    action.actor.require(Permission.EDIT_HOURS)
    _require_member(session, member_id)
    identity = natural_id(action.desk.shop, "working_day", member_id.hex, day.isoformat())
    row = session.get(WorkingDay, identity)
    if spans is None:
        if row is not None:
            row.deleted_at = action.now
            session.flush()
        return None
    checked = check_spans(spans, "spans")
    text = line(note, "note")
    if row is None:
        row = WorkingDay(id=identity, shop_id=action.desk.shop, member_id=member_id, day=day, spans=[], note="")
        session.add(row)
    row.spans, row.note, row.deleted_at = store_spans(checked), text, None
    session.flush()
    return DifferentDay(day, checked, text)


def add_absence(session: Session, action: Action, entry: AbsenceEntry) -> PlannedAbsence:
    """Enters an absence; visits that lie in it stay and are for the calendar to show.

    Raises `NotPermitted` without `EDIT_HOURS`; `Refused` ``staff.not_found``; `InvalidInput` ``staff.absence_order`` (field
    `last_day`), ``staff.absence_too_long``, ``staff.absence_times`` (field `end_time`), ``clock.gap``.
    """
    action.actor.require(Permission.EDIT_HOURS)
    _require_member(session, entry.member_id)
    starts_at, ends_at, last_day = _bounds(action, entry)
    row = Absence(
        id=new_id(),
        member_id=entry.member_id,
        kind=AbsenceKind(entry.kind).value,
        first_day=entry.first_day,
        last_day=last_day,
        start_time=entry.start_time,
        end_time=entry.end_time,
        starts_at=starts_at,
        ends_at=ends_at,
        note=line(entry.note, "note"),
    )
    session.add(row)
    session.flush()
    return _shown(row)


def remove_absence(session: Session, action: Action, absence_id: UUID) -> PlannedAbsence:
    """Takes an absence back. Raises `NotPermitted` without `EDIT_HOURS`; `Refused` ``staff.not_found``."""
    action.actor.require(Permission.EDIT_HOURS)
    row = session.get(Absence, absence_id)
    if row is None or row.deleted_at is not None:
        raise Refused("staff.not_found")
    row.deleted_at = action.now
    session.flush()
    return _shown(row)


def show_work_plan(session: Session, action: Action, member_id: UUID, day: date) -> WorkPlan:
    """A person's week that holds on a day, and what differs from it from then on (at most 256 rows of each)."""
    shop = action.desk.shop
    plans = read_weeks(
        session.execute(
            select(WorkingHours.valid_from, WorkingHours.weekday, WorkingHours.spans).where(
                WorkingHours.shop_id == shop, WorkingHours.member_id == member_id, WorkingHours.deleted_at.is_(None)
            )
        )
    )
    begun = [plan for plan in plans if plan.valid_from <= day]
    days = session.execute(
        select(WorkingDay.day, WorkingDay.spans, WorkingDay.note)
        .where(WorkingDay.shop_id == shop, WorkingDay.member_id == member_id)
        .where(WorkingDay.deleted_at.is_(None), WorkingDay.day >= day)
        .order_by(WorkingDay.day)
        .limit(256)
    )
    absences = session.scalars(
        select(Absence)
        .where(Absence.member_id == member_id, Absence.deleted_at.is_(None), Absence.last_day >= day)
        .order_by(Absence.starts_at)
        .limit(256)
    )
    return WorkPlan(
        member_id=member_id,
        week=begun[-1] if begun else None,
        later=tuple(plan for plan in plans if plan.valid_from > day),
        different_days=tuple(DifferentDay(one, load_spans(spans), note) for one, spans, note in days),
        absences=tuple(_shown(row) for row in absences),
    )


def _bounds(action: Action, entry: AbsenceEntry) -> tuple[datetime, datetime, date]:
    """First and last instant of an absence and the day on which it ends."""
    if entry.last_day < entry.first_day:
        raise InvalidInput("last_day", "staff.absence_order")
    if entry.last_day - entry.first_day > LONGEST_ABSENCE:
        raise InvalidInput("last_day", "staff.absence_too_long", days=LONGEST_ABSENCE.days)
    zone = action.desk.zone
    if entry.start_time is None and entry.end_time is None:
        return day_bounds(entry.first_day, zone)[0], day_bounds(entry.last_day, zone)[1], entry.last_day
    if entry.start_time is None or entry.end_time is None:
        raise InvalidInput("end_time", "staff.absence_times")
    overnight = entry.end_time <= entry.start_time
    last_day = entry.first_day + timedelta(days=1) if overnight else entry.first_day
    if entry.last_day not in (entry.first_day, last_day):
        raise InvalidInput("last_day", "staff.absence_times")
    starts_at = action.instant(entry.first_day, entry.start_time, "start_time")
    ends_at = action.instant(last_day, entry.end_time, "end_time")
    return starts_at, ends_at, last_day


def _require_member(session: Session, member_id: UUID) -> None:
    member = session.get(Member, member_id)
    if member is None or member.deleted_at is not None:
        raise Refused("staff.not_found")


def _shown(row: Absence) -> PlannedAbsence:
    entry = AbsenceEntry(
        member_id=row.member_id,
        kind=AbsenceKind(row.kind),
        first_day=row.first_day,
        last_day=row.last_day,
        start_time=row.start_time,
        end_time=row.end_time,
        note=row.note,
    )
    return PlannedAbsence(row.id, entry, row.starts_at, row.ends_at)
