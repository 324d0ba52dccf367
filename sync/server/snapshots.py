"""Making snapshots for new devices, and handing them out.

The rows of both scopes are read from the latest change backwards, page by page, each page in a transaction of its own: a row that changes
meanwhile leaves the range that is read and comes with the pull behind the snapshot's counters. Nothing is held open, and the memory that
it takes does not grow with the tenant.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec
import zstandard
from sqlalchemy import Connection, bindparam, delete, func, insert, select

from sync.errors import Unlawful
from sync.manifest import WHOLE_ROW, Collection, Manifest, Value
from sync.merge import Stamp
from sync.server import tables
from sync.server.judge import TENANT_SCOPE
from sync.server.manifests import Manifests
from sync.server.proving import Caller, welcome
from sync.server.pulling import envelopes_of
from sync.server.signing import signing_key
from sync.server.store import Store
from sync.snapshot import Body, Chunk, Listed, Listing, Rows, Snapshot, sign

#: A tenant with fewer rows is pulled as quickly as it is packed.
LEAST_ROWS: Final = 20_000
#: How old a snapshot may be, in milliseconds: a longer tail would be pulled.
OLDEST: Final = 24 * 60 * 60_000
CHUNK_ROWS: Final = 5_000
_CHUNK_SIZE: Final = 4_000_000
_PAGE: Final = 2_000
_CLOCK_BITS: Final = 16
_LEVEL: Final = 3

_row, _snapshot, _chunk = tables.row, tables.snapshot, tables.chunk
_BEFORE = (
    select(_row.c.collection, _row.c.row, _row.c.seq, _row.c["values"], _row.c.stamps)
    .where(_row.c.tenant == bindparam("tenant"), _row.c.scope == bindparam("scope"), _row.c.seq < bindparam("before"))
    .order_by(_row.c.seq.desc())
    .limit(bindparam("most"))
)
_LATEST = (
    select(_snapshot.c.listing, _snapshot.c.signature)
    .where(
        _snapshot.c.tenant == bindparam("tenant"),
        _snapshot.c.shop == bindparam("shop"),
        _snapshot.c.made_at >= bindparam("since"),
    )
    .order_by(_snapshot.c.made_at.desc())
    .limit(1)
)
_json = msgspec.json.Encoder()
_read_stamps = msgspec.json.Decoder(dict[str, Stamp])
_read_values = msgspec.json.Decoder(dict[str, Value])


class Snapshots:
    """`now`: milliseconds since 1970. `least_rows`: how many rows make a snapshot worth its while; `chunk_rows`: most of a part."""

    def __init__(
        self, store: Store, now: Callable[[], int], *, least_rows: int = LEAST_ROWS, chunk_rows: int = CHUNK_ROWS
    ) -> None:
        self._store, self._now, self._least, self._chunk_rows = store, now, least_rows, chunk_rows
        self._manifests = Manifests()
        self._making = threading.Lock()

    def latest(self, caller: Caller, shop: str) -> Snapshot | None:
        """A snapshot of the device's shop that is not too old. Raises `Unlawful` ``foreign_scope``, and ``no_snapshot``: pull."""
        since = self._now() - OLDEST

        def work(connection: Connection) -> Snapshot | None:
            if welcome(connection, caller).shop != shop:
                raise Unlawful("foreign_scope", scope=shop)
            query = {"tenant": caller.tenant, "shop": shop, "since": since}
            found = connection.execute(_LATEST, query).first()
            if found is not None:
                return Snapshot(found.listing, found.signature)
            scopes = _row.c.scope.in_((TENANT_SCOPE, shop))
            enough = select(_row.c.seq).where(_row.c.tenant == caller.tenant, scopes).limit(self._least).subquery()
            if connection.execute(select(func.count()).select_from(enough)).scalar_one() < self._least:
                raise Unlawful("no_snapshot")
            return None

        return self._store.read(caller.tenant, work)

    def chunk(self, caller: Caller, snapshot: str, n: int) -> bytes:
        """A packed part, counted from 0. Raises `Unlawful` ``unknown_snapshot``: it is gone, ask for a new one."""

        def work(connection: Connection) -> bytes | None:
            known = welcome(connection, caller)
            own = (_chunk.c.tenant == caller.tenant, _chunk.c.snapshot == snapshot)
            of_shop = select(_snapshot.c.snapshot).where(
                _snapshot.c.tenant == caller.tenant, _snapshot.c.snapshot == snapshot, _snapshot.c.shop == known.shop
            )
            if connection.execute(of_shop).first() is None:
                return None
            hot = select(func.count()).where(*own, _chunk.c.hot == 1)
            first = connection.execute(hot).scalar_one()
            place = (1, n) if n < first else (0, n - first)
            query = select(_chunk.c.body).where(*own, _chunk.c.hot == place[0], _chunk.c.n == place[1])
            found: bytes | None = connection.execute(query).scalar()
            return found

        found = self._store.read(caller.tenant, work)
        if found is None:
            raise Unlawful("unknown_snapshot", snapshot=snapshot)
        return bytes(found)

    def body(self, caller: Caller, collection: str, row: str) -> Body:
        """The deferred field of a row. Raises `Unlawful` ``unknown_row``."""

        def work(connection: Connection) -> Body | None:
            known = welcome(connection, caller)
            manifest = self._manifests.of_tenant(connection, caller.tenant).manifest
            deferred = manifest.collection(collection).deferred
            own = (_row.c.tenant == caller.tenant, _row.c.collection == collection, _row.c.row == row)
            query = select(_row.c["values"]).where(*own, _row.c.scope.in_((TENANT_SCOPE, known.shop)))
            found = connection.execute(query).scalar()
            value = None if found is None or deferred is None else _read_values.decode(found).get(deferred.field)
            return Body(collection, row, deferred.field, value) if deferred and isinstance(value, str) else None

        found = self._store.read(caller.tenant, work)
        if found is None:
            raise Unlawful("unknown_row", collection=collection, row=row)
        return found

    def shops(self, tenant: str) -> list[str]:
        """The shops of a tenant. Raises `UnknownTenant`."""
        own = tables.shop.c
        query = select(own.shop).where(own.tenant == tenant).order_by(own.shop)
        return self._store.read(tenant, lambda connection: list(connection.execute(query).scalars()))

    def make(self, tenant: str, shop: str) -> Snapshot:
        """Makes a snapshot of the tenant's rows and those of a shop; older ones of the shop are deleted.

        Raises `LookupError` for a tenant that no device has been paired with, `Unlawful` ``busy`` when another server makes one too.
        """
        with self._making:
            return self._make(tenant, shop)

    def _make(self, tenant: str, shop: str) -> Snapshot:
        self._store.tenant(tenant, lambda connection: _drop_leftovers(connection, tenant))
        key = self._store.central(signing_key)
        manifest, cursors = self._store.read(tenant, lambda connection: self._begin(connection, tenant, shop))
        making = _Making(self._store, tenant, manifest, self._now(), self._chunk_rows)
        try:
            for scope, cursor in cursors.items():
                for page in _pages(self._store, tenant, scope, cursor, min(_PAGE, self._chunk_rows)):
                    making.add(page)
            hot, chunks = making.finish()
            listing = Listing(
                making.snapshot, tenant, shop, manifest.version, making.now, dict(cursors), hot, tuple(chunks)
            )
            signed = sign(listing, key)
            self._store.tenant(tenant, lambda connection: _replace(connection, tenant, listing, signed))
        except BaseException:
            self._store.tenant(tenant, lambda connection: _drop(connection, tenant, making.snapshot))
            raise
        return signed

    def _begin(self, connection: Connection, tenant: str, shop: str) -> tuple[Manifest, dict[str, int]]:
        own = tables.scope.c
        query = select(own.scope, own.counter).where(own.tenant == tenant, own.scope.in_((TENANT_SCOPE, shop)))
        counters = {one.scope: one.counter for one in connection.execute(query)}
        cursors = {scope: counters.get(scope, 0) for scope in (TENANT_SCOPE, shop)}
        return self._manifests.of_tenant(connection, tenant).manifest, cursors


