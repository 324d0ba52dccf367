"""The history of a record and the audit trail, both read from the feed.

A record that a pull brought has no row in the feed for what happened before: there its stamps say which operations wrote it, and the
record itself what they wrote, as far as nobody wrote later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Table, exists, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.database.classes import Base
from desktop.database.feed import Event, field_clock, operation, operation_row, operation_value
from desktop.database.stored import to_json

PAGE = 256
_HEADER = (operation.c.id, operation.c.name, operation.c.at, operation.c.actor_name)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of a record; `old` and `new` are None where the values were pruned or erased."""

    operation: UUID
    name: str
    at: datetime
    actor_name: str
    kind: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """One operation or event of the audit trail; an event's `name` is its kind."""

    id: UUID
    name: str
    at: datetime
    actor_name: str
    undoes: UUID | None
    details: Mapping[str, Any] | None


def record_history(session: Session, action: Action, table: str, row: UUID) -> list[HistoryEntry]:
    """The changes of one record, newest first, at most 256."""
    on = (operation_value.c.operation == operation_row.c.operation) & (operation_value.c.n == operation_row.c.n)
    found = session.execute(
        select(
            *_HEADER,
            operation_row.c.kind,
            operation_value.c.old,
            operation_value.c.new,
        )
        .select_from(
            operation_row.join(operation, operation.c.id == operation_row.c.operation).outerjoin(operation_value, on)
        )
        .where(operation_row.c["row"] == row, operation_row.c["table"] == table)
        .order_by(operation.c.clock.desc(), operation_row.c.n.desc())
        .limit(PAGE)
    )
    entries = [
        HistoryEntry(identity, name, at, actor, kind, _decode(old), _decode(new))
        for identity, name, at, actor, kind, old, new in found
    ]
    return (entries + brought(session, table, row))[:PAGE]


def brought(session: Session, table: str, row: UUID) -> list[HistoryEntry]:
    """What happened to a record before a pull brought it here, newest first."""
    captured = exists().where(operation_row.c.operation == operation.c.id, operation_row.c["row"] == row)
    found = session.execute(
        select(*_HEADER, field_clock.c.field)
        .join(operation, operation.c.id == field_clock.c.operation)
        .where(field_clock.c["table"] == table, field_clock.c["row"] == row, ~captured)
        .order_by(operation.c.clock.desc(), operation.c.id)
    ).all()
    if not found:
        return []
    values = _fields_by_unit(session, table, row)
    own = set(session.execute(select(field_clock.c.field).where(field_clock.c["row"] == row)).scalars())
    units: dict[UUID, set[str]] = {}
    for identity, *_, unit in found:
        units.setdefault(identity, set()).update(values.keys() - own if unit == "*" else {unit})
    made = {identity for identity, *_, unit in found if unit == "*"}
    entries = []
    for identity, name, at, actor in dict.fromkeys(one[:4] for one in found):
        new = {field: value for unit in units[identity] for field, value in values.get(unit, {}).items()}
        entries.append(HistoryEntry(identity, name, at, actor, "i" if identity in made else "u", None, new))
    return entries


def _fields_by_unit(session: Session, name: str, row: UUID) -> dict[str, dict[str, Any]]:
    """What a record holds, in the form of the feed: field or group → its fields."""
    table = Base.metadata.tables[name]
    groups: Mapping[str, tuple[str, ...]] = next(
        (one.class_.groups for one in Base.registry.mappers if one.local_table is table), {}
    )
    assert isinstance(table, Table)
    current = session.execute(select(table).where(table.c.id == row)).mappings().one()
    units: dict[str, dict[str, Any]] = {}
    for field in (str(column.name) for column in table.columns):
        if field != "id":
            unit = next((unit for unit, fields in groups.items() if field in fields), field)
            units.setdefault(unit, {})[field] = to_json(table, field, current[field])
    return units


def audit_trail(session: Session, action: Action, before: datetime | None = None) -> list[AuditEntry]:
    """Operations and events older than `before`, newest first, at most 256. Needs the right to see the audit trail."""
    action.actor.require(Permission.SEE_AUDIT)
    operations = select(*_HEADER, operation.c.undoes).order_by(operation.c.at.desc()).limit(PAGE)
    events = (
        select(Event.id, Event.kind, Event.at, Event.actor_name, Event.details).order_by(Event.at.desc()).limit(PAGE)
    )
    if before is not None:
        operations = operations.where(operation.c.at < before)
        events = events.where(Event.at < before)
    entries = [AuditEntry(*row, None) for row in session.execute(operations)]
    entries += [AuditEntry(i, kind, at, name, None, details) for i, kind, at, name, details in session.execute(events)]
    entries.sort(key=lambda entry: entry.at, reverse=True)
    return entries[:PAGE]


def last_undoable(session: Session, action: Action, limit: int = 20) -> list[AuditEntry]:
    """The device's latest operations by this actor that were not undone, newest first."""
    undone = select(operation.c.undoes).where(operation.c.undoes.is_not(None))
    found = session.execute(
        select(*_HEADER, operation.c.undoes)
        .where(
            operation.c.device == action.desk.device,
            operation.c.actor == action.actor.id,
            operation.c.undoes.is_(None),
            operation.c.part_of.is_(None),
            operation.c.name != "database.record_refusal",  # the door's own note, no action of a person
            operation.c.id.not_in(undone),
        )
        .order_by(operation.c.n.desc())
        .limit(limit)
    )
    return [AuditEntry(*row, None) for row in found]


def _decode(value: str | None) -> Mapping[str, Any] | None:
    return None if value is None else msgspec.json.decode(value, type=dict[str, Any])
