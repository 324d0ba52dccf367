"""Writing many rows of a table: on SQLite a statement that is run for each, on PostgreSQL one statement with all rows as JSON.

To PostgreSQL every statement is a message, a plan and a result of its own; the rows in one JSON array cost a third of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec
from sqlalchemy import JSON, Connection, Table, Text, bindparam, cast, func, select
from sqlalchemy.dialects import postgresql, sqlite

_json = msgspec.json.Encoder()
_POSTGRES: Final = "postgresql"


def add_all(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Adds rows, each with every column of the table."""
    if not rows:
        return
    if connection.dialect.name == _POSTGRES:
        connection.execute(_from_json(table), {"rows": _json.encode(rows).decode()})
    else:
        connection.execute(sqlite.insert(table), rows)


def put_all(connection: Connection, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Adds rows, each with every column of the table and a key of its own; one that is there already becomes the new one."""
    if not rows:
        return
    key = list(table.primary_key)
    if connection.dialect.name == _POSTGRES:
        many = _from_json(table)
        statement = many.on_conflict_do_update(index_elements=key, set_=_others(table, many.excluded))
        connection.execute(statement, {"rows": _json.encode(rows).decode()})
    else:
        one = sqlite.insert(table)
        connection.execute(one.on_conflict_do_update(index_elements=key, set_=_others(table, one.excluded)), rows)


def _others(table: Table, excluded: Any) -> dict[str, Any]:
    return {one.name: excluded[one.name] for one in table.c if not one.primary_key}


def _from_json(table: Table) -> postgresql.Insert:
    given = func.json_to_recordset(cast(bindparam("rows", type_=Text), JSON))
    rows = given.table_valued(*table.c, name="given").render_derived(with_types=True)
    return postgresql.insert(table).from_select([one.name for one in table.c], select(*rows.c))
