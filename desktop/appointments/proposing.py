"""Items as the catalogue says, and the next places at which they fit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.entries import FURTHEST, MOST_ITEMS, ItemEntry, check_items, lay_out, span
from desktop.appointments.occupancy import Occupancy, occupancy, shifted, whole_days
from desktop.appointments.slots import MINUTE
from desktop.catalogue.services import ShownService, read_services
from desktop.clock import day_bounds, from_milliseconds, milliseconds
from desktop.entry import whole
from desktop.errors import InvalidInput
from desktop.staff.model import Member

STEP = 15 * MINUTE
APART = 30 * MINUTE
SEARCHED_DAYS = 60
MOST = 9  # one figure key each


@dataclass(frozen=True, slots=True)
class Proposal:
    """A start (aware, UTC) at which the items fit; `items` go into `book_visit` as they are."""

    member_id: UUID
    member_name: str
    starts_at: datetime
    ends_at: datetime
    items: tuple[ItemEntry, ...]


def items_for(session: Session, action: Action, service_ids: Sequence[UUID], member_id: UUID) -> tuple[ItemEntry, ...]:
    """The items of these services, in this order, at a person: that person's price and duration, the kinds of room.

    Raises `NotPermitted` without `BOOK`; `InvalidInput` ``appointments.no_service`` (field `service_ids`),
    ``appointments.cannot_do``.
    """
    action.actor.require(Permission.BOOK)
    services = _services(session, action, service_ids)
    for service in services:
        if service.members and service.terms(member_id) is None:
            who = session.execute(select(Member.name).where(Member.id == member_id)).scalar_one_or_none() or ""
            raise InvalidInput("member_id", "appointments.cannot_do", who=who, service=service.entry.name)
    return _items(services, member_id)


def propose_slots(
    session: Session,
    action: Action,
    service_ids: Sequence[UUID],
    member_id: UUID | None,
    after: datetime,
    limit: int = 3,
) -> tuple[Proposal, ...]:
    """The next places for these services from `after` (aware) or now on, on quarter hours and at least half an hour apart.

    `member_id` None: anybody who can do all of them, in the order of the columns. `limit` 1 to 9; 60 days are searched.
    Raises as `items_for`; `InvalidInput` ``appointments.too_far_ahead`` (field `after`), ``entry.out_of_range``.
    """
    action.actor.require(Permission.BOOK)
    whole(limit, "limit", 1, MOST)
    if after > action.now + FURTHEST:
        raise InvalidInput("after", "appointments.too_far_ahead", days=FURTHEST.days)
    services = _services(session, action, service_ids)
    people = _able(session, services, member_id)
    first = -(-milliseconds(max(after, action.now)) // STEP) * STEP
    start = from_milliseconds(first)
    plans = [(member, name, lay_out(check_items(_items(services, member)), start)) for member, name in people]
    found: list[Proposal] = []
    day = action.local(start).date()
    for number in range(SEARCHED_DAYS if plans else 0):
        opens, closes = (milliseconds(one) for one in day_bounds(day + timedelta(number), action.desk.zone))
        around = occupancy(session, action, plans[0][2], (member for member, _, _ in plans))
        around.load(*whole_days(action, day + timedelta(number), 1))
        for begin in range(max(first, opens), closes, STEP):
            if found and begin - milliseconds(found[-1].starts_at) < APART:
                continue
            proposal = _first(around, plans, begin, first, services)
            if proposal is not None:
                found.append(proposal)
                if len(found) == limit:
                    return tuple(found)
    return tuple(found)


def able_members(session: Session, action: Action, service_ids: Sequence[UUID]) -> tuple[UUID, ...]:
    """The bookable people who can do all of these services; nobody where one of them is no longer offered."""
    known = {service.id: service for service in read_services(session, action, list(dict.fromkeys(service_ids)))}
    if any(identity not in known or not known[identity].entry.active for identity in service_ids):
        return ()
    return tuple(member for member, _ in _able(session, list(known.values()), None))


def _first(
    around: Occupancy,
    plans: Sequence[tuple[UUID, str, list[dict[str, object]]]],
    begin: int,
    planned: int,
    services: Sequence[ShownService],
) -> Proposal | None:
    for member, name, items in plans:
        plan = shifted(items, begin - planned)
        if around.fits(plan):
            return Proposal(member, name, *span(plan), _items(services, member))
    return None


def _services(session: Session, action: Action, service_ids: Sequence[UUID]) -> tuple[ShownService, ...]:
    if not service_ids:
        raise InvalidInput("service_ids", "appointments.no_items")
    if len(service_ids) > MOST_ITEMS:
        raise InvalidInput("service_ids", "appointments.too_many_items", maximum=MOST_ITEMS)
    known = {service.id: service for service in read_services(session, action, list(dict.fromkeys(service_ids)))}
    if any(identity not in known or not known[identity].entry.active for identity in service_ids):
        raise InvalidInput("service_ids", "appointments.no_service")
    return tuple(known[identity] for identity in service_ids)


def _items(services: Sequence[ShownService], member_id: UUID) -> tuple[ItemEntry, ...]:
    found = []
    for service in services:
        entry, duration = service.entry, service.duration_of(member_id)
        fits = entry.processing_start + entry.processing <= duration  # somebody quicker has no pause to give away
        found.append(
            ItemEntry(
                name=entry.name,
                member_id=member_id,
                duration_min=duration,
                price_cents=service.price_of(member_id),
                service_id=service.id,
                needs=entry.needs,
                buffer_before_min=entry.buffer_before,
                buffer_after_min=entry.buffer_after,
                processing_start_min=entry.processing_start if fits else 0,
                processing_min=entry.processing if fits else 0,
            )
        )
    return tuple(found)


def _able(session: Session, services: Sequence[ShownService], member_id: UUID | None) -> list[tuple[UUID, str]]:
    """The bookable people who can do all of the services, in the order of the columns."""
    rows = session.execute(
        select(Member.id, Member.name)
        .where(Member.active, Member.bookable, Member.deleted_at.is_(None))
        .order_by(Member.position, Member.name, Member.id)
        .limit(256)
    )
    found = [
        (row.id, row.name)
        for row in rows
        if (member_id is None or row.id == member_id)
        and all(not service.members or service.terms(row.id) is not None for service in services)
    ]
    if member_id is not None and not found:
        raise InvalidInput("member_id", "appointments.no_member")
    return found
