"""The guard against mass deletion: a device that suddenly deletes a lot waits until a person says that this is meant."""

from __future__ import annotations

from collections import Counter
from typing import Final

from sqlalchemy import Connection, bindparam, delete, func, insert, select

from sync.errors import Unlawful
from sync.server import tables
from sync.server.bulk import put_all

WINDOW_MS: Final = 10 * 60_000
#: So many rows in the window, of all collections together, are never a lot.
MOST_OF_ALL: Final = 200
#: So many rows of one collection are never a lot, however few it has.
MOST_OF_FEW: Final = 20
#: More than one row in so many is a lot.
ONE_IN: Final = 20
ALLOWED_MS: Final = 60 * 60_000

_own, _allowed, _row, _held = tables.deletion, tables.allowance, tables.row, tables.held
_RECENT = select(_own.c.at, _own.c.collection, _own.c.rows).where(
    _own.c.tenant == bindparam("tenant"), _own.c.device == bindparam("device"), _own.c.at > bindparam("since")
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


#: How many rows of a collection were deleted at an instant of the device's clock (milliseconds since 1970).
Deleted = Counter[tuple[int, str]]


def note_deletions(connection: Connection, tenant: str, device: str, deleted: Deleted, now: int) -> None:
    """Notes what a push deletes, before it is written; `now` in milliseconds since 1970.

    What counts is when the rows were deleted, by the device's own clock, which never goes back: days of work that come in one push are
    no mass deletion.

    Raises `Unlawful` ``mass_delete`` when the device deleted more than `MOST_OF_ALL` rows within `WINDOW_MS`, or of one collection at
    least `MOST_OF_FEW` and more than one in `ONE_IN`, and nobody has allowed it.
    """
    if not deleted:
        return
    key = {"tenant": tenant, "device": device, "since": min(at for at, _ in deleted) - WINDOW_MS}
    known: Deleted = Counter({(at, one): rows for at, one, rows in connection.execute(_RECENT, key).all()})
    until = connection.execute(_UNTIL, {"tenant": tenant, "device": device}).scalar()
    if until is None or until < now:
        _check(connection, tenant, known + deleted, deleted)
    connection.execute(_OLD, key)
    rows = [
        {"tenant": tenant, "device": device, "collection": collection, "at": at, "rows": count + known[at, collection]}
        for (at, collection), count in deleted.items()
    ]
    put_all(connection, _own, rows)


def allow_deletions(connection: Connection, tenant: str, device: str, now: int) -> int:
    """The device may delete as it likes for `ALLOWED_MS`; until when. Raises `Unlawful` ``unknown_device``."""
    own = tables.device.c
    if connection.execute(select(own.n).filter_by(tenant=tenant, device=device)).first() is None:
        raise Unlawful("unknown_device", device=device)
    connection.execute(delete(_allowed).where(_allowed.c.tenant == tenant, _allowed.c.device == device))
    connection.execute(insert(_allowed), {"tenant": tenant, "device": device, "until": now + ALLOWED_MS})
    return now + ALLOWED_MS


def note_held(connection: Connection, tenant: str, device: str, rows: int, now: int) -> None:
    """A push of the device waits for somebody to allow that it deletes so many rows."""
    key = {"tenant": tenant, "device": device}
    connection.execute(delete(_held).filter_by(**key))
    connection.execute(insert(_held), key | {"rows": rows, "at": now})


def held_rows(connection: Connection, tenant: str) -> dict[str, int]:
    """Device → how many rows it waits to delete, of those that wait and that nobody has allowed it."""
    own, device = _held.c, tables.device.c
    query = (
        select(own.device, own.rows)
        .join(tables.device, (device.tenant == own.tenant) & (device.device == own.device))
        .outerjoin(_allowed, (_allowed.c.tenant == own.tenant) & (_allowed.c.device == own.device))
        .where(own.tenant == tenant, own.at > device.seen_at, func.coalesce(_allowed.c.until, 0) < own.at)
    )
    return {one.device: one.rows for one in connection.execute(query)}


def _check(connection: Connection, tenant: str, recent: Deleted, deleted: Deleted) -> None:
    sizes: dict[str, int] = {}
    for end in sorted({at for at, _ in deleted}):
        window: Counter[str] = Counter()
        for (at, collection), rows in recent.items():
            if end - WINDOW_MS < at <= end:
                window[collection] += rows
        if window.total() > MOST_OF_ALL:
            raise Unlawful("mass_delete", rows=window.total())
        for collection, rows in window.items():
            if rows < MOST_OF_FEW:
                continue
            if collection not in sizes:
                key = {"tenant": tenant, "collection": collection}
                sizes[collection] = connection.execute(_SIZE, key).scalar_one()
            if rows * ONE_IN > sizes[collection]:
                raise Unlawful("mass_delete", collection=collection, rows=rows)
