"""The SQL of a writer, as it was sent, with the feed's state at each statement, so that it can be replayed elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, event

from desktop.database.connection import FeedState


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement with its rows of values (one empty row: no values) and what the triggers would have asked."""

    sql: str
    rows: tuple[tuple[Any, ...], ...]
    parts: tuple[bytes, ...]
    device: bytes
    clock: int
    mode: str
    n: int


@contextmanager
def traced(engine: Engine, state: FeedState) -> Iterator[list[Statement]]:
    """Collects what is sent through `engine` while the block runs; BEGIN, COMMIT and ROLLBACK included."""
    seen: list[Statement] = []

    def note(sql: str, rows: tuple[tuple[Any, ...], ...]) -> None:
        seen.append(Statement(sql, rows, tuple(state.parts), state.device, state.clock, state.mode, state.n))

    def execute(_c: Any, _cursor: Any, sql: str, values: Any, _context: Any, many: bool) -> None:
        note(sql, tuple(tuple(row) for row in values) if many else (tuple(values or ()),))

    def commit(_connection: Any) -> None:
        note("COMMIT", ((),))

    def rollback(_connection: Any) -> None:
        note("ROLLBACK", ((),))

    listeners = [("before_cursor_execute", execute), ("commit", commit), ("rollback", rollback)]
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield seen
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)
