"""Replays a traced writer on plain SQLite over a recording disk, with the same functions behind its triggers.

SQLCipher's pages cannot be written through a VFS of ours (its codec sits above), so the same SQL runs on SQLite's own
files with the same journal mode, synchronous setting and triggers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import apsw

from desktop.database.connection import FeedState, register_functions
from desktop.database.derived import SqlFunction
from tests.power.disk import RecordingDisk, Step
from tests.power.trace import Statement


class _Functions:
    """apsw under the one name that `register_functions` knows."""

    def __init__(self, connection: apsw.Connection) -> None:
        self._connection = connection

    def create_function(self, name: str, arguments: int, call: Callable[..., Any]) -> None:
        self._connection.create_scalar_function(name, call, arguments)


class Replay:
    """One apsw connection on a recording disk."""

    def __init__(self, path: Path, disk: RecordingDisk, functions: Mapping[str, SqlFunction], synchronous: str) -> None:
        self._state = FeedState()
        self._disk = disk
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        self._connection = apsw.Connection(str(path), flags=flags, vfs=disk.name)
        settings = ("locking_mode=EXCLUSIVE", "journal_mode=WAL", "foreign_keys=ON", "recursive_triggers=ON")
        for setting in (*settings, f"synchronous={synchronous}"):
            self._connection.execute(f"PRAGMA {setting}").fetchall()
        register_functions(_Functions(self._connection), self._state, functions)

    def run(self, statements: Iterable[Statement]) -> None:
        """Executes the statements; each COMMIT that returns is noted as an acknowledgement."""
        for statement in statements:
            state = self._state
            state.parts, state.device, state.clock = list(statement.parts), statement.device, statement.clock
            state.mode, state.n = statement.mode, statement.n
            for row in statement.rows:
                self._connection.execute(statement.sql, row).fetchall()
            if statement.sql == "COMMIT":
                self._disk.note(Step("ack"))

    def checkpoint(self) -> None:
        self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def close(self) -> None:
        self._connection.close()


def after(folder: Path, files: Mapping[str, bytes], name: str) -> apsw.Connection:
    """The database that a cut left, opened as a restart would open it."""
    for old in folder.iterdir():
        old.unlink()
    for file, data in files.items():
        (folder / file).write_bytes(data)
    return apsw.Connection(str(folder / name))  # the system's SQLite may be older than the schema
