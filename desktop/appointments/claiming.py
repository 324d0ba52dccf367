"""Whether a plan may have its place; when not: why, and what is free instead.

Every use case that gives a visit a time or a person goes through `claim`. The primary key of `slot` would refuse a double
booking anyway; here the refusal says who holds the place and names the two nearest that are free.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.appointments.entries import span
from desktop.appointments.model import BlockedTime, Visit
from desktop.appointments.occupancy import Clash, Items, Occupancy, needed_window, occupancy, shifted, whole_days
from desktop.appointments.slots import MINUTE, rounded_out, whole_time
from desktop.catalogue.model import ServiceMember
from desktop.clock import day_bounds, from_milliseconds, milliseconds
from desktop.errors import InvalidInput, PultError, Refused
from desktop.staff.model import Member

NEAREST = 2
SEARCHED_DAYS = 7


@dataclass(frozen=True, slots=True)
class FreePlace:
    """A start (aware, UTC) at which the same items fit, with the same people and rooms."""

    member_id: UUID
    starts_at: datetime


def claim(
    session: Session, action: Action, items: Items, *, without: UUID | None = None, outside_hours: bool = False
) -> list[dict[str, Any]]:
    """The items with their lanes when every person, room and chair is free and at work; changes nothing.

    A room or chair that is taken is replaced by another of its kind. `without`: the visit whose own slots do not count. `outside_hours` allows times outside the working time, never a place
    that is held. Raises `InvalidInput` ``appointments.no_member``, ``appointments.cannot_do`` (who, service),
    ``appointments.no_resource`` (kind); `Refused` with values `free` (wall times) and `nearest`
    (tuple of `FreePlace`) besides: ``appointments.slot_taken`` (who, holder, when), ``appointments.time_blocked`` (who,
    reason, when), ``appointments.resource_full`` (resource, capacity, when), ``appointments.closed_day`` (reason, day),
    ``appointments.closed_weekday`` (day), ``appointments.absent`` (who, kind, day), ``appointments.day_off`` (who, day),
    ``appointments.outside_hours`` (who, hours, day).
    """
    _require_members(session, items)
    around = occupancy(session, action, items)
    first, last = needed_window(items)
    around.load(from_milliseconds(first), from_milliseconds(last), without)
    items = around.choose(items)
    refusal = None if outside_hours else closed_refusal(session, action, around, items)
    clash = around.clash(items)
    if clash is not None:  # the person or room that is taken says more than the hour
        refusal = _taken(session, action, around, items, clash)
    if refusal is None:
        return around.place(items)
    nearest = nearest_places(session, action, items, without)
    free = tuple(_when(action, place.starts_at, items) for place in nearest)
    refusal.values.update(free=free, nearest=nearest)
    raise refusal


def nearest_places(
    session: Session, action: Action, items: Items, without: UUID | None = None, count: int = NEAREST
) -> tuple[FreePlace, ...]:
    """Up to `count` free starts nearest to the planned one within working time, not in the past: that day first, then
    the days behind it (a week in all)."""
    around = occupancy(session, action, items)
    planned = milliseconds(span(items)[0])
    day = action.local(from_milliseconds(planned)).date()
    now = milliseconds(action.now)
    around.load(*whole_days(action, day, SEARCHED_DAYS + 1), without)
    found: list[int] = []
    for number in range(SEARCHED_DAYS):
        opens, closes = (milliseconds(one) for one in day_bounds(day + timedelta(number), action.desk.zone))
        starts = sorted(rounded_out(max(opens, now), closes), key=lambda start: (abs(start - planned), start))
        for start in starts:
            if start < max(now, opens) or (found and min(abs(start - one) for one in found) < 15 * MINUTE):
                continue
            plan = shifted(items, start - planned)
            if around.fits(plan):
                found.append(start)
                if len(found) == count:
                    return _places(items, found)
    return _places(items, found)


def _places(items: Items, starts: list[int]) -> tuple[FreePlace, ...]:
    return tuple(FreePlace(UUID(items[0]["member"]), from_milliseconds(start)) for start in sorted(starts))


def closed_refusal(session: Session, action: Action, around: Occupancy, items: Items) -> PultError | None:
    """Why the items lie outside the working time; None when they do not."""
    found = around.closed(items)
    if found is None:
        return None
    item, working, day = found
    who = member_name(session, UUID(item["member"]))
    start, end = item["start"], item["start"] + item["duration"] * MINUTE
    for (away_from, away_to), kind in working.absences:
        if milliseconds(away_from) < end and start < milliseconds(away_to):
            return Refused("appointments.absent", who=who, kind=kind, day=day)
    closed = working.closed
    if closed is None:
        hours = ", ".join(_span(action, *interval) for interval in working.intervals)
        return Refused("appointments.outside_hours", who=who, hours=hours, day=day)
    if closed.code == "staff.closed_day":
        return Refused("appointments.closed_day", reason=closed.text, day=day)
    if closed.code == "staff.closed_weekday":
        return Refused("appointments.closed_weekday", day=day)
    if closed.code == "staff.absent":
        return Refused("appointments.absent", who=who, kind=closed.kind, day=day)
    return Refused("appointments.day_off", who=who, day=day)


def _taken(session: Session, action: Action, around: Occupancy, items: Items, clash: Clash) -> PultError:
    place = around.places.get(clash.resource)
    visit = session.execute(
        select(Visit.customer_name, Visit.items, Visit.starts_at, Visit.ends_at).where(Visit.id == clash.holder)
    ).first()
    if visit is None:
        return _blocked(session, action, clash)
    held = next((item for item in visit.items if _holds(item, clash)), None)
    when = _span(action, *(span([held]) if held else (visit.starts_at, visit.ends_at)))
    if place is not None:
        return Refused(
            "appointments.resource_full",
            resource=place.name,
            capacity=place.capacity,
            holder=visit.customer_name,
            when=when,
        )
    return Refused(
        "appointments.slot_taken",
        who=member_name(session, UUID(clash.resource)),
        holder=visit.customer_name,
        service=held["name"] if held else "",
        when=when,
    )


def _holds(item: Mapping[str, Any], clash: Clash) -> bool:
    uses = item["member"] == clash.resource or any(one["id"] == clash.resource for one in item["resources"])
    return uses and clash.slot in rounded_out(*whole_time(item))


def _blocked(session: Session, action: Action, clash: Clash) -> PultError:
    block = session.execute(
        select(BlockedTime.reason, BlockedTime.starts_at, BlockedTime.ends_at).where(BlockedTime.id == clash.holder)
    ).one()
    return Refused(
        "appointments.time_blocked",
        who=member_name(session, UUID(clash.resource)),
        reason=block.reason,
        when=_span(action, block.starts_at, block.ends_at),
    )


def member_name(session: Session, member_id: UUID) -> str:
    """A person's name, also of one who left; "" for nobody."""
    return session.execute(select(Member.name).where(Member.id == member_id)).scalar_one_or_none() or ""


