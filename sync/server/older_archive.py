"""An archive of an older program in today's form: its rows go through the same steps as a server's tables, in a file that nobody else can read."""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import Connection, MetaData, event

from sync.server.archive_file import BadArchive, Listing, Sum, chunks, read_lines, read_rows, write_tables
from sync.server.schema import FIRST, Part, Schema
from sync.server.sqlite_file import Compiled, begin_immediate, engine, pattern


@contextmanager
def of_today(file: IO[bytes], listing: Listing, schema: Schema) -> Iterator[IO[bytes]]:
    """The archive itself, or one of today's form made from it, which is gone afterwards. Raises `BadArchive`."""
    if listing.version == schema.version:
        yield file
        return
    if not FIRST <= listing.version < schema.version:
        raise BadArchive(
            f"the archive has the form {listing.version}; this program reads up to {schema.version}: take a newer one"
        )
    with tempfile.TemporaryDirectory(prefix="pult-") as folder, tempfile.TemporaryFile(prefix="pult-") as made:
        scratch = engine(
            Path(folder) / "archive.db",
            secrets.token_hex(32),
            1,
            0,
            pattern(),
            Compiled(),
        )
        event.listen(scratch, "begin", begin_immediate)
        try:
            with scratch.begin() as connection:
                schema.make_version(connection, Part.TENANTS, listing.version)
                _load(connection, file, listing)
                schema.bring_up(connection, Part.TENANTS, listing.version)
                write_tables(connection, schema, listing, made)
        finally:
            scratch.dispose()
        made.seek(0)
        yield made


def _load(connection: Connection, file: IO[bytes], listing: Listing) -> None:
    """The rows as the archive has them, counted and hashed on the way."""
    there = MetaData()
    there.reflect(connection)
    for name, held in listing.tables.items():
        if name not in there.tables:
            raise BadArchive(f"{name} is no table of the form {listing.version}")
        total, table = Sum(), there.tables[name]
        for line in read_lines(file, name):
            total.add(line)
        if total.held() != held:
            raise BadArchive(f"{name} is not what the archive lists")
        columns = {one.name for one in table.c} - {"tenant"}
        for rows in chunks(read_rows(file, name)):
            if any(row.keys() != columns for row in rows):
                raise BadArchive(f"{name} has other columns than in the form {listing.version}")
            if rows:
                connection.execute(table.insert(), [{"tenant": listing.tenant, **row} for row in rows])
