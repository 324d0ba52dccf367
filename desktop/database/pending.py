"""What this device wrote and the server has not judged: the edits that stay on top of what a pull brings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from sqlalchemy import Connection

from desktop.database.synced_table import ASKED, SyncedTable, in_pieces, marks
from sync.manifest import Value
from sync.merge import Stamp

#: Collection and row → edits in their order.
Pending = dict[tuple[str, bytes], list[tuple[Stamp, dict[str, Value]]]]

_ANY: Final = "SELECT 1 FROM operation WHERE device = ? AND n > ? LIMIT 1"
_EDITS: Final = (
    'SELECT o.n, r.n, r."table", r."row", o.id, o.clock, v.new FROM operation_row r'
    " JOIN operation o ON o.id = r.operation AND o.device = ? AND o.n > ?"
    " JOIN operation_value v ON v.operation = r.operation AND v.n = r.n"
    ' WHERE r."row" IN '
)
_read_values = msgspec.json.Decoder(dict[str, Value])


def pending_edits(
    connection: Connection,
    device: bytes,
    acknowledged: int,
    rows: Sequence[bytes],
    table: Callable[[str], SyncedTable],
) -> Pending:
    """The edits of these rows by operations of the device behind a number."""
    edits: Pending = {}
    if not rows or connection.exec_driver_sql(_ANY, (device, acknowledged)).first() is None:
        return edits
    found: list[tuple[int, int, str, bytes, bytes, int, str | None]] = []
    for some in in_pieces(rows, ASKED):
        query = f"{_EDITS}({marks(len(some))})"
        found += [tuple(one) for one in connection.exec_driver_sql(query, (device, acknowledged, *some))]
    for _, _, name, row, by, clock, new in sorted(found, key=lambda one: one[:2]):
        if new is not None:
            stamp = Stamp(clock, device.hex(), by.hex())
            edits.setdefault((name, row), []).append((stamp, table(name).lower(_read_values.decode(new))))
    return edits
