"""Which form the tables of a PostgreSQL database have: a row in a table of its own, which each transaction looks at."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Connection, Integer, MetaData, Table, delete, insert, inspect, select

from sync.server import tables
from sync.server.schema import FIRST, Part, Schema

_stamp: Final = MetaData()
_version: Final = Table("sync_version", _stamp, Column("version", Integer, primary_key=True, autoincrement=False))
#: For a query of its own, or as a part of another one.
VERSION: Final = select(_version.c.version).limit(1)


def prepare(connection: Connection, schema: Schema) -> None:
    """Makes the tables of an empty database. Raises `OlderData`, `NewerData`."""
    schema.check(_stand(connection, schema))


def check(connection: Connection, schema: Schema) -> None:
    """Raises `OlderData`, `NewerData`."""
    schema.check(connection.execute(VERSION).scalar_one())


def upgrade(connection: Connection, schema: Schema) -> bool:
    """Brings older tables to the schema's version; whether there was something to do. Raises `NewerData`.

    Whoever writes to a tenant holds the tenant's row: the upgrade waits for all of them, and who comes later sees the new version.
    """
    version = _stand(connection, schema)
    if version == schema.version:
        return False
    connection.execute(VERSION.with_for_update()).all()
    connection.execute(select(tables.tenant.c.tenant).with_for_update()).all()
    for part in Part:
        schema.bring_up(connection, part, version)
    _write(connection, schema.version)
    return True


def _stand(connection: Connection, schema: Schema) -> int:
    """The version of the tables, which are made where there are none."""
    there = inspect(connection)
    if there.has_table(_version.name):
        return int(connection.execute(VERSION).scalar_one())
    # tables without a version were made before there was one
    version = FIRST if there.has_table(tables.tenant.name) else schema.version
    if version == schema.version:
        for part in Part:
            schema.make(connection, part)
    _stamp.create_all(connection)
    _write(connection, version)
    return version


def _write(connection: Connection, version: int) -> None:
    connection.execute(delete(_version))
    connection.execute(insert(_version), {"version": version})
