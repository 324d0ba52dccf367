"""Registering premises with the authority, and which ones this database knows to be registered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

import msgspec
from sqlalchemy import select
from sqlalchemy.engine import Connection

from fiscal.channel import Answer, Prepared, Verdict
from fiscal.errors import RefusedByAuthority, Unreachable
from fiscal.journal import EntryKind, append, append_certificate, uncompress
from fiscal.outbox import release_refused
from fiscal.port import Transact
from fiscal.records import PremiseRecord, ReplyRecord
from fiscal.slovenia.client import FursClient
from fiscal.slovenia.messages import premise_content
from fiscal.slovenia.premises import Premise
from fiscal.tables import from_ms, journal


async def register_premise(
    transact: Transact,
    client: FursClient,
    premise: Premise,
    *,
    clock: Callable[[], datetime],
    shop_id: UUID,
    device_id: UUID,
) -> None:
    """Registers, changes or closes a premise and records it; receipts refused for it (S006) are put back to be sent.

    Raises:
        Unreachable: no answer that counts, or one that says to come later; try again.
        RefusedByAuthority: with the authority's code and message.
        InvalidMessage: the data break the schema; nothing was sent.
        NoCredential, CertificateError: nothing to sign with.
    """
    prepared = client.prepare_premise(premise, now=clock())
    answer = await client.send(prepared)

    def record(connection: Connection) -> None:
        content = premise_digest(premise, url=client.url, certificate=prepared.certificate[0])
        _record(connection, prepared, answer, premise, content, at=clock(), shop_id=shop_id, device_id=device_id)

    await transact(record)
    if answer.verdict in (Verdict.UNREACHABLE, Verdict.LATER):
        raise Unreachable(answer.code, message=answer.message)
    if answer.verdict is not Verdict.CONFIRMED:
        raise RefusedByAuthority(answer.code, message=answer.message)


def registered(connection: Connection) -> frozenset[str]:
    """The marks of the premises whose registration was accepted and that are not closed, by the journal."""
    query = select(journal.c.n, journal.c.reference, journal.c.body).where(journal.c.kind == EntryKind.PREMISE)
    closed: dict[str, bool] = {}
    for row in connection.execute(query.order_by(journal.c.at, journal.c.n)):
        record = msgspec.json.decode(uncompress(row.body, row.n), type=PremiseRecord)
        closed[row.reference] = closed.get(row.reference, False) or record.closed  # closing is for ever
    return frozenset(mark for mark, is_closed in closed.items() if not is_closed)


def premise_digest(premise: Premise, *, url: str, certificate: str) -> str:
    """SHA-256 (hex) of all that is said of a premise, of the address that is told, and of the certificate that tells it.

    Another authority does not know what this one confirmed, and a registration is made again under a new certificate.
    Raises `InvalidMessage`.
    """
    said = msgspec.json.encode([url, certificate, premise_content(premise)], order="sorted")
    return hashlib.sha256(said).hexdigest()


def confirmed_at(connection: Connection, premise: Premise, content: str) -> datetime | None:
    """When the registration of exactly this content was accepted; None if another one of its mark came later, or none at all."""
    query = (
        select(journal.c.n, journal.c.at, journal.c.body)
        .where(journal.c.kind == EntryKind.PREMISE, journal.c.reference == premise.mark)
        .order_by(journal.c.at.desc(), journal.c.n.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    if row is None:
        return None
    record = msgspec.json.decode(uncompress(row.body, row.n), type=PremiseRecord)
    return from_ms(row.at) if record.content == content else None


def _record(
    connection: Connection,
    prepared: Prepared,
    answer: Answer,
    premise: Premise,
    content: str,
    *,
    at: datetime,
    shop_id: UUID,
    device_id: UUID,
) -> None:
    def add(kind: EntryKind, body: msgspec.Struct, reference: str | None) -> None:
        append(connection, shop_id=shop_id, device_id=device_id, kind=kind, at=at, body=body, reference=reference)

    def keep(fingerprint: str, der: bytes) -> None:
        append_certificate(connection, shop_id=shop_id, device_id=device_id, at=at, der=der, fingerprint=fingerprint)

    keep(*prepared.certificate)
    add(EntryKind.REQUEST, prepared.record, prepared.message_id)
    for fingerprint, der in answer.certificates:
        keep(fingerprint, der)
    if answer.verdict is Verdict.CONFIRMED and isinstance(answer.record, ReplyRecord):
        valid_from = premise.valid_from.isoformat()
        body = PremiseRecord(reply=answer.record, valid_from=valid_from, closed=premise.closed, content=content)
        add(EntryKind.PREMISE, body, premise.mark)
        release_refused(connection, at, codes=["S006"])
    elif answer.verdict is Verdict.UNREACHABLE:
        add(EntryKind.FAILURE, answer.record, answer.code)
    else:
        add(EntryKind.REFUSAL, answer.record, answer.code)
