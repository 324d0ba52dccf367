"""What this device has to push: its own operations in their order, in the form of the wire.

Values stand as the feed wrote them down; of a ledger the row itself is taken. The places of an exclusive claim are those of the row as
it stands now: an operation that a later one of this device overtook asks for what the later one wants.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Connection

from desktop.database.connection import PART_ROWS
from desktop.database.schema import Schema
from desktop.database.synced_table import ASKED, SyncedTable, in_pieces, marks
from sync.manifest import Value
from sync.operations import Change, Kind, Operation, Place

#: Rows of one push: what a request holds easily, and the backend judges in a moment.
MOST_ROWS: Final = 5_000

_OPERATIONS: Final = (
    "SELECT n, id, shop_id, device, actor, actor_name, name, clock, at, part_of, undoes, previous_hash, hash"
    " FROM operation WHERE device = ? AND n > ? ORDER BY n LIMIT ?"
)
_ROWS: Final = (
    'SELECT o.n, r.n, r."table", r."row", r.kind, r.hash, r.fields, v.new FROM operation o'
    " JOIN operation_row r ON r.operation = o.id"
    " LEFT JOIN operation_value v ON v.operation = r.operation AND v.n = r.n"
    " WHERE o.device = ? AND o.n > ? AND o.n <= ? ORDER BY o.n, r.n LIMIT ?"
)
_read_values = msgspec.json.Decoder(dict[str, Value])
_read_places = msgspec.json.Decoder(tuple[Place, ...])
_KINDS: Final = {kind.value: kind for kind in Kind}


class Outgoing:
    """Reads operations for the wire. `places`: table → SQL expression over its columns, JSON ``[[resource, start, lane], …]``."""

    def __init__(self, schema: Schema, places: Mapping[str, str]) -> None:
        self._schema = schema
        self._places = places
        self._tables: dict[str, SyncedTable] = {}

    def operations(
        self, connection: Connection, device: UUID, after: int, most: int, most_rows: int = MOST_ROWS
    ) -> list[Operation]:
        """At most `most` operations of a device with numbers above `after`, with at most `most_rows` (500 and more) rows."""
        if most_rows < PART_ROWS:
            raise ValueError(f"one operation alone may have {PART_ROWS} rows")
        headers = connection.exec_driver_sql(_OPERATIONS, (device.bytes, after, most)).all()
        if not headers:
            return []
        last = headers[-1].n
        rows = connection.exec_driver_sql(_ROWS, (device.bytes, after, last, most_rows + 1)).all()
        if len(rows) > most_rows:
            last = rows[-1][0] - 1  # the last one is not whole
            headers = [one for one in headers if one.n <= last]
            rows = [one for one in rows if one[0] <= last]
        changes: dict[int, list[Change]] = {one.n: [] for one in headers}
        for n, change in self._changes(connection, rows):
            changes[n].append(change)
        return [_operation(one, tuple(changes[one.n])) for one in headers]

    def _changes(self, connection: Connection, rows: Iterable[Any]) -> Iterable[tuple[int, Change]]:
        touched: dict[str, set[bytes]] = {}
        for _, _, name, row, *_ in rows:
            touched.setdefault(name, set()).add(row)
        ledgers = {
            name: self._table(name).read(connection, ids) for name, ids in touched.items() if self._table(name).ledger
        }
        places = {name: self._places_of(connection, name, touched[name]) for name in touched.keys() & self._places}
        for of, n, name, row, kind, digest, fields, new in rows:
            values: dict[str, Value] | None = None
            if name in ledgers:
                values = ledgers[name][row]
            elif new is not None:
                values = self._table(name).lower(_read_values.decode(new))
            wanted = places[name].get(row, ()) if name in places else None
            yield of, Change(n, name, row.hex(), _KINDS[kind], digest, fields, values, wanted)

    def _places_of(self, connection: Connection, name: str, rows: Iterable[bytes]) -> dict[bytes, tuple[Place, ...]]:
        found: dict[bytes, tuple[Place, ...]] = {}
        for some in in_pieces(tuple(rows), ASKED):
            query = f'SELECT id, {self._places[name]} FROM "{name}" WHERE id IN ({marks(len(some))})'
            for identity, places in connection.exec_driver_sql(query, tuple(some)):
                found[identity] = _read_places.decode(places or "[]")
        return found

    def _table(self, name: str) -> SyncedTable:
        table = self._tables.get(name)
        if table is None:
            table = self._tables[name] = SyncedTable(self._schema.table(name))
        return table


def _operation(header: Any, changes: tuple[Change, ...]) -> Operation:
    return Operation(
        id=header.id.hex(),
        shop_id=header.shop_id.hex(),
        device=header.device.hex(),
        n=header.n,
        actor=header.actor.hex(),
        actor_name=header.actor_name,
        name=header.name,
        clock=header.clock,
        at=header.at,
        part_of=_hex(header.part_of),
        undoes=_hex(header.undoes),
        previous_hash=header.previous_hash,
        hash=header.hash,
        changes=changes,
    )


def _hex(identity: bytes | None) -> str | None:
    return None if identity is None else identity.hex()
