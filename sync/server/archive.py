"""All data of a tenant in one file (`sync.server.archive_file`): to hand out, to move to another server, to put back.

An archive of an older program is brought to this one's form before it is read (`sync.server.older_archive`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Any, Final

import msgspec
from sqlalchemy import Connection, Table, select

from sync.operations import operation_hash
from sync.server import tables
from sync.server.archive_file import (
    FORMAT,
    BadArchive,
    Listing,
    Sum,
    chunks,
    lines_of,
    read_lines,
    read_listing,
    read_rows,
    rows_in,
    tables_of,
    write_tables,
)
from sync.server.bulk import add_all
from sync.server.older_archive import of_today
from sync.server.schema import SCHEMA, Schema
from sync.server.store import Store

#: Imported scopes go on from so much further: whoever has pulled more than the archive holds still hears of everything new.
JUMP: Final = 2**32


def write_archive(store: Store, tenant: str, file: IO[bytes], schema: Schema = SCHEMA) -> Listing:
    """Writes one state of a tenant, beside those who work on it. Raises `UnknownTenant`."""
    own = tables.tenant.c
    found = store.central(lambda c: c.execute(select(own.name, own.created_at).where(own.tenant == tenant)).first())
    name, created_at = ("", 0) if found is None else (found.name, found.created_at)
    empty = Listing(FORMAT, tenant, name, created_at, {}, schema.version)
    return store.read(tenant, lambda connection: write_tables(connection, schema, empty, file))


def check_archive(file: IO[bytes], schema: Schema = SCHEMA) -> Listing:
    """Reads an archive to its end: rows and hashes as listed, the operations of each device a chain. What it says of itself.

    Raises `BadArchive`, also for one of a newer program.
    """
    listing = read_listing(file)
    with of_today(file, listing, schema) as today:
        _check(today, schema)
    return listing


def read_archive(store: Store, file: IO[bytes], schema: Schema = SCHEMA) -> Listing:
    """Puts an archive into a store where the tenant is not there or empty, and looks at what stands then.

    Raises `BadArchive`; nothing is left of the tenant then.
    """
    with of_today(file, read_listing(file), schema) as today:
        return _put(store, today, schema)


def _check(file: IO[bytes], schema: Schema) -> Listing:
    listing = read_listing(file)
    for table in tables_of(schema.tenants):
        total = Sum()
        for line in read_lines(file, table.name):
            total.add(line)
        if total.held() != listing.tables.get(table.name):
            raise BadArchive(f"{table.name} is not what the archive lists")
    _check_chains(file)
    return listing


def _put(store: Store, file: IO[bytes], schema: Schema) -> Listing:
    listing = _check(file, schema)
    tenant, own = listing.tenant, tables_of(schema.tenants)
    there = tenant in store.tenants()
    if there and store.read(tenant, lambda c: any(_rows_of(c, table, tenant) for table in own)):
        raise BadArchive(f"tenant {tenant} holds data already")
    if not there:
        store.make_tenant(tenant, listing.name, listing.created_at)

    def work(connection: Connection) -> None:
        for table in own:
            for rows in chunks(_stored(file, table, tenant)):
                add_all(connection, table, rows)
        _check_stored(connection, listing, file, own)

    try:
        store.tenant(tenant, work)
    except BaseException:
        if not there:
            store.erase_tenant(tenant)
        raise
    return listing


def _stored(file: IO[bytes], table: Table, tenant: str) -> Iterator[dict[str, Any]]:
    """The rows of a table as they are stored here: scopes further on, also those in which nothing was yet."""
    names = {one.name for one in table.c} - {"tenant"}
    scopes = {"", *(row["shop"] for row in read_rows(file, tables.shop.name))}
    for row in read_rows(file, table.name):
        if row.keys() != names:
            raise BadArchive(f"{table.name} has other columns: the archive is of another version of the program")
        if table.name == tables.scope.name:
            scopes.discard(row["scope"])
            row["counter"] += JUMP
        yield {"tenant": tenant, **row}
    if table.name == tables.scope.name:
        yield from ({"tenant": tenant, "scope": one, "counter": JUMP} for one in sorted(scopes))


def _check_stored(connection: Connection, listing: Listing, file: IO[bytes], own: tuple[Table, ...]) -> None:
    for table in own:
        expected, stored = listing.tables[table.name], Sum()
        if table.name == tables.scope.name:
            jumped = Sum()
            for row in _stored(file, table, ""):
                del row["tenant"]
                jumped.add(next(lines_of([row])))
            expected = jumped.held()
        for line in lines_of(rows_in(connection, table, listing.tenant)):
            stored.add(line)
        if stored.held() != expected:
            raise BadArchive(f"{table.name} is not what the archive holds")


def _check_chains(file: IO[bytes]) -> None:
    """Every operation has the hash of its header and changes and follows the one before it; each device stands at its last one."""
    last: dict[str, tuple[int, str]] = {}
    for row in read_rows(file, tables.operation.name):
        device, n = row["device"], row["n"]
        told = msgspec.json.decode(row["envelope"])
        whole = (told["device"], told["n"], told["id"]) == (device, n, row["id"])
        if not whole or operation_hash(told, told.get("changes", ())) != told["hash"]:
            raise BadArchive(f"operation {n} of device {device} is not what its hash says")
        if device in last and (n, told["previous_hash"]) != (last[device][0] + 1, last[device][1]):
            raise BadArchive(f"operation {n} of device {device} does not follow the one before it")
        last[device] = n, told["hash"]
    stands = {row["device"]: (row["n"], row["hash"]) for row in read_rows(file, tables.device.name)}
    for device, end in last.items():
        if stands.get(device) != end:
            raise BadArchive(f"device {device} does not stand at its last operation")


def _rows_of(connection: Connection, table: Table, tenant: str) -> bool:
    return connection.execute(select(table.c.tenant).where(table.c.tenant == tenant).limit(1)).first() is not None
