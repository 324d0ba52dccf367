"""One encrypted SQLite file of the server: how it is opened, who may write, and which form its tables have.

The form is SQLite's ``user_version``; each transaction looks at it, so that a program that still runs while a newer one upgrades the
file stops writing to it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from sync.server.schema import Part, Schema

R = TypeVar("R")
_READERS: Final = 4
_MOST_COMPILED: Final = 1_000
_CACHE_KB: Final = 1_000
#: The version of a file without tables.
EMPTY: Final = 0


class Compiled(dict[Any, Any]):
    """Statements as the dialect compiled them, for all files: each would compile and keep its own otherwise."""

    def __setitem__(self, key: Any, value: Any) -> None:
        if len(self) >= _MOST_COMPILED:
            self.clear()
        super().__setitem__(key, value)


class File:
    """An open file: an engine to write with, one at a time, and an engine to read with, whose connections are closed after use but one.

    Makes the tables of a file that has none. Raises `OlderData`, `NewerData`.
    """

    def __init__(self, path: Path, key: str, part: Part, schema: Schema, like: Engine, compiled: Compiled) -> None:
        self._turn = threading.Lock()
        self._schema = schema
        self._writer = engine(path, key, 1, 0, like, compiled)
        self._reader = engine(path, key, 1, _READERS - 1, like, compiled)
        event.listen(self._writer, "begin", begin_immediate)
        try:
            with self._writer.begin() as connection:
                if read_version(connection) == EMPTY:
                    schema.make(connection, part)
                    write_version(connection, schema.version)
                schema.check(read_version(connection))
        except BaseException:
            self.close()
            raise

    def write(self, work: Callable[[Connection], R]) -> R:
        with self._turn, self._writer.begin() as connection:
            self._schema.check(read_version(connection))
            return work(connection)

    def read(self, work: Callable[[Connection], R]) -> R:
        with self._reader.connect() as connection:
            connection.exec_driver_sql("BEGIN")
            try:
                self._schema.check(read_version(connection))
                return work(connection)
            finally:
                connection.exec_driver_sql("ROLLBACK")

    def close(self) -> None:
        with self._turn:
            self._reader.dispose()
            self._writer.dispose()


def pattern() -> Engine:
    """An engine for others to be like, whose dialect has met its database."""
    made = create_engine("sqlite://", module=sqlcipher)
    made.connect().close()
    return made


def engine(path: Path, key: str, kept: int, more: int, like: Engine, compiled: Compiled) -> Engine:
    """An engine on a file with the dialect of `like`; keeps `kept` connections and opens up to `more` beside them."""

    def connect() -> Any:
        connection = sqlcipher.connect(str(path), isolation_level=None, check_same_thread=False, timeout=30)
        for pragma in (f"key = \"x'{key}'\"", "journal_mode = WAL", "synchronous = FULL", f"cache_size = -{_CACHE_KB}"):
            connection.execute(f"PRAGMA {pragma}")
        return connection

    pool = QueuePool(connect, pool_size=kept, max_overflow=more, timeout=60, dialect=like.dialect)
    options = {"compiled_cache": compiled}
    return Engine(
        pool, like.dialect, like.url, execution_options=options, hide_parameters=True
    )  # a log shows no contents


def begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def read_version(connection: Connection) -> int:
    """The form of a file's tables, or `EMPTY`."""
    return int(connection.exec_driver_sql("PRAGMA user_version").scalar_one())


def write_version(connection: Connection, version: int) -> None:
    """Notes the form, in the caller's transaction."""
    connection.exec_driver_sql(f"PRAGMA user_version = {version}")
