"""Derived rows written behind many source rows at once, instead of by a trigger at each of them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection

from desktop.database.connection import FeedState
from desktop.database.schema import Schema


class Behind:
    """What `desktop.database.derived.Derived.behind` says of a schema's tables."""

    def __init__(self, schema: Schema) -> None:
        self._statements: dict[str, tuple[str, ...]] = {}
        for derived in schema.derived:
            for source, statements in derived.behind.items():
                self._statements[source] = (*self._statements.get(source, ()), *statements)

    @contextmanager
    def rows(self, connection: Connection, state: FeedState, table: str) -> Iterator[None]:
        """New rows of a table are inserted in here, and nothing else is written; what they derive follows at the end."""
        statements = self._statements.get(table)
        if statements is None:
            yield
            return
        after = connection.exec_driver_sql(f'SELECT coalesce(max(rowid), 0) FROM "{table}"').scalar_one()
        state.row_by_row = False
        try:
            yield
        finally:
            state.row_by_row = True
        for statement in statements:
            connection.exec_driver_sql(statement, {"after": after})
