"""The stamps of rows as the file keeps them: who wrote a field or group last, when, and in which operation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sqlalchemy import Connection

from desktop.database.synced_table import ASKED, in_pieces, insert_many, marks
from desktop.database.triggers import NEWER
from sync.manifest import WHOLE_ROW
from sync.merge import Stamp
from sync.wire import Row

_INTO: Final = 'field_clock ("table", "row", field, clock, device, operation)'


def read_stamps(connection: Connection, table: str, ids: Iterable[bytes]) -> dict[bytes, dict[str, Stamp]]:
    """Row → field or group → stamp."""
    stamps: dict[bytes, dict[str, Stamp]] = {}
    for some in in_pieces(tuple(ids), ASKED):
        query = 'SELECT "row", field, clock, device, operation FROM field_clock WHERE "table" = ? AND "row" IN'
        for row, field, clock, device, by in connection.exec_driver_sql(
            f"{query} ({marks(len(some))})", (table, *some)
        ):
            stamps.setdefault(row, {})[field] = Stamp(clock, device.hex(), by.hex())
    return stamps


def add_stamps(connection: Connection, table: str, rows: Iterable[tuple[bytes, Mapping[str, Stamp]]]) -> None:
    """The stamps of rows; those of fields that are not named stay."""
    stored: list[tuple[object, ...]] = []
    written: dict[Stamp, tuple[int, bytes, bytes]] = {}  # a page has far fewer operations than rows
    for row, stamps in rows:
        for field, stamp in stamps.items():
            if stamp not in written:
                written[stamp] = stamp.clock, bytes.fromhex(stamp.device), bytes.fromhex(stamp.operation)
            stored.append((table, row, field, *written[stamp]))
    insert_many(connection, _INTO, 6, stored, NEWER)


def replace_stamps(connection: Connection, table: str, rows: Mapping[bytes, Mapping[str, Stamp]]) -> None:
    """The stamps of rows, and no others."""
    for some in in_pieces(tuple(rows), ASKED):
        query = f'DELETE FROM field_clock WHERE "table" = ? AND "row" IN ({marks(len(some))})'
        connection.exec_driver_sql(query, (table, *some))
    add_stamps(connection, table, rows.items())


def later_rows(connection: Connection, table: str, rows: Mapping[bytes, Row]) -> dict[bytes, Row]:
    """The rows that have anything later than what stands here, or stand as they do here; unknown ones among them.

    With the same stamps the word about a claim may be another one: that of another server.
    """
    standing = read_stamps(connection, table, rows)
    return {
        identity: row
        for identity, row in rows.items()
        if identity not in standing or not _is_behind(row.stamps, standing[identity])
    }


def _is_behind(came: Mapping[str, Stamp], stands: Mapping[str, Stamp]) -> bool:
    """Whether nothing of a row that came is later than what stands, and something is earlier."""
    signs = {
        (came.get(unit, came[WHOLE_ROW]) > by) - (came.get(unit, came[WHOLE_ROW]) < by)
        for unit, by in ((unit, stands.get(unit, stands[WHOLE_ROW])) for unit in {*came, *stands})
    }
    return -1 in signs and 1 not in signs
