"""The history of a record in values that people read: who wrote what, at which desk, what became of it; and bringing it back.

A value that is no longer there was written over later, lost against a later edit when the backend merged both, or belongs to an
operation that the backend did not accept. Whatever was kept of it can be written again: a plain edit, later than all others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, Literal
from uuid import UUID

import msgspec
from sqlalchemy import Table, select, update
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.classes import Base, DataClass, class_of
from desktop.database.feed import operation, operation_row, operation_value
from desktop.database.history import brought
from desktop.database.stored import from_json, to_json
from desktop.errors import Refused
from desktop.folding import fold
from desktop.sharing.desks import Origin, desk_name, desk_names
from desktop.sharing.rights import may_see, right_to_see, right_to_write
from desktop.sharing.units import DELETED, PARTS, SAYS, groups_of, unit_value, units_of
from desktop.sharing.values import NOTHING, Value, value_of
from sync.tables import lost, refused

PAGE = 256
_read_fields = msgspec.json.Decoder(list[str])
_read_values = msgspec.json.Decoder(dict[str, Any])


class Fate(StrEnum):
    """What became of a value: it stands; it was written over; a later edit won against it; it was not accepted."""

    STANDS = "stands"
    REPLACED = "replaced"
    LOST = "lost"
    SET_ASIDE = "set_aside"


@dataclass(frozen=True, slots=True)
class FieldStep:
    """What one operation did to a field or group of a row.

    Attributes:
        unit: the field, or the group that merges as one.
        before, after: what stood there before it and what it wrote; None where it is not kept any more.
        by: who wrote over it, as far as this desk knows.
        back: which of both can be brought back, "" for neither.
    """

    table: str
    row: UUID
    unit: str
    before: Value | None
    after: Value | None
    fate: Fate
    by: Origin | None = None
    back: Literal["before", "after", ""] = ""


@dataclass(frozen=True, slots=True)
class HistoryStep:
    """One operation on a record, with its fields; `made`: it wrote the record down first."""

    operation: UUID
    name: str
    origin: Origin
    made: bool
    fields: tuple[FieldStep, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """A row change as the feed keeps it."""

    operation: UUID
    name: str
    clock: int
    origin: Origin
    table: Table
    row: UUID
    kind: str
    units: Mapping[str, tuple[str, ...]]
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    lost: frozenset[str]
    refused: bool


def field_history(session: Session, action: Action, table: str, row: UUID) -> tuple[HistoryStep, ...]:
    """The history of a record and its parts, the latest first, at most 256 changes.

    Raises `NotPermitted` without the right to see the record; contacts only for who may see them.
    """
    action.actor.require(right_to_see(table))
    permissions = action.actor.permissions
    steps: dict[UUID, HistoryStep] = {}
    over: dict[tuple[UUID, str], Origin] = {}
    current: dict[UUID, Mapping[str, Any]] = {}
    for change in _changes(session, action, table, row):
        if change.row not in current:
            current[change.row] = _standing(session, change.table, change.row)
        fields = []
        for unit, names in change.units.items():
            step = _step(session, change, unit, names, current[change.row], over.get((change.row, unit)))
            if step.fate in (Fate.STANDS, Fate.REPLACED):
                over[change.row, unit] = change.origin
            if may_see(permissions, change.table.name, unit) and (step.after is None or step.before != step.after):
                fields.append(step if right_to_write(change.table.name) in permissions else replace(step, back=""))
        known = steps.get(change.operation)
        made = change.kind == "i" and change.row == row
        if known is not None:
            fields = [*known.fields, *fields]
            made = made or known.made
        if fields or made:
            steps[change.operation] = HistoryStep(change.operation, change.name, change.origin, made, tuple(fields))
    return tuple(steps.values())


def _changes(session: Session, action: Action, table: str, row: UUID) -> list[_Change]:
    """The changes of a record and its parts, the latest first: those that this desk saw, and what its stamps tell of those before."""
    rows = [(table, row)]
    for part, column, _ in PARTS.get(table, ()):
        found = Base.metadata.tables[part]
        rows += [(part, one) for one in session.scalars(select(found.c.id).where(found.c[column] == row).limit(PAGE))]
    told = [(one, what) for what in rows for one in _seen(session, *what)]
    told += [(one, what) for what in rows for one in _brought(session, *what)]
    names = desk_names(session, action)
    ours = [one.header.n for one, _ in told if one.header.device == action.desk.device]
    aside = set(session.scalars(select(refused.c.n).where(refused.c.n.in_(ours))))
    losses = select(lost.c.n, lost.c.collection, lost.c.row, lost.c.field)
    gone: dict[tuple[int, str, str], set[str]] = {}
    for n, collection, identity, name in session.execute(losses.where(lost.c.n.in_(ours))):
        gone.setdefault((n, collection, identity), set()).add(name)
    changes = []
    for one, (name, identity) in told:
        target, header = Base.metadata.tables[name], one.header
        own = header.device == action.desk.device
        changes.append(
            _Change(
                header.id,
                header.name,
                header.clock,
                Origin(header.actor_name, header.at, desk_name(names, header.device)),
                target,
                identity,
                one.kind,
                units_of(target, list(one.new or {}) if one.fields is None else one.fields),
                one.old,
                one.new,
                frozenset(gone.get((header.n, name, identity.hex), ())) if own else frozenset(),
                own and header.n in aside,
            )
        )
    changes.sort(key=lambda one: one.clock, reverse=True)
    return changes[:PAGE]


@dataclass(frozen=True, slots=True)
class _Told:
    """What was told of a row: the operation's header, and what it did to it; `fields` is None where only the values say it."""

    header: Any
    kind: str
    old: Mapping[str, Any] | None
    new: Mapping[str, Any] | None
    fields: Sequence[str] | None


