"""Taking the state of a device that worked alone before it was paired: rows whole with their stamps, not operations one by one.

Each row merges field by field into what stands, by its own stamps; its claim is decided by the rules of the judge. A page that comes
again changes nothing. The envelopes that the stamps name are kept, so that everybody can be told who wrote what.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, select

from sync.errors import Unlawful
from sync.manifest import WHOLE_ROW, ClaimKind, Collection, DataClass, Scope, Value
from sync.merge import RowState, Stamp, merge
from sync.operations import Change, Kind
from sync.server import tables
from sync.server.ahead import Brought, clocks
from sync.server.bulk import add_all
from sync.server.checks import Rules
from sync.server.claims import decided, hold
from sync.server.judge import TENANT_SCOPE
from sync.server.pulling import envelopes_of
from sync.server.standing import RowKey, Standing
from sync.wire import Envelope, Lost, State, StateNote, StateRow, StateTaken

_NO_HASH: Final = "0" * 64

_json = msgspec.json.Encoder()
_SHOP = select(tables.device.c.shop).where(
    tables.device.c.tenant == bindparam("tenant"), tables.device.c.device == bindparam("device")
)


@dataclass
class _Work:
    """What taking a page gathers. `clocks`: those of the operations that its stamps name, as far as they count."""

    shop: str
    clocks: Mapping[str, int]
    lost: list[Lost] = field(default_factory=list)
    notes: list[StateNote] = field(default_factory=list)

    def note(self, row: StateRow, code: str) -> None:
        self.notes.append(StateNote(row.collection, row.row, code))


class StateTaker:
    """Takes state for one tenant, by the rules of its manifest."""

    def __init__(self, tenant: str, rules: Rules) -> None:
        self._tenant, self._rules = tenant, rules

    def take(self, connection: Connection, device: str, state: State, now: int) -> StateTaken:
        """Takes a page in one transaction of the caller; `now` in milliseconds since 1970.

        Raises `Unlawful`: ``unknown_device``, ``stamp_unknown`` for a stamp whose operation has no envelope in the page.
        """
        shop = connection.execute(_SHOP, {"tenant": self._tenant, "device": device}).scalar()
        if shop is None:
            raise Unlawful("unknown_device", device=device)
        _check_stamps(state)
        work = _Work(shop, clocks(connection, self._tenant, state.envelopes, now))
        standing = self._standing(connection, state.rows)
        for row in sorted(state.rows, key=self._turn):
            try:
                self._take_row(standing, work, row)
            except Unlawful as error:
                standing.take_back()
                work.note(row, error.code)
            standing.accept()
        self._keep_envelopes(connection, state.envelopes, now)
        standing.write()
        return StateTaken(now, tuple(work.lost), tuple(work.notes))

    def _turn(self, row: StateRow) -> tuple[bool, int, str]:
        """Claims are taken in the order of their clocks; one that its own device holds for lost gives way to the others."""
        known = self._rules.collections.get(row.collection)
        lost = known is not None and known.state is not None and row.values.get(known.state) == "conflict"
        made = row.stamps.get(WHOLE_ROW)
        return lost, made.clock if made is not None else 0, row.row

    def _standing(self, connection: Connection, rows: Iterable[StateRow]) -> Standing:
        """Everything that taking these rows will ask for."""
        standing = Standing(connection, self._tenant)
        standing.read_rows((one.collection, one.row) for one in rows)
        claims = {one.name: one.claim for one in self._rules.collections.values()}
        standing.read_places(
            {
                one.row: one.places
                for one in rows
                if one.places is not None and claims.get(one.collection) is ClaimKind.EXCLUSIVE
            }
        )
        standing.read_names((one.collection, one.row) for one in rows if claims.get(one.collection) is ClaimKind.UNIQUE)
        for name in [name for name, claim in claims.items() if claim is ClaimKind.BOUNDED]:
            standing.balances.read(name, {one.row for one in rows if one.collection == name})
        return standing

    def _take_row(self, standing: Standing, work: _Work, row: StateRow) -> None:
        collection = self._rules.collection(row.collection)
        if WHOLE_ROW not in row.stamps:
            raise Unlawful("value_missing", collection=collection.name, field=WHOLE_ROW)
        own_hash = row.values.get("hash") if collection.data_class is DataClass.LEDGER else _NO_HASH
        self._rules.check(
            collection, Change(1, row.collection, row.row, Kind.INSERT, str(own_hash), None, row.values), work.shop
        )
        key = collection.name, row.row
        scope = TENANT_SCOPE if collection.scope is Scope.TENANT else work.shop
        stamps = {unit: stamp._replace(clock=work.clocks[stamp.operation]) for unit, stamp in row.stamps.items()}
        before = standing.row(key)
        if before is not None and standing.scope_of(key) not in (None, scope):
            raise Unlawful("foreign_shop", collection=collection.name)
        if collection.data_class is DataClass.LEDGER:
            if before is None:
                standing.put_row(key, RowState(row.values, {WHOLE_ROW: stamps[WHOLE_ROW]}))
                standing.touch(key, scope)
            elif before.values.get("hash") != own_hash:
                standing.keep_aside(key, str(own_hash), row.values, stamps[WHOLE_ROW].operation)
                work.note(row, "alarm")
            return
        merged, lost = _merged(collection, before, RowState(row.values, stamps))
        work.lost += [Lost(collection.name, row.row, name, stands) for name, stands in lost.items()]
        if merged == before:
            if collection.claim is not None:
                self._say_again(standing, work, collection, row, before)
            return
        if collection.claim is not None:
            merged = self._decide(standing, work, collection, row, merged, row.values.keys() - lost.keys())
        standing.put_row(key, merged)
        standing.touch(key, scope)

    def _decide(
        self,
        standing: Standing,
        work: _Work,
        collection: Collection,
        row: StateRow,
        merged: RowState,
        written: Set[str],
    ) -> RowState:
        key: RowKey = collection.name, row.row
        if collection.claim is ClaimKind.EXCLUSIVE:
            held = hold(standing, collection, key, merged, written, row.places)
        elif collection.claim is ClaimKind.UNIQUE:
            name = None
            if merged.values.get("deleted_at") is None:
                name = _json.encode([merged.values.get(one) for one in collection.unique]).decode()
            held = standing.bear_name(key, name)
        else:  # what the device confirmed while it was its own authority has happened
            happened = collection.state is None or row.values.get(collection.state) == "confirmed"
            held = standing.balances.hold(collection, row.row, merged, happened=happened)
        if not held:
            work.note(row, "conflict")
        return decided(collection, merged, held, max(merged.stamps.values()).operation)

    def _say_again(
        self, standing: Standing, work: _Work, collection: Collection, row: StateRow, before: RowState
    ) -> None:
        """The word of old about a claim that came before."""
        if collection.state is not None:
            if before.values.get(collection.state) == "conflict":
                work.note(row, "conflict")
        else:
            self._decide(standing, work, collection, row, before, frozenset())

    def _keep_envelopes(self, connection: Connection, envelopes: Iterable[Envelope], now: int) -> None:
        """Keeps those that are not known; what is known about an operation is never replaced."""
        given = {one.id: one for one in envelopes}
        for one in envelopes_of(connection, self._tenant, set(given)):
            del given[one.id]
        rows = [
            {"tenant": self._tenant, "id": one.id, "envelope": _json.encode(_brought(one, now)).decode()}
            for one in given.values()
        ]
        add_all(connection, tables.envelope, rows)


def _brought(one: Envelope, now: int) -> Brought:
    return Brought(**{name: getattr(one, name) for name in Envelope.__struct_fields__}, came=now)


def _merged(collection: Collection, before: RowState | None, came: RowState) -> tuple[RowState, dict[str, Value]]:
    """The row with all that came, each field or group by its own stamp; the fields that lost, with what stands instead."""
    if before is None:
        return came, {}
    by_stamp: dict[Stamp, dict[str, Value]] = {}
    for name, value in came.values.items():
        by_stamp.setdefault(came.stamp_of(collection, collection.unit_of(name)), {})[name] = value
    row, lost = before, dict[str, Value]()
    for stamp, values in by_stamp.items():
        merged = merge(collection, row, values, stamp)
        row = merged.row
        lost |= {name: stands for name, stands in merged.lost.items() if values[name] != stands}
    return row, lost


def _check_stamps(state: State) -> None:
    """Every stamp names an operation of the page, with its clock and device."""
    known = {one.id: (one.clock, one.device) for one in state.envelopes}
    for row in state.rows:
        for stamp in row.stamps.values():
            if known.get(stamp.operation) != (stamp.clock, stamp.device):
                raise Unlawful("stamp_unknown", collection=row.collection, row=row.row)
