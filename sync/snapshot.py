"""A snapshot: what a new device gets before it pulls, in packed parts that anybody can check against a signed list.

First come the hot parts, by the manifest's rule, then the archive, its newest rows first. A part is a `Chunk` as JSON in zstd; the list
names each by its SHA-256, says at which counters of the scopes the pull goes on, and is signed by the server's Ed25519 key, which the
device got when it was paired.
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec
import zstandard
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.errors import SyncError
from sync.operations import Digest, Id, Instant
from sync.wire import Envelope, Row

#: No part is larger than this when it is unpacked.
MOST_UNPACKED: Final = 64_000_000
_PURPOSE: Final = b"pult-snapshot 1 "


class Damaged(SyncError):
    """A part or a list that is not what the server signed; fetching it again may help."""


class Chunk(msgspec.Struct, frozen=True):
    """Rows as of `sync.wire.Page`, without an order, with the envelopes that their stamps name."""

    rows: tuple[Row, ...]
    envelopes: tuple[Envelope, ...]


class Listed(msgspec.Struct, frozen=True):
    """A part: SHA-256 of its packed bytes, how many they are, how many rows it has."""

    hash: Digest
    size: int
    rows: int


class Listing(msgspec.Struct, frozen=True):
    """What a snapshot consists of.

    Attributes:
        cursors: scope → the counter that it stands for; a pull goes on there.
        hot: how many of the parts come first.
    """

    snapshot: Id
    tenant: Id
    shop: Id
    manifest: int
    made_at: Instant
    cursors: dict[str, int]
    hot: int
    chunks: tuple[Listed, ...]


class Snapshot(msgspec.Struct, frozen=True):
    """The list of a snapshot as JSON text, and the signature (hex) over exactly these characters."""

    listing: str
    signature: str


class Body(msgspec.Struct, frozen=True):
    """A deferred field of a row, as hex."""

    collection: str
    row: Id
    field: str
    value: str


_read_listing = msgspec.json.Decoder(Listing)
_read_chunk = msgspec.json.Decoder(Chunk)


def sign(listing: Listing, key: Ed25519PrivateKey) -> Snapshot:
    """A snapshot's list with its signature."""
    text = msgspec.json.encode(listing)
    return Snapshot(text.decode(), key.sign(_PURPOSE + text).hex())


def checked(snapshot: Snapshot, key: str, tenant: str, shop: str) -> Listing:
    """The list of a snapshot of this tenant and shop. `key`: the server's public key, hex. Raises `Damaged`."""
    text = snapshot.listing.encode()
    try:
        public = Ed25519PublicKey.from_public_bytes(bytes.fromhex(key))
        public.verify(bytes.fromhex(snapshot.signature), _PURPOSE + text)
        listing = _read_listing.decode(text)
    except (InvalidSignature, ValueError, msgspec.DecodeError) as error:
        raise Damaged("the list is not what the server signed") from error
    if (listing.tenant, listing.shop) != (tenant, shop):
        raise Damaged("the list is of somebody else")
    return listing


def listed(snapshot: Snapshot) -> Listing:
    """The list of a snapshot that is one's own."""
    return _read_listing.decode(snapshot.listing)


def opened(packed: bytes, part: Listed) -> Chunk:
    """A part that is what the list says. Raises `Damaged`."""
    if len(packed) != part.size or hashlib.sha256(packed).hexdigest() != part.hash:
        raise Damaged("a part is not what the list says")
    try:
        content = zstandard.ZstdDecompressor().decompress(packed, max_output_size=MOST_UNPACKED)
        return _read_chunk.decode(content)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise Damaged("a part that cannot be read") from error
