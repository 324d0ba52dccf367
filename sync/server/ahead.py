"""Clocks that are ahead of the server's: how they count.

It is settled when an operation first comes, itself or by a row of a state, and stays so whoever brings it again: otherwise an old edit
would become later than one that somebody made over it meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import msgspec
from sqlalchemy import Connection, bindparam, select

from sync.operations import Operation
from sync.server import tables
from sync.wire import Envelope

AHEAD_MS: Final = 60_000
_CLOCK_BITS: Final = 16
_COUNTER: Final = (1 << _CLOCK_BITS) - 1
#: How many operations one query asks for.
_IDS: Final = 1_000

_operation, _envelope = tables.operation, tables.envelope
_JUDGED = select(_operation.c.envelope, _operation.c.judged_at).where(
    _operation.c.tenant == bindparam("tenant"), _operation.c.id.in_(bindparam("ids", expanding=True))
)
_BROUGHT = select(_envelope.c.envelope).where(
    _envelope.c.tenant == bindparam("tenant"), _envelope.c.id.in_(bindparam("ids", expanding=True))
)


class Brought(Envelope, frozen=True):
    """What is kept of an operation that came with a state. `came`: when (milliseconds since 1970); 0: before that was noted."""

    came: int = 0


_read_envelope = msgspec.json.Decoder(Envelope)
_read_brought = msgspec.json.Decoder(Brought)


def bounded(one: Operation | Envelope, now: int) -> int:
    """The clock of an operation that comes now, as far as it counts; `now` in milliseconds since 1970.

    Those of a device that is ahead keep their order, whatever their ids say.
    """
    return min(one.clock, now + AHEAD_MS << _CLOCK_BITS | one.n & _COUNTER)


def clocks(connection: Connection, tenant: str, came: Iterable[Operation | Envelope], now: int) -> dict[str, int]:
    """The clocks of operations as they count, by id: now, or since they first came."""
    given = {one.id: one for one in came}
    counted = {identity: bounded(one, now) for identity, one in given.items()}
    ahead = [identity for identity, one in given.items() if counted[identity] < one.clock]
    for start in range(0, len(ahead), _IDS):
        asked = {"tenant": tenant, "ids": ahead[start : start + _IDS]}
        for text, judged_at in connection.execute(_JUDGED, asked):
            judged = _read_envelope.decode(text)
            counted[judged.id] = bounded(judged, judged_at)
        for text in connection.execute(_BROUGHT, asked).scalars():
            brought = _read_brought.decode(text)
            if brought.came:  # it was known before it was judged
                counted[brought.id] = bounded(brought, brought.came)
    return counted
