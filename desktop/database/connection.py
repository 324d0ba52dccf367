"""One SQLCipher connection with the settings that keep every confirmed row, and the functions that the triggers call.

The key is raw (256 bits), so opening costs no derivation. `isolation_level=None` plus our own BEGIN is the only sound way
to get savepoints and transactional DDL from the driver. `recursive_triggers` makes REPLACE fire the delete triggers; without
it a ledger row could be replaced.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from desktop.database.derived import SqlFunction
from desktop.ids import new_id

_log = logging.getLogger(__name__)


PART_ROWS = 500


@dataclass(slots=True)
class FeedState:
    """What the triggers ask of the connection that writes: the operation that is running.

    Outside an operation `parts` is empty and every captured write fails. An action of more than `PART_ROWS` rows goes on
    in a further part, an operation of its own that names the first; a trigger calls `open_row` before it asks for either.
    What others wrote (mode ``remote``) stays in the operation that it came with. `row_by_row` is False while rows come
    whose derived rows are written behind all of them (`desktop.database.derived.Derived.behind`).
    """

    parts: list[bytes] = field(default_factory=list)
    device: bytes = b""
    clock: int = 0
    mode: str = "local"
    n: int = 0
    removed: dict[str, set[UUID]] = field(default_factory=dict)
    row_by_row: bool = True

    def begin(self, operation: bytes, device: bytes, clock: int, mode: str = "local") -> None:
        self.parts, self.device, self.clock, self.mode, self.n = [operation], device, clock, mode, 0
        self.removed = {}

    def end(self) -> None:
        self.parts, self.mode, self.n = [], "local", 0

    @contextmanager
    def removing(self) -> Iterator[None]:
        """Rows may be taken out of the file meanwhile, and no operation says so. Those that went for good are told in `removed`."""
        mode, self.mode = self.mode, "retention"
        try:
            yield
        finally:
            self.mode = mode

    def open_row(self) -> None:
        """Counts a row that is about to be captured, in a fresh part when the last one is full."""
        if not self.parts:
            _log.error("a write outside an operation was stopped")
            raise RuntimeError("no operation is running")
        if self.n >= PART_ROWS and self.mode != "remote":
            self.parts.append(new_id().bytes)
            self.n = 0
        self.n += 1

    def current(self) -> bytes:
        return self.parts[-1]


def value_hash(salt: bytes, old: str | None, new: str | None) -> str:
    """The salted hash of a row change's values, kept when the values are gone."""
    digest = hashlib.sha256(salt)
    for part in (old, new):
        digest.update(b"\x00" if part is None else b"\x01" + part.encode())
    return digest.hexdigest()


def register_functions(connection: Any, state: FeedState, functions: Mapping[str, SqlFunction]) -> None:
    """Registers what the generated triggers call. `connection` is any SQLite connection with ``create_function``."""
    connection.create_function("feed_open", 0, state.open_row)
    connection.create_function("feed_operation", 0, state.current)
    connection.create_function("feed_n", 0, lambda: state.n)
    connection.create_function("feed_clock", 0, lambda: state.clock)
    connection.create_function("feed_device", 0, lambda: state.device)
    connection.create_function("feed_mode", 0, lambda: state.mode)
    connection.create_function("feed_row_by_row", 0, lambda: int(state.row_by_row))
    connection.create_function("feed_hash", 3, value_hash)
    for name, function in functions.items():
        connection.create_function(name, function.arguments, function.call)


def open_connection(
    path: Path, key: bytes, state: FeedState, functions: Mapping[str, SqlFunction], *, read_only: bool = False
) -> Any:
    """Opens the file with a 32-byte key; it must exist unless SQLite may make it (``read_only=False``).

    Raises the driver's `DatabaseError` with ``SQLITE_NOTADB`` when the key is wrong or the file is no database.
    """
    from sqlcipher3 import dbapi2

    if len(key) != 32:
        raise ValueError("a key has 32 bytes")
    target = f"{path.absolute().as_uri()}?mode=ro" if read_only else str(path)
    connection = dbapi2.connect(target, timeout=5, isolation_level=None, cached_statements=512, uri=read_only)
    try:
        connection.execute("PRAGMA cipher_log_level=NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.execute("SELECT count(*) FROM sqlite_master").fetchall()
        settings = ["foreign_keys=ON", "recursive_triggers=ON", "cache_size=-65536", "synchronous=FULL"]
        settings += ["query_only=ON"] if read_only else ["journal_mode=WAL"]
        if sys.platform == "darwin":
            settings += ["fullfsync=ON", "checkpoint_fullfsync=ON"]
        for setting in settings:
            connection.execute("PRAGMA " + setting).fetchall()
        register_functions(connection, state, functions)
    except BaseException:
        connection.close()
        raise
    return connection


def make_engine(connection: Any, *, writes: bool) -> Engine:
    """An engine over one connection; create, use and dispose it in the thread that opened the connection."""
    from sqlcipher3 import dbapi2

    engine = create_engine("sqlite://", module=dbapi2, creator=lambda: connection, poolclass=StaticPool)
    begin = "BEGIN IMMEDIATE" if writes else "BEGIN"

    @event.listens_for(engine, "begin")
    def _begin(transaction: Any) -> None:
        transaction.exec_driver_sql(begin)

    engine.connect().close()  # the pool holds the connection from now on: an engine never used would not close it
    return engine
