"""Rows that this desk alone has: operations that the server refused wrote them, and no pull has brought another state since.

A refused edit of a row that the server knows comes back with the next pull, and with it the stamps of others. What still has the stamp
of a refused operation is not on the server: the operation made it, or somebody deleted it long ago.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final
from uuid import UUID

from sqlalchemy import Connection

from desktop.database.connection import FeedState
from desktop.database.parents import Parents, note_orphans_of
from desktop.database.synced_table import ASKED, in_pieces, marks

_ONLY_HERE: Final = (
    'SELECT DISTINCT f."table", f."row" FROM field_clock f JOIN operation o ON o.id = f.operation AND o.device = ?'
    " JOIN sync_refused s ON s.n = o.n AND json_extract(s.verdict, '$.outcome') = 'refused'"
    ' JOIN (SELECT DISTINCT "table" t, "row" r FROM operation_row WHERE "row" IN ({rows}))'
    ' ON f."table" = t AND f."row" = r'
)


def rows_only_here(connection: Connection, device: UUID, rows: Iterable[bytes]) -> set[tuple[str, bytes]]:
    """Table and id of those of the rows that are not on the server."""
    found: set[tuple[str, bytes]] = set()
    for some in in_pieces(tuple(rows), ASKED):
        query = _ONLY_HERE.format(rows=marks(len(some)))
        found.update((table, row) for table, row in connection.exec_driver_sql(query, (device.bytes, *some)))
    return found


def take_out(connection: Connection, state: FeedState, table: str, ids: Sequence[bytes]) -> None:
    """Takes rows out of the file, at most `ASKED`, with their stamps: no operation says so. Runs in the writer's thread."""
    some = marks(len(ids))
    connection.exec_driver_sql(f'DELETE FROM field_clock WHERE "table" = ? AND "row" IN ({some})', (table, *ids))
    connection.exec_driver_sql(f'DELETE FROM sync_orphan WHERE collection = ? AND "row" IN ({some})', (table, *ids))
    with state.removing():
        connection.exec_driver_sql(f'DELETE FROM "{table}" WHERE id IN ({some})', tuple(ids))


def remove_rows(connection: Connection, state: FeedState, table: str, ids: Sequence[bytes], parents: Parents) -> None:
    """Takes rows out for good, at most `ASKED`: nothing stays of them but their ids, and who names one is noted."""
    connection.exec_driver_sql(
        "DELETE FROM operation_value WHERE (operation, n) IN"
        f' (SELECT operation, n FROM operation_row WHERE "table" = ? AND "row" IN ({marks(len(ids))}))',
        (table, *ids),
    )
    take_out(connection, state, table, ids)
    note_orphans_of(connection, table, ids, parents)
    state.removed.setdefault(table, set()).update(UUID(bytes=identity) for identity in ids)
