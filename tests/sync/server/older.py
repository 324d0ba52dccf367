"""Data of older forms: stored dumps, put into a folder or a database as the old program left them, and a made-up next version."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Column, Connection, MetaData, Text, create_engine

from sync.server import tables
from sync.server.schema import FIRST, SCHEMA, Part, Schema, Step
from sync.server.sqlite_file import Compiled, engine, pattern, write_version
from sync.server.sqlite_store import own_key

DUMPS: Final = Path(__file__).parent / "schemas"
#: Whose data the dumps hold, and those tenants' own keys in a folder.
KEYS: Final = {"a" * 32: "1" * 64, "b" * 32: "2" * 64}


def dump(version: int, part: Part) -> list[str]:
    return (DUMPS / f"{version}_{part}.sql").read_text(encoding="utf-8").splitlines()


def fill_folder(folder: Path, version: int = FIRST) -> None:
    """A folder of the SQLite store as a program of that version left it."""
    (folder / "tenants").mkdir(parents=True)
    rows = dump(version, Part.TENANTS)

    def directory(connection: Connection) -> None:
        insert(connection, dump(version, Part.CENTRAL))
        for tenant, key in KEYS.items():
            connection.exec_driver_sql("INSERT INTO sync_secret (name, value) VALUES (?, ?)", (f"key:{tenant}", key))

    make_file(folder / "server.db", own_key(folder / "server.key"), Part.CENTRAL, version, directory)
    for tenant, key in KEYS.items():
        own = [one for one in rows if tenant in one]
        make_file(folder / "tenants" / f"{tenant}.db", key, Part.TENANTS, version, lambda c, own=own: insert(c, own))


def make_file(path: Path, key: str, part: Part, version: int, fill: Callable[[Connection], None]) -> None:
    made = engine(path, key, 1, 0, pattern(), Compiled())
    with made.begin() as connection:
        SCHEMA.make_version(connection, part, version)
        fill(connection)
        write_version(connection, version)
    made.dispose()


def fill_database(url: str, version: int = FIRST) -> None:
    """A PostgreSQL database as a program of that version left it."""
    made = create_engine(url)
    with made.begin() as connection:
        for part in Part:
            SCHEMA.make_version(connection, part, version)
            insert(connection, dump(version, part))
        connection.exec_driver_sql("CREATE TABLE sync_version (version INTEGER PRIMARY KEY)")
        connection.exec_driver_sql(f"INSERT INTO sync_version VALUES ({version})")
    made.dispose()


def insert(connection: Connection, rows: list[str]) -> None:
    for one in rows:
        connection.exec_driver_sql(one)


def later(then: Callable[[Connection], None] = lambda _connection: None) -> Schema:
    """A program of the next version: tenants have a plan, shops a colour. `then` ends the step of the tenants' tables."""
    central, tenants = _copy(tables.central), _copy(tables.metadata)
    central.tables["sync_tenant"].append_column(Column("plan", Text, nullable=False, server_default="small"))
    tenants.tables["sync_shop"].append_column(Column("colour", Text, nullable=True))

    def of_central(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE sync_tenant ADD COLUMN plan TEXT DEFAULT 'small' NOT NULL")

    def of_tenants(connection: Connection) -> None:
        connection.exec_driver_sql("ALTER TABLE sync_shop ADD COLUMN colour TEXT")
        connection.exec_driver_sql("UPDATE sync_shop SET colour = upper(name)")
        then(connection)

    return Schema(central, tenants, (*SCHEMA.steps, Step(SCHEMA.version + 1, of_central, of_tenants)))


def _copy(metadata: MetaData) -> MetaData:
    made = MetaData()
    for table in metadata.sorted_tables:
        table.to_metadata(made)
    return made


def colours(connection: Connection) -> list[Any]:
    return list(connection.exec_driver_sql("SELECT colour FROM sync_shop ORDER BY shop").scalars())
