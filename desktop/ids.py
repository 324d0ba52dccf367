"""Ids made by the client: UUIDv7 for rows, UUIDv5 for rows with a natural key.

A UUIDv7 (RFC 9562, section 5.7) sorts by the time of its making, so rows of one day lie together in the index. Within a
process the ids never go backwards, also when the wall clock does.
"""

from __future__ import annotations

import secrets
import threading
import time
from uuid import UUID, uuid5

_NATURAL = UUID("6f3d2f9e-55a1-5c1c-9d43-7a0c5f2b8e11")


class IdSource:
    """Makes UUIDv7 ids that grow from call to call, from any thread.

    The 12 bits behind the milliseconds count within one millisecond; when they overflow the next millisecond is
    borrowed.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._last = 0

    def next(self) -> UUID:
        with self._lock:
            tick = (time.time_ns() // 1_000_000) << 12
            self._last = max(tick, self._last + 1)
            stamp = self._last
        milliseconds, counter = stamp >> 12, stamp & 0xFFF
        value = milliseconds << 80 | 0x7 << 76 | counter << 64 | 0b10 << 62 | secrets.randbits(62)
        return UUID(int=value)


_source = IdSource()


def new_id() -> UUID:
    """A fresh UUIDv7."""
    return _source.next()


def natural_id(scope: UUID, *key: str) -> UUID:
    """The id of a row that is known by its key: the same on every device for the same scope and key."""
    return uuid5(uuid5(_NATURAL, scope.hex), "\x1f".join(key))
