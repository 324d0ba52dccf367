"""All data of a tenant in one file: to hand out, to move to another server, to put back.

A ZIP with a file of JSON lines for each table (a row an object, without the tenant) and ``manifest.json``: whose it is, and of each table
the number of rows and the sum of the SHA-256 of its lines modulo 2^256, which does not depend on their order. What is made from the rest
(snapshots) and what is forgotten in minutes (how much was deleted of late) stays out.
"""

from __future__ import annotations

import hashlib
import zipfile
from collections.abc import Iterable, Iterator
from typing import IO, Any, Final

import msgspec
from sqlalchemy import Connection, Table, select

from sync.errors import SyncError
from sync.operations import operation_hash
from sync.server import tables
from sync.server.bulk import add_all
from sync.server.store import Store

FORMAT: Final = 1
#: Imported scopes go on from so much further: whoever has pulled more than the archive holds still hears of everything new.
JUMP: Final = 2**32
_LISTING: Final = "manifest.json"
_LEFT_OUT: Final = (tables.snapshot, tables.chunk, tables.deletion, tables.allowance)
TABLES: Final = tuple(one for one in tables.metadata.sorted_tables if one not in _LEFT_OUT)
_CHUNK: Final = 1_000

_json = msgspec.json.Encoder(order="sorted")


class BadArchive(SyncError):
    """A file that is no archive of a tenant, is not whole, or does not fit what is there."""


class Held(msgspec.Struct, frozen=True):
    """What an archive holds of a table."""

    rows: int
    hash: str


class Listing(msgspec.Struct, frozen=True):
    """What an archive says of itself."""

    format: int
    tenant: str
    name: str
    created_at: int
    tables: dict[str, Held]


class _Sum:
    """Counts lines and adds up their hashes."""

    def __init__(self) -> None:
        self.rows, self._sum = 0, 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(line).digest())

    def held(self) -> Held:
        return Held(self.rows, f"{self._sum % 2**256:064x}")


def write_archive(store: Store, tenant: str, file: IO[bytes]) -> Listing:
    """Writes one state of a tenant, beside those who work on it. Raises `UnknownTenant`."""
    own = tables.tenant.c
    found = store.central(lambda c: c.execute(select(own.name, own.created_at).where(own.tenant == tenant)).first())
    name, created_at = ("", 0) if found is None else (found.name, found.created_at)

    def work(connection: Connection) -> Listing:
        held: dict[str, Held] = {}
        with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
            for table in TABLES:
                total = _Sum()
                with packed.open(_file_of(table), "w", force_zip64=True) as entry:
                    for line in _lines(_rows(connection, table, tenant)):
                        total.add(line)
                        entry.write(line + b"\n")
                held[table.name] = total.held()
            listing = Listing(FORMAT, tenant, name, created_at, held)
            packed.writestr(_LISTING, _json.encode(listing))
        return listing

    return store.read(tenant, work)


def check_archive(file: IO[bytes]) -> Listing:
    """Reads an archive to its end: rows and hashes as listed, the operations of each device a chain. Raises `BadArchive`."""
    listing = _listing(file)
    for table in TABLES:
        total = _Sum()
        for line in _read_lines(file, table):
            total.add(line)
        if total.held() != listing.tables.get(table.name):
            raise BadArchive(f"{table.name} is not what the archive lists")
    _check_chains(file)
    return listing


