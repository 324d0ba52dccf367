"""The open database: one writer and one reader thread, the door, and the announcement of what changed.

Views and services hold a `Database` and know no session: they pass use cases to `write` and `read` and get frozen values
back. Cancelling an await does not undo a write that has begun; the write goes on and is announced.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Mapping
from concurrent.futures import Future
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, Engine, select
from sqlalchemy.exc import DBAPIError
from sqlalchemy.orm import Session

from desktop.access import SYSTEM, Actor
from desktop.action import Action, Desk
from desktop.clock import Clock
from desktop.database.connection import FeedState, make_engine, open_connection
from desktop.database.door import Changes, Door
from desktop.database.faults import fault_of
from desktop.database.feed import DeviceStamp
from desktop.database.lane import Lane, Urgency
from desktop.database.schema import Schema
from desktop.database.undo import Undone, UndoRule, undo_operation
from desktop.errors import FinalFault, TemporaryFault

P = ParamSpec("P")
R = TypeVar("R")
_log = logging.getLogger(__name__)


class Database:
    """An encrypted database file that is open for work.

    Attributes:
        desk: tenant, shop, device, zone and mode, from the stamp in the file.
        clock: where the present time comes from.
        schema: the composed schema that the file follows.
        feed_state: what the triggers of the writing connection ask; a pull sets its mode inside its use case.
    """

    def __init__(
        self,
        path: Path,
        key: bytes,
        schema: Schema,
        clock: Clock,
        *,
        make_room: Callable[[], bool] = lambda: False,
    ) -> None:
        """Opens the file, which must exist and follow `schema`. Raises `FinalFault` or `TemporaryFault`.

        `make_room` frees some of a full disk and says whether it could; a write that found the disk full is then tried
        once more.
        """
        self.schema = schema
        self.clock = clock
        self.feed_state = FeedState()
        self._make_room = make_room
        self._closed = False
        self._subscribers: list[Callable[[Changes], None]] = []
        self._writer = Lane("database writer")
        self._reader = Lane("database reader")
        try:
            self.desk, self._door, self._write_engine = self._writer.submit(
                lambda: self._open_writer(path, key)
            ).result()
            self._read_engine = self._reader.submit(lambda: self._open_reader(path, key)).result()
        except BaseException:
            self._writer.close()
            self._reader.close()
            raise

    def _open_writer(self, path: Path, key: bytes) -> tuple[Desk, Door, Engine]:
        engine = self._engine(path, key, self.feed_state, writes=True)
        with Session(engine) as session:
            desk = read_desk(session)
        return desk, Door(engine, self.feed_state, desk, self.clock), engine

    def _open_reader(self, path: Path, key: bytes) -> Engine:
        return self._engine(path, key, FeedState(), writes=False)

    def _engine(self, path: Path, key: bytes, state: FeedState, *, writes: bool) -> Engine:
        from sqlcipher3 import dbapi2

        try:
            connection = open_connection(path, key, state, self.schema.functions(), read_only=not writes)
        except dbapi2.Error as error:
            raise fault_of(error) or error from error
        return make_engine(connection, writes=writes)

    # Writing

    def _write_job(
        self,
        use_case: Callable[..., R],
        actor: Actor,
        args: tuple[object, ...],
        kwargs: dict[str, object],
        name: str | None = None,
        undoes: UUID | None = None,
    ) -> Callable[[], R]:
        def job() -> R:
            try:
                result, changes = self._door.write(use_case, actor, args, kwargs, name=name, undoes=undoes)
            except TemporaryFault as fault:
                if fault.code != "database.full" or not self._make_room():
                    raise
                result, changes = self._door.write(use_case, actor, args, kwargs, name=name, undoes=undoes)
            if changes is not None:
                self._announce(changes)
            return result

        return job

    async def write(
        self,
        actor: Actor,
        use_case: Callable[Concatenate[Session, Action, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Runs a use case as one operation, durable when this returns."""
        future = self._writer.submit(self._write_job(use_case, actor, args, dict(kwargs)))
        return await asyncio.shield(asyncio.wrap_future(future))

    def write_now(
        self, actor: Actor, use_case: Callable[Concatenate[Session, Action, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """The same for callers without an event loop: blocks."""
        return self._writer.submit(self._write_job(use_case, actor, args, dict(kwargs))).result()

    async def undo(self, actor: Actor, operation: UUID, rules: Mapping[str, UndoRule]) -> Undone:
        """Undoes an operation of this device as a new operation that names it; see `desktop.database.undo`."""
        future = self._writer.submit(self._undo_job(actor, operation, rules))
        return await asyncio.shield(asyncio.wrap_future(future))

    def undo_now(self, actor: Actor, operation: UUID, rules: Mapping[str, UndoRule]) -> Undone:
        """The same for callers without an event loop: blocks."""
        return self._writer.submit(self._undo_job(actor, operation, rules)).result()

    def _undo_job(self, actor: Actor, operation: UUID, rules: Mapping[str, UndoRule]) -> Callable[[], Undone]:
        return self._write_job(undo_operation, actor, (operation, self.schema, rules), {}, undoes=operation)

    def transactor(self, name: str) -> Callable[[Callable[[Connection], Any]], Awaitable[Any]]:
        """For the libraries' own loops: ``transact(fn)`` runs ``fn(connection)`` as an operation of this name."""

        def run(session: Session, _action: Action, body: Callable[[Connection], Any]) -> Any:
            return body(session.connection())

        async def transact(body: Callable[[Connection], Any]) -> Any:
            job = self._write_job(run, SYSTEM, (body,), {}, name)
            return await asyncio.shield(asyncio.wrap_future(self._writer.submit(job, Urgency.SERVICE)))

        return transact

    async def bring_in(self, body: Callable[[Connection], Mapping[str, Iterable[UUID]]], name: str) -> None:
        """Writes what others wrote: `body(connection)` in a transaction past the door, no operation of this device.

        It tells which rows look different now (table → ids), which is announced under `name`. A person's work goes before it.
        """

        def job(engine: Engine) -> None:
            try:
                with engine.begin() as connection:
                    rows = body(connection)
            except DBAPIError as error:
                raise fault_of(error) or error from error
            if rows:
                self._announce(Changes(None, name, {table: frozenset(ids) for table, ids in rows.items()}))

        await asyncio.shield(asyncio.wrap_future(self.run_on_writer(job)))

    def is_wanted(self) -> bool:
        """Whether a person's or a service's work waits for the writer; a long work in the background then makes an end."""
        return self._writer.has_waiting(Urgency.BACKGROUND)

    # Reading

    def _read_job(
        self, use_case: Callable[..., R], actor: Actor, args: tuple[object, ...], kwargs: dict[str, object]
    ) -> Callable[[], R]:
        def job() -> R:
            try:
                with Session(self._read_engine) as session:
                    return use_case(session, Action(actor, self.desk, self.clock.now()), *args, **kwargs)
            except DBAPIError as error:
                raise fault_of(error) or error from error

        return job

    async def read(
        self,
        actor: Actor,
        use_case: Callable[Concatenate[Session, Action, P], R],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> R:
        """Runs a reading use case on a snapshot of the committed state."""
        return await asyncio.wrap_future(self._reader.submit(self._read_job(use_case, actor, args, dict(kwargs))))

    def read_now(
        self, actor: Actor, use_case: Callable[Concatenate[Session, Action, P], R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """The same for callers without an event loop: blocks."""
        return self._reader.submit(self._read_job(use_case, actor, args, dict(kwargs))).result()

    # Announcing

    def subscribe(self, callback: Callable[[Changes], None]) -> Callable[[], None]:
        """Calls back in the writer thread after each commit; returns the function that ends it."""
        self._subscribers.append(callback)
        return lambda: self._subscribers.remove(callback)

    def _announce(self, changes: Changes) -> None:
        for callback in tuple(self._subscribers):
            try:
                callback(changes)
            except Exception:  # noqa: BLE001 - one listener's bug must not undo what is committed
                _log.exception("a listener failed on %s", changes.name)

    def run_on_writer(self, job: Callable[[Engine], R], urgency: Urgency = Urgency.BACKGROUND) -> Future[R]:
        """Runs work on the writer's engine outside the door (checkpoints, verification of schema)."""
        return self._writer.submit(lambda: job(self._write_engine), urgency)

    def run_on_reader(self, job: Callable[[Engine], R], urgency: Urgency = Urgency.BACKGROUND) -> Future[R]:
        """Runs work on the reader's engine (backup, verification)."""
        return self._reader.submit(lambda: job(self._read_engine), urgency)

    def close(self) -> None:
        """Finishes what is queued and closes the file; a second call does nothing."""
        if self._closed:
            return
        self._closed = True
        for lane, engine in ((self._reader, self._read_engine), (self._writer, self._write_engine)):
            lane.submit(engine.dispose, Urgency.BACKGROUND).result()
            lane.close()


def read_desk(session: Session) -> Desk:
    """The desk that the file is stamped for; raises `FinalFault` with code ``database.no_stamp``."""
    stamp = session.execute(select(DeviceStamp)).scalar_one_or_none()
    if stamp is None:
        raise FinalFault("database.no_stamp")
    return Desk(stamp.tenant_id, stamp.shop_id, stamp.device_id, ZoneInfo(stamp.zone), stamp.mode == "practice")
