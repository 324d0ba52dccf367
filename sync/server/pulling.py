"""Pulling: the rows of a scope that changed behind a cursor, each in its latest state."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, select

from sync.manifest import Value
from sync.merge import Stamp
from sync.server import tables
from sync.wire import MOST_ROWS, Envelope, Page, Row

_read_values = msgspec.json.Decoder(dict[str, Value])
_read_stamps = msgspec.json.Decoder(dict[str, Stamp])

_read_envelope = msgspec.json.Decoder(Envelope)

#: How many operations one query asks for.
_IDS: Final = 1_000
_ENVELOPES = select(tables.operation.c.envelope).where(
    tables.operation.c.tenant == bindparam("tenant"), tables.operation.c.id.in_(bindparam("ids", expanding=True))
)
_KEPT = select(tables.envelope.c.envelope).where(
    tables.envelope.c.tenant == bindparam("tenant"), tables.envelope.c.id.in_(bindparam("ids", expanding=True))
)
_BEHIND = (
    select(tables.row)
    .where(
        tables.row.c.tenant == bindparam("tenant"),
        tables.row.c.scope == bindparam("scope"),
        tables.row.c.seq > bindparam("cursor"),
    )
    .order_by(tables.row.c.seq)
    .limit(bindparam("most"))
)


def pull(connection: Connection, tenant: str, scope: str, cursor: int, now: int, most: int = MOST_ROWS) -> Page:
    """A page of at most `most` rows behind `cursor` (0: from the beginning); `now` in milliseconds since 1970."""
    values = {"tenant": tenant, "scope": scope, "cursor": cursor, "most": most + 1}
    found = connection.execute(_BEHIND, values).all()
    rows = tuple(
        Row(
            one.collection,
            one.row,
            one.seq,
            _read_values.decode(one.values),
            _read_stamps.decode(one.stamps),
        )
        for one in found[:most]
    )
    envelopes = envelopes_of(connection, tenant, {stamp.operation for one in rows for stamp in one.stamps.values()})
    return Page(scope, rows, envelopes, rows[-1].seq if rows else cursor, len(found) > most, now)


def envelopes_of(connection: Connection, tenant: str, operations: set[str]) -> tuple[Envelope, ...]:
    """The envelopes of operations that were judged, or came with a state."""
    found: dict[str, Envelope] = {}
    for query in (_ENVELOPES, _KEPT):
        ids = sorted(operations - found.keys())
        for start in range(0, len(ids), _IDS):
            asked = {"tenant": tenant, "ids": ids[start : start + _IDS]}
            told = (_read_envelope.decode(one) for one in connection.execute(query, asked).scalars())
            found |= {one.id: one for one in told}
    return tuple(found.values())
