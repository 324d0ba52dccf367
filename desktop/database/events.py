"""Events: facts that are no row change, kept in a ledger (a refused action, a look at protected data, a drawer opened)."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.feed import Event
from desktop.database.ledger import append


def record_event(
    session: Session,
    action: Action,
    kind: str,
    *,
    subject_table: str | None = None,
    subject: UUID | None = None,
    details: Mapping[str, object] | None = None,
) -> UUID:
    """Adds an event to the ledger; `kind` is a dotted code, `details` plain data without personal content."""
    [identity] = append(
        session,
        Event,
        [
            {
                "shop_id": action.desk.shop,
                "at": action.now,
                "kind": kind,
                "actor": action.actor.id,
                "actor_name": action.actor.name,
                "device": action.desk.device,
                "subject_table": subject_table,
                "subject": subject,
                "details": dict(details) if details else None,
            }
        ],
    )
    return identity
