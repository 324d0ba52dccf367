"""Ledger rows: written by plain INSERT with the hash of their columns, never changed.

The hash is SHA-256 over the canonical JSON of the columns as they are stored (names sorted, blobs as lower-case hex, no
floats), so that an outsider can check it with any JSON library. `hash_version` names the set of columns: a column that came
later carries ``info={"since": n}`` and is outside the hash of older rows.
"""

from __future__ import annotations

import functools
import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import Table, insert
from sqlalchemy.dialects.sqlite import dialect as sqlite_dialect
from sqlalchemy.orm import Session

from desktop.database.classes import Base, DataClass, class_of
from desktop.ids import new_id

_encoder = msgspec.json.Encoder(order="sorted")
_dialect = sqlite_dialect()
HASH_VERSION = 1


def hashed_columns(table: Table, version: int) -> tuple[str, ...]:
    """Names of the columns that a row's hash of this version covers."""
    return tuple(c.name for c in table.columns if c.name != "hash" and c.info.get("since", 1) <= version)


def row_hash(stored: Mapping[str, object], columns: Sequence[str]) -> str:
    """The hash of a row from its stored values (bytes, text, integers, None)."""
    plain = {name: value.hex() if isinstance(value, bytes) else value for name in columns for value in (stored[name],)}
    return hashlib.sha256(_encoder.encode(plain)).hexdigest()


def binders(table: Table) -> dict[str, Callable[[Any], Any] | None]:
    """Column → function from the Python value to the stored one (None: stored as it is)."""
    return {column.name: column.type.bind_processor(_dialect) for column in table.columns}


@dataclass(frozen=True, slots=True)
class _Form:
    """What appending to a table needs, worked out once: a sale appends to eight."""

    name: str
    bind: dict[str, Callable[[Any], Any] | None]
    columns: tuple[str, ...]
    insert: str


@functools.cache
def _form(model: type[Base]) -> _Form:
    table = model.__table__
    assert isinstance(table, Table)
    if class_of(table) is not DataClass.LEDGER:
        raise TypeError(f"{table.name} is no ledger")
    bind = binders(table)
    sql = str(insert(table).compile(dialect=_dialect))  # every column, in the order of the table
    return _Form(table.name, bind, hashed_columns(table, HASH_VERSION), sql)


def append(session: Session, model: type[Base], rows: Sequence[Mapping[str, object]]) -> list[UUID]:
    """Inserts ledger rows in one statement; fills `id` where it is missing, `hash_version` and `hash`; returns the ids.

    Raises `TypeError` for a model of another class, `ValueError` for a float or a row that names an unknown column.
    """
    if not rows:
        return []
    form = _form(model)
    ids: list[UUID] = []
    stored_rows: list[tuple[object, ...]] = []
    for row in rows:
        unknown = row.keys() - form.bind.keys()
        if unknown:
            raise ValueError(f"{form.name} has no column {', '.join(sorted(unknown))}")
        complete = {**row, "hash_version": HASH_VERSION, "hash": ""}
        row_id = complete.setdefault("id", new_id())
        assert isinstance(row_id, UUID)
        ids.append(row_id)
        stored: dict[str, object] = {}
        for name, process in form.bind.items():
            value = complete.get(name)
            if isinstance(value, float):
                raise ValueError(f"{form.name}.{name}: a ledger holds no floats")
            plain = value if process is None or value is None else process(value)
            stored[name] = int(plain) if isinstance(plain, bool) else plain
        stored["hash"] = row_hash(stored, form.columns)
        stored_rows.append(tuple(stored.values()))
    connection = session.connection()
    # What was hashed is what is stored: the values go to the driver as they are, not through a second conversion.
    connection.exec_driver_sql(form.insert, stored_rows[0] if len(stored_rows) == 1 else stored_rows)
    return ids
