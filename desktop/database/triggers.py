"""The triggers of the feed, generated from the metadata.

They see every kind of write: ORM, Core, SQL text, upsert. Operation, device, clock and mode come from functions that
`desktop.database.connection` registers; a connection without them cannot write. Names carry the generator's version: triggers
of another version are made anew, a trigger of the same version with another text is tampering.

Modes (feed rules, section 1): ``local`` and ``remote`` rows are captured, ``replay`` is not; ``retention`` alone may delete.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from sqlalchemy import Table

from desktop.database.classes import DataClass, class_of
from desktop.database.types import is_blob

VERSION = 3
PREFIX = f"feed_v{VERSION}_"


def feed_triggers(table: Table, groups: Mapping[str, tuple[str, ...]]) -> dict[str, str]:
    """Name → ``CREATE TRIGGER`` text of every generated trigger of a table; empty for local and derived ones.

    `groups` are the declared groups of the table: fields that merge as one value.
    """
    data_class = class_of(table)
    match data_class:
        case DataClass.MERGEABLE | DataClass.CLAIM:
            return dict(_editable(table, groups))
        case DataClass.LEDGER:
            return dict(_ledger(table))
        case DataClass.FEED:
            return dict(_machinery(table))
        case DataClass.LOCAL | DataClass.DERIVED:
            return {}


def _trigger(table: Table, what: str, when: str, body: str, condition: str = "") -> tuple[str, str]:
    name = f"{PREFIX}{table.name}_{what}"
    guard = f" WHEN {condition}" if condition else ""
    return name, f'CREATE TRIGGER "{name}" {when} ON "{table.name}"{guard} BEGIN {body} END'


def _plain(table: Table, row: str, column: str) -> str:
    """The value as JSON can hold it: a blob as hex, NULL as null."""
    reference = f'{row}."{column}"'
    return f"nullif(hex({reference}), '')" if is_blob(table.c[column].type) else reference


def _captured(table: Table) -> list[str]:
    return [column.name for column in table.columns if column.name != "id"]


_NEW_ROW = (
    'INSERT INTO operation_row(operation, n, "table", "row", kind, fields, hash)'
    " SELECT operation, n, '{table}', {row}.id, '{kind}', {fields}, feed_hash(salt, old, new)"
    " FROM operation_value WHERE operation = feed_operation() AND n = feed_n();"
)

# An upsert of its own: OR REPLACE inside a trigger gives way to the conflict rule of the statement that fired it.
NEWER = (
    ' ON CONFLICT("table", "row", field) DO UPDATE'
    " SET clock = excluded.clock, device = excluded.device, operation = excluded.operation"
)


def _editable(table: Table, groups: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    columns = _captured(table)
    name = table.name
    image = ", ".join(f"'{column}', {_plain(table, 'NEW', column)}" for column in columns)
    yield _trigger(
        table,
        "insert",
        "AFTER INSERT",
        "SELECT feed_open(); INSERT INTO operation_value(operation, n, old, new, salt)"
        f" VALUES (feed_operation(), feed_n(), NULL, json_object({image}), randomblob(16));"
        + _NEW_ROW.format(table=name, row="NEW", kind="i", fields="NULL")
        + 'INSERT INTO field_clock("table", "row", field, clock, device, operation)'
        f" VALUES ('{name}', NEW.id, '*', feed_clock(), feed_device(), feed_operation()){NEWER};",
        "feed_mode() <> 'replay'",
    )
    changed = {column: f'OLD."{column}" IS NOT NEW."{column}"' for column in columns}
    units: dict[str, tuple[str, ...]] = {
        column: (column,) for column in columns if not any(column in group for group in groups.values())
    }
    units.update(groups)
    moved = {unit: " OR ".join(changed[field] for field in fields) for unit, fields in units.items()}
    # A group is one value: when one of its fields changes, all of them are written down.
    pairs = " UNION ALL ".join(
        f"SELECT '{c}' c, {_plain(table, 'OLD', c)} o, {_plain(table, 'NEW', c)} n WHERE {moved[unit]}"
        for unit, fields in units.items()
        for c in fields
    )
    clocks = " UNION ALL ".join(f"SELECT '{unit}' f WHERE {condition}" for unit, condition in moved.items())
    yield _trigger(
        table,
        "update",
        "AFTER UPDATE",
        "SELECT feed_open(); INSERT INTO operation_value(operation, n, old, new, salt)"
        " SELECT feed_operation(), feed_n(), json_group_object(c, o), json_group_object(c, n), randomblob(16)"
        f" FROM ({pairs});"
        + _NEW_ROW.format(table=name, row="NEW", kind="u", fields="(SELECT json_group_array(key) FROM json_each(new))")
        + 'INSERT INTO field_clock("table", "row", field, clock, device, operation)'
        f" SELECT '{name}', NEW.id, f, feed_clock(), feed_device(), feed_operation() FROM ({clocks}) WHERE true{NEWER};",
        "feed_mode() <> 'replay' AND (" + " OR ".join(changed.values()) + ")",
    )
    yield _trigger(
        table, "identity", "BEFORE UPDATE OF id", "SELECT RAISE(ABORT, 'an id never changes');", "OLD.id IS NOT NEW.id"
    )
    yield _trigger(
        table,
        "delete",
        "BEFORE DELETE",
        f"SELECT RAISE(ABORT, 'rows of {name} are marked, not deleted');",
        "feed_mode() <> 'retention'",
    )


def _ledger(table: Table) -> Iterator[tuple[str, str]]:
    yield _trigger(
        table,
        "insert",
        "AFTER INSERT",
        'SELECT feed_open(); INSERT INTO operation_row(operation, n, "table", "row", kind, fields, hash)'
        f" VALUES (feed_operation(), feed_n(), '{table.name}', NEW.id, 'i', NULL, NEW.hash);",
        "feed_mode() <> 'replay'",
    )
    yield from _immutable(table)


def _machinery(table: Table) -> Iterator[tuple[str, str]]:
    if table.name == "operation":
        yield _trigger(table, "open", "BEFORE INSERT", "SELECT feed_mode();")
    if table.name in ("operation", "operation_row"):
        yield from _immutable(table)
    elif table.name == "operation_value":
        yield _trigger(table, "update", "BEFORE UPDATE", "SELECT RAISE(ABORT, 'a kept value never changes');")


def _immutable(table: Table) -> Iterator[tuple[str, str]]:
    for what in ("UPDATE", "DELETE"):
        yield _trigger(
            table, what.lower(), f"BEFORE {what}", f"SELECT RAISE(ABORT, '{table.name} is a ledger: insert only');"
        )
