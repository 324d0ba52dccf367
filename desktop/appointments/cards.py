"""One visit with all that the panel beside the calendar shows, and the visits of one customer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.booking import customer_alert, find_visit
from desktop.appointments.entries import ShownVisit, shown_visit
from desktop.appointments.model import Status, Visit
from desktop.appointments.progress import NEXT
from desktop.staff.model import Member

PAGE = 256


@dataclass(frozen=True, slots=True)
class VisitCard:
    """A visit, the customer's alert, the names of its people, and the one-key next step (None at the end)."""

    visit: ShownVisit
    alert: str
    member_names: dict[UUID, str]
    next_status: Status | None


def visit_card(session: Session, action: Action, visit_id: UUID) -> VisitCard:
    """One visit. Raises `NotPermitted` without `BOOK`; `Refused` ``appointments.not_found``."""
    action.actor.require(Permission.BOOK)
    visit = shown_visit(find_visit(session, action, visit_id))
    members = {item.member_id for item in visit.items} | {visit.created_by}
    names = session.execute(select(Member.id, Member.name).where(Member.id.in_(members)))
    return VisitCard(
        visit, customer_alert(session, visit.customer_id), {row.id: row.name for row in names}, NEXT.get(visit.status)
    )


def customer_visits(
    session: Session, action: Action, customer_id: UUID, before: datetime | None = None, limit: int = 50
) -> tuple[ShownVisit, ...]:
    """A customer's visits in this shop, latest first, also cancelled ones; a page of at most 256.

    `before`: starts before this instant; the next page begins at the last one's start. Raises `NotPermitted` without `BOOK`.
    """
    action.actor.require(Permission.BOOK)
    query = (
        select(Visit)
        .where(Visit.customer_id == customer_id, Visit.shop_id == action.desk.shop, Visit.deleted_at.is_(None))
        .order_by(Visit.starts_at.desc(), Visit.id)
        .limit(min(limit, PAGE))
    )
    if before is not None:
        query = query.where(Visit.starts_at < before)
    return tuple(shown_visit(visit) for visit in session.scalars(query))
