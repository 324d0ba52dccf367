"""Which schema a database file has: the revision that Alembic keeps in it.

Kept apart from Alembic, whose import costs more than the whole rest of a start: it is imported only for a file of another
revision (`desktop.database.migrate`). A test compares `REVISIONS` with the scripts.
"""

from __future__ import annotations

from sqlalchemy import Connection

#: The revisions that this program knows, oldest first; the last one is the schema that it works with.
REVISIONS: tuple[str, ...] = ("0001",)
HEAD = REVISIONS[-1]

#: Revisions of released programs; of each a desk's file is kept in tests/sync/upgrade, which a test takes up.
RELEASED: tuple[str, ...] = ("0001",)

#: The table as Alembic itself makes it.
TABLE = "alembic_version"
_CREATE = f"CREATE TABLE {TABLE} (version_num VARCHAR(32) NOT NULL, CONSTRAINT {TABLE}_pkc PRIMARY KEY (version_num))"


def read_version(connection: Connection) -> str | None:
    """The revision of a file, or None where there is none."""
    known = connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", (TABLE,))
    if known.first() is None:
        return None
    row = connection.exec_driver_sql(f"SELECT version_num FROM {TABLE}").first()
    return None if row is None else str(row[0])


def write_version(connection: Connection, version: str) -> None:
    """Marks a new file with the revision that it was made with."""
    connection.exec_driver_sql(_CREATE)
    connection.exec_driver_sql(f"INSERT INTO {TABLE} (version_num) VALUES (?)", (version,))
