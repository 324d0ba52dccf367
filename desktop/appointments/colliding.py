"""Visits that lost their place to somebody else: what stands there, what is free instead, and staying beside on purpose.

A visit in conflict holds no places. It leaves that state by a move to a free place, by being cancelled, or by a decision that
two visits of one person may stand beside each other: then it holds a lane of its own, and nobody is booked there in silence.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.booking import BookedVisit, customer_alert, find_visit, place_visit
from desktop.appointments.claiming import member_name, nearest_places
from desktop.appointments.entries import ShownVisit, shown_visit
from desktop.appointments.model import BlockedTime, ClaimState, Slot, Status, Visit
from desktop.appointments.occupancy import Items
from desktop.appointments.proposing import able_members
from desktop.appointments.slots import FREEING, held_slots, member_times, rounded_out, whole_time
from desktop.clock import from_milliseconds
from desktop.errors import Refused

PAGE = 256
MOST = 3


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What holds the places of a visit: another visit, or blocked time (`visit` None, with its reason)."""

    id: UUID
    starts_at: datetime
    ends_at: datetime
    visit: ShownVisit | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Way:
    """A free place (aware start, UTC) for a visit, with whom; `moved_min` minutes later than planned, negative for earlier."""

    member_id: UUID
    member_name: str
    starts_at: datetime
    moved_min: int
    same_member: bool


def _colliding(action: Action) -> tuple[Any, ...]:
    return (
        Visit.shop_id == action.desk.shop,
        Visit.claim_state == ClaimState.CONFLICT.value,
        Visit.deleted_at.is_(None),
        Visit.status.not_in(FREEING),
    )


def colliding_visits(session: Session, action: Action) -> tuple[ShownVisit, ...]:
    """The visits of this shop in conflict, the next one first, at most 256."""
    query = select(Visit).where(*_colliding(action)).order_by(Visit.starts_at, Visit.id).limit(PAGE)
    return tuple(shown_visit(visit) for visit in session.scalars(query))


def count_colliding(session: Session, action: Action) -> int:
    """How many visits of this shop are in conflict."""
    return session.execute(select(func.count()).select_from(Visit).where(*_colliding(action))).scalar_one()


def obstacles(session: Session, action: Action, visit_id: UUID) -> tuple[Obstacle, ...]:
    """What holds the places that a visit asks for, the earliest first; nothing when they are free by now."""
    visit = find_visit(session, action, visit_id)
    wanted = {(UUID(resource), from_milliseconds(start)) for resource, start, _lane in held_slots(visit.items)}
    holders = {
        holder
        for resource, start, holder in session.execute(
            select(Slot.resource, Slot.start, Slot.holder).where(
                Slot.resource.in_({one for one, _ in wanted}),
                Slot.start.between(min(at for _, at in wanted), max(at for _, at in wanted)),
            )
        )
        if (resource, start) in wanted and holder != visit_id
    }
    found = [Obstacle(one.id, one.starts_at, one.ends_at, shown_visit(one)) for one in _rows(session, Visit, holders)]
    found += [
        Obstacle(one.id, one.starts_at, one.ends_at, reason=one.reason) for one in _rows(session, BlockedTime, holders)
    ]
    return tuple(sorted(found, key=lambda one: (one.starts_at, one.id)))


def _rows(session: Session, model: Any, ids: set[UUID]) -> list[Any]:
    return list(session.scalars(select(model).where(model.id.in_(ids)).limit(PAGE)))


def ways_out(session: Session, action: Action, visit_id: UUID) -> tuple[Way, ...]:
    """Up to three free places for a visit, the nearest first: with its own person, and with others who can do all of it.

    Raises `NotPermitted` without `BOOK`; `Refused` ``appointments.not_found``.
    """
    action.actor.require(Permission.BOOK)
    visit = find_visit(session, action, visit_id)
    if visit.status == Status.DONE:
        return ()  # it took place, where it was
    own = {UUID(item["member"]) for item in visit.items}
    plans = [(UUID(visit.items[0]["member"]), visit.items, 2)]
    services = [UUID(item["service"]) for item in visit.items if item["service"]]
    if len(own) == 1 and len(services) == len(visit.items):
        others = [one for one in able_members(session, action, services) if one not in own]
        plans += [(one, _with(visit.items, one), 1) for one in others]
    found = [
        Way(
            member,
            member_name(session, member),
            place.starts_at,
            round((place.starts_at - visit.starts_at).total_seconds() / 60),
            member in own,
        )
        for member, items, count in plans
        for place in nearest_places(session, action, items, visit.id, count)
    ]
    found.sort(key=lambda way: (abs(way.moved_min), not way.same_member, way.member_name))
    return tuple(found[:MOST])


def _with(items: Items, member: UUID) -> list[dict[str, Any]]:
    return [dict(item) | {"member": member.hex} for item in items]


def stay_beside(session: Session, action: Action, visit_id: UUID) -> BookedVisit:
    """Leaves a visit where it is, beside who holds its places: a decision of a person, so it holds lanes of its own.

    Raises `NotPermitted` without `BOOK`; `Refused` ``appointments.not_found``, ``appointments.no_conflict``.
    """
    action.actor.require(Permission.BOOK)
    visit = find_visit(session, action, visit_id)
    if visit.claim_state != ClaimState.CONFLICT or visit.status in FREEING:
        raise Refused("appointments.no_conflict")
    taken = _taken_lanes(session, visit)
    items = [_beside(item, taken) for item in visit.items]
    return BookedVisit(place_visit(session, visit, items), customer_alert(session, visit.customer_id))


def _taken_lanes(session: Session, visit: Visit) -> dict[tuple[str, int], set[int]]:
    """(resource, slot in milliseconds) → lanes that others hold there."""
    taken: dict[tuple[str, int], set[int]] = {}
    for resource, start, _lane in held_slots(visit.items):
        query = select(Slot.lane).where(
            Slot.resource == UUID(resource), Slot.start == from_milliseconds(start), Slot.holder != visit.id
        )
        taken[resource, start] = set(session.scalars(query))
    return taken


def _beside(item: Mapping[str, Any], taken: Mapping[tuple[str, int], set[int]]) -> dict[str, Any]:
    slots = [slot for start, end in member_times(item) for slot in rounded_out(start, end)]
    lane = _free_lane([taken.get((item["member"], slot), set()) for slot in slots])
    whole = rounded_out(*whole_time(item))
    resources = [
        dict(one) | {"lanes": [_free_lane([taken.get((one["id"], slot), set())]) for slot in whole]}
        for one in item["resources"]
    ]
    return dict(item) | {"lane": lane, "resources": resources}


def _free_lane(taken: Sequence[set[int]]) -> int:
    """The first lane that is free in all of them."""
    held = set().union(*taken)
    return next(lane for lane in range(len(held) + 1) if lane not in held)
