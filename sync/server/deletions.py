"""The guard against mass deletion: a device that suddenly deletes a lot waits until a person says that this is meant."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from sync.errors import Unlawful
from sync.server import tables

WINDOW_MS: Final = 10 * 60_000
#: So many rows in the window, of all collections together, are never a lot.
MOST_OF_ALL: Final = 200
#: So many rows of one collection are never a lot, however few it has.
MOST_OF_FEW: Final = 20
#: More than one row in so many is a lot.
ONE_IN: Final = 20
ALLOWED_MS: Final = 60 * 60_000

_own, _allowed, _row = tables.deletion, tables.allowance, tables.row
_RECENT = (
    select(_own.c.collection, func.sum(_own.c.rows))
    .where(_own.c.tenant == bindparam("tenant"), _own.c.device == bindparam("device"), _own.c.at > bindparam("since"))
    .group_by(_own.c.collection)
)
_OLD = delete(_own).where(
    _own.c.tenant == bindparam("tenant"), _own.c.device == bindparam("device"), _own.c.at <= bindparam("since")
)
_UNTIL = select(_allowed.c.until).where(
    _allowed.c.tenant == bindparam("tenant"), _allowed.c.device == bindparam("device")
)
_SIZE = (
    select(func.count())
    .select_from(_row)
    .where(_row.c.tenant == bindparam("tenant"), _row.c.collection == bindparam("collection"))
)


def note_deletions(connection: Connection, tenant: str, device: str, deleted: Counter[str], now: int) -> None:
    """Notes how many rows of each collection a push deletes, before it is written; `now` in milliseconds since 1970.

    Raises `Unlawful` ``mass_delete`` when the device deleted more than `MOST_OF_ALL` rows within `WINDOW_MS`, or of one collection at
    least `MOST_OF_FEW` and more than one in `ONE_IN`, and nobody has allowed it.
    """
    if not deleted:
        return
    key = {"tenant": tenant, "device": device, "since": now - WINDOW_MS}
    recent = Counter({collection: int(rows) for collection, rows in connection.execute(_RECENT, key).all()}) + deleted
    until = connection.execute(_UNTIL, {"tenant": tenant, "device": device}).scalar()
    if until is None or until < now:
        _check(connection, tenant, recent, deleted)
    connection.execute(_OLD, key)
    rows = [
        {"tenant": tenant, "device": device, "collection": one, "at": now, "rows": count}
        for one, count in deleted.items()
    ]
    known = connection.execute(select(_own.c.at).filter_by(tenant=tenant, device=device, at=now).limit(1)).first()
    if known is None:  # two pushes of one device in one millisecond: the second is not worth a row
        connection.execute(insert(_own), rows)


def allow_deletions(connection: Connection, tenant: str, device: str, now: int) -> int:
    """The device may delete as it likes for `ALLOWED_MS`; until when. Raises `Unlawful` ``unknown_device``."""
    own = tables.device.c
    if connection.execute(select(own.n).filter_by(tenant=tenant, device=device)).first() is None:
        raise Unlawful("unknown_device", device=device)
    connection.execute(delete(_allowed).where(_allowed.c.tenant == tenant, _allowed.c.device == device))
    connection.execute(insert(_allowed), {"tenant": tenant, "device": device, "until": now + ALLOWED_MS})
    return now + ALLOWED_MS


def _check(connection: Connection, tenant: str, recent: Counter[str], deleted: Counter[str]) -> None:
    if recent.total() > MOST_OF_ALL:
        raise Unlawful("mass_delete", rows=recent.total())
    for collection in deleted:
        rows = recent[collection]
        if rows < MOST_OF_FEW:
            continue
        size = connection.execute(_SIZE, {"tenant": tenant, "collection": collection}).scalar_one()
        if rows * ONE_IN > size:
            raise Unlawful("mass_delete", collection=collection, rows=rows)
