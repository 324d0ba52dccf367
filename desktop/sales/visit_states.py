"""Which visits are paid: for the calendar, which knows no sales."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.sales.model import Invoice


def paid_visits(session: Session, action: Action, visit_ids: Sequence[UUID]) -> frozenset[UUID]:
    """Those of some visits for which an invoice stands that was not credited whole."""
    found = session.execute(
        select(Invoice.visit_id)
        .where(Invoice.visit_id.in_(list(visit_ids)))
        .group_by(Invoice.visit_id)
        .having(func.sum(Invoice.total_cents) > 0)
    ).scalars()
    return frozenset(visit for visit in found if visit is not None)
