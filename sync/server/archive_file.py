"""The file of a tenant's archive: a ZIP with a file of JSON lines for each table (a row an object, without the tenant) and ``manifest.json``:
whose it is, and of each table the number of rows and the sum of the SHA-256 of its lines modulo 2^256, which does not depend on their order.

What is made from the rest (snapshots) and what is forgotten in minutes (how much was deleted of late) stays out.
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, Any, Final

import msgspec
from sqlalchemy import Connection, MetaData, Table, select

from sync.errors import SyncError
from sync.server.schema import FIRST, Schema

FORMAT: Final = 1
_LISTING: Final = "manifest.json"
_LEFT_OUT: Final = frozenset({"sync_snapshot", "sync_chunk", "sync_deletion", "sync_held", "sync_allowance"})
_CHUNK: Final = 1_000

_json = msgspec.json.Encoder(order="sorted")


class BadArchive(SyncError):
    """A file that is no archive of a tenant, is not whole, or does not fit what is there."""


class Held(msgspec.Struct, frozen=True):
    """What an archive holds of a table."""

    rows: int
    hash: str


class Listing(msgspec.Struct, frozen=True):
    """What an archive says of itself. `version`: the form of its tables, as in `sync.server.schema`."""

    format: int
    tenant: str
    name: str
    created_at: int
    tables: dict[str, Held]
    version: int = FIRST


def tables_of(metadata: MetaData) -> tuple[Table, ...]:
    """The tables that an archive holds."""
    return tuple(one for one in metadata.sorted_tables if one.name not in _LEFT_OUT)


class Sum:
    """Counts lines and adds up their hashes."""

    def __init__(self) -> None:
        self.rows, self._sum = 0, 0

    def add(self, line: bytes) -> None:
        self.rows += 1
        self._sum += int.from_bytes(hashlib.sha256(line).digest())

    def held(self) -> Held:
        return Held(self.rows, f"{self._sum % 2**256:064x}")


def write_tables(connection: Connection, schema: Schema, listing: Listing, file: IO[bytes]) -> Listing:
    """Writes the tables of a schema as they stand; what is listed of them is added to the listing."""
    held: dict[str, Held] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for table in tables_of(schema.tenants):
            total = Sum()
            with packed.open(_file_of(table.name), "w", force_zip64=True) as entry:
                for line in lines_of(rows_in(connection, table, listing.tenant)):
                    total.add(line)
                    entry.write(line + b"\n")
            held[table.name] = total.held()
        whole = msgspec.structs.replace(listing, tables=held, version=schema.version)
        packed.writestr(_LISTING, _json.encode(whole))
    return whole


def read_listing(file: IO[bytes]) -> Listing:
    """What an archive says of itself, not yet checked. Raises `BadArchive`."""
    try:
        with zipfile.ZipFile(file) as packed:
            listing = msgspec.json.decode(packed.read(_LISTING), type=Listing)
    except (zipfile.BadZipFile, zlib.error, KeyError, msgspec.DecodeError) as error:
        raise BadArchive("this is no archive of a tenant") from error
    if listing.format != FORMAT:
        raise BadArchive(f"the archive has the form {listing.format}; this program reads {FORMAT}")
    return listing


def rows_in(connection: Connection, table: Table, tenant: str) -> Iterator[dict[str, Any]]:
    """The rows of a tenant in a table of a database, without the tenant, by their keys."""
    columns = [one for one in table.c if one.name != "tenant"]
    query = select(*columns).where(table.c.tenant == tenant).order_by(*table.primary_key)
    for row in connection.execute(query.execution_options(yield_per=_CHUNK)):
        yield dict(zip([one.name for one in columns], row, strict=True))


def lines_of(rows: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """Rows as they are written."""
    return (_json.encode(row) for row in rows)


def read_lines(file: IO[bytes], table: str) -> Iterator[bytes]:
    """The lines of a table. Raises `BadArchive`."""
    try:
        with zipfile.ZipFile(file) as packed, packed.open(_file_of(table)) as entry:
            for line in entry:
                yield line.rstrip(b"\n")
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
        raise BadArchive(f"{table} cannot be read") from error


def read_rows(file: IO[bytes], table: str) -> Iterator[dict[str, Any]]:
    """The rows of a table, without the tenant. Raises `BadArchive`."""
    for line in read_lines(file, table):
        row: dict[str, Any] = msgspec.json.decode(line)
        yield row


def chunks(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Rows by a thousand."""
    chunk: list[dict[str, Any]] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == _CHUNK:
            yield chunk
            chunk = []
    yield chunk


def _file_of(table: str) -> str:
    return f"{table}.jsonl"
