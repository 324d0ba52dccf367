"""Judging what a device pushes: each operation whole, in one transaction, and the same word for it ever after.

An operation is refused whole when it breaks a rule that a right program keeps. One that holds ledger rows happened already, on
paper: its ledger rows are stored whatever else is wrong with them, and what is wrong is said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, delete, insert, select, update

from sync.errors import Unlawful
from sync.manifest import ClaimKind, Collection, DataClass, Manifest, Scope, Value
from sync.merge import RowState, Stamp, merge
from sync.operations import Change, Kind, Operation, ledger_hash
from sync.server import tables
from sync.wire import Lost, Outcome, Verdict

TENANT_SCOPE: Final = ""
#: Who writes the state of a claim: later than any device at the same clock.
SERVER: Final = "f" * 32
AHEAD_MS: Final = 60_000
_CLOCK_BITS: Final = 16

_json = msgspec.json.Encoder(order="sorted")
_read_values = msgspec.json.Decoder(dict[str, Value])
_read_stamps = msgspec.json.Decoder(dict[str, Stamp])
_read_verdict = msgspec.json.Decoder(Verdict)

_DEVICE = select(tables.device).where(
    tables.device.c.tenant == bindparam("tenant"), tables.device.c.device == bindparam("device")
)
_VERDICT = select(tables.operation.c.id, tables.operation.c.verdict).where(
    tables.operation.c.tenant == bindparam("tenant"),
    tables.operation.c.device == bindparam("device"),
    tables.operation.c.n == bindparam("n"),
)
_ROW = select(tables.row).where(
    tables.row.c.tenant == bindparam("tenant"),
    tables.row.c.collection == bindparam("collection"),
    tables.row.c.row == bindparam("row"),
)


@dataclass
class _Work:
    """What judging one operation gathers before anything of it is written."""

    operation: Operation
    stamp: Stamp
    rows: dict[tuple[str, str], tuple[Collection, RowState]] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)


class Judge:
    """Judges for one tenant, by one manifest."""

    def __init__(self, tenant: str, manifest: Manifest) -> None:
        self._tenant = tenant
        self._manifest = manifest

    def judge(self, connection: Connection, device: str, operations: Sequence[Operation], now: int) -> list[Verdict]:
        """A verdict for each operation of a push, in one transaction of the caller; `now` in milliseconds since 1970.

        Raises `Unlawful`: ``unknown_device``, ``revoked``, ``gap`` (value `last`), ``forked`` (two programs with one key).
        """
        known = connection.execute(_DEVICE.with_for_update(), {"tenant": self._tenant, "device": device}).first()
        if known is None:
            raise Unlawful("unknown_device", device=device)
        last, chain = known.n, known.hash
        touched: dict[str, list[tuple[str, str]]] = {}
        verdicts = []
        for one in operations:
            if one.device != device:
                raise Unlawful("wrong_device", device=one.device)
            if one.n <= last:
                verdicts.append(self._known(connection, one))
                continue
            if one.n > last + 1:
                raise Unlawful("gap", last=last)
            if one.previous_hash != chain:
                raise Unlawful("forked", device=device, n=one.n)
            one.check_hash()
            verdict = self._judge_one(connection, known.shop, one, now, touched)
            self._remember(connection, one, verdict, now)
            last, chain = one.n, one.hash
            verdicts.append(verdict)
        if last != known.n:
            self._bump(connection, touched)
            connection.execute(
                update(tables.device)
                .where(tables.device.c.tenant == self._tenant, tables.device.c.device == device)
                .values(n=last, hash=chain)
            )
        return verdicts

    def _known(self, connection: Connection, one: Operation) -> Verdict:
        """The word of old; another operation under a known number is a second program with the same key."""
        found = connection.execute(_VERDICT, {"tenant": self._tenant, "device": one.device, "n": one.n}).first()
        if found is None or found.id != one.id:
            raise Unlawful("forked", device=one.device, n=one.n)
        return _read_verdict.decode(found.verdict)

    def _judge_one(
        self, connection: Connection, shop: str, one: Operation, now: int, touched: dict[str, list[tuple[str, str]]]
    ) -> Verdict:
        ahead = now + AHEAD_MS << _CLOCK_BITS
        work = _Work(one, Stamp(min(one.clock, ahead), one.device, one.id))
        refused: str | None = None
        savepoint = connection.begin_nested()  # what an operation took goes back when it is refused
        try:
            for change in one.changes:
                collection = self._manifest.collection(change.collection)
                self._check(collection, change, shop)
                self._take(connection, work, collection, change)
            savepoint.commit()
        except Unlawful as error:
            savepoint.rollback()
            refused = error.code
            work = self._only_ledger(connection, one, work.stamp, shop)
            self._show_again(connection, one, touched)
        for (name, row), (collection, state) in work.rows.items():
            scope = TENANT_SCOPE if collection.scope is Scope.TENANT else shop
            self._write_row(connection, name, row, scope, state)
            touched.setdefault(scope, []).append((name, row))
        outcome = Outcome.REFUSED if refused else Outcome.CONFLICT if work.conflicts or work.alarms else Outcome.TAKEN
        return Verdict(one.n, outcome, refused, tuple(work.lost), tuple(work.conflicts), tuple(work.alarms))

    def _show_again(self, connection: Connection, one: Operation, touched: dict[str, list[tuple[str, str]]]) -> None:
        """Rows that a refused operation meant to change come with the next pull, so that its desk shows what stands."""
        for change in one.changes:
            key = {"tenant": self._tenant, "collection": change.collection, "row": change.row}
            found = connection.execute(_ROW, key).first()
            if found is not None:
                touched.setdefault(found.scope, []).append((change.collection, change.row))

    def _only_ledger(self, connection: Connection, one: Operation, stamp: Stamp, shop: str) -> _Work:
        """What is kept of an operation that is refused: its ledger rows, as far as they are whole."""
        work = _Work(one, stamp)
        for change in one.changes:
            try:
                collection = self._manifest.collection(change.collection)
                if collection.data_class is DataClass.LEDGER:
                    self._check(collection, change, shop)
                    self._take(connection, work, collection, change)
            except Unlawful:
                continue
        return work

    def _check(self, collection: Collection, change: Change, shop: str) -> None:
        if change.kind is Kind.DELETE:
            raise Unlawful("deleted", collection=collection.name)
        if change.values is None:
            return  # erased since: nothing to store, and nothing wrong
        collection.check(change.values)
        if collection.scope is Scope.SHOP and change.values.get("shop_id", shop) != shop:
            raise Unlawful("foreign_shop", collection=collection.name)
        whole = change.kind is Kind.INSERT or collection.data_class is DataClass.LEDGER
        missing = [name for name, one in collection.fields.items() if one.required and name not in change.values]
        if whole and missing:
            raise Unlawful("value_missing", collection=collection.name, field=missing[0])
        if collection.data_class is DataClass.LEDGER:
            self._check_ledger(collection, change)

    def _check_ledger(self, collection: Collection, change: Change) -> None:
        assert change.values is not None
        if change.kind is not Kind.INSERT:
            raise Unlawful("ledger_changed", collection=collection.name)
        if change.values.get("hash") != change.hash:
            raise Unlawful("row_changed", collection=collection.name, row=change.row)
        version = change.values.get("hash_version")
        if collection.hashed and isinstance(version, int):
            values = {name: change.values.get(name) for name in collection.fields} | {"id": change.row}
            if ledger_hash(values, collection.hashed_fields(version)) != change.hash:
                raise Unlawful("row_changed", collection=collection.name, row=change.row)

    def _take(self, connection: Connection, work: _Work, collection: Collection, change: Change) -> None:
        if change.values is None:
            return
        standing = self._standing(connection, work, collection, change)
        if collection.data_class is DataClass.LEDGER:
            if standing is None:
                work.rows[collection.name, change.row] = collection, RowState(dict(change.values), {"*": work.stamp})
            elif standing.values.get("hash") != change.hash:
                self._keep_aside(connection, work, change)
                work.alarms.append(change.row)
            return
        if standing is None and change.kind is Kind.UPDATE:
            raise Unlawful("unknown_row", collection=collection.name, row=change.row)
        merged = merge(collection, standing, change.values, work.stamp)
        work.lost += [
            Lost(collection.name, change.row, name, stands)
            for name, stands in merged.lost.items()
            if change.values[name] != stands
        ]
        row = merged.row
        if collection.claim is not None and (merged.taken or standing is None):
            row = self._claim(connection, work, collection, change, row)
        work.rows[collection.name, change.row] = collection, row

    def _claim(
        self, connection: Connection, work: _Work, collection: Collection, change: Change, row: RowState
    ) -> RowState:
        """Decides a claim: confirmed when all that it asks for is free or its own, else in conflict."""
        held = True
        if collection.claim is ClaimKind.EXCLUSIVE and change.places is not None:
            held = self._hold_places(connection, change)
        elif collection.claim is ClaimKind.UNIQUE:
            held = self._hold_name(connection, collection, change.row, row)
        else:
            return row
        if not held:
            work.conflicts.append(change.row)
        if collection.state is None:
            return row
        word = "confirmed" if held else "conflict"
        stamp = Stamp(max(one.clock for one in (work.stamp, *row.stamps.values())), SERVER, work.operation.id)
        return RowState(row.values | {collection.state: word}, row.stamps | {collection.state: stamp})

    def _hold_places(self, connection: Connection, change: Change) -> bool:
        own, wanted = tables.place, change.places or ()
        connection.execute(delete(own).where(own.c.tenant == self._tenant, own.c.row == change.row))
        for one in wanted:
            taken = select(own.c.row).where(
                own.c.tenant == self._tenant,
                own.c.resource == one.resource,
                own.c.start == one.start,
                own.c.lane == one.lane,
            )
            if connection.execute(taken).first() is not None:
                return False
        rows = [
            {"tenant": self._tenant, "resource": one.resource, "start": one.start, "lane": one.lane, "row": change.row}
            for one in wanted
        ]
        if rows:
            connection.execute(insert(own), rows)
        return True

    def _hold_name(self, connection: Connection, collection: Collection, row: str, state: RowState) -> bool:
        own = tables.name
        mine = (own.c.tenant == self._tenant, own.c.collection == collection.name, own.c.row == row)
        connection.execute(delete(own).where(*mine))
        if state.values.get("deleted_at") is not None:
            return True
        word = _json.encode([state.values.get(one) for one in collection.unique]).decode()
        taken = select(own.c.row).where(
            own.c.tenant == self._tenant, own.c.collection == collection.name, own.c.name == word
        )
        if connection.execute(taken).first() is not None:
            return False
        values = {"tenant": self._tenant, "collection": collection.name, "name": word, "row": row}
        connection.execute(insert(own), values)
        return True

    def _standing(self, connection: Connection, work: _Work, collection: Collection, change: Change) -> RowState | None:
        held = work.rows.get((collection.name, change.row))
        if held is not None:
            return held[1]
        found = connection.execute(
            _ROW, {"tenant": self._tenant, "collection": collection.name, "row": change.row}
        ).first()
        if found is None:
            return None
        return RowState(_read_values.decode(found.values), _read_stamps.decode(found.stamps))

    def _keep_aside(self, connection: Connection, work: _Work, change: Change) -> None:
        own = tables.alarm
        key = {
            "tenant": self._tenant,
            "collection": change.collection,
            "row": change.row,
            "hash": change.hash,
        }
        same = [own.c[name] == value for name, value in key.items()]
        if connection.execute(select(own.c.row).where(*same)).first() is None:
            values = _json.encode(change.values).decode()
            connection.execute(insert(own), key | {"values": values, "operation": work.operation.id})

    def _write_row(self, connection: Connection, name: str, row: str, scope: str, state: RowState) -> None:
        own = tables.row
        key = (own.c.tenant == self._tenant, own.c.collection == name, own.c.row == row)
        values = {
            "seq": 0,  # its place comes with the counter, at the end
            "values": _json.encode(state.values).decode(),
            "stamps": _json.encode(state.stamps).decode(),
        }
        if not connection.execute(update(own).where(*key).values(**values)).rowcount:
            connection.execute(
                insert(own), {"tenant": self._tenant, "collection": name, "row": row, "scope": scope} | values
            )

    def _bump(self, connection: Connection, touched: dict[str, list[tuple[str, str]]]) -> None:
        """Gives the changed rows their places: the tenant's counter first, and nothing after the counters."""
        for scope in sorted(touched):
            rows = list(dict.fromkeys(touched[scope]))
            last = _counted(connection, self._tenant, scope, len(rows))
            own = tables.row
            connection.execute(
                update(own)
                .where(own.c.tenant == bindparam("t"), own.c.collection == bindparam("c"), own.c.row == bindparam("r"))
                .values(seq=bindparam("place")),
                [
                    {"t": self._tenant, "c": name, "r": row, "place": last - len(rows) + place}
                    for place, (name, row) in enumerate(rows, 1)
                ],
            )

    def _remember(self, connection: Connection, one: Operation, verdict: Verdict, now: int) -> None:
        connection.execute(
            insert(tables.operation),
            {
                "tenant": self._tenant,
                "device": one.device,
                "n": one.n,
                "id": one.id,
                "envelope": _json.encode(_envelope(one)).decode(),
                "verdict": _json.encode(verdict).decode(),
                "judged_at": now,
            },
        )


def _envelope(one: Operation) -> dict[str, object]:
    """The operation without the values of its rows: those stand with the rows, and may be erased."""
    header: dict[str, object] = msgspec.to_builtins(one)
    header["changes"] = [
        [change.n, change.collection, change.row, change.kind.value, change.fields, change.hash]
        for change in one.changes
    ]
    return header


def _counted(connection: Connection, tenant: str, scope: str, by: int) -> int:
    """The counter of a scope after it went on by some places."""
    own = tables.scope
    key = (own.c.tenant == tenant, own.c.scope == scope)
    if not connection.execute(update(own).where(*key).values(counter=own.c.counter + by)).rowcount:
        connection.execute(insert(own), {"tenant": tenant, "scope": scope, "counter": by})
    found: Iterable[int] = connection.execute(select(own.c.counter).where(*key)).scalars()
    return next(iter(found))
