"""Pairing late: what this desk held before it was paired, as the server takes it.

A desk that worked alone has pruned the values of its old operations, so it uploads state: every row with the stamps of its fields, and
the envelopes of the operations that the stamps name. The outbox begins behind the operation that was the last one at pairing. What is
edited meanwhile goes up twice, in the row and as an operation behind it; merging knows that as the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Row, bindparam, delete, insert, literal, select, text

from desktop.clock import milliseconds
from desktop.database.feed import field_clock, operation, operation_row
from desktop.database.incoming import number
from desktop.database.schema import Schema
from desktop.database.snapshot import keep_server_key
from sync import tables
from sync.manifest import WHOLE_ROW, Collection, DataClass, Manifest, Value
from sync.merge import Stamp
from sync.operations import Place
from sync.wire import Envelope, State, StateRow, StateTaken

PAGE_ROWS: Final = 1_000
#: About how many characters of values a page holds.
PAGE_SIZE: Final = 2_000_000

_HEAD = select(operation.c.n, operation.c.hash).where(operation.c.device == bindparam("device"))
_MAKERS = (
    select(operation, operation_row.c["row"].label("written"), literal(WHOLE_ROW).label("field"))
    .join(operation_row, operation_row.c.operation == operation.c.id)
    .where(operation_row.c["table"] == bindparam("name"), operation_row.c["row"].in_(bindparam("rows", expanding=True)))
)
_STAMPS = (
    select(operation, field_clock.c["row"].label("written"), field_clock.c.field)
    .join(field_clock, field_clock.c.operation == operation.c.id)
    .where(field_clock.c["table"] == bindparam("name"), field_clock.c["row"].in_(bindparam("rows", expanding=True)))
)
#: Rows of the second turn: claims in conflict, and those that were edited since pairing and may have been in conflict before.
_LATE = """("{state}" = 'conflict' OR id IN (
 SELECT operation_row."row" FROM operation_row JOIN operation ON operation.id = operation_row.operation
 WHERE operation.device = :device AND operation.n > :acknowledged AND operation_row."table" = :name))"""
_read_places = msgspec.json.Decoder(tuple[Place, ...])


def begin_pairing(connection: Connection, device: UUID) -> tuple[int, str]:
    """Number and hash of the desk's last operation, for `sync.wire.Pair`; 0 and "" where there is none."""
    found = connection.execute(_HEAD.order_by(operation.c.n.desc()).limit(1), {"device": device}).first()
    return (0, "") if found is None else (found.n, found.hash)


def paired(connection: Connection, n: int, server_key: str = "") -> None:
    """The desk belongs to a salon: its outbox begins behind operation `n`, what it held goes up as state.

    `n` and `server_key` are those of `sync.wire.Paired`; from now on no other key counts. Everything is pulled from the beginning: the
    cursors and the snapshot were another server's.
    """
    keep_server_key(connection, server_key)
    for table in (tables.cursor, tables.unread, tables.snapshot):
        connection.execute(delete(table))
    for name, value in (("paired", 1), ("acknowledged", n)):
        connection.execute(delete(tables.progress).where(tables.progress.c.name == name))
        connection.execute(insert(tables.progress).values(name=name, value=value))
    note(connection, UploadReached("", False, "") if n else None)


@dataclass(frozen=True, slots=True)
class UploadReached:
    """How far the upload is: all turns before, and of this one (a collection, the second time `late`) the rows up to `row`."""

    collection: str
    late: bool
    row: str


def reached(connection: Connection) -> UploadReached | None:
    """How far the upload is; None when there is nothing (more) to upload."""
    found = connection.execute(select(tables.upload)).first()
    return None if found is None else UploadReached(found.collection, bool(found.late), found.row)


def note(connection: Connection, place: UploadReached | None) -> None:
    """Notes how far the upload is; None: everything is up."""
    connection.execute(delete(tables.upload))
    if place is not None:
        connection.execute(
            insert(tables.upload).values(collection=place.collection, late=int(place.late), row=place.row)
        )


def sent(connection: Connection, taken: StateTaken, behind: UploadReached | None) -> None:
    """A page is up: keeps what a person has to know, and where it goes on."""
    own = tables.noted
    for one in taken.notes:
        connection.execute(delete(own).where(own.c.collection == one.collection, own.c.row == one.row))
        connection.execute(insert(own).values(collection=one.collection, row=one.row, code=one.code))
    note(connection, behind)


