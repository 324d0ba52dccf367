"""Visits in conflict as the inbox shows them: the one that lost its place, and what stands there."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.booking import find_visit
from desktop.appointments.colliding import Obstacle, colliding_visits, obstacles
from desktop.appointments.model import BlockedTime
from desktop.customers.model import CustomerPhone
from desktop.customers.phones import format_phone
from desktop.sharing.conflict import Conflict, ConflictKind, Fact, Side, Standing
from desktop.sharing.desks import made_by
from desktop.sharing.values import NOTHING, Moment, Plain, Several, Span, Value, members_of, visit_values


def visit_conflicts(session: Session, action: Action) -> list[Conflict]:
    """A conflict for each visit that lost its place."""
    found = []
    for shown in colliding_visits(session, action):
        visit = find_visit(session, action, shown.id)
        own = _visit_side(session, action, shown.id, Standing.WAITS)
        others = tuple(_side(session, action, one) for one in obstacles(session, action, shown.id))
        about: tuple[Value, ...] = (
            Plain(visit.customer_name),
            members_of(session, visit.items),
            Moment(visit.starts_at),
        )
        at = own.origin.at if own.origin is not None else visit.created_at
        found.append(Conflict(ConflictKind.VISIT, shown.id, at, (own, *others), about, "visit", visit.status))
    return found


def _side(session: Session, action: Action, one: Obstacle) -> Side:
    if one.visit is not None:
        return _visit_side(session, action, one.id, Standing.HOLDS)
    block = session.get_one(BlockedTime, one.id)
    facts: dict[str, Value] = {
        "customer": Plain(one.reason),
        "time": Span(one.starts_at, one.ends_at),
        "service": NOTHING,
        "with": members_of(session, [{"member": block.member_id.hex}]),
    }
    told = tuple(Fact(name, value) for name, value in facts.items())
    return Side(one.id, made_by(session, action, "blocked_time", one.id), Standing.HOLDS, told)


def _visit_side(session: Session, action: Action, visit_id: UUID, standing: Standing) -> Side:
    visit = find_visit(session, action, visit_id)
    values = visit_values(session, visit)
    if visit.customer_id is not None and Permission.SEE_CONTACTS in action.actor.permissions:
        numbers = session.scalars(
            select(CustomerPhone.number)
            .where(CustomerPhone.customer_id == visit.customer_id, CustomerPhone.deleted_at.is_(None))
            .order_by(CustomerPhone.position)
        )
        country = action.desk.country
        values["phone"] = Several(tuple(Plain(format_phone(number, country)) for number in numbers))
    facts = tuple(Fact(name, value) for name, value in values.items())
    return Side(visit_id, made_by(session, action, "visit", visit_id), standing, facts)
