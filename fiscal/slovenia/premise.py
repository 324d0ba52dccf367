"""Registering premises with the authority, and which ones this database knows to be registered."""

from __future__ import annotations

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
from fiscal.slovenia.premises import Premise
from fiscal.tables import journal


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
        Unreachable: no answer that counts; try again.
        RefusedByAuthority: with the authority's code and message.
        InvalidMessage: the data break the schema; nothing was sent.
        NoCredential, CertificateError: nothing to sign with.
    """
    prepared = client.prepare_premise(premise, now=clock())
    answer = await client.send(prepared)

    def record(connection: Connection) -> None:
        _record(connection, prepared, answer, premise, at=clock(), shop_id=shop_id, device_id=device_id)

    await transact(record)
    if answer.verdict is Verdict.UNREACHABLE:
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


def _record(
    connection: Connection,
    prepared: Prepared,
    answer: Answer,
    premise: Premise,
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
        body = PremiseRecord(reply=answer.record, valid_from=premise.valid_from.isoformat(), closed=premise.closed)
        add(EntryKind.PREMISE, body, premise.mark)
        release_refused(connection, at, codes=["S006"])
    elif answer.verdict is Verdict.UNREACHABLE:
        add(EntryKind.FAILURE, answer.record, answer.code)
    else:
        add(EntryKind.REFUSAL, answer.record, answer.code)
