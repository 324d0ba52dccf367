"""How the operations of this room are undone: by claiming the place that a visit had before.

A rule is refused when somebody changed the same fields since, and as `claim` is when the old place is taken: the refusal
says by whom and what is free. A visit that was in conflict before is so again: it had no place. Where it was allowed before, the place is given back also outside working hours.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Table
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.appointments.blocking import claim_block
from desktop.appointments.claiming import claim
from desktop.appointments.model import BlockedTime, ClaimState, Visit
from desktop.appointments.slots import FREEING
from desktop.database.stored import from_json, to_json
from desktop.database.undo import RowChange, UndoneOperation, UndoRule, last_writer
from desktop.errors import Refused


def undo_visit(session: Session, action: Action, target: UndoneOperation) -> UUID:
    """Turns an operation on one visit back: a booked one is taken away, any other gets its old values.

    Returns the visit's id. Raises `Refused`: ``database.changed_since``, ``database.not_undoable``, and as `claim`.
    """
    change = _only(target, "visit")
    visit = session.get(Visit, change.row)
    if visit is None or visit.deleted_at is not None:
        raise Refused("appointments.not_found")
    back = _back(session, Visit.__table__, visit, change)  # type: ignore[arg-type]  # a mapped class has a Table
    if change.kind == "i":
        visit.deleted_at = action.now
    else:
        status = back.get("status", visit.status)
        holds = status not in FREEING and back.get("claim_state") != ClaimState.CONFLICT
        if holds and ("items" in back or visit.status in FREEING):
            items = back.get("items", visit.items)
            back["items"] = claim(session, action, items, without=visit.id, outside_hours=True)
        for name, value in back.items():
            setattr(visit, name, value)
    session.flush()
    return visit.id


def undo_block(session: Session, action: Action, target: UndoneOperation) -> UUID:
    """Turns an operation on blocked time back, as `undo_visit`."""
    change = _only(target, "blocked_time")
    row = session.get(BlockedTime, change.row)
    if row is None or (row.deleted_at is not None and "deleted_at" not in (change.old or {})):
        raise Refused("appointments.not_found")
    back = _back(session, BlockedTime.__table__, row, change)  # type: ignore[arg-type]  # a mapped class has a Table
    if change.kind == "i":
        row.deleted_at = action.now
    else:
        values = {name: back.get(name, getattr(row, name)) for name in ("member_id", "starts_at", "ends_at")}
        claim_block(session, action, values["member_id"], values["starts_at"], values["ends_at"], without=row.id)
        for name, value in back.items():
            setattr(row, name, value)
    session.flush()
    return row.id


def _only(target: UndoneOperation, table: str) -> RowChange:
    """The one row that an operation of this room changes."""
    if len(target.rows) != 1 or target.rows[0].table != table or target.rows[0].new is None:
        raise Refused("database.not_undoable", name=target.name)
    return target.rows[0]


def _back(session: Session, table: Table, row: Any, change: RowChange) -> dict[str, Any]:
    """The old values of what the operation wrote; refused when one of them was written again since."""
    for name, value in (change.new or {}).items():
        if name != "deleted_at" and to_json(table, name, getattr(row, name)) != value:
            by, at = last_writer(session, table.name, change.row, name)
            raise Refused("database.changed_since", field=name, by=by, at=at)
    return {name: from_json(table, name, value) for name, value in (change.old or {}).items()}


_VISIT = (
    "book_visit",
    "copy_visit",
    "move_visit",
    "resize_visit",
    "change_items",
    "change_note",
    "next_step",
    "set_status",
    "cancel_visit",
    "mark_no_show",
    "stay_beside",
)
_BLOCK = ("block_time", "move_block", "unblock_time")

RULES: Mapping[str, UndoRule] = {
    **{f"appointments.{name}": undo_visit for name in _VISIT},
    **{f"appointments.{name}": undo_block for name in _BLOCK},
}
