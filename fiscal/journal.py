"""The fiscal journal: an insert-only chain per device of every seal, every request, every answer and every certificate.

The hash of a row covers all its other columns and the hash of the row before it, so a changed, missing or inserted row
breaks the chain. Bodies are small JSON records (`fiscal.records`), compressed; a certificate is stored once and named by
its fingerprint elsewhere.
"""

from __future__ import annotations

import functools
import hashlib
import secrets
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import bindparam, func, select
from sqlalchemy.engine import Connection

from fiscal.errors import JournalDamaged
from fiscal.port import Confirmation, Status
from fiscal.records import CertificateRecord, SealRecord
from fiscal.tables import from_ms, journal, outbox, to_ms

HASH_VERSION: Final = 1
FIRST: Final = "0" * 64  # the hash before the first row
_LARGEST_BODY: Final = 16 * 1024 * 1024
_PAGE: Final = 2000
_INSERT: Final = journal.insert()


class EntryKind(StrEnum):
    """What a row of the journal records, and what its `reference` is."""

    CERTIFICATE = "certificate"  # fingerprint
    SEAL = "seal"  # the printed number
    REQUEST = "request"  # message id
    CONFIRMATION = "confirmation"  # the authority's id (Slovenia: EOR)
    REFUSAL = "refusal"  # the authority's error code
    FAILURE = "failure"  # a transport code
    PREMISE = "premise"  # the premise; its registration was accepted


#: Messages to and from the authority. A device that has another one's journal may do without their bodies: zero bytes stand for them.
MESSAGES: Final = frozenset({EntryKind.REQUEST, EntryKind.CONFIRMATION, EntryKind.REFUSAL, EntryKind.FAILURE})


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the journal; `body` is the uncompressed JSON, empty where it is not here (see `MESSAGES`)."""

    id: UUID
    shop_id: UUID
    device_id: UUID
    n: int
    previous_hash: str
    hash: str
    hash_version: int
    at: datetime
    kind: EntryKind
    document_id: UUID | None
    reference: str | None
    body: bytes


def row_hash(
    *,
    row_id: bytes,
    shop_id: bytes,
    device_id: bytes,
    n: int,
    previous_hash: str,
    at: int,
    kind: str,
    document_id: bytes | None,
    reference: str | None,
    body: bytes,
    hash_version: int = HASH_VERSION,
) -> str:
    """The hash of a row: SHA-256 (hex) over the MessagePack array of its columns in this order, the version first."""
    fields = [hash_version, row_id, shop_id, device_id, n, previous_hash, at, kind, document_id, reference, body]
    return hashlib.sha256(msgspec.msgpack.encode(fields)).hexdigest()


@functools.cache
def _chain_head() -> Any:
    return (
        select(journal.c.n, journal.c.hash)
        .where(journal.c.device_id == bindparam("device"))
        .order_by(journal.c.n.desc())
        .limit(1)
    )


@functools.cache
def _known_certificate() -> Any:
    return select(journal.c.n).where(
        journal.c.kind == bindparam("kind"),
        journal.c.reference == bindparam("reference"),
        journal.c.device_id == bindparam("device"),
    )


def append(
    connection: Connection,
    *,
    shop_id: UUID,
    device_id: UUID,
    kind: EntryKind,
    at: datetime,
    body: msgspec.Struct,
    document_id: UUID | None = None,
    reference: str | None = None,
) -> int:
    """Appends one row to the chain of `device_id` and returns its place `n` in it (from 1).

    Must run inside a transaction that no other writer shares: the head of the chain is read here.
    """
    head = connection.execute(_chain_head(), {"device": device_id.bytes}).first()
    n, previous_hash = (head.n + 1, head.hash) if head is not None else (1, FIRST)
    at_ms = to_ms(at)
    columns: dict[str, Any] = {
        "shop_id": shop_id.bytes,
        "device_id": device_id.bytes,
        "n": n,
        "previous_hash": previous_hash,
        "at": at_ms,
        "kind": kind.value,
        "document_id": document_id.bytes if document_id is not None else None,
        "reference": reference,
        "body": zlib.compress(msgspec.json.encode(body)),
    }
    row_id = _sortable_id(at_ms)
    digest = row_hash(row_id=row_id, **columns)
    connection.execute(_INSERT, {"id": row_id, "hash": digest, "hash_version": HASH_VERSION, **columns})
    return n


def append_certificate(
    connection: Connection, *, shop_id: UUID, device_id: UUID, at: datetime, der: bytes, fingerprint: str
) -> None:
    """Stores a certificate in the journal unless the chain of this device has it already."""
    known = {"kind": EntryKind.CERTIFICATE.value, "reference": fingerprint, "device": device_id.bytes}
    if connection.execute(_known_certificate(), known).first() is None:
        append(
            connection,
            shop_id=shop_id,
            device_id=device_id,
            kind=EntryKind.CERTIFICATE,
            at=at,
            body=CertificateRecord(der=der),
            reference=fingerprint,
        )


def uncompress(body: bytes, n: int = 0) -> bytes:
    """The JSON of a stored body. Raises `JournalDamaged` (with `n`) when it cannot be read back."""
    try:
        opener = zlib.decompressobj()
        content = opener.decompress(body, _LARGEST_BODY)
    except zlib.error:
        raise JournalDamaged(n=n) from None
    if not opener.eof or opener.unused_data:
        raise JournalDamaged(n=n)
    return content


def devices(connection: Connection) -> list[UUID]:
    """The devices whose chains are in this database."""
    rows = connection.execute(select(journal.c.device_id).distinct().order_by(journal.c.device_id))
    return [UUID(bytes=row.device_id) for row in rows]


def entries(
    connection: Connection,
    device_id: UUID,
    *,
    after: int = 0,
    kinds: Sequence[EntryKind] = (),
    document_id: UUID | None = None,
) -> Iterator[Entry]:
    """The rows of a device's chain in order, from the one behind `after`; read in pages, so memory stays small."""
    base = select(journal).where(journal.c.device_id == device_id.bytes)
    if kinds:
        base = base.where(journal.c.kind.in_([kind.value for kind in kinds]))
    if document_id is not None:
        base = base.where(journal.c.document_id == document_id.bytes)
    while True:
        page = connection.execute(base.where(journal.c.n > after).order_by(journal.c.n).limit(_PAGE)).all()
        for row in page:
            yield Entry(
                id=UUID(bytes=row.id),
                shop_id=UUID(bytes=row.shop_id),
                device_id=UUID(bytes=row.device_id),
                n=row.n,
                previous_hash=row.previous_hash,
                hash=row.hash,
                hash_version=row.hash_version,
                at=from_ms(row.at),
                kind=EntryKind(row.kind),
                document_id=UUID(bytes=row.document_id) if row.document_id is not None else None,
                reference=row.reference,
                body=uncompress(row.body, row.n) if row.body else b"",
            )
        if len(page) < _PAGE:
            return
        after = page[-1].n


