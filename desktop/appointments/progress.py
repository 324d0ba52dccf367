"""Where a visit stands: the one-key next step, any other status, cancelled with a reason, not shown up."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.booking import BookedVisit, customer_alert, find_visit
from desktop.appointments.claiming import claim
from desktop.appointments.entries import REASON, shown_visit
from desktop.appointments.model import Status, Visit
from desktop.appointments.slots import FREEING
from desktop.entry import line
from desktop.errors import InvalidInput, Refused

#: The one-key next step.
NEXT = {
    Status.PENDING: Status.CONFIRMED,
    Status.CONFIRMED: Status.ARRIVED,
    Status.ARRIVED: Status.IN_SERVICE,
    Status.IN_SERVICE: Status.DONE,
}


def next_step(session: Session, action: Action, visit_id: UUID) -> BookedVisit:
    """Takes a visit one step on: pending, confirmed, arrived, in service, done.

    Raises `NotPermitted` without `BOOK`; `Refused` ``appointments.not_found``, ``appointments.no_next_step`` (`status`).
    """
    action.actor.require(Permission.BOOK)
    visit = find_visit(session, action, visit_id)
    following = NEXT.get(Status(visit.status))
    if following is None:
        raise Refused("appointments.no_next_step", status=visit.status)
    return write_status(session, action, visit, following)


def set_status(session: Session, action: Action, visit_id: UUID, status: Status) -> BookedVisit:
    """Sets any status but cancelled and no-show, which have use cases of their own; back from those, the place is
    claimed anew.

    Raises as `next_step`; `InvalidInput` ``appointments.own_command`` (field `status`); `Refused` as `claim`.
    """
    action.actor.require(Permission.BOOK)
    visit = find_visit(session, action, visit_id)
    if status in FREEING:
        raise InvalidInput("status", "appointments.own_command")
    return write_status(session, action, visit, Status(status))


def cancel_visit(session: Session, action: Action, visit_id: UUID, reason: str) -> BookedVisit:
    """Cancels a visit and frees its place; the reason (at most 200 characters) is kept.

    Raises as `next_step`; `InvalidInput` ``entry.required`` (field `reason`); `Refused` ``appointments.over`` (`status`).
    """
    action.actor.require(Permission.BOOK)
    visit = find_visit(session, action, visit_id)
    text = line(reason, "reason", required=True, maximum=REASON)
    if visit.status in (Status.DONE, Status.CANCELLED, Status.NO_SHOW):
        raise Refused("appointments.over", status=visit.status)
    return write_status(session, action, visit, Status.CANCELLED, text)


def mark_no_show(session: Session, action: Action, visit_id: UUID) -> BookedVisit:
    """Says that nobody came, once the time has begun; frees the place.

    Raises as `next_step`; `Refused` ``appointments.not_begun``, ``appointments.came`` (`status`).
    """
    action.actor.require(Permission.BOOK)
    visit = find_visit(session, action, visit_id)
    if visit.status not in (Status.PENDING, Status.CONFIRMED):
        raise Refused("appointments.came", status=visit.status)
    if action.now < visit.starts_at:
        raise Refused("appointments.not_begun", at=f"{action.local(visit.starts_at):%H:%M}")
    return write_status(session, action, visit, Status.NO_SHOW)


def write_status(session: Session, action: Action, visit: Visit, status: Status, reason: str = "") -> BookedVisit:
    """Writes a status; one that needs the place again claims it (where it was, also outside working hours)."""
    if visit.status in FREEING and status not in FREEING:
        visit.items = claim(session, action, visit.items, without=visit.id, outside_hours=True)
    visit.status, visit.cancel_reason = status.value, reason
    session.flush()
    return BookedVisit(shown_visit(visit), customer_alert(session, visit.customer_id))
