"""Operations of other desks in this desk's feed: their envelopes, and which rows the feed names under them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import Connection

from desktop.database.synced_table import ASKED, existing, in_pieces, insert_many, marks
from sync.wire import Envelope

_FIELDS: Final = Envelope.__struct_fields__
_IDS: Final = tuple(
    place for place, name in enumerate(_FIELDS) if name in ("id", "shop_id", "device", "actor", "part_of", "undoes")
)
_REMEMBERED: Final = f"operation ({', '.join(_FIELDS)}, hash_version)"
#: What names a row in the feed.
NAMED: Final = 'operation_row (operation, n, "table", "row", kind, fields, hash)'


def remember(connection: Connection, envelopes: Iterable[Envelope]) -> set[str]:
    """Keeps the envelopes of other desks' operations; which of them were here, as this desk's own are."""
    by_id = {bytes.fromhex(one.id): one for one in envelopes}
    known = existing(connection, "operation", tuple(by_id))
    for identity in known:
        del by_id[identity]
    rows = [(*msgspec.structs.astuple(one), 1) for one in by_id.values()]
    insert_many(connection, _REMEMBERED, len(_FIELDS) + 1, rows, blobs=_IDS)
    return {identity.hex() for identity in known}


def rows_written(connection: Connection, envelopes: Iterable[str]) -> dict[str, int]:
    """How many rows the feed has of each operation."""
    written: dict[str, int] = {}
    for some in in_pieces([bytes.fromhex(one) for one in envelopes], ASKED):
        query = (
            f"SELECT operation, max(n) FROM operation_row WHERE operation IN ({marks(len(some))}) GROUP BY operation"
        )
        written |= {identity.hex(): n for identity, n in connection.exec_driver_sql(query, tuple(some))}
    return written
