"""What a pull brings: rows in their latest state, put beside what this desk has not pushed yet.

A row that came is written as it stands on the server, each field under the operation that wrote it, as its stamp says; then the
changes of this desk that the server has not judged are put on top again, field by field, the later clock wins. Nothing of it is pushed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Table, bindparam, delete, insert, select, text, update

from desktop.clock import from_milliseconds
from desktop.database.classes import DataClass, class_of
from desktop.database.connection import FeedState
from desktop.database.feed import field_clock, operation, operation_row, operation_value
from desktop.database.schema import Schema
from desktop.database.types import is_blob
from sync import tables
from sync.manifest import WHOLE_ROW, Collection, Manifest, Value
from sync.merge import RowState, Stamp, merge
from sync.wire import Envelope, Page, Pushed, Row
from sync.wire import Outcome as Verdicts

Values = Mapping[str, Value]
#: Makes room for a row that is about to be written: `(connection, row id, its values as on the wire)`.
MakeRoom = Callable[[Connection, UUID, Values], None]

_PENDING = (
    select(operation.c.id, operation.c.clock, operation_value.c.new)
    .select_from(operation_row)
    .join(operation, operation.c.id == operation_row.c.operation)
    .join(
        operation_value,
        (operation_value.c.operation == operation_row.c.operation) & (operation_value.c.n == operation_row.c.n),
    )
    .where(
        operation.c.device == bindparam("device"),
        operation.c.n > bindparam("acknowledged"),
        operation_row.c["table"] == bindparam("name"),
        operation_row.c["row"] == bindparam("identity"),
    )
    .order_by(operation.c.n, operation_row.c.n)
)
_LAST_ROW = select(operation_row.c.n).where(operation_row.c.operation == bindparam("identity"))
_read_values = msgspec.json.Decoder(dict[str, Value])


@dataclass(frozen=True, slots=True)
class _Arrival:
    """A row that came: how it stood here, how it came, and how it will stand with what is not pushed yet."""

    collection: Collection
    table: Table
    identity: UUID
    standing: Values
    came: RowState
    final: RowState


class Incoming:
    """Writes pages into the file of one device. Runs in the writer's thread, inside a transaction of its caller."""

    def __init__(
        self,
        schema: Schema,
        manifest: Manifest,
        state: FeedState,
        device: UUID,
        make_room: Mapping[str, MakeRoom],
    ) -> None:
        self._schema = schema
        self._manifest = manifest
        self._state = state
        self._device = device
        self._make_room = make_room
        self._blobs: dict[str, frozenset[str]] = {}

    def apply(self, connection: Connection, page: Page) -> dict[str, set[UUID]]:
        """Takes a page and moves the cursor; table → ids of the rows that look different now."""
        acknowledged = number(connection, "acknowledged")
        envelopes = {one.id: one for one in page.envelopes}
        for envelope in page.envelopes:
            self._remember(connection, envelope)
        changed: dict[str, set[UUID]] = {}
        for row in page.rows:
            if self._take(connection, row, envelopes, acknowledged):
                changed.setdefault(row.collection, set()).add(UUID(hex=row.row))
        _keep(connection, tables.cursor, {"scope": page.scope}, {"cursor": page.cursor})
        seen = max((stamp.clock for row in page.rows for stamp in row.stamps.values()), default=0)
        if seen > number(connection, "clock"):
            _keep(connection, tables.progress, {"name": "clock"}, {"value": seen})
        return changed

    @contextmanager
    def _under(self, connection: Connection, envelope: Envelope) -> Iterator[None]:
        """The triggers write down what happens here under the operation it came with, behind what it has there already.

        What this desk's own operation wrote is written down: it is put back without a second word.
        """
        identity = UUID(hex=envelope.id)
        mode = "replay" if envelope.device == self._device.hex else "remote"
        written = connection.execute(_LAST_ROW, {"identity": identity}).scalars().all()
        self._state.begin(identity.bytes, bytes.fromhex(envelope.device), envelope.clock, mode)
        self._state.n = max(written, default=0)
        try:
            yield
        finally:
            self._state.end()

    def _remember(self, connection: Connection, envelope: Envelope) -> None:
        """The envelope of another desk's operation; this desk's own are there."""
        identity = UUID(hex=envelope.id)
        if connection.execute(select(operation.c.n).where(operation.c.id == identity)).first() is not None:
            return
        header: dict[str, Any] = msgspec.structs.asdict(envelope)
        for name in ("id", "shop_id", "device", "actor", "part_of", "undoes"):
            header[name] = None if header[name] is None else UUID(hex=header[name])
        at = header.pop("at")
        connection.execute(insert(operation).values(header | {"hash_version": 1, "at": from_milliseconds(at)}))

    def _take(self, connection: Connection, row: Row, envelopes: Mapping[str, Envelope], acknowledged: int) -> bool:
        collection = self._manifest.collection(row.collection)
        table = self._schema.table(row.collection)
        identity = UUID(hex=row.row)
        standing = self._read(connection, table, identity)
        first = envelopes[row.stamps[WHOLE_ROW].operation]
        if class_of(table) is DataClass.LEDGER:
            with self._under(connection, first):
                return self._take_ledger(connection, table, identity, row, standing)
        came = final = RowState(row.values, row.stamps)
        for stamp, values in self._pending(connection, row.collection, identity, acknowledged):
            final = merge(collection, final, values, stamp).row
        if standing is None or collection.claim is not None:
            # A claim is written at once: what it asks for on the way from one state to the other is nobody's wish.
            last = envelopes[max(row.stamps.values()).operation]
            with self._under(connection, first if standing is None else last):
                changed = self._write(connection, table, identity, final.values, standing)
        else:
            arrival = _Arrival(collection, table, identity, standing, came, final)
            changed = self._write_by_operation(connection, arrival, envelopes)
        self._stamp(connection, collection, identity, final)
        return changed

    def _write_by_operation(self, connection: Connection, arrival: _Arrival, envelopes: Mapping[str, Envelope]) -> bool:
        """Each field under the operation that wrote it; what this desk has not pushed stays as it is."""
        came, final = arrival.came.values, arrival.final.values
        changed = False
        for by, values in self._by_operation(arrival.collection, arrival.came, arrival.standing).items():
            kept = {name: value for name, value in values.items() if final.get(name) == value}
            if kept:
                with self._under(connection, envelopes[by]):
                    changed |= self._write(connection, arrival.table, arrival.identity, kept, arrival.standing)
        rest = {name: value for name, value in final.items() if came.get(name) != value}
        if rest:
            with self._under(connection, envelopes[arrival.came.stamps[WHOLE_ROW].operation]):
                self._state.mode = "replay"
                changed |= self._write(connection, arrival.table, arrival.identity, rest, arrival.standing)
        return changed

    def _by_operation(self, collection: Collection, came: RowState, standing: Values) -> dict[str, dict[str, Value]]:
        """The fields that look different, by the operation that wrote them, the earliest first."""
        written: dict[Stamp, dict[str, Value]] = {}
        for name, value in came.values.items():
            if standing.get(name) != value:
                stamp = came.stamp_of(collection, collection.unit_of(name))
                written.setdefault(stamp, {})[name] = value
        by_operation: dict[str, dict[str, Value]] = {}
        for stamp in sorted(written):  # the server's word on a claim has the operation that it judged
            by_operation.setdefault(stamp.operation, {}).update(written[stamp])
        return by_operation

    def _take_ledger(
        self, connection: Connection, table: Table, identity: UUID, row: Row, standing: Values | None
    ) -> bool:
        if standing is None:
            return self._write(connection, table, identity, row.values, None)
        if standing.get("hash") != row.values.get("hash"):
            key = {"collection": row.collection, "row": row.row, "hash": str(row.values.get("hash"))}
            _keep(connection, tables.stray, key, {"values": json.dumps(row.values, sort_keys=True)})
        return False

    def _pending(
        self, connection: Connection, name: str, identity: UUID, acknowledged: int
    ) -> Iterator[tuple[Stamp, dict[str, Value]]]:
        key = {"device": self._device, "acknowledged": acknowledged, "name": name, "identity": identity}
        for by, clock, new in connection.execute(_PENDING, key).all():
            if new is not None:
                yield (
                    Stamp(clock, self._device.hex, by.hex),
                    self._lowered(self._schema.table(name), _read_values.decode(new)),
                )

    def _write(
        self, connection: Connection, table: Table, identity: UUID, values: Values, standing: Values | None
    ) -> bool:
        """Writes what differs; whether anything did. Fields that this program does not know are kept in `extra`."""
        known = {name: value for name, value in values.items() if name in table.columns}
        unknown = {name: value for name, value in values.items() if name not in table.columns}
        if unknown and "extra" in table.columns:
            held = json.loads(str(known.get("extra") or "{}"))
            known["extra"] = json.dumps(held | unknown, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        if standing is not None:
            known = {name: value for name, value in known.items() if standing.get(name) != value}
            if not known:
                return False
        room = self._make_room.get(table.name)
        if room is not None:
            room(connection, identity, {**(standing or {}), **known})
        stored = {name: self._stored(table, name, value) for name, value in known.items()}
        if standing is None:
            names = ", ".join(f'"{name}"' for name in ("id", *stored))
            marks = ", ".join(f":{name}" for name in ("id", *stored))
            statement = f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})'
        else:
            pairs = ", ".join(f'"{name}" = :{name}' for name in stored)
            statement = f'UPDATE "{table.name}" SET {pairs} WHERE id = :id'
        connection.execute(text(statement), {"id": identity.bytes, **stored})
        return True

    def _read(self, connection: Connection, table: Table, identity: UUID) -> dict[str, Value] | None:
        names = [column.name for column in table.columns if column.name != "id"]
        columns = ", ".join(f'"{name}"' for name in names)
        query = text(f'SELECT {columns} FROM "{table.name}" WHERE id = :id')
        found: Sequence[Any] | None = connection.execute(query, {"id": identity.bytes}).first()
        if found is None:
            return None
        return {
            name: value.hex() if isinstance(value, bytes) else value for name, value in zip(names, found, strict=True)
        }

    def _stamp(self, connection: Connection, collection: Collection, identity: UUID, row: RowState) -> None:
        key = (field_clock.c["table"] == collection.name, field_clock.c["row"] == identity)
        connection.execute(delete(field_clock).where(*key))
        connection.execute(
            insert(field_clock),
            [
                {
                    "table": collection.name,
                    "row": identity,
                    "field": unit,
                    "clock": stamp.clock,
                    "device": UUID(hex=stamp.device),
                }
                for unit, stamp in row.stamps.items()
            ],
        )

    def _blob_fields(self, table: Table) -> frozenset[str]:
        if table.name not in self._blobs:
            self._blobs[table.name] = frozenset(str(one.name) for one in table.columns if is_blob(one.type))
        return self._blobs[table.name]

    def _stored(self, table: Table, name: str, value: Value) -> object:
        return bytes.fromhex(value) if isinstance(value, str) and name in self._blob_fields(table) else value

    def _lowered(self, table: Table, written: dict[str, Value]) -> dict[str, Value]:
        blobs = self._blob_fields(table)
        return {n: v.lower() if n in blobs and isinstance(v, str) else v for n, v in written.items()}


