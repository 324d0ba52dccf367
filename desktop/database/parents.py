"""Parents that are missing: a row that came names another one that is not here.

The file has no foreign keys between synced tables, because pages come in any order. Each page notes which of its rows name a row that is
not here; after the last page of a scope what is still missing counts as missing. The rows stand in their tables all the while, where
whatever begins at the parent does not see them, and they are listed for a person to see.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, select

from desktop.database.synced_table import ASKED, Values, existing, in_pieces, insert_many, marks
from sync import tables

#: Table → field → the table whose row it names.
Parents = Mapping[str, Mapping[str, str]]

_INTO: Final = 'sync_orphan (collection, "row", field, parent, parent_row, scope, missed)'


@dataclass(frozen=True, slots=True)
class MissingParent:
    """A row (of `collection`) whose `field` names a row (of `parent`) that is not here."""

    collection: str
    row: UUID
    field: str
    parent: str
    parent_row: UUID


def missing_parents(connection: Connection) -> list[MissingParent]:
    """What was missing after the last page, in the order of collections and rows."""
    own = tables.orphan.c
    found = connection.execute(
        select(own.collection, own["row"], own.field, own.parent, own.parent_row)
        .where(own.missed == 1)
        .order_by(own.collection, own["row"], own.field)
    )
    return [
        MissingParent(collection, UUID(bytes=row), field, parent, UUID(bytes=parent_row))
        for collection, row, field, parent, parent_row in found
    ]


def note_orphans(
    connection: Connection, scope: str, collection: str, fields: Mapping[str, str], rows: Mapping[bytes, Values]
) -> None:
    """Notes which rows of a page name a row that is not here; `fields`: field → table; values as on the wire."""
    if any_noted(connection):
        for some in in_pieces(tuple(rows), ASKED):
            query = f'DELETE FROM sync_orphan WHERE collection = ? AND "row" IN ({marks(len(some))})'
            connection.exec_driver_sql(query, (collection, *some))
    noted: list[tuple[object, ...]] = []
    for field, parent in fields.items():
        named = {row: bytes.fromhex(str(values[field])) for row, values in rows.items() if values.get(field)}
        there = existing(connection, parent, tuple(set(named.values())))
        noted += [
            (collection, row, field, parent, other, scope, 0) for row, other in named.items() if other not in there
        ]
    insert_many(connection, _INTO, 7, noted)


def note_orphans_of(connection: Connection, parent: str, ids: Sequence[bytes], parents: Parents) -> None:
    """Notes which rows name rows of a table that are not here any more."""
    for collection, fields in parents.items():
        for field in [name for name, named in fields.items() if named == parent]:
            connection.exec_driver_sql(
                f"INSERT INTO {_INTO} SELECT '{collection}', id, '{field}', '{parent}', \"{field}\", '', 1"
                f' FROM "{collection}" WHERE "{field}" IN ({marks(len(ids))}) ON CONFLICT DO NOTHING',
                tuple(ids),
            )


def settle_orphans(connection: Connection, scope: str) -> None:
    """After the last page of a scope: what has come meanwhile is forgotten, what has not is missing."""
    if not any_noted(connection):
        return
    for parent in connection.exec_driver_sql("SELECT DISTINCT parent FROM sync_orphan").scalars().all():
        connection.exec_driver_sql(
            "DELETE FROM sync_orphan WHERE parent = ?"
            f' AND EXISTS (SELECT 1 FROM "{parent}" p WHERE p.id = sync_orphan.parent_row)',
            (parent,),
        )
    connection.exec_driver_sql("UPDATE sync_orphan SET missed = 1 WHERE scope = ?", (scope,))


def any_noted(connection: Connection) -> bool:
    return connection.exec_driver_sql("SELECT 1 FROM sync_orphan LIMIT 1").first() is not None
