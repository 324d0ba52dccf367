"""What this device has to push: its own operations in their order, in the form of the wire.

Values stand as the feed wrote them down; of a ledger the row itself is taken. The places of an exclusive claim are those of the row as
it stands now: an operation that a later one of this device overtook asks for what the later one wants.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, RowMapping, bindparam, select, text

from desktop.database.classes import DataClass, class_of
from desktop.database.feed import operation, operation_row, operation_value
from desktop.database.ledger import binders
from desktop.database.schema import Schema
from desktop.database.types import is_blob
from sync.manifest import Value
from sync.operations import Change, Kind, Operation, Place

_OPERATIONS = (
    select(operation)
    .where(operation.c.device == bindparam("device"), operation.c.n > bindparam("after"))
    .order_by(operation.c.n)
    .limit(bindparam("most"))
)
_ROWS = (
    select(operation_row, operation_value.c.new)
    .outerjoin(
        operation_value,
        (operation_value.c.operation == operation_row.c.operation) & (operation_value.c.n == operation_row.c.n),
    )
    .where(operation_row.c.operation == bindparam("identity"))
    .order_by(operation_row.c.n)
)
_read_values = msgspec.json.Decoder(dict[str, Value])
_read_places = msgspec.json.Decoder(tuple[Place, ...])


class Outgoing:
    """Reads operations for the wire. `places`: table → SQL expression over its columns, JSON ``[[resource, start, lane], …]``."""

    def __init__(self, schema: Schema, places: Mapping[str, str]) -> None:
        self._schema = schema
        self._places = {
            name: text(f'SELECT {expression} FROM "{name}" WHERE id = :row') for name, expression in places.items()
        }
        self._blobs: dict[str, frozenset[str]] = {}
        self._ledgers: dict[str, Callable[[Connection, UUID], dict[str, Value]]] = {}

    def operations(self, connection: Connection, device: UUID, after: int, most: int) -> list[Operation]:
        """At most `most` operations of a device with numbers above `after`."""
        found = connection.execute(_OPERATIONS, {"device": device, "after": after, "most": most}).mappings().all()
        return [self._operation(connection, header) for header in found]

    def _operation(self, connection: Connection, header: RowMapping) -> Operation:
        rows = connection.execute(_ROWS, {"identity": header["id"]}).mappings()
        return Operation(
            id=header["id"].hex,
            shop_id=header["shop_id"].hex,
            device=header["device"].hex,
            n=header["n"],
            actor=header["actor"].hex,
            actor_name=header["actor_name"],
            name=header["name"],
            clock=header["clock"],
            at=round(header["at"].timestamp() * 1000),
            part_of=_hex(header["part_of"]),
            undoes=_hex(header["undoes"]),
            previous_hash=header["previous_hash"],
            hash=header["hash"],
            changes=tuple([self._change(connection, row) for row in rows]),
        )

    def _change(self, connection: Connection, row: RowMapping) -> Change:
        name = row["table"]
        data_class = class_of(self._schema.table(name))
        values: dict[str, Value] | None = None
        places: tuple[Place, ...] | None = None
        if data_class is DataClass.LEDGER:
            values = self._ledger_row(connection, name, row["row"])
        elif row["new"] is not None:
            values = self._as_sent(name, _read_values.decode(row["new"]))
        if name in self._places:
            found = connection.execute(self._places[name], {"row": row["row"].bytes}).scalar()
            places = _read_places.decode(found or "[]")
        return Change(row["n"], name, row["row"].hex, Kind(row["kind"]), row["hash"], row["fields"], values, places)

    def _as_sent(self, name: str, written: dict[str, Value]) -> dict[str, Value]:
        """What the feed wrote down, with bytes in the lower-case digits of the wire: SQLite writes capitals."""
        if name not in self._blobs:
            columns = self._schema.table(name).columns
            self._blobs[name] = frozenset(column.name for column in columns if is_blob(column.type))
        blobs = self._blobs[name]
        return {
            field: value.lower() if field in blobs and isinstance(value, str) else value
            for field, value in written.items()
        }

    def _ledger_row(self, connection: Connection, name: str, identity: UUID) -> dict[str, Value]:
        if name not in self._ledgers:
            self._ledgers[name] = _reader(self._schema, name)
        return self._ledgers[name](connection, identity)


def _reader(schema: Schema, name: str) -> Callable[[Connection, UUID], dict[str, Value]]:
    """A function that reads a ledger row as it is stored, without its id."""
    columns = [column for column in binders(schema.table(name)) if column != "id"]
    names = ", ".join(f'"{column}"' for column in columns)
    query = text(f'SELECT {names} FROM "{name}" WHERE id = :row')

    def read(connection: Connection, identity: UUID) -> dict[str, Value]:
        stored: Sequence[Any] = connection.execute(query, {"row": identity.bytes}).one()
        return {
            column: value.hex() if isinstance(value, bytes) else value
            for column, value in zip(columns, stored, strict=True)
        }

    return read


def _hex(identity: UUID | None) -> str | None:
    return None if identity is None else identity.hex
