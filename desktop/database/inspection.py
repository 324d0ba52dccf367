"""Verifies the database of a data directory from outside, also while the window has it open: only reads.

Pages first (each carries an HMAC), then the structure and whatever checks the caller composes, all on one snapshot. Derived
tables are compared with their rebuild in a copy in memory, so that the file itself stays untouched.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from desktop.database.connection import FeedState, make_engine, open_connection, register_functions
from desktop.database.diagnosis import fault_of_file, lasting_bad_pages
from desktop.database.faults import fault_of
from desktop.database.key import KeyFile
from desktop.database.place import Place
from desktop.database.schema import Schema
from desktop.database.verify import Finding, check_derived, verify_structure
from desktop.database.version import REVISIONS, read_version
from desktop.errors import FinalFault

#: Looks at a snapshot and gives what is not as it must be, the first bad row of its kind.
Check = Callable[[Connection], Iterable[Finding]]


def verify_place(
    place: Place, key: bytes, key_file: KeyFile, schema: Schema, checks: Sequence[Check] = ()
) -> list[Finding]:
    """All findings, empty when the database is sound. The caller holds a reading lock. Blocks: seconds for a large file.

    Raises `FinalFault` ``database.newer`` or ``database.older`` (version, known) for a file of another schema,
    ``database.wrong_key``; damage of the file is a finding.
    """
    from sqlcipher3 import dbapi2

    if lasting_bad_pages(place.database, key):
        fault = fault_of_file(place.database, key, key_file)
        if fault is not None:
            if fault.code != "database.pages_damaged":
                raise fault
            pages = ", ".join(str(page) for page in _pages(fault))
            return [Finding(fault.code, place.database.name, detail=f"pages {pages}")]
    try:
        connection = open_connection(place.database, key, FeedState(), schema.functions(), read_only=True)
        try:
            return _verify(connection, key, schema, checks)
        finally:
            connection.close()
    except (DBAPIError, dbapi2.Error) as error:
        fault_there = fault_of(error)
        if fault_there is None or fault_there.code != "database.damaged":
            raise fault_there or error from error
        return [Finding(fault_there.code, place.database.name, detail=str(error).splitlines()[0])]


def _verify(connection: Any, key: bytes, schema: Schema, checks: Sequence[Check]) -> list[Finding]:
    engine = make_engine(connection, writes=False)
    with engine.connect() as reading, reading.begin():
        version = read_version(reading)
        if version != REVISIONS[-1]:
            code = "database.older" if version in REVISIONS else "database.newer"
            raise FinalFault(code, version=version, known=REVISIONS[-1])
        findings = verify_structure(reading, schema)
        for check in checks:
            findings += check(reading)
        if any(derived.compare for derived in schema.derived):
            findings += _verify_derived(connection, key, schema)
    return findings


def _verify_derived(connection: Any, key: bytes, schema: Schema) -> list[Finding]:
    """Rebuilds derived tables in a copy in memory; the snapshot that `connection` reads is what is copied."""
    from sqlcipher3 import dbapi2

    memory = dbapi2.connect(":memory:", isolation_level=None)
    memory.execute(f"PRAGMA key = \"x'{key.hex()}'\"")  # SQLCipher copies only to a target that has a key
    connection.backup(memory)
    register_functions(memory, FeedState(), schema.functions())
    engine = make_engine(memory, writes=True)
    try:
        with engine.connect() as rebuilding:
            return list(check_derived(rebuilding, schema))
    finally:
        engine.dispose()


def _pages(fault: FinalFault) -> tuple[int, ...]:
    pages = fault.values["pages"]
    return pages if isinstance(pages, tuple) else ()
