"""What the sync laid aside: operations of this desk that the backend refused, and ledger rows that came with other content."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Set
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Table, select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.classes import Base, DataClass, class_of
from desktop.database.feed import operation
from desktop.database.only_here import rows_only_here
from desktop.database.stored import to_json
from desktop.database.undo import RowChange, load_operation
from desktop.sharing.conflict import Conflict, ConflictKind, Fact, Side, Standing
from desktop.sharing.desks import Origin, desk_name, desk_names, made_by
from desktop.sharing.settled import settled_subjects
from desktop.sharing.units import unit_value, units_of
from desktop.sharing.values import value_of
from sync.tables import refused, stray
from sync.wire import Verdict

PAGE = 256
MOST_FACTS = 40
#: What tells nobody anything: ids of the house, marks of the machinery.
_HIDDEN = frozenset({"id", "shop_id", "hash", "hash_version", "extra", "snapshot", "print_job"})
_read_verdict = msgspec.json.Decoder(Verdict)


def _open_refusals(session: Session, action: Action) -> list[tuple[Any, Verdict]]:
    """Operations that were refused and not dealt with, the latest first, with the backend's word."""
    rows = session.execute(
        select(operation.c.id, operation.c.name, operation.c.at, operation.c.actor_name, refused.c.verdict)
        .join(operation, operation.c.n == refused.c.n)
        .where(operation.c.device == action.desk.device)
        .order_by(refused.c.n.desc())
        .limit(PAGE)
    ).all()
    settled = settled_subjects(session, action, ConflictKind.SET_ASIDE)
    return [(row, _read_verdict.decode(row.verdict)) for row in rows if row.id not in settled]


def _open_strays(session: Session, action: Action) -> list[Any]:
    rows: list[Any] = list(session.execute(select(stray).order_by(stray.c.row.desc()).limit(PAGE)))
    settled = settled_subjects(session, action, ConflictKind.STRAY)
    return [row for row in rows if UUID(hex=row.row) not in settled]


def count_set_aside(session: Session, action: Action) -> int:
    """How many operations and rows wait for somebody to look at them, at most 512."""
    return len(_open_refusals(session, action)) + len(_open_strays(session, action))


def refusal_conflicts(session: Session, action: Action) -> list[Conflict]:
    """A conflict for each operation that was refused: what it wanted, beside what stands."""
    return [_refusal(session, action, row, verdict) for row, verdict in _open_refusals(session, action)]


def _refusal(session: Session, action: Action, row: Any, verdict: Verdict) -> Conflict:
    target = load_operation(session, row.id)
    origin = Origin(row.actor_name, row.at, desk_name(desk_names(session, action), action.desk.device))
    alone = alone_among(session, action, target.rows)
    wanted: list[Fact] = []
    stands: list[Fact] = []
    for change in target.rows:
        table = Base.metadata.tables.get(change.table)
        if table is None:
            continue
        standing = _standing(session, table, change.row)
        came, standing = (standing, {}) if (change.table, change.row) in alone else (change.new or {}, standing)
        names = [name for name in change.new or standing if name not in _HIDDEN and name != "deleted_at"]
        for unit in units_of(table, names):
            if len(wanted) < MOST_FACTS:
                fact = f"{change.table}.{unit}"
                wanted.append(Fact(fact, unit_value(session, table, unit, came)))
                stands.append(Fact(fact, unit_value(session, table, unit, standing)))
    tables = {change.table for change in target.rows}
    sides = (
        Side(row.id, origin, Standing.WANTED, tuple(wanted)),
        Side(row.id, None, Standing.HOLDS, tuple(stands)),
    )
    return Conflict(
        ConflictKind.SET_ASIDE,
        row.id,
        row.at,
        sides,
        (),
        tables.pop() if len(tables) == 1 else "",
        verdict.code or ("alarm" if verdict.alarms else ""),
        row.name,
        repeatable(target.rows, alone),
        bool(alone),
    )


def repeatable(rows: tuple[RowChange, ...], alone: Set[tuple[str, UUID]]) -> bool:
    """Whether an operation can be done again: rows that only this desk has, and edits of rows that merge, whose values were kept."""
    return bool(rows) and all((one.table, one.row) in alone or _is_edit(one) for one in rows)


def _is_edit(change: RowChange) -> bool:
    table = Base.metadata.tables.get(change.table)
    merges = table is not None and class_of(table) is DataClass.MERGEABLE
    return merges and change.kind == "u" and change.new is not None


def alone_among(session: Session, action: Action, rows: Iterable[RowChange]) -> frozenset[tuple[str, UUID]]:
    """Table and id of the rows that only this desk has."""
    ids = {change.row.bytes for change in rows}
    found = rows_only_here(session.connection(), action.desk.device, ids)
    return frozenset((table, UUID(bytes=row)) for table, row in found)


def _standing(session: Session, table: Table, row: UUID) -> Mapping[str, Any]:
    """A row as it stands, as plain data; nothing where it is not."""
    found = session.execute(select(table).where(table.c.id == row)).mappings().first()
    return {} if found is None else {str(name): to_json(table, str(name), value) for name, value in found.items()}


def stray_conflicts(session: Session, action: Action) -> list[Conflict]:
    """A conflict for each ledger row that came with other content: this desk's row beside what came."""
    found = []
    for row in _open_strays(session, action):
        table = Base.metadata.tables.get(row.collection)
        if table is None:
            continue
        identity = UUID(hex=row.row)
        came: dict[str, Any] = json.loads(row.values)
        here = _standing(session, table, identity)
        names = [name for name in here if name not in _HIDDEN][:MOST_FACTS]
        origin = made_by(session, action, row.collection, identity)
        sides = (
            _ledger_side(session, table, identity, Standing.HOLDS, names, here, origin),
            _ledger_side(session, table, identity, Standing.CAME, names, came, None),
        )
        at = origin.at if origin is not None else action.now
        found.append(Conflict(ConflictKind.STRAY, identity, at, sides, (), row.collection))
    return found


def _ledger_side(
    session: Session,
    table: Table,
    row: UUID,
    standing: Standing,
    names: list[str],
    values: Mapping[str, Any],
    origin: Origin | None,
) -> Side:
    facts = tuple(Fact(f"{table.name}.{name}", value_of(session, table, name, values.get(name))) for name in names)
    return Side(row, origin, standing, facts)
