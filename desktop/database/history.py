"""The history of a record and the audit trail, both read from the feed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.database.feed import Event, operation, operation_row, operation_value

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
    return [
        HistoryEntry(identity, name, at, actor, kind, _decode(old), _decode(new))
        for identity, name, at, actor, kind, old, new in found
    ]


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
