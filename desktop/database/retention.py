"""Retention of the feed's values: what undo and field history need is kept for their time, then pruned.

Names of fields and ids of rows stay for ever with the operation; the values go after 90 days (feed rules, section 1).
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, tuple_
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.feed import operation, operation_value

KEPT = timedelta(days=90)
SLICE = 500


def prune_values(session: Session, action: Action) -> int:
    """Deletes a slice of values older than 90 days; returns how many went. Call again until it returns 0."""
    old = session.execute(
        select(operation_value.c.operation, operation_value.c.n)
        .join(operation, operation.c.id == operation_value.c.operation)
        .where(operation.c.at < action.now - KEPT)
        .limit(SLICE)
    ).all()
    if old:
        keys = [(row.operation, row.n) for row in old]
        session.execute(
            delete(operation_value).where(tuple_(operation_value.c.operation, operation_value.c.n).in_(keys))
        )
    return len(old)
