"""Verification of a file's structure: triggers, chains, ledger rows, foreign keys and derived tables.

Everything is read; derived tables are rebuilt inside a savepoint of a private connection that is rolled back, or, on a
connection that only reads, left out. Each finding names the first bad row of its kind.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection, Table, select, text

from desktop.database.classes import DataClass, class_of
from desktop.database.connection import value_hash
from desktop.database.feed import operation, operation_row, operation_value
from desktop.database.ledger import hashed_columns, row_hash
from desktop.database.schema import Schema, stored_triggers
from sync.operations import operation_hash

_SLICE = 5000


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it must be: a dotted code, the table or object and row it is about, and facts."""

    code: str
    subject: str
    row: str = ""
    detail: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.code, self.subject, self.row, self.detail) if part)


def verify_structure(connection: Connection, schema: Schema) -> list[Finding]:
    """All findings of this file, empty when it is sound."""
    findings = list(check_triggers(connection, schema))
    findings += check_foreign_keys(connection)
    findings += check_operations(connection)
    for table in schema.tables():
        if class_of(table) is DataClass.LEDGER and not table.name.startswith("fiscal_"):
            findings += check_ledger(connection, table)
    return findings


def check_triggers(connection: Connection, schema: Schema) -> Iterator[Finding]:
    """A generated trigger that is missing, foreign or has another text."""
    stored, generated = stored_triggers(connection), schema.triggers()
    for name in sorted(generated.keys() - stored.keys()):
        yield Finding("database.trigger_missing", name)
    for name in sorted(stored.keys() - generated.keys()):
        yield Finding("database.trigger_unknown", name)
    for name in sorted(generated.keys() & stored.keys()):
        if stored[name] != generated[name]:
            yield Finding("database.trigger_changed", name)


def check_foreign_keys(connection: Connection) -> Iterator[Finding]:
    for table, row, parent, _ in connection.execute(text("PRAGMA foreign_key_check")):
        yield Finding("database.parent_missing", str(table), str(row), str(parent))
        return


def check_operations(connection: Connection) -> Iterator[Finding]:
    """The chain of this device: counters without gap, previous hashes, the hash of each operation and of its values.

    Of other devices' operations only the envelopes of those are here that made the last change of a row.
    """
    heads: dict[bytes, tuple[int, str]] = {}
    found = connection.execute(
        text(
            "SELECT id, shop_id, device, n, actor, actor_name, name, clock, at, part_of, undoes, previous_hash, hash"
            " FROM operation WHERE device = (SELECT device_id FROM device_stamp) ORDER BY n"
        ).execution_options(yield_per=_SLICE)
    ).mappings()
    for header in found:
        count, previous = heads.get(header["device"], (0, ""))
        name = header["id"].hex()
        if header["n"] != count + 1:
            yield Finding("database.operation_gap", "operation", name, f"n={header['n']} after {count}")
            return
        if header["previous_hash"] != previous:
            yield Finding("database.chain_broken", "operation", name)
            return
        rows = connection.execute(
            text('SELECT n, "table", "row", kind, fields, hash FROM operation_row WHERE operation = :id ORDER BY n'),
            {"id": header["id"]},
        ).all()
        if operation_hash(dict(header), [tuple(row) for row in rows]) != header["hash"]:
            yield Finding("database.operation_changed", "operation", name)
            return
        heads[header["device"]] = (header["n"], header["hash"])
    yield from _check_values(connection)


def _check_values(connection: Connection) -> Iterator[Finding]:
    on = (operation_value.c.operation == operation_row.c.operation) & (operation_value.c.n == operation_row.c.n)
    found = connection.execute(
        select(
            operation_row.c.operation,
            operation_row.c.n,
            operation_row.c.hash,
            operation_value.c.old,
            operation_value.c.new,
            operation_value.c.salt,
        )
        .join(operation_value, on)
        .execution_options(yield_per=_SLICE)
    )
    for identity, n, expected, old, new, salt in found:
        if value_hash(salt, old, new) != expected:
            yield Finding("database.value_changed", "operation_value", identity.hex, f"n={n}")
            return
    orphan = connection.execute(
        select(operation_row.c.operation)
        .outerjoin(operation, operation.c.id == operation_row.c.operation)
        .where(operation.c.id.is_(None))
        .limit(1)
    ).scalar()
    if orphan is not None:
        yield Finding("database.operation_missing", "operation_row", orphan.hex)


def check_ledger(connection: Connection, table: Table) -> Iterator[Finding]:
    """The first row of a ledger whose hash is not that of its columns, or that no operation names."""
    columns = [column.name for column in table.columns]
    names = ", ".join(f'"{name}"' for name in columns)
    found = connection.execute(
        text(f'SELECT {names} FROM "{table.name}" ORDER BY id').execution_options(yield_per=_SLICE)
    ).mappings()
    for row in found:
        if row_hash(dict(row), hashed_columns(table, row["hash_version"])) != row["hash"]:
            yield Finding("database.ledger_changed", table.name, row["id"].hex())
            break
    unnamed = connection.execute(
        text(
            f'SELECT t.id FROM "{table.name}" t LEFT JOIN operation_row o'
            ' ON o."row" = t.id AND o."table" = :name AND o.hash = t.hash WHERE o.operation IS NULL LIMIT 1'
        ),
        {"name": table.name},
    ).scalar()
    if unnamed is not None:
        yield Finding("database.ledger_unnamed", table.name, unnamed.hex())
    missing = connection.execute(
        text(
            f'SELECT o."row" FROM operation_row o LEFT JOIN "{table.name}" t ON t.id = o."row"'
            ' WHERE o."table" = :name AND t.id IS NULL LIMIT 1'
        ),
        {"name": table.name},
    ).scalar()
    if missing is not None:
        yield Finding("database.ledger_row_missing", table.name, missing.hex())


def check_derived(connection: Connection, schema: Schema) -> Iterator[Finding]:
    """Compares each derived table with its rebuild; `connection` may write and its changes are rolled back."""
    for derived in schema.derived:
        if derived.compare is None:
            continue
        savepoint = connection.begin_nested()
        try:
            before = _digest(connection, derived.compare)
            schema.rebuild(connection, derived)
            after = _digest(connection, derived.compare)
        finally:
            savepoint.rollback()
        if before != after:
            yield Finding("database.derived_wrong", derived.name)


def _digest(connection: Connection, query: str) -> str:
    digest = hashlib.sha256()
    for row in connection.execute(text(query).execution_options(yield_per=_SLICE)):
        digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()
