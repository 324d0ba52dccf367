"""What device and server say to each other, as structures: pushing operations and pulling rows. See `docs/sync-protocol.md`."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import msgspec

from sync.manifest import Manifest, Value, Version
from sync.merge import Stamp
from sync.operations import Id, Instant, Operation, Place, ShortText

MOST_OPERATIONS = 500
MOST_ROWS = 2_000
MOST_ENVELOPES = 20_000

PROTOCOL = 1
OPENAPI = "/v1/openapi.json"
#: Every reply of a server that speaks this protocol carries it; a login page of a hotel does not.
MARK = "X-Pult-Sync"

#: What is stored as it is, outside JSON: PostgreSQL has no text with NUL in it.
WITHOUT_NUL = r"^[^\x00]*$"
PairingCode = Annotated[str, msgspec.Meta(pattern="^[0-9]{8}$", max_length=8)]
PublicKey = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{64}$", max_length=64)]


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

    manifest: Version
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


class StateRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A row as a device holds it, whole; its stamps name operations whose envelopes come with the same page.

    Attributes:
        stamps: by field or group; of a ledger row ``*`` alone.
        places: what an exclusive claim holds.
    """

    collection: ShortText
    row: Id
    values: dict[str, Value]
    stamps: Annotated[dict[str, Stamp], msgspec.Meta(max_length=1_000)]
    places: tuple[Place, ...] | None = None


class State(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of what a device that is paired late held before: its operations of that time are not pushed."""

    manifest: Version
    rows: Annotated[tuple[StateRow, ...], msgspec.Meta(min_length=1, max_length=MOST_ROWS)]
    envelopes: Annotated[tuple[Envelope, ...], msgspec.Meta(max_length=MOST_ENVELOPES)]


class StateNote(msgspec.Struct, frozen=True):
    """What a person has to know of a row of a state.

    `code`: ``conflict``, somebody else holds what its claim asks for; ``alarm``, the ledger row is known with other bytes; else it is
    not taken, for a reason as of a refused operation.
    """

    collection: str
    row: Id
    code: str


class StateTaken(msgspec.Struct, frozen=True):
    """What became of a page of state; `lost`: fields in whose way a later edit stands."""

    server_time: Instant
    lost: tuple[Lost, ...] = ()
    notes: tuple[StateNote, ...] = ()


class Page(msgspec.Struct, frozen=True):
    """Rows of one scope that changed behind a cursor, in the order of their place, with the envelopes that their stamps name.

    `more`: the page was too small. `judged`: the number of the last operation of the asking device that the server had judged when it
    read these rows: they are in them, as far as they count, even where the device never got the answer. `horizon`: up to which place
    deleted rows had been dropped then; the device says it with its next pull, so that one that began at 0 since is not taken for too old.
    """

    scope: str
    rows: tuple[Row, ...]
    envelopes: tuple[Envelope, ...]
    cursor: int
    more: bool
    server_time: Instant
    judged: Instant = 0
    horizon: Instant = 0


class Shop(msgspec.Struct, frozen=True):
    """A shop of the salon, by its id and name."""

    id: Id
    name: str


class Hello(msgspec.Struct, frozen=True):
    """Who answers at this address; `protocol` 1."""

    protocol: int
    version: str
    server_time: Instant


class Look(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A pairing code, to see what it leads to before anything is decided; the code stays unused."""

    code: PairingCode


class Looked(msgspec.Struct, frozen=True):
    """What a pairing code leads to; `salon` is None while no device has brought its books, else whether they are for practice."""

    name: str
    salon: Id | None
    practice: bool | None
    shops: tuple[Shop, ...]


class Pair(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device asks to belong to the salon of a code.

    Attributes:
        key: its Ed25519 public key.
        name: how people call it.
        salon: the tenant id in its database; the first device brings it, for every later one it is the salon's.
        practice: whether its books are for practice; those and real ones never meet.
        shop: the shop that it works in, and its name; one that is not known yet is a new one.
        n, hash: its last operation; what it did until then is uploaded as state, pushes begin behind it.
        manifest: what its program knows.
    """

    code: PairingCode
    device: Id
    key: PublicKey
    name: Annotated[str, msgspec.Meta(pattern=WITHOUT_NUL, min_length=1, max_length=100)]
    salon: Id
    practice: bool
    shop: Id
    shop_name: Annotated[str, msgspec.Meta(pattern=WITHOUT_NUL, max_length=200)]
    n: Instant
    hash: Annotated[str, msgspec.Meta(pattern="^([0-9a-f]{64})?$", max_length=64)]
    manifest: Manifest


class Paired(msgspec.Struct, frozen=True):
    """The device belongs to the salon now; `tenant` is the server's name for it.

    `n`: the device's last operation as the server has it, behind which its pushes begin. `server_key`: the public key (hex) that
    snapshots are signed with; the device keeps it and believes no other.
    """

    tenant: Id
    salon: Id
    server_time: Instant
    n: Instant = 0
    server_key: str = ""


class AskNonce(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device wants to prove itself."""

    tenant: Id
    device: Id


class Nonce(msgspec.Struct, frozen=True):
    """What the device has to sign."""

    nonce: str


class Prove(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The signature (Ed25519, 64 bytes as hex) over the ASCII text ``pult-sync 1 <tenant> <device> <nonce>``."""

    tenant: Id
    device: Id
    nonce: Annotated[str, msgspec.Meta(max_length=200)]
    signature: Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{128}$", max_length=128)]


class Token(msgspec.Struct, frozen=True):
    """A token for the requests of the next `seconds`."""

    token: str
    seconds: int
    server_time: Instant


class Device(msgspec.Struct, frozen=True):
    """A device of the salon; times in milliseconds since 1970.

    Attributes:
        operations: how many the server has judged.
        held: how many rows it waits to delete, until another device allows it (``mass_delete``); 0 where nothing waits.
    """

    id: Id
    name: str
    shop: Id
    operations: int
    paired_at: Instant
    seen_at: Instant
    revoked_at: Instant | None
    held: int = 0


class Devices(msgspec.Struct, frozen=True):
    """All devices of the salon, the earliest first, and its shops."""

    devices: tuple[Device, ...]
    shops: tuple[Shop, ...]


class NewCode(msgspec.Struct, frozen=True):
    """A one-time code for another device, and until when it is valid."""

    code: PairingCode
    expires_at: Instant


class Revoke(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device that is not welcome any more."""

    device: Id


class AllowDeletes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A device whose push was refused as ``mass_delete``, and who is right about it."""

    device: Id


class Allowed(msgspec.Struct, frozen=True):
    """The device may delete as many rows as it likes, until then (milliseconds since 1970)."""

    device: Id
    until: Instant


class Poke(msgspec.Struct, frozen=True):
    """Something changed in a scope; its counter stands at `seq` now. It carries no data."""

    scope: str
    seq: int


class Offered(msgspec.Struct, frozen=True):
    """The manifest that a tenant has."""

    version: int
    fingerprint: str


class Told(msgspec.Struct, frozen=True):
    """An error in the server's own words: a code of this protocol and its values."""

    code: str
    values: dict[str, str | int | None] = {}
