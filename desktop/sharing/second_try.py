"""An operation that the backend refused, and what becomes of it: done again as a new one, or let go.

A row that it made, or that nobody else has any more, stands on this desk alone. Done again it is made anew, as it looks now; let go it
leaves this desk too. What came after it and was refused because of that row goes the same way.
"""

from __future__ import annotations

from collections.abc import Set
from uuid import UUID

from sqlalchemy import Table, delete, insert, select, update
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.classes import Base
from desktop.database.connection import FeedState
from desktop.database.feed import operation, operation_row
from desktop.database.only_here import remove_rows, take_out
from desktop.database.parents import Parents
from desktop.database.stored import from_json
from desktop.database.undo import UndoneOperation, load_operation
from desktop.errors import Refused
from desktop.sharing.conflict import ConflictKind
from desktop.sharing.rights import right_to_write
from desktop.sharing.set_aside import alone_among, repeatable
from desktop.sharing.settled import leave_as_is
from sync.tables import refused


def do_again(session: Session, action: Action, subject: UUID, feed: FeedState) -> int:
    """Writes what an operation wanted once more, as a new operation; how many rows it touched.

    `feed`: of the open database. Raises `NotPermitted` without the right of the room; `Refused` ``sharing.not_repeatable``,
    ``database.no_operation``.
    """
    target = load_operation(session, subject)
    alone = alone_among(session, action, target.rows)
    if not repeatable(target.rows, alone):
        raise Refused("sharing.not_repeatable")
    later = [one for one in _because_of(session, action, subject, alone) if _rows(one) <= alone]
    for table, row in sorted(alone):
        action.actor.require(right_to_write(table))
        _make_anew(session, feed, Base.metadata.tables[table], row)
    for change in target.rows:
        if (change.table, change.row) not in alone:
            own = Base.metadata.tables[change.table]
            action.actor.require(right_to_write(change.table))
            values = {name: from_json(own, name, value) for name, value in (change.new or {}).items()}
            session.execute(update(own).where(own.c.id == change.row).values(values))
    leave_as_is(session, action, ConflictKind.SET_ASIDE, subject)
    for one in (target, *later) if alone else ():
        _forget(session, action, one.id)
    return len(target.rows)


def let_go(session: Session, action: Action, subject: UUID, feed: FeedState, parents: Parents) -> int:
    """Gives up what an operation wanted; how many rows left this desk with it.

    `feed`: of the open database; `parents`: which rows name which. Raises `NotPermitted` without the right of the room; `Refused`
    ``database.no_operation``.
    """
    going = [load_operation(session, subject)]
    alone = set(alone_among(session, action, going[0].rows))
    for later in _because_of(session, action, subject, alone):
        going.append(later)
        alone |= alone_among(session, action, later.rows)
    by_table: dict[str, list[bytes]] = {}
    for table, row in sorted(alone):
        action.actor.require(right_to_write(table))
        by_table.setdefault(table, []).append(row.bytes)
    session.flush()
    for table, ids in by_table.items():
        remove_rows(session.connection(), feed, table, ids, parents)
    session.expire_all()
    leave_as_is(session, action, ConflictKind.SET_ASIDE, subject)
    for target in going:
        _forget(session, action, target.id)
    return len(alone)


def _make_anew(session: Session, feed: FeedState, table: Table, row: UUID) -> None:
    session.flush()
    stands = session.execute(select(table).where(table.c.id == row)).mappings().one()
    values = dict(stands)
    take_out(session.connection(), feed, str(table.name), [row.bytes])
    session.execute(insert(table).values(values))
    session.expire_all()


def _because_of(session: Session, action: Action, subject: UUID, alone: Set[tuple[str, UUID]]) -> list[UndoneOperation]:
    """Later operations that were refused because of these rows: that touched them, and else only what stands on this desk alone."""
    first = select(operation.c.n).where(operation.c.id == subject).scalar_subquery()
    rows = [row for _, row in alone]
    found = session.execute(
        select(operation.c.id)
        .join(operation_row, operation_row.c.operation == operation.c.id)
        .join(refused, refused.c.n == operation.c.n)
        .where(operation.c.device == action.desk.device, operation.c.n > first, operation_row.c["row"].in_(rows))
        .group_by(operation.c.id)
        .order_by(operation.c.n)
    ).scalars()
    later = [load_operation(session, one) for one in found]
    return [one for one in later if _rows(one) <= alone | alone_among(session, action, one.rows)]


def _rows(target: UndoneOperation) -> frozenset[tuple[str, UUID]]:
    return frozenset((change.table, change.row) for change in target.rows)


def _forget(session: Session, action: Action, subject: UUID) -> None:
    """The operation is no longer set aside: what it made is gone, or made by another."""
    own = select(operation.c.n).where(operation.c.id == subject, operation.c.device == action.desk.device)
    session.execute(delete(refused).where(refused.c.n.in_(own.scalar_subquery())))
