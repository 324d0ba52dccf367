"""The server's own Ed25519 key: snapshots are signed with it, devices get its public half when they are paired."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, insert, select

from sync.server import tables


def signing_key(connection: Connection) -> Ed25519PrivateKey:
    """The key, from the server's own tables; made when it is first needed."""
    own = tables.secret
    found: str | None = connection.execute(select(own.c.value).where(own.c.name == "signing")).scalar()
    if found is None:
        found = Ed25519PrivateKey.generate().private_bytes_raw().hex()
        connection.execute(insert(own), {"name": "signing", "value": found})
    return Ed25519PrivateKey.from_private_bytes(bytes.fromhex(found))


def public_key(connection: Connection) -> str:
    """Its public half, as hex."""
    return signing_key(connection).public_key().public_bytes_raw().hex()
