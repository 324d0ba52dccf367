"""Operations on their way: one user's action with its row changes, and the hash that chains a device's operations.

The form of the hash is part of the protocol: whoever wants to check a chain needs nothing but a JSON library and SHA-256.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Any, Final

import msgspec

from sync.errors import Unlawful
from sync.manifest import LARGEST_INTEGER, Value

_encoder = msgspec.json.Encoder()
_sorted = msgspec.json.Encoder(order="sorted")
_HASH_VERSION: Final = 1
_HEADER: Final = (
    "previous_hash",
    "id",
    "shop_id",
    "device",
    "n",
    "actor",
    "actor_name",
    "name",
    "clock",
    "at",
    "part_of",
    "undoes",
)

# The length beside the pattern: `$` of a pattern also stands before a line break at the end.
Id = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{32}$", max_length=32)]
Digest = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]
Count = Annotated[int, msgspec.Meta(ge=1, le=LARGEST_INTEGER)]
Instant = Annotated[int, msgspec.Meta(ge=0, le=LARGEST_INTEGER)]
ShortText = Annotated[str, msgspec.Meta(max_length=300)]


class Kind(StrEnum):
    """What happened to a row."""

    INSERT = "i"
    UPDATE = "u"
    DELETE = "d"


class Place(msgspec.Struct, frozen=True, forbid_unknown_fields=True, array_like=True):
    """A place in time that an exclusive claim asks for: whose, from when (milliseconds since 1970), which of several."""

    resource: Id
    start: Instant
    lane: Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Change(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One row change of an operation.

    Attributes:
        n: its place in the operation, from 1.
        fields: the JSON array of the changed fields as it was hashed; None for an insert.
        values: the fields that were written, or None when they were erased since; of a ledger row all of its columns.
        places: what an exclusive claim holds after this change, if the change touches it.
    """

    n: Count
    collection: ShortText
    row: Id
    kind: Kind
    hash: Digest
    fields: str | None = None
    values: dict[str, Value] | None = None
    places: tuple[Place, ...] | None = None


class Operation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An operation as it is pushed; see `desktop/database/feed.py` for the meaning of the columns."""

    id: Id
    shop_id: Id
    device: Id
    n: Count
    actor: Id
    actor_name: ShortText
    name: ShortText
    clock: Instant
    at: Instant
    part_of: Id | None
    undoes: Id | None
    previous_hash: str
    hash: Digest
    changes: tuple[Change, ...]

    def check_hash(self) -> None:
        """Raises `Unlawful` ``operation_changed`` when the hash is not that of the header and the changes."""
        header = {name: getattr(self, name) for name in _HEADER}
        rows = [(one.n, one.collection, one.row, one.kind.value, one.fields, one.hash) for one in self.changes]
        if operation_hash(header, rows) != self.hash:
            raise Unlawful("operation_changed", operation=self.id)


def operation_hash(header: Mapping[str, Any], rows: Sequence[Sequence[object]]) -> str:
    """The hash of an operation over the previous hash, its header and its ordered rows.

    `header`: id, shop_id, device, actor, part_of, undoes as 16 bytes, 32 hex digits or None; n, clock, at as integers;
    actor_name, name, previous_hash as text. `rows`: (n, table, row, kind, fields, hash) in the order of n.
    """
    plain = [[name, _hex(header[name])] for name in _HEADER]
    content = [_HASH_VERSION, plain, [[_hex(value) for value in row] for row in rows]]
    return hashlib.sha256(_encoder.encode(content)).hexdigest()


def ledger_hash(values: Mapping[str, Value], fields: Sequence[str]) -> str:
    """The hash of a ledger row over those of its columns that its version of the hash covers, the id among them."""
    return hashlib.sha256(_sorted.encode({name: values[name] for name in fields})).hexdigest()


def _hex(value: object) -> object:
    return value.hex() if isinstance(value, bytes) else value
