"""What a pull brings: rows in their latest state, put beside what this desk has not pushed yet.

A row that is unknown here is written as it came; of an editable one the feed keeps nothing but its stamps, which name the operations that
wrote it, because the row itself is all that this desk saw. A row that stands here is written field by field, each under the operation that
wrote it; then the changes of this desk that the server has not judged are put on top again, the later clock wins. Nothing of it is pushed.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import Connection, Table, delete, insert, select, update
from sqlalchemy.exc import IntegrityError

from desktop.database.anew import note_seen, rows_to_take
from desktop.database.behind import Behind
from desktop.database.connection import FeedState
from desktop.database.envelopes import NAMED, remember, rows_written
from desktop.database.field_clocks import add_stamps, read_stamps, replace_stamps
from desktop.database.parents import Parents, note_orphans, settle_orphans
from desktop.database.pending import Pending, pending_edits
from desktop.database.schema import Schema
from desktop.database.synced_table import SyncedTable, Values, insert_many
from sync import tables
from sync.manifest import WHOLE_ROW, Collection, Manifest, Value
from sync.merge import RowState, Stamp, merge
from sync.wire import Envelope, Page, Pushed, Row
from sync.wire import Outcome as Verdicts

#: Makes room for a row that is about to be written: `(connection, row id, its values by column, whether it gives way)`; whether it has
#: its places: one that gives way takes none from others.
MakeRoom = Callable[[Connection, UUID, Values, bool], bool]

_UNREAD: Final = 'sync_unread (collection, "row")'


@dataclass(frozen=True, slots=True)
class _Turn:
    """A page that is being written.

    Attributes:
        written: of each operation that the page names, how many rows the feed has of it.
    """

    connection: Connection
    envelopes: Mapping[str, Envelope]
    written: dict[str, int]
    pending: Pending

    def maker(self, row: Row) -> Envelope:
        """The operation that made a row."""
        return self.envelopes[row.stamps[WHOLE_ROW].operation]


@dataclass(frozen=True, slots=True)
class _Place:
    """A table that rows come to."""

    collection: Collection
    table: SyncedTable
    make_room: MakeRoom | None


class Incoming:
    """Writes pages into the file of one device. Runs in the writer's thread, inside a transaction of its caller."""

    def __init__(
        self,
        schema: Schema,
        manifest: Manifest,
        state: FeedState,
        device: UUID,
        make_room: Mapping[str, MakeRoom],
        parents: Parents | None = None,
    ) -> None:
        self._schema = schema
        self._manifest = manifest
        self._known = {one.name for one in manifest.collections}
        self._state = state
        self._device = device
        self._make_room = make_room
        self._parents = parents or {}
        self._places: dict[str, _Place] = {}
        self._behind = Behind(schema)

    @property
    def device(self) -> str:
        """The own device, as on the wire."""
        return self._device.hex

    def knows(self, collection: str) -> bool:
        """Whether this program has the collection."""
        return collection in self._known

    def begin(self, connection: Connection) -> dict[str, set[UUID]]:
        """Before the first page: a program with another manifest than the last one pulls everything again.

        It knows what the last one could not hold. What stands already costs no more than being read.
        """
        version = number(connection, "manifest")
        if version != self._manifest.version:
            if version:
                connection.execute(delete(tables.cursor))
                connection.execute(delete(tables.unread))
            _keep(connection, tables.progress, {"name": "manifest"}, {"value": self._manifest.version})
        return {}

    def apply(self, connection: Connection, page: Page) -> dict[str, set[UUID]]:
        """Takes a page and moves the cursor; table → ids of the rows that look different now."""
        rows = self._rows(connection, page)
        note_seen(connection, rows)
        changed = self._write_rows(connection, page, rows)
        for name, fields in self._parents.items():
            if name in rows:
                values = {identity: row.values for identity, row in rows[name].items()}
                note_orphans(connection, page.scope, name, fields, values)
        # while the archive of a snapshot is on its way, what a row names may be in it
        if not page.more and connection.execute(select(tables.snapshot.c.chunk)).first() is None:
            settle_orphans(connection, page.scope)
        _keep(connection, tables.cursor, {"scope": page.scope}, {"cursor": page.cursor, "horizon": page.horizon})
        return changed

    def bring(self, connection: Connection, page: Page, *, tell: bool = True) -> dict[str, set[UUID]]:
        """Takes rows of a snapshot, which are older than what a pull brought meanwhile; says what `apply` says, or nothing."""
        rows = self._rows(connection, page)
        here = dict(rows)
        for name, came in here.items():
            if not self._place(name).table.ledger:
                rows[name] = rows_to_take(connection, name, came)
        note_seen(connection, here)
        return self._write_rows(connection, page, rows, tell=tell)

    def _rows(self, connection: Connection, page: Page) -> dict[str, dict[bytes, Row]]:
        """The rows of a page by collection; of those that this program cannot hold it is noted that they came."""
        rows: dict[str, dict[bytes, Row]] = {}
        unread: list[tuple[str, bytes]] = []
        for row in page.rows:
            identity = bytes.fromhex(row.row)
            if self._can_hold(row):
                rows.setdefault(row.collection, {})[identity] = row
            else:
                unread.append((row.collection, identity))
        insert_many(connection, _UNREAD, 2, unread, " ON CONFLICT DO NOTHING")
        return rows

    def _write_rows(
        self, connection: Connection, page: Page, rows: Mapping[str, Mapping[bytes, Row]], *, tell: bool = True
    ) -> dict[str, set[UUID]]:
        turn = self._turn(connection, page, rows)
        changed: dict[str, set[UUID]] = {}
        for name, came in rows.items():
            ids = self._take(turn, self._place(name), came)
            if ids and tell:
                changed[name] = {UUID(bytes=identity) for identity in ids}
        note_clock(connection, max((stamp.clock for row in page.rows for stamp in row.stamps.values()), default=0))
        return changed

    def _can_hold(self, row: Row) -> bool:
        """Not rows of a collection that this program does not know, nor of a ledger with fields that it would lose for ever."""
        if row.collection not in self._known:
            return False
        table = self._place(row.collection).table
        return not table.ledger or not table.unknown(row.values)

    def _turn(self, connection: Connection, page: Page, rows: Mapping[str, Mapping[bytes, Row]]) -> _Turn:
        remember(connection, page.envelopes)
        ids = [identity for some in rows.values() for identity in some]
        acknowledged = max(number(connection, "acknowledged"), page.judged)
        pending = pending_edits(connection, self._device.bytes, acknowledged, ids, lambda name: self._place(name).table)
        envelopes = {one.id: one for one in page.envelopes}
        return _Turn(connection, envelopes, rows_written(connection, envelopes), pending)

    def _place(self, name: str) -> _Place:
        place = self._places.get(name)
        if place is None:
            table = SyncedTable(self._schema.table(name))
            place = self._places[name] = _Place(self._manifest.collection(name), table, self._make_room.get(name))
        return place

    @contextmanager
    def _under(self, turn: _Turn, envelope: Envelope, mode: str = "") -> Iterator[None]:
        """The triggers write down what happens here under the operation it came with, behind what it has there already.

        What this desk's own operation wrote is written down: it is put back without a second word.
        """
        mode = mode or ("replay" if envelope.device == self._device.hex else "remote")
        self._state.begin(bytes.fromhex(envelope.id), bytes.fromhex(envelope.device), envelope.clock, mode)
        self._state.n = turn.written.get(envelope.id, 0)
        try:
            yield
        finally:
            turn.written[envelope.id] = self._state.n
            self._state.end()

    def _take(self, turn: _Turn, place: _Place, rows: Mapping[bytes, Row]) -> set[bytes]:
        """Writes rows of one collection; which of them look different now."""
        standing = place.table.read(turn.connection, rows)
        unknown = {identity: row for identity, row in rows.items() if identity not in standing}
        known = {identity: row for identity, row in rows.items() if identity in standing}
        if place.table.ledger:
            self._add_ledger(turn, place, unknown)
            self._compare_ledger(turn.connection, known, standing)
            return set(unknown)
        if place.make_room is not None:
            return self._take_in_turn(turn, place, known, unknown)
        self._add(turn, place, unknown)
        return set(unknown) | self._take_known(turn, place, known, lambda identity: standing[identity])

    def _add(self, turn: _Turn, place: _Place, rows: Mapping[bytes, Row]) -> None:
        if rows:
            with (
                self._under(turn, turn.maker(next(iter(rows.values()))), "replay"),
                self._behind.rows(turn.connection, self._state, place.table.name),
            ):
                place.table.insert(turn.connection, ((identity, row.values) for identity, row in rows.items()))
            add_stamps(turn.connection, place.table.name, ((identity, row.stamps) for identity, row in rows.items()))

    def _add_ledger(self, turn: _Turn, place: _Place, rows: Mapping[bytes, Row]) -> None:
        """The feed names each row with its hash, as it does on the device that wrote it."""
        if not rows:
            return
        named = []
        for identity, row in self._insert_ledger(turn, place, rows).items():
            maker = turn.maker(row)
            if maker.device != self._device.hex:
                n = turn.written[maker.id] = turn.written.get(maker.id, 0) + 1
                operation = bytes.fromhex(maker.id)
                named.append((operation, n, place.table.name, identity, "i", None, row.values["hash"]))
        insert_many(turn.connection, NAMED, 7, named)

    def _insert_ledger(self, turn: _Turn, place: _Place, rows: Mapping[bytes, Row]) -> Mapping[bytes, Row]:
        """The rows that could be written. Two programs with one device give one number twice: the second is kept aside, with the alarm."""
        try:
            with turn.connection.begin_nested(), self._under(turn, turn.maker(next(iter(rows.values()))), "replay"):
                place.table.insert(turn.connection, ((identity, row.values) for identity, row in rows.items()))
        except IntegrityError:
            if len(rows) > 1:
                each = [self._insert_ledger(turn, place, {identity: row}) for identity, row in rows.items()]
                return {identity: row for one in each for identity, row in one.items()}
            for row in rows.values():
                _keep_aside(turn.connection, row)
            return {}
        return rows

    def _compare_ledger(
        self, connection: Connection, rows: Mapping[bytes, Row], standing: Mapping[bytes, Values]
    ) -> None:
        for identity, row in rows.items():
            if standing[identity].get("hash") != row.values.get("hash"):
                _keep_aside(connection, row)

    def _take_in_turn(
        self, turn: _Turn, place: _Place, known: Mapping[bytes, Row], unknown: Mapping[bytes, Row]
    ) -> set[bytes]:
        """Rows that need room: those that stand here one after the other, because each may move the next; then the new ones.

        The rows of a page stand beside each other at the server, so new ones take nothing from each other.
        """
        assert place.make_room is not None
        changed: set[bytes] = set()
        for identity, row in known.items():
            changed |= self._take_known(
                turn, place, {identity: row}, lambda one: place.table.read(turn.connection, [one])[one]
            )
        for identity, row in unknown.items():
            with self._under(turn, turn.maker(row)):
                place.make_room(turn.connection, UUID(bytes=identity), place.table.lift(row.values), False)
        self._add(turn, place, unknown)
        return changed | unknown.keys()

    def _take_known(
        self, turn: _Turn, place: _Place, rows: Mapping[bytes, Row], standing_of: Callable[[bytes], Values]
    ) -> set[bytes]:
        """Rows that stand here already. One that came as it stands costs nothing more than being read."""
        before = read_stamps(turn.connection, place.table.name, rows)
        changed: set[bytes] = set()
        stamps: dict[bytes, Mapping[str, Stamp]] = {}
        for identity, row in rows.items():
            came = final = RowState(row.values, row.stamps)
            for stamp, values in turn.pending.get((row.collection, identity), ()):
                final = merge(place.collection, final, values, stamp).row
            if self._write_known(turn, place, identity, standing_of(identity), came, final):
                changed.add(identity)
                stamps[identity] = final.stamps
            elif before.get(identity) != final.stamps:
                stamps[identity] = final.stamps
        replace_stamps(turn.connection, place.table.name, stamps)
        return changed

    def _write_known(
        self, turn: _Turn, place: _Place, identity: bytes, standing: Values, came: RowState, final: RowState
    ) -> bool:
        lifted, wanted = place.table.lift(came.values), place.table.lift(final.values)
        if place.collection.claim is not None:
            # A claim is written at once: what it asks for on the way from one state to the other is nobody's wish.
            with self._under(turn, turn.envelopes[max(came.stamps.values()).operation]):
                return self._write(turn, place, identity, wanted, standing, _is_unjudged(place, came, final))
        changed = False
        for by, values in _by_operation(place, came, lifted, standing).items():
            kept = {name: value for name, value in values.items() if wanted.get(name) == value}
            if kept:
                with self._under(turn, turn.envelopes[by]):
                    changed |= self._write(turn, place, identity, kept, standing)
        rest = {name: value for name, value in wanted.items() if lifted.get(name) != value}
        if rest:
            with self._under(turn, turn.envelopes[came.stamps[WHOLE_ROW].operation], "replay"):
                changed |= self._write(turn, place, identity, rest, standing)
        return changed

    def _write(
        self,
        turn: _Turn,
        place: _Place,
        identity: bytes,
        values: Values,
        standing: Values,
        gives_way: bool = False,
    ) -> bool:
        """Writes what differs; whether anything did. A claim that gives way is in conflict where somebody else is."""
        different = {name: value for name, value in values.items() if standing.get(name) != value}
        if not different:
            return False
        if place.make_room is not None:
            wanted = {**standing, **different}
            free = place.make_room(turn.connection, UUID(bytes=identity), wanted, gives_way)
            if gives_way and not free and place.collection.state is not None:
                different[place.collection.state] = "conflict"
        place.table.update(turn.connection, identity, different)
        return True


