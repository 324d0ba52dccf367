"""Undo: a new operation that names the undone one and turns its rows back.

Plain inversion serves operations whose rows are all mergeable; it is refused, naming who and when, if a field no longer has the
value that the operation wrote. For every other operation the room's own rule answers (a visit moves back through the move use
case; a ledger row offers its lawful correction). An operation is undone by the device that made it, once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Table, exists, select, update
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.classes import DataClass, class_of
from desktop.database.feed import operation, operation_row, operation_value
from desktop.database.schema import Schema
from desktop.database.stored import from_json, to_json
from desktop.errors import Refused


@dataclass(frozen=True, slots=True)
class RowChange:
    """One row change of an operation; values as JSON plain data, None where they were pruned. `kind`: i, u or d."""

    table: str
    row: UUID
    kind: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class UndoneOperation:
    """An operation that somebody wants undone."""

    id: UUID
    name: str
    at: datetime
    actor_name: str
    rows: tuple[RowChange, ...]


UndoRule = Callable[[Session, Action, UndoneOperation], object]


@dataclass(frozen=True, slots=True)
class Undone:
    """What was undone: the operation's id and name."""

    operation: UUID
    name: str


def load_operation(session: Session, identity: UUID) -> UndoneOperation:
    """An operation with its row changes; raises `Refused` with code ``database.no_operation``."""
    header = session.execute(
        select(operation.c.name, operation.c.at, operation.c.actor_name).where(operation.c.id == identity)
    ).first()
    if header is None:
        raise Refused("database.no_operation")
    on = (operation_value.c.operation == operation_row.c.operation) & (operation_value.c.n == operation_row.c.n)
    rows = session.execute(
        select(
            operation_row.c["table"],
            operation_row.c["row"],
            operation_row.c.kind,
            operation_value.c.old,
            operation_value.c.new,
        )
        .select_from(operation_row.outerjoin(operation_value, on))
        .join(operation, operation.c.id == operation_row.c.operation)
        .where((operation.c.id == identity) | (operation.c.part_of == identity))
        .order_by(operation.c.n, operation_row.c.n)
    )
    changes = tuple(RowChange(table, row, kind, _decode(old), _decode(new)) for table, row, kind, old, new in rows)
    return UndoneOperation(identity, header.name, header.at, header.actor_name, changes)


def _decode(value: str | None) -> Mapping[str, Any] | None:
    return None if value is None else msgspec.json.decode(value, type=dict[str, Any])


def undo_operation(
    session: Session, action: Action, identity: UUID, schema: Schema, rules: Mapping[str, UndoRule]
) -> Undone:
    """Undoes an operation of this device. Raises `Refused`: ``database.undone_before``, ``database.other_device``,
    ``database.changed_since`` (values: field, by, at), ``database.not_undoable``."""
    made_by = session.execute(select(operation.c.device).where(operation.c.id == identity)).scalar_one_or_none()
    target = load_operation(session, identity)
    if made_by != action.desk.device:
        raise Refused("database.other_device")
    if session.execute(select(exists().where(operation.c.undoes == identity))).scalar():
        raise Refused("database.undone_before")
    rule = rules.get(target.name)
    if rule is not None:
        rule(session, action, target)
    else:
        _invert(session, action, target, schema)
    return Undone(identity, target.name)


def _invert(session: Session, action: Action, target: UndoneOperation, schema: Schema) -> None:
    tables = {change.table: schema.table(change.table) for change in target.rows}
    if not target.rows or any(class_of(table) is not DataClass.MERGEABLE for table in tables.values()):
        raise Refused("database.not_undoable", name=target.name)
    for change in reversed(target.rows):
        _invert_row(session, action, target, tables[change.table], change)


def _invert_row(session: Session, action: Action, target: UndoneOperation, table: Table, change: RowChange) -> None:
    if change.new is None:
        raise Refused("database.not_undoable", name=target.name)
    if change.kind == "i":
        written = {name: value for name, value in change.new.items() if name != "deleted_at"}
        back: dict[str, Any] = {"deleted_at": action.now}
    else:
        written = dict(change.new)
        back = {name: from_json(table, name, value) for name, value in (change.old or {}).items()}
    current = session.execute(select(table).where(table.c.id == change.row)).mappings().one()
    for name, value in written.items():
        if to_json(table, name, current[name]) != value:
            by, at = last_writer(session, table.name, change.row, name)
            raise Refused("database.changed_since", field=name, by=by, at=at)
    session.execute(update(table).where(table.c.id == change.row).values(back))


def last_writer(session: Session, table: str, row: UUID, field: str) -> tuple[str, datetime | None]:
    """Who wrote a field of a row last, and when."""
    found = session.execute(
        select(operation.c.actor_name, operation.c.at, operation_row.c.kind, operation_row.c.fields)
        .join(operation_row, operation_row.c.operation == operation.c.id)
        .where(operation_row.c["row"] == row, operation_row.c["table"] == table)
        .order_by(operation.c.clock.desc(), operation_row.c.n.desc())
    )
    for name, at, kind, fields in found:
        if kind == "i" or field in msgspec.json.decode(fields or "[]"):
            return name, at
    return "", None