def acknowledge(connection: Connection, pushed: Pushed) -> dict[str, set[UUID]]:
    """Notes what the server judged; what it set aside is kept to be shown. No row looks different for it."""
    for verdict in pushed.verdicts:
        if verdict.outcome is Verdicts.REFUSED or verdict.alarms:
            _keep(connection, tables.refused, {"n": verdict.n}, {"verdict": msgspec.json.encode(verdict).decode()})
    if pushed.last > number(connection, "acknowledged"):
        _keep(connection, tables.progress, {"name": "acknowledged"}, {"value": pushed.last})
    return {}


def number(connection: Connection, name: str) -> int:
    """A number of the progress; 0 where there is none yet."""
    found = connection.execute(select(tables.progress.c.value).where(tables.progress.c.name == name)).scalar()
    return found or 0


def cursor_of(connection: Connection, scope: str) -> int:
    """How far a scope was pulled."""
    found = connection.execute(select(tables.cursor.c.cursor).where(tables.cursor.c.scope == scope)).scalar()
    return found or 0


def _keep(connection: Connection, table: Table, key: Mapping[str, object], values: Mapping[str, object]) -> None:
    same = [table.c[name] == value for name, value in key.items()]
    if not connection.execute(update(table).where(*same).values(**values)).rowcount:
        connection.execute(insert(table).values(**key, **values))
