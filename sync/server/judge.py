"""Judging what a device pushes: each operation whole, in one transaction, and the same word for it ever after.

An operation is refused whole when it breaks a rule that a right program keeps. One that holds ledger rows happened already, on
paper: its ledger rows are stored whatever else is wrong with them, and what is wrong is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, bindparam, select, update

from sync.errors import Unlawful
from sync.manifest import WHOLE_ROW, ClaimKind, Collection, DataClass, Manifest, Scope
from sync.merge import RowState, Stamp, merge
from sync.operations import Change, Kind, Operation, Place
from sync.server import tables
from sync.server.ahead import clocks
from sync.server.bulk import add_all
from sync.server.checks import Rules
from sync.server.claims import decided, hold
from sync.server.deletions import Deleted, note_deletions
from sync.server.standing import RowKey, Standing
from sync.wire import Envelope, Lost, Outcome, Verdict

TENANT_SCOPE: Final = ""
_CLOCK_BITS: Final = 16

_json = msgspec.json.Encoder()
_read_verdict = msgspec.json.Decoder(Verdict)

_device, _operation = tables.device, tables.operation
_DEVICE = (
    select(_device.c.shop, _device.c.n, _device.c.hash)
    .where(_device.c.tenant == bindparam("tenant"), _device.c.device == bindparam("device"))
    .with_for_update()
)
_GO_ON = (
    update(_device)
    .where(_device.c.tenant == bindparam("b_tenant"), _device.c.device == bindparam("b_device"))
    .values(n=bindparam("n"), hash=bindparam("hash"))
)
_WORDS = select(_operation.c.n, _operation.c.id, _operation.c.verdict).where(
    _operation.c.tenant == bindparam("tenant"),
    _operation.c.device == bindparam("device"),
    _operation.c.n.between(bindparam("first"), bindparam("last")),
)


class _Kept(Envelope, frozen=True):
    """What is kept of an operation: not the values of its rows, those stand with the rows and may be erased."""

    changes: tuple[tuple[int, str, str, str, str | None, str], ...] = ()


@dataclass
class _Work:
    """What judging one operation gathers. `rows`: those that it changed, in order, with their scope."""

    operation: Operation
    stamp: Stamp
    rows: dict[RowKey, str] = field(default_factory=dict)
    lost: list[Lost] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    alarms: list[str] = field(default_factory=list)
    deleted: dict[RowKey, bool] = field(default_factory=dict)


class Judge:
    """Judges for one tenant, by one manifest. `rules`: those of the manifest, where they are compiled already."""

    def __init__(self, tenant: str, manifest: Manifest, rules: Rules | None = None) -> None:
        self._tenant = tenant
        self._rules = rules or Rules(manifest)

    def judge(
        self,
        connection: Connection,
        device: str,
        operations: Sequence[Operation],
        now: int,
        refusal: str | None = None,
    ) -> list[Verdict]:
        """A verdict for each operation of a push, in one transaction of the caller; `now` in milliseconds since 1970.

        `refusal`: the code with which all are refused; only their ledger rows are stored then.

        Raises `Unlawful`: ``unknown_device``, ``wrong_device``, ``gap`` (value `last`), ``forked`` (two programs with one key),
        ``operation_changed``, ``mass_delete``.
        """
        known = connection.execute(_DEVICE, {"tenant": self._tenant, "device": device}).first()
        if known is None:
            raise Unlawful("unknown_device", device=device)
        words = self._words(connection, device, [one.n for one in operations if one.n <= known.n])
        new = _new(device, operations, known.n, known.hash, {n: one.id for n, one in words.items()})
        verdicts = {n: _read_verdict.decode(one.verdict) for n, one in words.items()}
        if new:
            standing = self._read(connection, new)
            deleted: dict[RowKey, int] = {}
            counted = clocks(connection, self._tenant, new, now)
            made = [self._judge_one(standing, known.shop, one, counted[one.id], refusal, deleted) for one in new]
            times: Deleted = Counter((at, collection) for (collection, _), at in deleted.items())
            note_deletions(connection, self._tenant, device, times, now)
            kept = [self._kept(one, verdict, now) for one, verdict in zip(new, made, strict=True)]
            add_all(connection, _operation, kept)
            values = {"b_tenant": self._tenant, "b_device": device, "n": new[-1].n, "hash": new[-1].hash}
            connection.execute(_GO_ON, values)
            standing.write()
            verdicts |= {one.n: one for one in made}
        return [verdicts[one.n] for one in operations]

    def _words(self, connection: Connection, device: str, numbers: Sequence[int]) -> dict[int, Any]:
        """The words of old about operations that came before."""
        if not numbers:
            return {}
        key = {"tenant": self._tenant, "device": device, "first": min(numbers), "last": max(numbers)}
        return {one.n: one for one in connection.execute(_WORDS, key)}

    def _read(self, connection: Connection, operations: Sequence[Operation]) -> Standing:
        """Everything that judging these operations will ask for."""
        standing = Standing(connection, self._tenant)
        changes = [
            change for one in operations for change in one.changes if change.collection in self._rules.collections
        ]
        standing.read_rows((one.collection, one.row) for one in changes)
        claims = {one.name: one.claim for one in self._rules.collections.values() if one.claim is not None}
        asked: dict[str, list[Place]] = {}
        for change in changes:
            if change.places is not None and claims.get(change.collection) is ClaimKind.EXCLUSIVE:
                asked.setdefault(change.row, []).extend(change.places)
        standing.read_places(asked)
        standing.read_names(
            (one.collection, one.row) for one in changes if claims.get(one.collection) is ClaimKind.UNIQUE
        )
        for name in [name for name, claim in claims.items() if claim is ClaimKind.BOUNDED]:
            standing.balances.read(name, {one.row for one in changes if one.collection == name})
        return standing

    def _judge_one(
        self, standing: Standing, shop: str, one: Operation, clock: int, refusal: str | None, deleted: dict[RowKey, int]
    ) -> Verdict:
        work = _Work(one, Stamp(clock, one.device, one.id))
        refused: str | None = None
        try:
            if refusal is not None:
                raise Unlawful(refusal)
            for change in one.changes:
                collection = self._rules.collection(change.collection)
                self._rules.check(collection, change, shop)
                self._take(standing, work, collection, change, shop)
        except Unlawful as error:
            standing.take_back()  # what it took goes back
            refused = error.code
            if refusal is None:
                self._show_again(standing, one)
            work = self._only_ledger(standing, one, work.stamp, shop)
        for key, scope in work.rows.items():
            standing.touch(key, scope)
        standing.accept()
        for key, gone in work.deleted.items():
            if gone:
                deleted[key] = one.clock >> _CLOCK_BITS
            else:  # undone in the same push
                deleted.pop(key, None)
        outcome = Outcome.REFUSED if refused else Outcome.CONFLICT if work.conflicts or work.alarms else Outcome.TAKEN
        return Verdict(one.n, outcome, refused, tuple(work.lost), tuple(work.conflicts), tuple(work.alarms))

    def _show_again(self, standing: Standing, one: Operation) -> None:
        """Rows that a refused operation meant to change come with the next pull, so that its desk shows what stands."""
        for change in one.changes:
            key = change.collection, change.row
            scope = standing.scope_of(key)
            if scope is not None:
                standing.touch(key, scope)

    def _only_ledger(self, standing: Standing, one: Operation, stamp: Stamp, shop: str) -> _Work:
        """What is kept of an operation that is refused: its ledger rows, as far as they are whole."""
        work = _Work(one, stamp)
        for change in one.changes:
            try:
                collection = self._rules.collection(change.collection)
                if collection.data_class is DataClass.LEDGER:
                    self._rules.check(collection, change, shop)
                    self._take(standing, work, collection, change, shop)
            except Unlawful:
                continue
        return work

    def _take(self, standing: Standing, work: _Work, collection: Collection, change: Change, shop: str) -> None:
        if change.values is None:
            return
        key = collection.name, change.row
        scope = TENANT_SCOPE if collection.scope is Scope.TENANT else shop
        before = standing.row(key)
        if collection.data_class is DataClass.LEDGER:
            if before is None:
                standing.put_row(key, RowState(change.values, {WHOLE_ROW: work.stamp}))
                work.rows[key] = scope
            elif before.values.get("hash") != change.hash:
                standing.keep_aside(key, change.hash, change.values, work.operation.id)
                work.alarms.append(change.row)
            return
        if before is None and change.kind is Kind.UPDATE:
            raise Unlawful("unknown_row", collection=collection.name, row=change.row)
        if before is not None and standing.scope_of(key) not in (None, scope):
            raise Unlawful("foreign_shop", collection=collection.name)
        merged = merge(collection, before, change.values, work.stamp)
        work.lost += [
            Lost(collection.name, change.row, name, stands)
            for name, stands in merged.lost.items()
            if change.values[name] != stands
        ]
        row = merged.row
        if collection.claim is not None and (merged.taken or before is None):
            row = self._claim(standing, work, collection, change, row, merged.taken)
        if before is not None:
            gone = row.values.get("deleted_at") is not None
            if gone != (before.values.get("deleted_at") is not None):
                work.deleted[key] = gone
        standing.put_row(key, row)
        work.rows[key] = scope

    def _claim(
        self,
        standing: Standing,
        work: _Work,
        collection: Collection,
        change: Change,
        row: RowState,
        taken: frozenset[str],
    ) -> RowState:
        """Decides a claim: confirmed when all that it asks for is free or its own, else in conflict."""
        if collection.claim is ClaimKind.EXCLUSIVE:
            held = hold(standing, collection, (collection.name, change.row), row, taken, change.places)
        elif collection.claim is ClaimKind.UNIQUE:
            name = None
            if row.values.get("deleted_at") is None:
                name = _json.encode([row.values.get(one) for one in collection.unique]).decode()
            held = standing.bear_name((collection.name, change.row), name)
        else:
            held = standing.balances.hold(collection, change.row, row, happened=self._has_ledger(work.operation))
        if not held:
            work.conflicts.append(change.row)
        return decided(collection, row, held, work.operation.id)

    def _has_ledger(self, one: Operation) -> bool:
        """Whether an operation happened on paper."""
        known = (self._rules.collections.get(change.collection) for change in one.changes)
        return any(collection is not None and collection.data_class is DataClass.LEDGER for collection in known)

    def _kept(self, one: Operation, verdict: Verdict, now: int) -> dict[str, object]:
        changes = tuple((c.n, c.collection, c.row, c.kind.value, c.fields, c.hash) for c in one.changes)
        header = {name: getattr(one, name) for name in Envelope.__struct_fields__}
        return {
            "tenant": self._tenant,
            "device": one.device,
            "n": one.n,
            "id": one.id,
            "envelope": _json.encode(_Kept(**header, changes=changes)).decode(),
            "verdict": _json.encode(verdict).decode(),
            "judged_at": now,
        }


def _new(device: str, operations: Sequence[Operation], last: int, chain: str, ids: dict[int, str]) -> list[Operation]:
    """The operations behind the last one, each following the one before it; those before it are the known ones (`ids`).

    Another operation under a known number is a second program with the same key.
    """
    new: list[Operation] = []
    for one in operations:
        if one.device != device:
            raise Unlawful("wrong_device", device=one.device)
        if one.n > last + 1:
            raise Unlawful("gap", last=last)
        if one.n <= last:
            if ids.get(one.n) != one.id:
                raise Unlawful("forked", device=device, n=one.n)
            continue
        if one.previous_hash != chain:
            raise Unlawful("forked", device=device, n=one.n)
        one.check_hash()
        new.append(one)
        last, chain, ids[one.n] = one.n, one.hash, one.id
    return new