def _is_unjudged(place: _Place, came: RowState, final: RowState) -> bool:
    """Whether this desk wants other places for a claim than those that the server has judged."""
    one = place.collection
    decisive = ("deleted_at", *one.freeing, *(one.fields_of(one.places_of) if one.places_of else ()))
    return any(came.values.get(name) != final.values.get(name) for name in decisive)


def _by_operation(place: _Place, came: RowState, lifted: Values, standing: Values) -> dict[str, dict[str, Value]]:
    """The columns that look different, by the operation that wrote them, the earliest first."""
    unknown = came.values.keys() - lifted.keys()
    written: dict[Stamp, dict[str, Value]] = {}
    for name, value in lifted.items():
        if standing.get(name) != value:
            units = [place.collection.unit_of(one) for one in ((name, *unknown) if name == "extra" else (name,))]
            stamp = max(came.stamp_of(place.collection, unit) for unit in units)
            written.setdefault(stamp, {})[name] = value
    by_operation: dict[str, dict[str, Value]] = {}
    for stamp in sorted(written):  # the server's word on a claim has the operation that it judged
        by_operation.setdefault(stamp.operation, {}).update(written[stamp])
    return by_operation


def note_clock(connection: Connection, seen: int) -> None:
    """Keeps the latest clock that came here."""
    if seen > number(connection, "clock"):
        _keep(connection, tables.progress, {"name": "clock"}, {"value": seen})


