"""Rows of a snapshot on their way into the file.

Nearly all of a salon's rows are those of ledgers: nobody changes them, so one that is not here is written as it came, and many at once.
Everything else goes the way of a pulled page.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from sqlalchemy import Connection
from sqlalchemy.exc import IntegrityError

from desktop.database.connection import FeedState
from desktop.database.envelopes import NAMED, remember, rows_written
from desktop.database.incoming import Incoming, note_clock
from desktop.database.schema import Schema
from desktop.database.synced_table import SyncedTable, existing, insert_many
from sync.manifest import WHOLE_ROW, Value
from sync.snapshot import Chunk, Rows, Slice
from sync.wire import Envelope, Page, Row


class Part:
    """A part of a snapshot within one transaction. Runs in the writer's thread.

    Attributes:
        changed: table → ids of the rows that look different now.
    """

    def __init__(
        self, connection: Connection, chunk: Chunk, incoming: Incoming, schema: Schema, state: FeedState
    ) -> None:
        self._connection, self._chunk, self._incoming = connection, chunk, incoming
        self._schema, self._state = schema, state
        self._envelopes: Mapping[str, Envelope] = {one.id: one for one in chunk.envelopes}
        known = remember(connection, chunk.envelopes)
        self._written = rows_written(connection, known)
        #: Of each stamp its operation, None where it is this device's own.
        self._makers = [
            None if self._envelopes[one.operation].device == incoming.device else one.operation for one in chunk.stamps
        ]
        self._tables: dict[int, SyncedTable | None] = {}
        self.changed: dict[str, set[UUID]] = {}
        note_clock(connection, max((stamp.clock for stamp in chunk.stamps), default=0))

    def take(self, some: Slice, *, tell: bool) -> None:
        """Writes some rows; `tell`: whether `changed` says of them."""
        table = self._quick(some.rows)
        if table is None:
            self._slowly(some, range(some.first, some.end), tell=tell)
            return
        ids = [bytes.fromhex(one) for one in some.rows.ids[some.first : some.end]]
        standing = self._standing(table, ids)
        self._add(table, some, ids, standing)
        if standing:
            here = [n for n, identity in enumerate(ids, some.first) if identity in standing]
            self._slowly(some, here, tell=tell)
        if tell:
            new = [UUID(bytes=one) for one in ids if one not in standing]
            self.changed.setdefault(table.name, set()).update(new)

    def _quick(self, rows: Rows) -> SyncedTable | None:
        """The table of rows that can be written as they are: those of a ledger, all of whose fields this program knows."""
        table = self._tables.get(id(rows))
        if table is None and id(rows) not in self._tables and self._incoming.knows(rows.collection):
            table = SyncedTable(self._schema.table(rows.collection))
            if not table.ledger or not table.knows(rows.fields) or "hash" not in rows.fields:
                table = None
        self._tables[id(rows)] = table
        return table

    def _standing(self, table: SyncedTable, ids: list[bytes]) -> set[bytes]:
        """Which of these rows are here. Ids go with time: mostly there is nothing between the first and the last of an archive's."""
        between = f'SELECT 1 FROM "{table.name}" WHERE id BETWEEN ? AND ? LIMIT 1'
        if self._connection.exec_driver_sql(between, (min(ids), max(ids))).first() is None:
            return set()
        return existing(self._connection, table.name, ids)

    def _add(self, table: SyncedTable, some: Slice, ids: list[bytes], standing: set[bytes]) -> None:
        """The feed names each row with its hash, as it does on the device that wrote it; this device's own operations name theirs."""
        rows, hashed, makers, written = some.rows, some.rows.fields.index("hash"), self._makers, self._written
        stored: list[tuple[bytes | Value, ...]] = []
        named: list[tuple[object, ...]] = []
        for identity, values, numbers in zip(
            ids, rows.values[some.first : some.end], rows.stamps[some.first : some.end], strict=True
        ):
            if identity in standing:
                continue
            stored.append((identity, *values))
            maker = makers[numbers if isinstance(numbers, int) else numbers[WHOLE_ROW]]
            if maker is not None:
                n = written[maker] = written.get(maker, 0) + 1
                named.append((maker, n, table.name, identity, "i", None, values[hashed]))
        if stored:
            self._state.begin(ids[0], ids[0], 0, "replay")  # nothing of it is captured
            try:
                with self._connection.begin_nested():
                    table.insert_as(self._connection, rows.fields, stored)
            except IntegrityError:
                # A number that was given twice: row by row, and what contradicts another one is kept aside.
                self._state.end()
                new = [n for n, identity in enumerate(ids, some.first) if identity not in standing]
                self._slowly(some, new, tell=False)
                return
            finally:
                self._state.end()
            insert_many(self._connection, NAMED, 7, named, blobs=(0,))

    def _slowly(self, some: Slice, places: range | list[int], *, tell: bool) -> None:
        """As rows of a pull, which are merged with what stands here."""
        rows = tuple(
            Row(
                some.rows.collection,
                some.rows.ids[n],
                0,
                dict(zip(some.rows.fields, some.rows.values[n], strict=True)),
                self._chunk.stamps_of(some.rows, n),
            )
            for n in places
        )
        named = {stamp.operation for row in rows for stamp in row.stamps.values()}
        page = Page("", rows, tuple([self._envelopes[one] for one in named]), 0, False, 0)
        for table, ids in self._incoming.bring(self._connection, page, tell=tell).items():
            self.changed.setdefault(table, set()).update(ids)
        self._written |= rows_written(self._connection, named)
