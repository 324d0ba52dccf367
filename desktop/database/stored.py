"""Between Python values, stored values and the plain JSON of the feed, by the metadata's types."""

from __future__ import annotations

from typing import Any

from sqlalchemy import LargeBinary, Table
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.types import TypeDecorator

_dialect = sqlite_dialect()


def to_json(table: Table, column: str, value: Any) -> Any:
    """The plain form of a column's Python value, as the feed's triggers write it: blobs as upper-case hex."""
    process = table.c[column].type.bind_processor(_dialect)
    stored = value if process is None or value is None else process(value)
    if isinstance(stored, bytes):
        return stored.hex().upper() or None
    return int(stored) if isinstance(stored, bool) else stored


def from_json(table: Table, column: str, value: Any) -> Any:
    """The Python value of a column from its plain form."""
    if value is None:
        return None
    kind = table.c[column].type
    inner = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    if isinstance(inner, LargeBinary):
        value = bytes.fromhex(value)
    process = kind.result_processor(_dialect, None)
    return value if process is None else process(value)
