"""Dropping what was deleted long ago: a row that was deleted stays for more than a year, so that every device hears of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import msgspec
from sqlalchemy import Connection, delete, select

from sync.manifest import DataClass, FieldType, Manifest
from sync.server import tables
from sync.server.store import Store

HORIZON_DAYS: Final = 400
_DAY_MS: Final = 24 * 60 * 60_000
_CHUNK: Final = 1_000

_row, _draw = tables.row, tables.draw
_read_values = msgspec.json.Decoder(dict[str, Any])
_read_manifest = msgspec.json.Decoder(Manifest)


def compact(store: Store, tenant: str, now: int) -> int:
    """Drops rows that were deleted more than `HORIZON_DAYS` ago and that no other row names; how many.

    Snapshots are dropped with them, new ones are made when somebody asks. `now` in milliseconds since 1970. Raises `UnknownTenant`.
    """

    def work(connection: Connection) -> int:
        text = connection.execute(select(tables.salon.c.manifest).where(tables.salon.c.tenant == tenant)).scalar()
        if not text:
            return 0
        manifest = _read_manifest.decode(text)
        old = _old(connection, tenant, manifest, now - HORIZON_DAYS * _DAY_MS)
        for name in _named(connection, tenant, manifest):
            old.pop(name, None)
        for row, (collection, scope, seq) in old.items():
            for table in (_row, _draw):
                connection.execute(
                    delete(table).where(table.c.tenant == tenant, table.c.collection == collection, table.c.row == row)
                )
            _move_horizon(connection, tenant, scope, seq)
        if old:
            for table in (tables.chunk, tables.snapshot):
                connection.execute(delete(table).where(table.c.tenant == tenant))
        return len(old)

    return store.tenant(tenant, work)


def _old(connection: Connection, tenant: str, manifest: Manifest, before: int) -> dict[str, tuple[str, str, int]]:
    """Rows that may go: their collection, scope and place. Not those that hold a place in time or a name, or count in a balance."""
    held = {
        *connection.execute(select(tables.place.c.row).where(tables.place.c.tenant == tenant)).scalars(),
        *connection.execute(select(tables.name.c.row).where(tables.name.c.tenant == tenant)).scalars(),
        *connection.execute(select(_draw.c.row).where(_draw.c.tenant == tenant, _draw.c.counted != 0)).scalars(),
    }
    found: dict[str, tuple[str, str, int]] = {}
    for collection in manifest.collections:
        if collection.data_class is DataClass.LEDGER or "deleted_at" not in collection.fields:
            continue
        for one in _rows(connection, tenant, collection.name):
            if '"deleted_at":null' in one.values or one.row in held:
                continue
            deleted_at = _read_values.decode(one.values).get("deleted_at")
            if isinstance(deleted_at, int) and deleted_at < before:
                found[one.row] = collection.name, one.scope, one.seq
    return found


def _named(connection: Connection, tenant: str, manifest: Manifest) -> Iterator[str]:
    """Every id that a field of a row names."""
    for collection in manifest.collections:
        fields = [name for name, field in collection.fields.items() if field.type is FieldType.ID]
        for one in _rows(connection, tenant, collection.name) if fields else ():
            values = _read_values.decode(one.values)
            yield from (value for name in fields if isinstance(value := values.get(name), str) and value != one.row)


def _rows(connection: Connection, tenant: str, collection: str) -> Iterator[Any]:
    query = select(_row.c.row, _row.c.scope, _row.c.seq, _row.c["values"].label("values"))
    query = query.where(_row.c.tenant == tenant, _row.c.collection == collection)
    yield from connection.execute(query.execution_options(yield_per=_CHUNK))


def _move_horizon(connection: Connection, tenant: str, scope: str, seq: int) -> None:
    own = tables.horizon
    known = connection.execute(select(own.c.seq).where(own.c.tenant == tenant, own.c.scope == scope)).scalar()
    if known is not None and known >= seq:
        return
    connection.execute(delete(own).where(own.c.tenant == tenant, own.c.scope == scope))
    connection.execute(own.insert(), {"tenant": tenant, "scope": scope, "seq": seq})