def confirmation_of(connection: Connection, document_ids: Sequence[UUID]) -> dict[UUID, Confirmation]:
    """What is known of the submissions of some documents (at most some hundreds), by document.

    Documents of this device are answered from the outbox, those of other devices from their journal rows. A document that
    is not subject to verification, or unknown, is left out.
    """
    keys = [document_id.bytes for document_id in document_ids]
    found: dict[UUID, Confirmation] = {}
    for row in connection.execute(select(outbox).where(outbox.c.document_id.in_(keys))):
        found[UUID(bytes=row.document_id)] = of_outbox(row)
    missing = [key for key in keys if UUID(bytes=key) not in found]
    if missing:
        found.update(_from_journal(connection, missing))
    return found


def pending(connection: Connection, *, limit: int = 256) -> list[Confirmation]:
    """The submissions of this device that are not confirmed, waiting and refused ones, in the order of issue."""
    rows = connection.execute(
        select(outbox).where(outbox.c.state != Status.CONFIRMED).order_by(outbox.c.seal_n).limit(limit)
    )
    return [of_outbox(row) for row in rows]


def pending_count(connection: Connection) -> tuple[int, int]:
    """How many submissions of this device wait, and how many are refused."""
    rows = connection.execute(
        select(outbox.c.state, func.count()).where(outbox.c.state != Status.CONFIRMED).group_by(outbox.c.state)
    )
    counts = {row[0]: int(row[1]) for row in rows}
    return counts.get(Status.PENDING, 0), counts.get(Status.REFUSED, 0)


def of_outbox(row: Any) -> Confirmation:
    """The `Confirmation` of an outbox row."""
    return Confirmation(
        document_id=UUID(bytes=row.document_id),
        status=Status(row.state),
        confirmation=row.confirmation,
        code=row.code,
        message=row.message,
        attempts=row.attempts,
        submit_before=from_ms(row.submit_before) if row.submit_before is not None else None,
        number=row.number,
    )


def _from_journal(connection: Connection, keys: Sequence[bytes]) -> dict[UUID, Confirmation]:
    rows = connection.execute(
        select(journal).where(journal.c.document_id.in_(keys)).order_by(journal.c.document_id, journal.c.n)
    )
    found: dict[UUID, Confirmation] = {}
    for row in rows:
        document_id = UUID(bytes=row.document_id)
        if row.kind == EntryKind.SEAL:
            seal = msgspec.json.decode(uncompress(row.body, row.n), type=SealRecord)
            if seal.subject:
                deadline = from_ms(seal.submit_before) if seal.submit_before is not None else None
                found[document_id] = Confirmation(
                    document_id, Status.PENDING, None, None, None, 0, deadline, row.reference
                )
        elif document_id in found:
            found[document_id] = _after(found[document_id], row.kind, row.reference)
    return found


def _after(known: Confirmation, kind: str, reference: str | None) -> Confirmation:
    """What is known of a submission once a further row of its history is read; a confirmation is never taken back."""
    if kind == EntryKind.REQUEST:
        return replace(known, attempts=known.attempts + 1)
    if kind == EntryKind.CONFIRMATION:
        return replace(known, status=Status.CONFIRMED, confirmation=reference, code=None)
    if known.status is Status.CONFIRMED:
        return known
    status = Status.REFUSED if kind == EntryKind.REFUSAL else Status.PENDING
    return replace(known, status=status, code=reference)


def _sortable_id(at_ms: int) -> bytes:
    """A UUIDv7 (RFC 9562, section 5.7) of this millisecond: rows of one day lie together in the index."""
    value = (at_ms & (1 << 48) - 1) << 80 | 0x7 << 76 | secrets.randbits(12) << 64 | 0b10 << 62 | secrets.randbits(62)
    return value.to_bytes(16, "big")