class _Making:
    """The parts of one snapshot while it is made: one that fills for what is hot, one for the archive."""

    def __init__(self, store: Store, tenant: str, manifest: Manifest, now: int, most: int) -> None:
        self.snapshot, self.now, self._most = secrets.token_hex(16), now, most
        self._store, self._tenant = store, tenant
        self._rules = {one.name: _Rule(one, now) for one in manifest.collections}
        self._filling: dict[bool, _Filling] = {True: _Filling(), False: _Filling()}
        self._packer = zstandard.ZstdCompressor(level=_LEVEL)

    def add(self, page: list[Any]) -> None:
        for collection, row, _, stored, stamps in page:
            rule = self._rules[collection]
            values, by = _read_values.decode(stored), _read_stamps.decode(stamps)
            filling = self._filling[rule.is_hot(values, by)]
            rule.leave_out_deferred(values)
            filling.add(collection, row, values, by)
            filling.size += len(stored) + len(stamps)
            if filling.count >= self._most or filling.size >= _CHUNK_SIZE:
                self._flush(filling)

    def finish(self) -> tuple[int, list[Listed]]:
        """How many parts are hot, and all parts in their order."""
        for filling in self._filling.values():
            if filling.count:
                self._flush(filling)
        hot, archive = self._filling[True].listed, self._filling[False].listed
        return len(hot), hot + archive

    def _flush(self, filling: _Filling) -> None:
        operations = {stamp.operation for stamp in filling.stamps}
        told = self._store.read(self._tenant, lambda connection: envelopes_of(connection, self._tenant, operations))
        packed = self._packer.compress(_json.encode(Chunk(tuple(filling.stamps), told, filling.rows())))
        values = {
            "tenant": self._tenant,
            "snapshot": self.snapshot,
            "hot": int(filling is self._filling[True]),
            "n": len(filling.listed),
            "body": packed,
        }
        self._store.tenant(self._tenant, lambda connection: connection.execute(insert(_chunk), values))
        filling.listed.append(Listed(hashlib.sha256(packed).hexdigest(), len(packed), filling.count))
        filling.clear()


