"""The statements that make the tables of a schema, as SQLite keeps them: for the frozen first migration and for comparisons."""

from __future__ import annotations

from sqlalchemy import Connection

from desktop.database.connection import FeedState, make_engine, register_functions
from desktop.database.schema import Schema
from desktop.database.version import TABLE

SEPARATOR = ";\n\n"


def stored_statements(connection: Connection) -> list[str]:
    """The CREATE statements of a file: tables in the order of their making, each followed by its indexes by name.

    Without what SQLite makes by itself (its own tables, the shadow tables of virtual ones), triggers and Alembic's table.
    """
    shadows = {str(row[1]) for row in connection.exec_driver_sql("PRAGMA table_list") if row[2] == "shadow"}
    found = connection.exec_driver_sql(
        "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql IS NOT NULL"
        " AND name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY rowid"
    ).all()
    tables = [name for kind, name, _, _ in found if kind == "table" and name not in shadows and name != TABLE]
    place = {name: number for number, name in enumerate(tables)}
    kept = [row for row in found if row[2] in place]
    kept.sort(key=lambda row: (place[row[2]], row[0] != "table", row[1]))
    return [str(sql).replace("\r\n", "\n") for _, _, _, sql in kept]


def frozen_statements(schema: Schema) -> str:
    """The statements of a schema as the text of the first migration."""
    from sqlcipher3 import dbapi2

    connection = dbapi2.connect(":memory:", isolation_level=None)
    register_functions(connection, FeedState(), schema.functions())
    engine = make_engine(connection, writes=True)
    try:
        with engine.begin() as transaction:
            schema.create(transaction)
            return "".join(statement + SEPARATOR for statement in stored_statements(transaction))
    finally:
        engine.dispose()
