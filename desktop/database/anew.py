"""Starting over: a desk that was away so long that the server has dropped what was deleted meanwhile pulls everything anew.

That it does stands in the file, and beside it which rows have come since; so it goes on after a cut at any point. What has not come at the
end is no longer on the server: it was deleted, and dropped more than a year later. It goes from here too, without an operation, because
nobody else has it. What this desk has not pushed, or what the server refused, stays, and ledgers stay.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Connection, delete, insert, select

from desktop.database.connection import FeedState
from desktop.database.field_clocks import later_rows
from desktop.database.only_here import remove_rows, rows_only_here
from desktop.database.parents import Parents
from desktop.database.synced_table import ASKED, in_pieces, insert_many, marks
from sync import tables
from sync.wire import Row

#: Rows that one look compares with what came.
LOOKED_AT: Final = 2_000
#: Rows that go in one transaction.
SLICE: Final = 50
_ANEW: Final = "anew"
_SEEN: Final = 'sync_seen (collection, "row")'
_LOOK: Final = (
    'SELECT t.id, s."row" IS NOT NULL FROM "{table}" t'
    " LEFT JOIN sync_seen s ON s.collection = '{table}' AND s.\"row\" = t.id"
    " WHERE t.id > ? ORDER BY t.id LIMIT ?"
)
_PENDING: Final = (
    'SELECT r."row" FROM operation_row r JOIN operation o ON o.id = r.operation AND o.device = ?'
    " WHERE o.n > (SELECT coalesce(max(value), 0) FROM sync_progress WHERE name = 'acknowledged')"
    ' AND r."table" = ? AND r."row" IN '
)


def horizon_of(connection: Connection, scope: str) -> int:
    """What the last page of a scope said of rows that the backend had dropped."""
    found = connection.exec_driver_sql("SELECT horizon FROM sync_cursor WHERE scope = ?", (scope,)).scalar()
    return int(found or 0)


def start_over(connection: Connection) -> None:
    """Notes that everything is pulled anew, and forgets how far that was."""
    for table in (tables.seen, tables.cursor, tables.snapshot, tables.unread):
        connection.execute(delete(table))
    connection.execute(delete(tables.progress).where(tables.progress.c.name == _ANEW))
    connection.execute(insert(tables.progress).values(name=_ANEW, value=1))


def starts_over(connection: Connection) -> bool:
    """Whether this desk is pulling everything anew."""
    return connection.execute(select(tables.progress.c.value).where(tables.progress.c.name == _ANEW)).scalar() == 1


def everything_came(connection: Connection) -> bool:
    """Whether this desk pulls everything anew and, its scopes being pulled, no archive of a snapshot is on its way any more."""
    return starts_over(connection) and connection.execute(select(tables.snapshot.c.chunk)).first() is None


def note_seen(connection: Connection, rows: Mapping[str, Mapping[bytes, Row]]) -> None:
    """Notes rows that came, by collection."""
    if starts_over(connection):
        came = [(collection, identity) for collection, some in rows.items() for identity in some]
        insert_many(connection, _SEEN, 2, came, " ON CONFLICT DO NOTHING")


def rows_to_take(connection: Connection, table: str, rows: Mapping[bytes, Row]) -> dict[bytes, Row]:
    """Of the rows of a snapshot those that count: that have anything later than what stands here.

    Of a desk that starts over what stands here may be what the server has refused: it counts only where it came since.
    """
    if not starts_over(connection):
        return later_rows(connection, table, rows)
    seen: set[bytes] = set()
    for some in in_pieces(tuple(rows), ASKED):
        query = f'SELECT "row" FROM sync_seen WHERE collection = ? AND "row" IN ({marks(len(some))})'
        seen.update(connection.exec_driver_sql(query, (table, *some)).scalars())
    later = later_rows(connection, table, {identity: row for identity, row in rows.items() if identity in seen})
    return {identity: row for identity, row in rows.items() if identity not in seen or identity in later}


def unseen(connection: Connection, table: str, after: bytes) -> tuple[list[bytes], bytes | None]:
    """Of the next `LOOKED_AT` rows behind an id those that have not come, and the last id; (…, None) when there are no more."""
    found = connection.exec_driver_sql(_LOOK.format(table=table), (after, LOOKED_AT)).all()
    ids = [identity for identity, came in found if not came]
    return ids, found[-1][0] if len(found) == LOOKED_AT else None


def drop(
    connection: Connection, state: FeedState, device: UUID, table: str, ids: Sequence[bytes], parents: Parents
) -> dict[str, set[UUID]]:
    """Lets rows go with their stamps and their values in the feed, those excepted that stay; table → ids of those that went.

    At most `SLICE` rows; runs in the writer's thread.
    """
    going = tuple(set(ids) - _that_stay(connection, device, table, ids))
    if not going:
        return {}
    remove_rows(connection, state, table, going, parents)
    return {table: {UUID(bytes=identity) for identity in going}}


def end(connection: Connection) -> None:
    """Everything is as on the server."""
    connection.execute(delete(tables.seen))
    connection.execute(delete(tables.progress).where(tables.progress.c.name == _ANEW))


def _that_stay(connection: Connection, device: UUID, table: str, ids: Iterable[bytes]) -> set[bytes]:
    """Rows that came after all, that this desk changed and the server has not taken, and such as nobody ever pushed."""
    asked = tuple(ids)
    some = marks(len(asked))
    stay: set[bytes] = set()
    for query, given in (
        (f'SELECT "row" FROM sync_seen WHERE collection = ? AND "row" IN ({some})', (table, *asked)),
        (f"{_PENDING}({some})", (device.bytes, table, *asked)),
    ):
        stay.update(connection.exec_driver_sql(query, given).scalars())
    stay.update(row for name, row in rows_only_here(connection, device, asked) if name == table)
    noted = connection.exec_driver_sql(
        "SELECT \"row\" FROM sync_noted WHERE collection = ? AND code <> 'conflict'", (table,)
    ).scalars()
    stay.update(bytes.fromhex(one) for one in noted)
    stamped = f'SELECT "row" FROM field_clock WHERE "table" = ? AND field = \'*\' AND "row" IN ({some})'
    return stay | (set(asked) - set(connection.exec_driver_sql(stamped, (table, *asked)).scalars()))
