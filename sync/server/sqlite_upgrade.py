"""Brings a folder of the SQLite store to this program's version: each file in one transaction, behind a checked copy of it.

The copies make a folder of data of their own: with the old program and the same ``server.key`` they are the way back. The tenants come
first and the server's own file last, so that an upgrade that was cut off goes on where it was.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import event

from sync.errors import SyncError
from sync.server.schema import SCHEMA, Part, Schema
from sync.server.sqlite_file import EMPTY, Compiled, begin_immediate, engine, pattern, read_version, write_version
from sync.server.sqlite_store import KEPT, own_key

_DIRECTORY: Final = "server.db"
#: As the first form has it; a step that changes these tables changes this too.
_KEYS: Final = "SELECT name, value FROM sync_secret WHERE name LIKE 'key:%'"


class Unsound(SyncError):
    """A file that could not be copied whole."""


@dataclass(frozen=True, slots=True)
class Upgraded:
    """What was done: how many files (of an SQLite store) or databases have the new form, and where copies of the old ones lie."""

    version: int
    changed: int
    kept: Path | None = None


def upgrade_folder(folder: Path, key: str | None = None, schema: Schema = SCHEMA) -> Upgraded:
    """Brings all files of a folder to the schema's version; what has it already is left as it is.

    Stop the server first: one of an older program that still runs refuses everything from here on. Raises `NewerData`, `Unsound`, OSError
    (no room for the copies, say); the file that was meant is then as before.
    """
    if not (folder / _DIRECTORY).exists():
        return Upgraded(schema.version, 0)
    own, kept = key or own_key(folder / "server.key"), folder / f"{KEPT}{schema.version}"
    directory = _File(folder / _DIRECTORY, own, Part.CENTRAL)
    keys = directory.tenants(schema)
    files = [
        _File(path, secret, Part.TENANTS)
        for tenant, secret in sorted(keys.items())
        if (path := folder / "tenants" / f"{tenant}.db").exists()
    ]
    changed = sum(one.bring_up(schema, kept / one.path.relative_to(folder)) for one in (*files, directory))
    return Upgraded(schema.version, changed, kept if changed else None)


@dataclass(frozen=True, slots=True)
class _File:
    path: Path
    key: str
    part: Part

    def tenants(self, schema: Schema) -> dict[str, str]:
        """The keys of the tenants, from the server's own file. Raises `NewerData`."""
        reading = engine(self.path, self.key, 1, 0, pattern(), Compiled())
        try:
            with reading.connect() as connection:
                if read_version(connection) > schema.version:
                    schema.check(read_version(connection))
                return {str(name).removeprefix("key:"): str(value) for name, value in connection.exec_driver_sql(_KEYS)}
        finally:
            reading.dispose()

    def bring_up(self, schema: Schema, kept: Path) -> bool:
        """Whether there was something to do."""
        writing = engine(self.path, self.key, 1, 0, pattern(), Compiled())
        event.listen(writing, "begin", begin_immediate)
        try:
            with writing.begin() as connection:
                version = read_version(connection)
                if version in (EMPTY, schema.version):
                    return False
                _copy(self.path, self.key, kept)  # nobody writes meanwhile
                schema.bring_up(connection, self.part, version)
                write_version(connection, schema.version)
                return True
        finally:
            writing.dispose()


def _copy(path: Path, key: str, target: Path) -> None:
    """One file without a log beside it, checked; it is there whole or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    part = target.with_name(target.name + ".part")
    part.unlink(missing_ok=True)
    os.close(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    source = sqlcipher.connect(str(path), isolation_level=None)
    copy = sqlcipher.connect(str(part), isolation_level=None)
    try:
        for one in (source, copy):
            one.execute(f"PRAGMA key = \"x'{key}'\"")
        source.backup(copy)
        copy.execute("PRAGMA journal_mode = DELETE").fetchall()
        # a page that cannot be decrypted would be copied as zeros, without a word: the pages of the source are looked at
        for one, question in ((source, "cipher_integrity_check"), (copy, "integrity_check")):
            said = [str(row[0]) for row in one.execute(f"PRAGMA {question}").fetchall()]
            if said not in ([], ["ok"]):
                raise Unsound(f"{path.name} is damaged: {said[0]}")
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    finally:
        source.close()
        copy.close()
    with part.open("rb+") as file:
        os.fsync(file.fileno())
    part.replace(target)