class _Filling:
    """A part that fills, and those of its kind that are full."""

    def __init__(self) -> None:
        self.listed: list[Listed] = []
        self.clear()

    def clear(self) -> None:
        self.count, self.size = 0, 0
        self.stamps: dict[Stamp, int] = {}
        self._groups: dict[tuple[str, tuple[str, ...]], list[tuple[str, int | dict[str, int], tuple[Value, ...]]]] = {}

    def add(self, collection: str, row: str, values: dict[str, Value], stamps: dict[str, Stamp]) -> None:
        numbers = {unit: self.stamps.setdefault(stamp, len(self.stamps)) for unit, stamp in stamps.items()}
        of_row = numbers[WHOLE_ROW] if numbers.keys() == {WHOLE_ROW} else numbers
        self._groups.setdefault((collection, tuple(values)), []).append((row, of_row, tuple(values.values())))
        self.count += 1

    def rows(self) -> tuple[Rows, ...]:
        """In the order of their making again: rows of one time lie together in the indexes."""
        return tuple(
            Rows(collection, fields, *(tuple(one) for one in zip(*reversed(rows), strict=True)))
            for (collection, fields), rows in self._groups.items()
        )


class _Rule:
    """What the manifest says about the rows of a collection; `now` in milliseconds."""

    def __init__(self, collection: Collection, now: int) -> None:
        hot = collection.hot
        self._field = hot.field if hot is not None else None
        self._all = hot is None
        days = timedelta(days=hot.days if hot is not None else 0)
        self._since = now - days // timedelta(milliseconds=1)
        self._first_day = (datetime.fromtimestamp(now / 1000, UTC) - days).date().isoformat()
        self._deferred = collection.deferred

    def is_hot(self, values: Mapping[str, Value], stamps: Mapping[str, Stamp]) -> bool:
        if self._all:
            return True
        if self._field is None:
            return stamps[WHOLE_ROW].clock >> _CLOCK_BITS >= self._since
        time = values.get(self._field)
        if isinstance(time, str):
            return time >= self._first_day
        return time is None or bool(time >= self._since)

    def leave_out_deferred(self, values: dict[str, Value]) -> None:
        """Puts zero bytes where a deferred field is."""
        if self._deferred is not None and values.get(self._deferred.where) in self._deferred.values:
            values[self._deferred.field] = ""


def _pages(store: Store, tenant: str, scope: str, cursor: int, most: int) -> Iterator[list[Any]]:
    """The rows of a scope up to a counter, the latest change first."""
    before = cursor + 1
    while True:
        query = {"tenant": tenant, "scope": scope, "before": before, "most": most}
        page = store.read(tenant, lambda connection, query=query: list(connection.execute(_BEFORE, query)))  # type: ignore[misc]  # bound at once
        if page:
            yield page
        if len(page) < most:
            return
        before = page[-1].seq


def _replace(connection: Connection, tenant: str, listing: Listing, signed: Snapshot) -> None:
    """The new snapshot stands, older ones of the shop go."""
    made = select(func.count()).where(_chunk.c.tenant == tenant, _chunk.c.snapshot == listing.snapshot)
    if connection.execute(made).scalar_one() != len(listing.chunks):
        raise Unlawful("busy")  # another server began one of this tenant meanwhile and took these parts for leftovers
    own = _snapshot.c
    older = select(own.snapshot).where(own.tenant == tenant, own.shop == listing.shop)
    for one in connection.execute(older).scalars().all():
        _drop(connection, tenant, one)
    values = {
        "tenant": tenant,
        "snapshot": listing.snapshot,
        "shop": listing.shop,
        "made_at": listing.made_at,
        "listing": signed.listing,
        "signature": signed.signature,
    }
    connection.execute(insert(_snapshot), values)


def _drop(connection: Connection, tenant: str, snapshot: str) -> None:
    for table in (_chunk, _snapshot):
        connection.execute(delete(table).where(table.c.tenant == tenant, table.c.snapshot == snapshot))


def _drop_leftovers(connection: Connection, tenant: str) -> None:
    """Parts of snapshots that were never finished."""
    finished = select(_snapshot.c.snapshot).where(_snapshot.c.tenant == tenant)
    connection.execute(delete(_chunk).where(_chunk.c.tenant == tenant, _chunk.c.snapshot.not_in(finished)))
