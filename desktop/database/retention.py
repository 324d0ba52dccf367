"""Retention of the feed's values: what undo and field history need is kept for their time, then pruned.

On a desk that is paired, the values of its own operations stay until the backend has judged them, however long that takes.
Names of fields and ids of rows stay for ever with the operation; the values go after 90 days (feed rules, section 1).
"""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, or_, select, tuple_
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.feed import operation, operation_value
from sync.tables import progress

KEPT = timedelta(days=90)
SLICE = 500


def prune_values(session: Session, action: Action) -> int:
    """Deletes a slice of values older than 90 days; returns how many went. Call again until it returns 0."""
    query = (
        select(operation_value.c.operation, operation_value.c.n)
        .join(operation, operation.c.id == operation_value.c.operation)
        .where(operation.c.at < action.now - KEPT)
        .limit(SLICE)
    )
    numbers = {one.name: one.value for one in session.execute(select(progress.c.name, progress.c.value))}
    if numbers.get("paired"):
        judged = operation.c.n <= numbers.get("acknowledged", 0)
        query = query.where(or_(operation.c.device != action.desk.device, judged))
    old = session.execute(query).all()
    if old:
        keys = [(row.operation, row.n) for row in old]
        session.execute(
            delete(operation_value).where(tuple_(operation_value.c.operation, operation_value.c.n).in_(keys))
        )
    return len(old)
