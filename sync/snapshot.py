"""A snapshot: what a new device gets before it pulls, in packed parts that anybody can check against a signed list.

First come the hot parts, by the manifest's rule, then the archive, its newest rows first. A part is a `Chunk` as JSON in zstd; the list
names each by its SHA-256, says at which counters of the scopes the pull goes on, and is signed by the server's Ed25519 key, which the
device got when it was paired.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec
import zstandard
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from sync.errors import SyncError
from sync.manifest import WHOLE_ROW, Value
from sync.merge import Stamp
from sync.operations import Digest, Id, Instant
from sync.wire import Envelope

#: No part is larger than this when it is unpacked.
MOST_UNPACKED: Final = 64_000_000
_PURPOSE: Final = b"pult-snapshot 1 "


class Damaged(SyncError):
    """A part or a list that is not what the server signed; fetching it again may help."""


class Rows(msgspec.Struct, frozen=True):
    """Rows of one collection that have the same fields, side by side: names once, so that millions of rows are read quickly.

    Attributes:
        stamps: of each row: by field or group, numbers in the part's list of stamps; a number alone is that of the whole row.
        values: of each row, in the order of `fields`.
    """

    collection: str
    fields: tuple[str, ...]
    ids: tuple[Id, ...]
    stamps: tuple[int | dict[str, int], ...]
    values: tuple[tuple[Value, ...], ...]


class Chunk(msgspec.Struct, frozen=True):
    """Rows without an order, the stamps that they have, and the envelopes of the operations that the stamps name."""

    stamps: tuple[Stamp, ...]
    envelopes: tuple[Envelope, ...]
    rows: tuple[Rows, ...]

    @property
    def count(self) -> int:
        """How many rows there are."""
        return sum(len(one.ids) for one in self.rows)

    def slices(self, first: int, most: int) -> Iterator[Slice]:
        """The rows from the `first` one on, counted through all collections, in slices of one collection and at most `most`."""
        before = 0
        for rows in self.rows:
            count = len(rows.ids)
            for place in range(max(0, first - before), count, most):
                end = min(place + most, count)
                yield Slice(rows, place, end, before + end)
            before += count

    def stamps_of(self, rows: Rows, n: int) -> dict[str, Stamp]:
        """The stamps of the `n`-th of some rows by field or group."""
        numbers = rows.stamps[n]
        if isinstance(numbers, int):
            return {WHOLE_ROW: self.stamps[numbers]}
        return {unit: self.stamps[number] for unit, number in numbers.items()}


class Slice(NamedTuple):
    """Some rows of a part: those of `rows` from `first` up to before `end`; behind them `reached` rows of the part are through."""

    rows: Rows
    first: int
    end: int
    reached: int


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
        chunk = _read_chunk.decode(content)
    except (zstandard.ZstdError, msgspec.DecodeError) as error:
        raise Damaged("a part that cannot be read") from error
    if not all(_fits(rows, len(chunk.stamps)) for rows in chunk.rows):
        raise Damaged("a part that does not fit together")
    return chunk


def _fits(rows: Rows, stamps: int) -> bool:
    """Whether each row has its values and names stamps that there are."""
    named = [
        one
        for numbers in rows.stamps
        for one in ((numbers,) if isinstance(numbers, int) else (numbers.get(WHOLE_ROW, -1), *numbers.values()))
    ]
    width = len(rows.fields)
    return (
        len(rows.ids) == len(rows.stamps) == len(rows.values)
        and set(map(len, rows.values)) <= {width}
        and (not named or 0 <= min(named) <= max(named) < stamps)
    )