def _require_members(session: Session, items: Items) -> None:
    members = {UUID(item["member"]) for item in items}
    known = set(
        session.scalars(
            select(Member.id).where(Member.id.in_(members), Member.active, Member.bookable, Member.deleted_at.is_(None))
        )
    )
    if members - known:
        raise InvalidInput("member_id", "appointments.no_member")
    _require_able(session, items)


def _require_able(session: Session, items: Items) -> None:
    """A service that names people is done by these alone; one that names nobody by anybody."""
    services = {UUID(item["service"]) for item in items if item.get("service")}
    if not services:
        return
    able: dict[UUID, set[UUID]] = {}
    rows = session.execute(
        select(ServiceMember.service_id, ServiceMember.member_id).where(
            ServiceMember.service_id.in_(services), ServiceMember.deleted_at.is_(None)
        )
    )
    for service, member in rows:
        able.setdefault(service, set()).add(member)
    for item in items:
        if not item.get("service"):
            continue
        people = able.get(UUID(item["service"]))
        if people and UUID(item["member"]) not in people:
            who = member_name(session, UUID(item["member"]))
            raise InvalidInput("member_id", "appointments.cannot_do", who=who, service=item["name"])


def _span(action: Action, start: datetime, end: datetime) -> str:
    return f"{action.local(start):%H:%M}–{action.local(end):%H:%M}"


def _when(action: Action, start: datetime, items: Items) -> time | datetime:
    """A wall time, with its day when that is another than the planned one."""
    local, planned = action.local(start), action.local(span(items)[0])
    return local.time() if local.date() == planned.date() else local
