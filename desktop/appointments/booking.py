"""Booking and copying a visit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, time
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.claiming import claim
from desktop.appointments.entries import (
    NOTE,
    ShownVisit,
    VisitEntry,
    check_items,
    item_entries,
    lay_out,
    shown_visit,
    span,
    start_instant,
)
from desktop.appointments.model import ClaimState, Origin, Status, Visit
from desktop.customers.model import Customer
from desktop.entry import block, line
from desktop.errors import InvalidInput, Refused
from desktop.ids import new_id


@dataclass(frozen=True, slots=True)
class BookedVisit:
    """A visit that was booked or changed, and the customer's alert ("" when there is none), to be shown at once."""

    visit: ShownVisit
    alert: str = ""


def book_visit(session: Session, action: Action, entry: VisitEntry, outside_hours: bool = False) -> BookedVisit:
    """Books a visit; `outside_hours` when somebody decided to.

    Raises `NotPermitted` without `BOOK`; `InvalidInput` as `check_items` and `start_instant`, and ``appointments.customer``
    (field `customer_id`), ``appointments.first_status`` (field `status`); `Refused` as `claim`.
    """
    action.actor.require(Permission.BOOK)
    note = block(entry.note, "note", maximum=NOTE)
    name, alert = _customer(session, entry.customer_id, entry.customer_name)
    if entry.status not in (Status.PENDING, Status.CONFIRMED, Status.ARRIVED):
        raise InvalidInput("status", "appointments.first_status")
    entries = tuple(replace(item, id=None) for item in check_items(entry.items))
    start = start_instant(action, entry.day, entry.at)
    items = claim(session, action, lay_out(entries, start), outside_hours=outside_hours)
    first, last = span(items)
    visit = Visit(
        id=new_id(),
        shop_id=action.desk.shop,
        customer_id=entry.customer_id,
        customer_name=name,
        starts_at=first,
        ends_at=last,
        items=items,
        status=Status(entry.status).value,
        cancel_reason="",
        note=note,
        origin=Origin(entry.origin).value,
        claim_state=ClaimState.CONFIRMED.value,
        created_at=action.now,
        created_by=action.actor.id,
    )
    session.add(visit)
    session.flush()
    return BookedVisit(shown_visit(visit), alert)


def copy_visit(
    session: Session,
    action: Action,
    visit_id: UUID,
    day: date,
    at: time,
    member_id: UUID | None = None,
    outside_hours: bool = False,
) -> BookedVisit:
    """Books the same items for the same customer at another time, all with `member_id` when one is named.

    Raises as `book_visit`; `Refused` ``appointments.not_found``.
    """
    action.actor.require(Permission.BOOK)
    visit = shown_visit(find_visit(session, action, visit_id))
    items = item_entries(visit)
    if member_id is not None:
        items = tuple(replace(item, member_id=member_id) for item in items)
    entry = VisitEntry(items, day, at, visit.customer_id, visit.customer_name, visit.note)
    return book_visit(session, action, entry, outside_hours)


def find_visit(session: Session, action: Action, visit_id: UUID) -> Visit:
    """A visit of this shop; raises `Refused` ``appointments.not_found``."""
    visit = session.get(Visit, visit_id)
    if visit is None or visit.deleted_at is not None or visit.shop_id != action.desk.shop:
        raise Refused("appointments.not_found")
    return visit


def place_visit(session: Session, visit: Visit, items: list[dict[str, Any]]) -> ShownVisit:
    """Writes claimed items: the visit's claim is one value. They are free, so a visit in conflict has its place with them."""
    visit.items = items
    visit.claim_state = ClaimState.CONFIRMED.value
    visit.starts_at, visit.ends_at = span(items)
    session.flush()
    return shown_visit(visit)


def customer_alert(session: Session, customer_id: UUID | None) -> str:
    """What has to be said about a customer before anything else; "" for nothing."""
    if customer_id is None:
        return ""
    return session.execute(select(Customer.alert).where(Customer.id == customer_id)).scalar_one_or_none() or ""


def _customer(session: Session, customer_id: UUID | None, typed: str) -> tuple[str, str]:
    """The name that the visit keeps, and the alert."""
    name = line(typed, "customer_name")
    if customer_id is None:
        return name, ""
    found = session.execute(
        select(Customer.first_name, Customer.last_name, Customer.alert).where(
            Customer.id == customer_id, Customer.deleted_at.is_(None)
        )
    ).first()
    if found is None:
        raise InvalidInput("customer_id", "appointments.customer")
    return f"{found.first_name} {found.last_name}".strip(), found.alert
