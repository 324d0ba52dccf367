"""The day as the calendar and the agenda show it: a column for each person, with blocks, blocked time and open hours.

What a till knows (open or paid bills) is not known here; the shell adds it by the visit's id.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.blocking import ShownBlock
from desktop.appointments.entries import LONGEST, VisitItem, shown_item
from desktop.appointments.model import BlockedTime, Slot, Status, Visit
from desktop.appointments.slots import FREEING
from desktop.catalogue.model import Service
from desktop.clock import day_bounds
from desktop.customers.model import Customer
from desktop.staff.model import Member
from desktop.staff.spans import Interval
from desktop.staff.working_time import Closure, WorkingTime, working_time

STRIP_DAYS = 6
_HANGOVER = timedelta(minutes=LONGEST)


@dataclass(frozen=True, slots=True)
class DayBlock:
    """One person's part of a visit, without a break in between: what the calendar paints as one block.

    `visit_starts_at` is the start of the whole visit. Instants aware, UTC, not cut at midnight; `starts_at` to `ends_at` is the service, the buffers (minutes) hang before and
    behind it; `pauses` are processing times, free for others. `part` of `parts` counts the visit's blocks from 1. `colour` is
    the first service's family ("" when it is not in the catalogue). `late_min`: whole minutes since a visit should have begun whose
    customer has not come, else 0. `is_new`: the customer has no earlier visit. `alert`: there is one, see `visit_card`.
    """

    visit_id: UUID
    visit_starts_at: datetime
    member_id: UUID
    items: tuple[VisitItem, ...]
    starts_at: datetime
    ends_at: datetime
    buffer_before_min: int
    buffer_after_min: int
    pauses: tuple[Interval, ...]
    part: int
    parts: int
    customer_id: UUID | None
    customer_name: str
    status: Status
    claim_state: str
    origin: str
    note: str
    colour: str
    price_cents: int
    late_min: int
    is_new: bool
    alert: bool

    @property
    def title(self) -> str:
        """The services by name."""
        return ", ".join(item.name for item in self.items)


@dataclass(frozen=True, slots=True)
class DayColumn:
    """A person's day.

    `open`: working intervals that touch the day, not cut at midnight; `closed` says why there are none. `booked_min` and
    `open_min` count minutes within the day (held by visits; open).
    """

    member_id: UUID
    name: str
    colour: str
    open: tuple[Interval, ...]
    closed: Closure | None
    absences: tuple[tuple[Interval, str], ...]
    blocks: tuple[DayBlock, ...]
    blocked: tuple[ShownBlock, ...]
    booked_min: int
    open_min: int

    @property
    def load_percent(self) -> int:
        """Share of the open time that is booked, 0 to 100."""
        return min(100, 100 * self.booked_min // self.open_min) if self.open_min else 0


@dataclass(frozen=True, slots=True)
class DayView:
    """A calendar day of the shop from `starts_at` to `ends_at` (23 to 25 hours). `closed`: why the whole shop is, if it is."""

    day: date
    starts_at: datetime
    ends_at: datetime
    columns: tuple[DayColumn, ...]
    closed: Closure | None

    @property
    def agenda(self) -> tuple[DayBlock, ...]:
        """All blocks in the order of time, then of columns."""
        return tuple(
            sorted((block for column in self.columns for block in column.blocks), key=lambda block: block.starts_at)
        )


@dataclass(frozen=True, slots=True)
class DayCapacity:
    """Minutes of all bookable people on a day: open, and held by visits and blocked time."""

    day: date
    open_min: int
    booked_min: int
    closed: Closure | None

    @property
    def free_min(self) -> int:
        return max(0, self.open_min - self.booked_min)


def day_view(session: Session, action: Action, day: date) -> DayView:
    """The day of all bookable people, and of those who have something on it although they are not bookable any more.

    Cancelled visits are not in it; no-shows are (shown struck out), although others may stand in their place.
    Raises `NotPermitted` without `BOOK`.
    """
    action.actor.require(Permission.BOOK)
    starts_at, ends_at = day_bounds(day, action.desk.zone)
    visits = _visits(session, action, starts_at, ends_at)
    blocked = _blocked(session, action, starts_at, ends_at)
    blocks: dict[UUID, list[DayBlock]] = {}
    for block in _blocks(session, action, visits, starts_at, ends_at):
        blocks.setdefault(block.member_id, []).append(block)
    members = _members(session, blocks.keys() | blocked.keys())
    columns = tuple(
        _column(member, time, blocks.get(member.id, []), blocked.get(member.id, []), starts_at, ends_at)
        for member, time in zip(members, _times(session, action, day, members), strict=True)
    )
    return DayView(day, starts_at, ends_at, columns, _shop_closed(column.closed for column in columns))


def week_capacity(session: Session, action: Action, day: date) -> tuple[DayCapacity, ...]:
    """What is open and booked on the six days behind a day. Raises `NotPermitted` without `BOOK`."""
    action.actor.require(Permission.BOOK)
    members = _members(session, ())
    found = []
    for number in range(1, STRIP_DAYS + 1):
        one = day + timedelta(number)
        start, end = day_bounds(one, action.desk.zone)
        times = _times(session, action, one, members)
        held = session.execute(
            select(func.count())
            .select_from(Slot)
            .where(Slot.resource.in_([member.id for member in members]), Slot.start >= start, Slot.start < end)
        ).scalar_one()
        found.append(
            DayCapacity(
                one,
                sum(_minutes(time.intervals, start, end) for time in times),
                5 * held,
                _shop_closed(time.closed for time in times),
            )
        )
    return tuple(found)


def _visits(session: Session, action: Action, start: datetime, end: datetime) -> Sequence[Any]:
    return session.execute(
        select(
            Visit.id,
            Visit.customer_id,
            Visit.customer_name,
            Visit.starts_at,
            Visit.items,
            Visit.status,
            Visit.claim_state,
            Visit.origin,
            Visit.note,
        )
        .where(Visit.shop_id == action.desk.shop, Visit.deleted_at.is_(None))
        .where(Visit.starts_at >= start - _HANGOVER, Visit.starts_at < end, Visit.ends_at > start)
        .where(Visit.status != Status.CANCELLED.value)
        .order_by(Visit.starts_at, Visit.id)
    ).all()


def _blocks(
    session: Session, action: Action, visits: Sequence[Any], day_start: datetime, day_end: datetime
) -> Iterable[DayBlock]:
    customers = {visit.customer_id for visit in visits} - {None}
    alerts = set(session.scalars(select(Customer.id).where(Customer.id.in_(customers), Customer.alert != "")))
    known = set(
        session.scalars(
            select(Visit.customer_id)
            .where(Visit.customer_id.in_(customers), Visit.starts_at < day_start)
            .where(Visit.status.not_in(FREEING), Visit.deleted_at.is_(None))
            .distinct()
        )
    )
    services = {item["service"] for visit in visits for item in visit.items} - {None}
    colours: dict[UUID | None, str] = dict(
        session.execute(
            select(Service.id, Service.colour).where(Service.id.in_([UUID(service) for service in services]))
        ).all()
    )
    for visit in visits:
        parts = _parts(visit.items)
        for number, part in enumerate(parts, 1):
            if part[-1].ends_at <= day_start or part[0].starts_at >= day_end:
                continue
            waiting = visit.status in (Status.PENDING, Status.CONFIRMED) and action.now > visit.starts_at
            yield DayBlock(
                visit_id=visit.id,
                visit_starts_at=visit.starts_at,
                member_id=part[0].member_id,
                items=part,
                starts_at=part[0].starts_at,
                ends_at=part[-1].ends_at,
                buffer_before_min=part[0].buffer_before_min,
                buffer_after_min=part[-1].buffer_after_min,
                pauses=tuple(item.pause for item in part if item.pause),
                part=number,
                parts=len(parts),
                customer_id=visit.customer_id,
                customer_name=visit.customer_name,
                status=Status(visit.status),
                claim_state=visit.claim_state,
                origin=visit.origin,
                note=visit.note,
                colour=colours.get(part[0].service_id, ""),
                price_cents=sum(item.price_cents for item in part),
                late_min=(action.now - visit.starts_at) // timedelta(minutes=1) if waiting else 0,
                is_new=visit.customer_id is not None and visit.customer_id not in known,
                alert=visit.customer_id in alerts,
            )


def _parts(items: Sequence[Mapping[str, Any]]) -> list[tuple[VisitItem, ...]]:
    """The items of a visit, those that follow each other at one person together."""
    if len(items) == 1:
        return [(shown_item(items[0]),)]
    shown = [shown_item(item) for item in items]
    breaks = [0]
    for earlier, later in pairwise(shown):
        together = later.member_id == earlier.member_id and later.starts_at == earlier.ends_at
        breaks.append(breaks[-1] + (not together))
    grouped = groupby(zip(breaks, shown, strict=True), key=lambda pair: pair[0])
    return [tuple(item for _, item in group) for _, group in grouped]


def _blocked(session: Session, action: Action, start: datetime, end: datetime) -> dict[UUID, list[ShownBlock]]:
    rows = session.execute(
        select(
            BlockedTime.id,
            BlockedTime.member_id,
            BlockedTime.starts_at,
            BlockedTime.ends_at,
            BlockedTime.reason,
            BlockedTime.created_by,
        )
        .where(BlockedTime.shop_id == action.desk.shop, BlockedTime.deleted_at.is_(None))
        .where(BlockedTime.starts_at >= start - _HANGOVER, BlockedTime.starts_at < end, BlockedTime.ends_at > start)
        .order_by(BlockedTime.starts_at, BlockedTime.id)
    )
    found: dict[UUID, list[ShownBlock]] = {}
    for row in rows:
        found.setdefault(row.member_id, []).append(ShownBlock(*row))
    return found


def _members(session: Session, also: Iterable[UUID]) -> Sequence[Any]:
    bookable = Member.active & Member.bookable & Member.deleted_at.is_(None)
    return session.execute(
        select(Member.id, Member.name, Member.colour)
        .where(bookable | Member.id.in_(list(also)))
        .order_by(Member.position, Member.name, Member.id)
        .limit(256)
    ).all()


def _times(session: Session, action: Action, day: date, members: Sequence[Any]) -> tuple[WorkingTime, ...]:
    return working_time(session, action, day, [member.id for member in members])


def _column(
    member: Any,
    time: WorkingTime,
    blocks: list[DayBlock],
    blocked: list[ShownBlock],
    day_start: datetime,
    day_end: datetime,
) -> DayColumn:
    booked = [(block.starts_at, block.ends_at) for block in blocks if block.status is not Status.NO_SHOW]
    return DayColumn(
        member_id=member.id,
        name=member.name,
        colour=member.colour,
        open=time.intervals,
        closed=time.closed,
        absences=time.absences,
        blocks=tuple(blocks),
        blocked=tuple(blocked),
        booked_min=_minutes(booked, day_start, day_end),
        open_min=_minutes(time.intervals, day_start, day_end),
    )


def _minutes(intervals: Iterable[Interval], start: datetime, end: datetime) -> int:
    """Minutes of the intervals within a day."""
    return sum(max(timedelta(0), min(to, end) - max(since, start)) // timedelta(minutes=1) for since, to in intervals)


def _shop_closed(closures: Iterable[Closure | None]) -> Closure | None:
    """The shop's own reason, when nobody works for it."""
    found = list(closures)
    first = found[0] if found else None
    whole = first is not None and first.code in ("staff.closed_day", "staff.closed_weekday")
    return first if whole and all(one == first for one in found) else None
