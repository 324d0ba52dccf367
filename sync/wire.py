"""What device and server say to each other, as structures: pushing operations and pulling rows. See `docs/sync-protocol.md`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from sync.manifest import Value
from sync.merge import Stamp
from sync.operations import Id, Instant, Operation

MOST_OPERATIONS = 500
MOST_ROWS = 2_000


class Outcome(StrEnum):
    """What became of an operation: taken, taken with a claim in conflict, or set aside."""

    TAKEN = "taken"
    CONFLICT = "conflict"
    REFUSED = "refused"


class Lost(msgspec.Struct, frozen=True):
    """A field of a change that a later one stands in the way of, with what stands there."""

    collection: str
    row: Id
    field: str
    stands: Value


class Verdict(msgspec.Struct, frozen=True):
    """The server's word on one operation; the same for ever, however often it is pushed.

    Attributes:
        code: why it was refused or is in conflict; a dotted code of this protocol.
        conflicts: rows whose claim somebody else holds.
        alarms: ledger rows that are known with other bytes.
    """

    n: int
    outcome: Outcome
    code: str | None = None
    lost: tuple[Lost, ...] = ()
    conflicts: tuple[Id, ...] = ()
    alarms: tuple[Id, ...] = ()


class Push(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Operations of one device in the order of their numbers, without a gap."""

    manifest: Annotated[int, msgspec.Meta(ge=1)]
    operations: Annotated[tuple[Operation, ...], msgspec.Meta(min_length=1, max_length=MOST_OPERATIONS)]


class Pushed(msgspec.Struct, frozen=True):
    """A verdict for each operation; `last` is the number of the last one that the server has of this device."""

    verdicts: tuple[Verdict, ...]
    last: int
    server_time: Instant


class Row(msgspec.Struct, frozen=True):
    """The latest state of a row; its stamps name the operations that wrote its fields."""

    collection: str
    row: Id
    seq: int
    values: dict[str, Value]
    stamps: dict[str, Stamp]


class Envelope(msgspec.Struct, frozen=True):
    """The header of an operation that wrote a field of a row as it stands: who did what, when, on which device."""

    id: Id
    shop_id: Id
    device: Id
    n: int
    actor: Id
    actor_name: str
    name: str
    clock: Instant
    at: Instant
    part_of: Id | None
    undoes: Id | None
    previous_hash: str
    hash: str


class Page(msgspec.Struct, frozen=True):
    """Rows of one scope that changed behind a cursor, in the order of their place, with the envelopes that their stamps name.

    `more`: the page was too small.
    """

    scope: str
    rows: tuple[Row, ...]
    envelopes: tuple[Envelope, ...]
    cursor: int
    more: bool
    server_time: Instant