class HeldState:
    """Reads the state of one device in pages. `places`: as of `desktop.database.outgoing.Outgoing`."""

    def __init__(self, schema: Schema, manifest: Manifest, device: UUID, places: Mapping[str, str]) -> None:
        self._schema, self._manifest = schema, manifest
        self._device, self._places = device, places
        self._turns = tuple(_turns(manifest))

    def page(
        self, connection: Connection, after: UploadReached, most: int
    ) -> tuple[State | None, UploadReached | None]:
        """The next rows, at most `most`, and how far that is; (None, None) when there are no more."""
        rows: list[StateRow] = []
        envelopes: dict[str, Envelope] = {}
        size = 0
        for collection, late in self._turns_from(after):
            last = after.row if (collection.name, late) == (after.collection, after.late) else ""
            found = self._read(connection, collection, late, last, most - len(rows))
            stamps = self._stamps(connection, collection, [one.id for one in found], envelopes)
            for one in found:
                row = self._row(collection, one, stamps[one.id])
                rows.append(row)
                size += sum(len(value) for value in row.values.values() if isinstance(value, str))
                if len(rows) >= most or size >= PAGE_SIZE:
                    return self._as_page(rows, envelopes), UploadReached(collection.name, late, row.row)
        return (self._as_page(rows, envelopes), None) if rows else (None, None)

    def _as_page(self, rows: list[StateRow], envelopes: Mapping[str, Envelope]) -> State:
        named = {stamp.operation for row in rows for stamp in row.stamps.values()}
        return State(self._manifest.version, tuple(rows), tuple([envelopes[one] for one in sorted(named)]))

    def _turns_from(self, after: UploadReached) -> tuple[tuple[Collection, bool], ...]:
        place = next(
            (n for n, (one, late) in enumerate(self._turns) if (one.name, late) == (after.collection, after.late)), 0
        )
        return self._turns[place:]

    def _read(
        self, connection: Connection, collection: Collection, late: bool, after: str, most: int
    ) -> Sequence[Row[Any]]:
        """Rows of a turn as they are stored, behind an id; `places` the last of their columns."""
        name = collection.name
        columns = ", ".join(f'"{column}"' for column in ("id", *collection.fields))
        turn = ""
        if collection.state is not None:
            turn = " AND " + (_LATE if late else "\"{state}\" IS NOT 'conflict'").format(state=collection.state)
        query = text(
            f'SELECT {columns}, {self._places.get(name, "NULL")} AS places FROM "{name}"'
            f" WHERE id > :after{turn} ORDER BY id LIMIT :most"
        )
        key: dict[str, object] = {"after": bytes.fromhex(after), "most": most}
        if late:
            acknowledged = number(connection, "acknowledged")
            key |= {"device": self._device.bytes, "acknowledged": acknowledged, "name": name}
        return connection.execute(query, key).all()

    def _row(self, collection: Collection, stored: Row[Any], stamps: dict[str, Stamp]) -> StateRow:
        values: dict[str, Value] = {
            name: value.hex() if isinstance(value, bytes) else value
            for name, value in zip(collection.fields, tuple(stored)[1:-1], strict=True)
        }
        places = _read_places.decode(stored.places or "[]") if collection.name in self._places else None
        return StateRow(collection.name, stored.id.hex(), values, stamps, places)

    def _stamps(
        self, connection: Connection, collection: Collection, rows: Sequence[bytes], envelopes: dict[str, Envelope]
    ) -> dict[bytes, dict[str, Stamp]]:
        """The stamps of rows, as their operations have them, whose envelopes are put beside them."""
        stamps: dict[bytes, dict[str, Stamp]] = {one: {} for one in rows}
        if rows:
            query = _MAKERS if collection.data_class is DataClass.LEDGER else _STAMPS
            key = {"name": collection.name, "rows": [UUID(bytes=one) for one in rows]}
            for one in connection.execute(query, key):
                # What a server once decided goes up as what the operation wrote that it judged.
                stamps[one.written.bytes][one.field] = Stamp(one.clock, one.device.hex, one.id.hex)
                envelopes[one.id.hex] = _envelope(one)
        return stamps


def _turns(manifest: Manifest) -> Iterator[tuple[Collection, bool]]:
    """Each collection once; claims in conflict in a second turn, so that they take nothing from those that this desk confirmed."""
    for one in manifest.collections:
        yield one, False
        if one.state is not None:
            yield one, True


def _envelope(stored: Row[Any]) -> Envelope:
    return Envelope(
        id=stored.id.hex,
        shop_id=stored.shop_id.hex,
        device=stored.device.hex,
        n=stored.n,
        actor=stored.actor.hex,
        actor_name=stored.actor_name,
        name=stored.name,
        clock=stored.clock,
        at=milliseconds(stored.at),
        part_of=None if stored.part_of is None else stored.part_of.hex,
        undoes=None if stored.undoes is None else stored.undoes.hex,
        previous_hash=stored.previous_hash,
        hash=stored.hash,
    )
