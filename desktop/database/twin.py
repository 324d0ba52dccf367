"""Two programs with one device: a file that was put back from a backup, or copied, finds out by what the backend knows of its device.

Every operation of a device is in its own file before it is pushed. What the backend has of this device and this file has not was
written by another program, or by this one before its file was put back: numbers would be given twice, so the sync has to stop.
"""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import Connection, func, select

from desktop.database.feed import operation
from desktop.database.incoming import number
from sync.errors import Unlawful
from sync.wire import Envelope


def require_own_operations(connection: Connection, device: UUID, envelopes: Iterable[Envelope]) -> None:
    """Raises `Unlawful` ``forked`` (value `n`) for an envelope of this device whose operation is not in this file."""
    own = {UUID(hex=one.id): one.n for one in envelopes if one.device == device.hex}
    if not own:
        return
    known = set(connection.execute(select(operation.c.id).where(operation.c.id.in_(own))).scalars())
    unknown = sorted(n for identity, n in own.items() if identity not in known)
    if unknown:
        raise Unlawful("forked", device=device.hex, n=unknown[0])


def require_not_behind(connection: Connection, device: UUID, last: int) -> None:
    """Raises `Unlawful` ``forked`` (value `n`) when the backend has later operations of this device than this file."""
    head = connection.execute(select(func.max(operation.c.n)).where(operation.c.device == device)).scalar() or 0
    if last > head:
        raise Unlawful("forked", device=device.hex, n=last)


def require_same_past(connection: Connection, device: UUID, judged: int) -> None:
    """Compares what the backend says to have judged of this device, 0 where it does not say, with what this file knows of it.

    Raises `Unlawful` ``forked`` when this file has not written that yet, ``behind`` (value `last`) when the backend has judged more before:
    it was put back to an older state.
    """
    require_not_behind(connection, device, judged)
    if 0 < judged < number(connection, "acknowledged"):
        raise Unlawful("behind", last=judged)