def acknowledge(connection: Connection, pushed: Pushed) -> dict[str, set[UUID]]:
    """Notes what the server judged; what it set aside is kept to be shown. No row looks different for it."""
    for verdict in pushed.verdicts:
        if verdict.outcome is Verdicts.REFUSED or verdict.alarms:
            _keep(connection, tables.refused, {"n": verdict.n}, {"verdict": msgspec.json.encode(verdict).decode()})
        for one in verdict.lost:  # the history tells it, and can bring it back
            key = {"n": verdict.n, "collection": one.collection, "row": one.row, "field": one.field}
            _keep(connection, tables.lost, key, {"stands": json.dumps(one.stands)})
    if pushed.last > number(connection, "acknowledged"):
        _keep(connection, tables.progress, {"name": "acknowledged"}, {"value": pushed.last})
    return {}


def number(connection: Connection, name: str) -> int:
    """A number of the progress; 0 where there is none yet."""
    found = connection.exec_driver_sql("SELECT value FROM sync_progress WHERE name = ?", (name,)).scalar()
    return int(found or 0)


def cursor_of(connection: Connection, scope: str) -> int:
    """How far a scope was pulled."""
    found = connection.exec_driver_sql("SELECT cursor FROM sync_cursor WHERE scope = ?", (scope,)).scalar()
    return int(found or 0)


def _keep_aside(connection: Connection, row: Row) -> None:
    """A ledger row that contradicts one that stands."""
    key = {"collection": row.collection, "row": row.row, "hash": str(row.values.get("hash"))}
    _keep(connection, tables.stray, key, {"values": json.dumps(row.values, sort_keys=True)})


def _keep(connection: Connection, table: Table, key: Mapping[str, object], values: Mapping[str, object]) -> None:
    same = [table.c[name] == value for name, value in key.items()]
    if not connection.execute(update(table).where(*same).values(**values)).rowcount:
        connection.execute(insert(table).values(**key, **values))
