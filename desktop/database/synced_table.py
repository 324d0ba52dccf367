"""The rows of one synced table, many at a time, between their form on the wire and the one in the file.

Many rows go into one statement of several VALUES: SQLite opens a savepoint for each statement, and the full-text tables that hang on
a table write themselves out at each of them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Table

from desktop.database.classes import DataClass, class_of
from desktop.database.types import is_blob
from sync.manifest import Value

T = TypeVar("T")
Values = Mapping[str, Value]

#: Rows of one INSERT: few sizes, so that the driver keeps the statements; larger ones gain nothing.
TOGETHER: Final = (200, 40, 8, 1)
#: Ids of one question.
ASKED: Final = 500


def in_pieces(whole: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """A sequence in pieces of at most `size`, in order."""
    for first in range(0, len(whole), size):
        yield whole[first : first + size]


def marks(count: int) -> str:
    return ",".join("?" * count)


def insert_many(
    connection: Connection,
    into: str,
    width: int,
    rows: Sequence[Sequence[object]],
    then: str = "",
    blobs: Sequence[int] = (),
) -> None:
    """``INSERT INTO <into> VALUES (…), (…) <then>`` for rows of `width` values each; those at the places `blobs` are hex or None."""
    one = f"({marks(width)})"
    first = 0
    for size in TOGETHER:
        statement = f"INSERT INTO {into} VALUES {','.join([one] * size)}{then}"
        while len(rows) - first >= size:
            flat: list[Any] = [value for row in rows[first : first + size] for value in row]
            for place in blobs:
                flat[place::width] = [value and bytes.fromhex(value) for value in flat[place::width]]
            connection.exec_driver_sql(statement, tuple(flat))
            first += size


def existing(connection: Connection, table: str, ids: Sequence[bytes]) -> set[bytes]:
    """Which of these ids a table has."""
    found: set[bytes] = set()
    for some in in_pieces(ids, ASKED):
        query = f'SELECT id FROM "{table}" WHERE id IN ({marks(len(some))})'
        found.update([one for (one,) in connection.exec_driver_sql(query, tuple(some))])
    return found


@dataclass(frozen=True, slots=True)
class _Shape:
    """How a row with certain fields is stored."""

    into: str
    names: tuple[str, ...]
    blobs: tuple[int, ...]
    unknown: tuple[str, ...]


class SyncedTable:
    """Reads and writes rows of a table in the form of the wire: ids and other bytes as lower-case hex.

    Attributes:
        ledger: whether its rows are never changed.
    """

    def __init__(self, table: Table) -> None:
        self.name = str(table.name)
        self.ledger = class_of(table) is DataClass.LEDGER
        self._columns = tuple(str(column.name) for column in table.columns if column.name != "id")
        self._known = frozenset(self._columns)
        self._blobs = frozenset(str(column.name) for column in table.columns if is_blob(column.type))
        self._keeps_unknown = "extra" in self._known
        self._shapes: dict[tuple[str, ...], _Shape] = {}

    def unknown(self, values: Values) -> dict[str, Value]:
        """The fields that this program does not know and that hold something."""
        return {name: values[name] for name in self._shape(values).unknown if values[name] is not None}

    def knows(self, fields: Iterable[str]) -> bool:
        """Whether all of these fields are columns."""
        return self._known.issuperset(fields)

    def lift(self, values: Values) -> dict[str, Value]:
        """The values by column: fields that this program does not know are kept in `extra`."""
        if not self._shape(values).unknown:
            return dict(values)
        known = {name: value for name, value in values.items() if name in self._known}
        unknown = self.unknown(values)
        if unknown and self._keeps_unknown:
            held = json.loads(str(known.get("extra") or "{}")) | unknown
            known["extra"] = json.dumps(held, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return known

    def lower(self, written: dict[str, Value]) -> dict[str, Value]:
        """What the feed wrote down, in the form of the wire: SQLite writes bytes in capital digits."""
        for name in self._blobs & written.keys():
            value = written[name]
            if isinstance(value, str):
                written[name] = value.lower()
        return written

    def read(self, connection: Connection, ids: Iterable[bytes]) -> dict[bytes, dict[str, Value]]:
        """The rows of these ids that there are."""
        names = ",".join(f'"{name}"' for name in ("id", *self._columns))
        rows: dict[bytes, dict[str, Value]] = {}
        for some in in_pieces(tuple(ids), ASKED):
            query = f'SELECT {names} FROM "{self.name}" WHERE id IN ({marks(len(some))})'
            for identity, *stored in connection.exec_driver_sql(query, tuple(some)):
                values: dict[str, Any] = dict(zip(self._columns, stored, strict=True))
                for name in self._blobs & values.keys():
                    if values[name] is not None:
                        values[name] = values[name].hex()
                rows[identity] = values
        return rows

    def insert(self, connection: Connection, rows: Iterable[tuple[bytes, Values]]) -> None:
        """New rows, of whatever fields."""
        by_shape: dict[str, tuple[_Shape, list[Sequence[object]]]] = {}
        for identity, values in rows:
            shape = self._shape(values)
            if shape.unknown:
                values = self.lift(values)
                shape = self._shape(values)
            _, stored = by_shape.setdefault(shape.into, (shape, []))
            stored.append((identity, *self._stored(shape, values)))
        for shape, many in by_shape.values():
            insert_many(connection, shape.into, len(shape.names) + 1, many)

    def insert_as(
        self, connection: Connection, fields: tuple[str, ...], rows: Sequence[tuple[bytes | Value, ...]]
    ) -> None:
        """New rows of the same fields, all of which are columns: each its id, then its values in the order of the fields."""
        columns = ",".join(f'"{name}"' for name in ("id", *fields))
        width = len(fields) + 1
        blobs = [place for place, name in enumerate(fields, 1) if name in self._blobs]
        insert_many(connection, f'"{self.name}" ({columns})', width, rows, blobs=blobs)

    def update(self, connection: Connection, identity: bytes, values: Values) -> None:
        """Sets some columns of a row."""
        shape = self._shape(values)
        pairs = ",".join(f'"{name}" = ?' for name in shape.names)
        statement = f'UPDATE "{self.name}" SET {pairs} WHERE id = ?'
        connection.exec_driver_sql(statement, (*self._stored(shape, values), identity))

    def _stored(self, shape: _Shape, values: Values) -> list[object]:
        stored: list[object] = list(values.values())  # in the order of the shape, which has no unknown field
        for place in shape.blobs:
            value = stored[place]
            if isinstance(value, str):
                stored[place] = bytes.fromhex(value)
        return stored

    def _shape(self, values: Values) -> _Shape:
        fields = tuple(values)
        shape = self._shapes.get(fields)
        if shape is None:
            names = tuple(name for name in fields if name in self._known)
            columns = ",".join(f'"{name}"' for name in ("id", *names))
            shape = self._shapes[fields] = _Shape(
                f'"{self.name}" ({columns})',
                names,
                tuple(place for place, name in enumerate(names) if name in self._blobs),
                tuple(name for name in fields if name not in self._known),
            )
        return shape
