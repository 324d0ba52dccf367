"""One encrypted SQLite file of the server: how it is opened, who may write, and which form its tables have.

The form is SQLite's ``user_version``; each transaction looks at it, so that a program that still runs while a newer one upgrades the
file stops writing to it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import NullPool, Pool, QueuePool

from sync.server.schema import Part, Schema

R = TypeVar("R")
_MOST_COMPILED: Final = 1_000
_CACHE_KB: Final = 1_000
#: Seconds that a work waits for the connection that is kept, before it opens one for itself, which takes longer than most works do.
_PATIENCE: Final = 0.005
#: The version of a file without tables.
EMPTY: Final = 0


class Compiled(dict[Any, Any]):
    """Statements as the dialect compiled them, for all files: each would compile and keep its own otherwise."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if len(self) >= _MOST_COMPILED:
            self.clear()
        super().__setitem__(key, value)


class File:
    """An open file: one connection is kept, and those that are opened beside it while it is lent are closed after use.

    One work writes at a time; others read beside it. Makes the tables of a file that has none. Raises `OlderData`, `NewerData`.
    """

    def __init__(self, path: Path, key: str, part: Part, schema: Schema, like: Engine, compiled: Compiled) -> None:
        self._turn, self._lent = threading.Lock(), threading.Lock()
        self._schema = schema
        self._kept = engine(path, key, 1, 0, like, compiled)
        self._beside = engine(path, key, 0, 0, like, compiled)
        for one in (self._kept, self._beside):
            event.listen(one, "begin", begin_immediate)
        event.listen(self._kept, "checkin", forget_pages)
        try:
            with self._kept.begin() as connection:
                if read_version(connection) == EMPTY:
                    schema.make(connection, part)
                    write_version(connection, schema.version)
                schema.check(read_version(connection))
        except BaseException:
            self.close()
            raise

    def write(self, work: Callable[[Connection], R]) -> R:
        with self._turn, self._lend() as lent, lent.begin() as connection:
            self._schema.check(read_version(connection))
            return work(connection)

    def read(self, work: Callable[[Connection], R]) -> R:
        with self._lend() as lent, lent.connect() as found:
            connection = found.execution_options(reads=True)
            try:
                self._schema.check(read_version(connection))
                return work(connection)
            finally:
                connection.rollback()

    @contextmanager
    def _lend(self) -> Iterator[Engine]:
        if not self._lent.acquire(timeout=_PATIENCE):
            yield self._beside
            return
        try:
            yield self._kept
        finally:
            self._lent.release()

    def close(self) -> None:
        with self._turn, self._lent:
            self._beside.dispose()
            self._kept.dispose()


def pattern() -> Engine:
    """An engine for others to be like, whose dialect has met its database."""
    made = create_engine("sqlite://", module=sqlcipher)
    made.connect().close()
    return made


def engine(path: Path, key: str, kept: int, more: int, like: Engine, compiled: Compiled) -> Engine:
    """An engine on a file with the dialect of `like`; keeps `kept` connections and opens up to `more` beside them. 0: keeps none."""

    def connect() -> Any:
        connection = sqlcipher.connect(str(path), isolation_level=None, check_same_thread=False, timeout=30)
        for pragma in (f"key = \"x'{key}'\"", "journal_mode = WAL", "synchronous = FULL", f"cache_size = -{_CACHE_KB}"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    pool: Pool = NullPool(connect, dialect=like.dialect)
    if kept:
        pool = QueuePool(connect, pool_size=kept, max_overflow=more, timeout=60, dialect=like.dialect)
    options = {"compiled_cache": compiled}
    return Engine(
        pool, like.dialect, like.url, execution_options=options, hide_parameters=True
    )  # a log shows no contents


def begin_immediate(connection: Connection) -> None:
    """Begins to write, or with the option `reads` to read what stands."""
    connection.exec_driver_sql("BEGIN" if connection.get_execution_options().get("reads") else "BEGIN IMMEDIATE")


def forget_pages(connection: Any, _record: object) -> None:
    """Lets the cache go when a work is over: to read a few pages again costs less than to hold those of hundreds of files."""
    if connection is not None:
        connection.execute("PRAGMA shrink_memory")


def read_version(connection: Connection) -> int:
    """The form of a file's tables, or `EMPTY`."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def write_version(connection: Connection, version: int) -> None:
    """Notes the form, in the caller's transaction."""
    connection.exec_driver_sql(f"PRAGMA user_version = {version}")
