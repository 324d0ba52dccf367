"""What this desk keeps of a snapshot that it begins with: the list, how far it is, and where the pull goes on."""

from __future__ import annotations

from typing import Final

import msgspec
from sqlalchemy import Connection, delete, func, insert, select, update

from desktop.database.anew import starts_over
from desktop.database.incoming import cursor_of, number
from sync import tables
from sync.client.bootstrap import Reached
from sync.snapshot import Listing

#: Operations of a desk that only set itself up.
_FEW: Final = 200

_own = tables.snapshot
_read_listing = msgspec.json.Decoder(Listing)


def server_key(connection: Connection) -> str:
    """The server's public key as it was told at pairing; "" where it was not."""
    return connection.execute(select(tables.server.c.key)).scalar() or ""


def keep_server_key(connection: Connection, key: str) -> None:
    """Keeps the server's public key, which the pairing told."""
    connection.execute(delete(tables.server))
    if key:
        connection.execute(insert(tables.server).values(key=key))


def wants_snapshot(connection: Connection, scopes: tuple[str, ...]) -> bool:
    """Whether this desk has pulled nothing of any scope, and did hardly more than set itself up: one that worked has the rows.

    One that pulls everything anew wants one whatever it did.
    """
    new = number(connection, "acknowledged") <= _FEW or starts_over(connection)
    return new and not any(cursor_of(connection, scope) for scope in scopes)


def reached(connection: Connection) -> Reached | None:
    """How far the snapshot is; None where none was begun or all of it is here."""
    found = connection.execute(select(_own)).first()
    return None if found is None else Reached(_read_listing.decode(found.listing), found.chunk, found.row)


def begin(connection: Connection, listing: Listing) -> None:
    """Begins with a snapshot, also in the place of another: what came from that one is known, and the later state of a row stands."""
    connection.execute(delete(_own))
    text = msgspec.json.encode(listing).decode()
    connection.execute(insert(_own).values(listing=text, chunk=0, row=0))
    went(connection, Reached(listing, 0, 0))


def is_under_way(connection: Connection, listing: Listing) -> bool:
    """Whether this snapshot is the one that this desk begins with; it may have started over meanwhile."""
    own = func.json_extract(_own.c.listing, "$.snapshot")
    return connection.execute(select(own)).scalar() == listing.snapshot


def went(connection: Connection, place: Reached) -> None:
    """Notes how far it is. Behind the hot part the pull goes on at the counters of the snapshot."""
    connection.execute(update(_own).values(chunk=place.chunk, row=place.row))
    if place.chunk == place.listing.hot and place.row == 0:
        known = connection.execute(select(tables.cursor.c.scope)).scalars().all()
        for scope, cursor in place.listing.cursors.items():
            if scope not in known:
                connection.execute(insert(tables.cursor).values(scope=scope, cursor=cursor))
    if place.ended:
        connection.execute(delete(_own))


def give_up(connection: Connection) -> None:
    """Goes without a snapshot: everything is pulled from the beginning, what is here costs no more than being read."""
    if connection.execute(delete(_own)).rowcount:
        connection.execute(delete(tables.cursor))