def read_archive(store: Store, file: IO[bytes]) -> Listing:
    """Puts an archive into a store where the tenant is not there or empty, and looks at what stands then.

    Raises `BadArchive`; nothing is left of the tenant then.
    """
    listing = check_archive(file)
    tenant = listing.tenant
    there = tenant in store.tenants()
    if there and store.read(tenant, lambda c: any(_rows_of(c, table, tenant) for table in TABLES)):
        raise BadArchive(f"tenant {tenant} holds data already")
    if not there:
        store.make_tenant(tenant, listing.name, listing.created_at)

    def work(connection: Connection) -> None:
        for table in TABLES:
            for rows in _chunks(_stored(file, table, tenant)):
                add_all(connection, table, rows)
        _check_stored(connection, listing, file)

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
    scopes = {"", *(row["shop"] for row in _read_rows(file, tables.shop))}
    for row in _read_rows(file, table):
        if row.keys() != names:
            raise BadArchive(f"{table.name} has other columns: the archive is of another version of the program")
        if table is tables.scope:
            scopes.discard(row["scope"])
            row["counter"] += JUMP
        yield {"tenant": tenant, **row}
    if table is tables.scope:
        yield from ({"tenant": tenant, "scope": one, "counter": JUMP} for one in sorted(scopes))


def _check_stored(connection: Connection, listing: Listing, file: IO[bytes]) -> None:
    for table in TABLES:
        expected, stored = listing.tables[table.name], _Sum()
        if table is tables.scope:
            jumped = _Sum()
            for row in _stored(file, table, ""):
                del row["tenant"]
                jumped.add(_json.encode(row))
            expected = jumped.held()
        for line in _lines(_rows(connection, table, listing.tenant)):
            stored.add(line)
        if stored.held() != expected:
            raise BadArchive(f"{table.name} is not what the archive holds")


def _check_chains(file: IO[bytes]) -> None:
    """Every operation has the hash of its header and changes and follows the one before it; each device stands at its last one."""
    last: dict[str, tuple[int, str]] = {}
    for row in _read_rows(file, tables.operation):
        device, n = row["device"], row["n"]
        told = msgspec.json.decode(row["envelope"])
        whole = (told["device"], told["n"], told["id"]) == (device, n, row["id"])
        if not whole or operation_hash(told, told.get("changes", ())) != told["hash"]:
            raise BadArchive(f"operation {n} of device {device} is not what its hash says")
        if device in last and (n, told["previous_hash"]) != (last[device][0] + 1, last[device][1]):
            raise BadArchive(f"operation {n} of device {device} does not follow the one before it")
        last[device] = n, told["hash"]
    stands = {row["device"]: (row["n"], row["hash"]) for row in _read_rows(file, tables.device)}
    for device, end in last.items():
        if stands.get(device) != end:
            raise BadArchive(f"device {device} does not stand at its last operation")


def _listing(file: IO[bytes]) -> Listing:
    try:
        with zipfile.ZipFile(file) as packed:
            listing = msgspec.json.decode(packed.read(_LISTING), type=Listing)
    except (zipfile.BadZipFile, KeyError, msgspec.DecodeError) as error:
        raise BadArchive("this is no archive of a tenant") from error
    if listing.format != FORMAT:
        raise BadArchive(f"the archive has the form {listing.format}; this program reads {FORMAT}")
    return listing


def _rows(connection: Connection, table: Table, tenant: str) -> Iterator[dict[str, Any]]:
    columns = [one for one in table.c if one.name != "tenant"]
    query = select(*columns).where(table.c.tenant == tenant).order_by(*table.primary_key)
    for row in connection.execute(query.execution_options(yield_per=_CHUNK)):
        yield dict(zip([one.name for one in columns], row, strict=True))


def _rows_of(connection: Connection, table: Table, tenant: str) -> bool:
    return connection.execute(select(table.c.tenant).where(table.c.tenant == tenant).limit(1)).first() is not None


def _lines(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    return (_json.encode(row) for row in rows)


def _read_lines(file: IO[bytes], table: Table) -> Iterator[bytes]:
    try:
        with zipfile.ZipFile(file) as packed, packed.open(_file_of(table)) as entry:
            for line in entry:
                yield line.rstrip(b"\n")
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise BadArchive(f"{table.name} cannot be read") from error


def _read_rows(file: IO[bytes], table: Table) -> Iterator[dict[str, Any]]:
    for line in _read_lines(file, table):
        row: dict[str, Any] = msgspec.json.decode(line)
        yield row


def _chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    yield chunk


def _file_of(table: Table) -> str:
    return f"{table.name}.jsonl"
