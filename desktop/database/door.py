"""The one door: runs a use case as one operation in one transaction.

``BEGIN IMMEDIATE``, the use case, a flush, then the operation's own row with the hash over everything that the triggers wrote,
then the commit. No change: no operation. Chain head, counter and clock are read inside the transaction, never cached. The
event of a refused use case is written in a transaction of its own after the rollback.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, insert, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from desktop.access import Actor
from desktop.action import Action, Desk
from desktop.clock import Clock, milliseconds
from desktop.database.connection import FeedState
from desktop.database.events import record_event
from desktop.database.faults import fault_of
from desktop.database.feed import operation, operation_row
from desktop.errors import InvalidInput, Refused
from desktop.ids import new_id
from sync.operations import operation_hash
from sync.tables import progress

P = ParamSpec("P")
R = TypeVar("R")
UseCase = Callable[Concatenate[Session, Action, P], R]

_log = logging.getLogger(__name__)
HASH_VERSION = 1
_COUNTER_BITS = 16

# Built once: building a statement costs more than running it, and every action runs these.
_ROWS = (
    select(*(operation_row.c[name] for name in ("n", "table", "row", "kind", "fields", "hash")))
    .where(operation_row.c.operation == bindparam("identity"))
    .order_by(operation_row.c.n)
)
_SEEN = select(progress.c.value).where(progress.c.name == "clock")
_HEAD = (
    select(operation.c.n, operation.c.clock, operation.c.hash, _SEEN.scalar_subquery().label("seen"))
    .where(operation.c.device == bindparam("device"))
    .order_by(operation.c.n.desc())
    .limit(1)
)
_INSERT = insert(operation)


@dataclass(frozen=True, slots=True)
class Changes:
    """What one operation changed: table name → ids of rows. `operation` is None for rows of this device only."""

    operation: UUID | None
    name: str
    rows: Mapping[str, frozenset[UUID]]


def operation_name(use_case: Callable[..., object]) -> str:
    """``<room>.<function>`` of a use case; the name under which the operation is stored."""
    module = use_case.__module__.split(".")
    room = module[1] if module[0] == "desktop" and len(module) > 1 else module[0]
    return f"{room}.{use_case.__name__}"


class Door:
    """Writes through one engine whose connection carries `state`. Lives in the writer thread."""

    def __init__(self, engine: Engine, state: FeedState, desk: Desk, clock: Clock) -> None:
        self._engine = engine
        self._state = state
        self._desk = desk
        self._clock = clock

    def write(
        self,
        use_case: Callable[..., R],
        actor: Actor,
        args: Sequence[object] = (),
        kwargs: Mapping[str, object] | None = None,
        *,
        name: str | None = None,
        undoes: UUID | None = None,
    ) -> tuple[R, Changes | None]:
        """Runs a use case as one operation; its result and what changed.

        Raises what the use case raises after rolling back, an `Environment` fault for the disk's and file's troubles.
        """
        action = Action(actor, self._desk, self._clock.now())
        name = name or operation_name(use_case)
        try:
            with self._operation(action, name, undoes) as (session, finish):
                result = use_case(session, action, *args, **(kwargs or {}))
                changes = finish()
        except Refused as refusal:
            self._record_refusal(action, name, refusal)
            raise
        except DBAPIError as error:
            fault = fault_of(error)
            if fault is None:
                raise
            raise fault from error
        return result, changes

    @contextmanager
    def _operation(
        self, action: Action, name: str, undoes: UUID | None
    ) -> Iterator[tuple[Session, Callable[[], Changes | None]]]:
        with Session(self._engine, expire_on_commit=False, autoflush=True) as session, session.begin():
            connection = session.connection()
            head = _head(connection, self._desk.device)
            clock = _next_clock(head, action)
            self._state.begin(new_id().bytes, self._desk.device.bytes, clock)

            def finish() -> Changes | None:
                session.flush()
                return self._complete(connection, action, name, undoes, clock, head)

            try:
                yield session, finish
            finally:
                self._state.end()

    def _complete(
        self,
        connection: Connection,
        action: Action,
        name: str,
        undoes: UUID | None,
        clock: int,
        head: tuple[int, int, str] | None,
    ) -> Changes | None:
        """Inserts an operation behind the rows of each part; the later parts name the first."""
        count, _, previous = head or (0, 0, "")
        first: UUID | None = None
        changed: dict[str, set[UUID]] = {}
        for part in self._state.parts:
            identity = UUID(bytes=part)
            found = connection.execute(_ROWS, {"identity": identity}).all()
            if not found:
                continue  # rolled back to a savepoint
            count += 1
            header = {
                "id": part,
                "shop_id": self._desk.shop.bytes,
                "device": self._desk.device.bytes,
                "n": count,
                "actor": action.actor.id.bytes,
                "actor_name": action.actor.name,
                "name": name,
                "clock": clock,
                "at": milliseconds(action.now),
                "part_of": first.bytes if first else None,
                "undoes": undoes.bytes if undoes and first is None else None,
                "previous_hash": previous,
            }
            rows = [(n, table, row.bytes, kind, fields, value) for n, table, row, kind, fields, value in found]
            previous = operation_hash(header, rows)
            connection.execute(
                _INSERT,
                {
                    **header,
                    "id": identity,
                    "shop_id": self._desk.shop,
                    "device": self._desk.device,
                    "actor": action.actor.id,
                    "at": action.now,
                    "part_of": first,
                    "undoes": undoes if first is None else None,
                    "hash": previous,
                    "hash_version": HASH_VERSION,
                },
            )
            first = first or identity
            for _, table, row, *_rest in found:
                changed.setdefault(table, set()).add(row)
        if first is None:
            return None
        for table, ids in self._state.removed.items():
            changed.setdefault(table, set()).update(ids)
        return Changes(first, name, {table: frozenset(ids) for table, ids in changed.items()})

    def _record_refusal(self, action: Action, name: str, refusal: Refused) -> None:
        """Code and field alone are kept: what was typed may be personal."""
        details = {"operation": name, "code": refusal.code}
        if isinstance(refusal, InvalidInput):
            details["field"] = refusal.field
        try:
            with self._operation(action, "database.record_refusal", None) as (session, finish):
                record_event(session, action, "refused", details=details)
                finish()
        except DBAPIError:
            _log.exception("the event of a refused action could not be stored")


def _head(connection: Connection, device: UUID) -> tuple[int, int, str] | None:
    """Counter and hash of the device's last operation, and the latest clock that it or a pull brought here."""
    row = connection.execute(_HEAD, {"device": device}).first()
    if row is None:
        seen = connection.execute(_SEEN).scalar()
        return None if seen is None else (0, seen, "")
    return row.n, max(row.clock, row.seen or 0), row.hash


def _next_clock(head: tuple[int, int, str] | None, action: Action) -> int:
    """A hybrid clock: the wall clock's milliseconds, but never behind the last operation."""
    wall = milliseconds(action.now) << _COUNTER_BITS
    return wall if head is None else max(wall, head[1] + 1)