def _seen(session: Session, name: str, identity: UUID) -> Iterator[_Told]:
    on = (operation_value.c.operation == operation_row.c.operation) & (operation_value.c.n == operation_row.c.n)
    query = (
        select(operation, operation_row.c.kind, operation_row.c.fields, operation_value.c.old, operation_value.c.new)
        .select_from(
            operation_row.join(operation, operation.c.id == operation_row.c.operation).outerjoin(operation_value, on)
        )
        .where(operation_row.c["row"] == identity, operation_row.c["table"] == name)
        .order_by(operation.c.clock.desc(), operation_row.c.n.desc())
        .limit(PAGE)
    )
    for one in session.execute(query):
        old, new = (None if plain is None else _read_values.decode(plain) for plain in (one.old, one.new))
        yield _Told(one, one.kind, old, new, None if one.fields is None else _read_fields.decode(one.fields))


def _brought(session: Session, name: str, identity: UUID) -> Iterator[_Told]:
    entries = brought(session, name, identity)
    named = select(operation).where(operation.c.id.in_([one.operation for one in entries]))
    headers = {one.id: one for one in session.execute(named)}
    for entry in entries:
        yield _Told(headers[entry.operation], entry.kind, None, entry.new, None)


def _step(
    session: Session,
    change: _Change,
    unit: str,
    names: tuple[str, ...],
    standing: Mapping[str, Any],
    over: Origin | None,
) -> FieldStep:
    before = _value(session, change, unit, {} if change.kind == "i" else change.old)
    after = _value(session, change, unit, change.new)
    stands = change.new is not None and all(standing.get(name) == change.new.get(name) for name in names)
    if change.refused:
        fate = Fate.SET_ASIDE
    elif change.lost & set(names):
        fate = Fate.LOST
    else:
        fate = Fate.STANDS if over is None else Fate.REPLACED
    back: Literal["before", "after", ""] = ""
    if class_of(change.table) is DataClass.MERGEABLE:
        if after not in (None, NOTHING) and not stands:
            back = "after"
        elif stands and fate is Fate.STANDS and change.kind == "u" and before not in (None, NOTHING):
            back = "before"
    return FieldStep(change.table.name, change.row, unit, before, after, fate, over, back)


def _value(session: Session, change: _Change, unit: str, values: Mapping[str, Any] | None) -> Value | None:
    if values is None:
        return None
    if change.table.name in SAYS and unit == DELETED:
        return _part(session, change, SAYS[change.table.name], values)
    return unit_value(session, change.table, unit, values)


def _part(session: Session, change: _Change, says: str, values: Mapping[str, Any]) -> Value:
    """What a part is while it is there: the number, the person; nothing before it came and after it went."""
    if not values or values.get(DELETED) is not None:
        return NOTHING
    row = session.execute(select(change.table.c[says]).where(change.table.c.id == change.row)).scalar_one()
    return value_of(session, change.table, says, to_json(change.table, says, row))


def _standing(session: Session, table: Table, row: UUID) -> Mapping[str, Any]:
    found = session.execute(select(table).where(table.c.id == row)).mappings().first()
    return {} if found is None else {str(name): to_json(table, str(name), value) for name, value in found.items()}


def restore_field(
    session: Session,
    action: Action,
    table: str,
    row: UUID,
    unit: str,
    operation_id: UUID,
    side: Literal["before", "after"] = "after",
) -> UUID:
    """Writes what an operation wrote to a field or group (or what stood there before it) once more: a plain edit.

    Raises `NotPermitted` without the right to write the table; `Refused` ``sharing.not_restorable`` for a record that does not
    merge, ``sharing.not_kept`` where the value is not kept any more.
    """
    action.actor.require(right_to_write(table))
    target = Base.metadata.tables.get(table)
    if target is None or class_of(target) is not DataClass.MERGEABLE:
        raise Refused("sharing.not_restorable")
    kept = session.execute(
        select(operation_value.c.old, operation_value.c.new)
        .join(
            operation_row,
            (operation_value.c.operation == operation_row.c.operation) & (operation_value.c.n == operation_row.c.n),
        )
        .where(
            operation_row.c.operation == operation_id,
            operation_row.c["row"] == row,
            operation_row.c["table"] == table,
        )
        .order_by(operation_row.c.n.desc())
    ).all()
    names = groups_of(table).get(unit, (unit,))
    for old, new in kept:
        values = _read_values.decode((old if side == "before" else new) or "{}")
        if all(name in values for name in names):
            stored = {name: from_json(target, name, values[name]) for name in names}
            if "folded" in target.columns and isinstance(stored.get("name"), str):
                stored["folded"] = fold(stored["name"])  # what the search compares follows the name
            session.execute(update(target).where(target.c.id == row).values(stored))
            return row
    raise Refused("sharing.not_kept")
