"""The outbox: one row per document that must be submitted, with the state of its submission. This device only.

Every function works on the connection of a transaction that its caller owns.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, or_, select, update
from sqlalchemy.engine import Connection

from fiscal.port import Confirmation, Status
from fiscal.tables import from_ms, outbox, to_ms

#: How long a fresh row is left to the counter before the background takes it (the program died between commit and try).
COUNTER_GRACE: Final = timedelta(seconds=15)
#: A next try further away than this comes from a clock that was ahead; the row counts as due.
_FURTHEST: Final = timedelta(minutes=15)
#: After so many vain tries a row goes behind the others: something may be wrong with it alone.
_PATIENCE: Final = 5
_INSERT: Final = outbox.insert()


@dataclass(frozen=True, slots=True)
class Waiting:
    """A row of the outbox as a try needs it; `late` once the document was handed out without a confirmation."""

    document_id: UUID
    shop_id: UUID
    device_id: UUID
    number: str
    issued_at: datetime
    payload: bytes
    late: bool
    attempts: int


def enqueue(
    connection: Connection,
    *,
    document_id: UUID,
    shop_id: UUID,
    device_id: UUID,
    number: str,
    issued_at: datetime,
    seal_n: int,
    payload: bytes,
    submit_before: datetime | None,
) -> None:
    """Puts a sealed document into the outbox, inside the transaction that seals it."""
    connection.execute(
        _INSERT,
        {
            "document_id": document_id.bytes,
            "shop_id": shop_id.bytes,
            "device_id": device_id.bytes,
            "number": number,
            "issued_at": to_ms(issued_at),
            "seal_n": seal_n,
            "payload": payload,
            "state": Status.PENDING.value,
            "late": 0,
            "attempts": 0,
            "next_try_at": to_ms(issued_at + COUNTER_GRACE),
            "submit_before": to_ms(submit_before) if submit_before is not None else None,
        },
    )


def waiting(connection: Connection, document_id: UUID) -> Waiting | None:
    """The row of one document if it waits for a try, else None."""
    return _waiting(
        connection.execute(
            select(outbox).where(outbox.c.document_id == document_id.bytes, outbox.c.state == Status.PENDING)
        ).first()
    )


def next_due(connection: Connection, now: datetime, *, but: Sequence[UUID] = ()) -> Waiting | None:
    """The longest waiting row whose next try is due, without those in `but`; rows tried in vain many times come last."""
    query = select(outbox).where(
        outbox.c.state == Status.PENDING,
        or_(outbox.c.next_try_at <= to_ms(now), outbox.c.next_try_at > to_ms(now + _FURTHEST)),
        outbox.c.document_id.not_in([one.bytes for one in but]),
    )
    order = (outbox.c.attempts > _PATIENCE, outbox.c.seal_n)
    return _waiting(connection.execute(query.order_by(*order).limit(1)).first())


def make_due(connection: Connection, now: datetime) -> None:
    """Makes every row that waits for its next try due: the line is alive again."""
    waits = (outbox.c.state == Status.PENDING, outbox.c.late == 1, outbox.c.next_try_at > to_ms(now))
    connection.execute(update(outbox).where(*waits).values(next_try_at=to_ms(now)))


def all_waiting(connection: Connection) -> list[UUID]:
    """The documents that wait, in the order of issue."""
    query = select(outbox.c.document_id).where(outbox.c.state == Status.PENDING).order_by(outbox.c.seal_n)
    return [UUID(bytes=row.document_id) for row in connection.execute(query)]


def earliest_try(connection: Connection) -> datetime | None:
    """When the next try of any waiting row is due, or None when nothing waits."""
    earliest = connection.execute(
        select(func.min(outbox.c.next_try_at)).where(outbox.c.state == Status.PENDING)
    ).scalar()
    return from_ms(earliest) if earliest is not None else None


def begin_try(connection: Connection, document_id: UUID, *, next_try_at: datetime, late: bool) -> None:
    """Counts a try and puts the next one off, so that a program that dies in between does not try in a circle."""
    _set(connection, document_id, attempts=outbox.c.attempts + 1, next_try_at=to_ms(next_try_at), late=int(late))


def set_confirmed(connection: Connection, document_id: UUID, confirmation: str) -> None:
    """The authority confirmed; a newer confirmation replaces an older one (all of them are in the journal)."""
    _set(
        connection,
        document_id,
        state=Status.CONFIRMED.value,
        confirmation=confirmation,
        payload=None,
        code=None,
        message=None,
    )


def set_refused(connection: Connection, document_id: UUID, code: str, message: str | None) -> None:
    """The authority refused: set aside until somebody acts."""
    _set(connection, document_id, state=Status.REFUSED.value, code=code, message=message, late=1)


def set_failed(connection: Connection, document_id: UUID, code: str, message: str | None) -> None:
    """A try brought nothing; the row waits on, and from now on counts as handed out without a confirmation."""
    _set(connection, document_id, code=code, message=message, late=1)


def set_late(connection: Connection, document_id: UUID, *, next_try_at: datetime) -> None:
    """The document is handed out without a confirmation, without having been tried."""
    _set(connection, document_id, late=1, next_try_at=to_ms(next_try_at))


def release_refused(connection: Connection, now: datetime, *, codes: Sequence[str] = ()) -> list[UUID]:
    """Puts refused rows back among the waiting ones, due now; those with one of `codes` (upper case), or all."""
    query = select(outbox.c.document_id).where(outbox.c.state == Status.REFUSED)
    if codes:
        query = query.where(outbox.c.code.in_(codes))
    keys = [row.document_id for row in connection.execute(query.order_by(outbox.c.seal_n))]
    for key in keys:
        _set(connection, UUID(bytes=key), state=Status.PENDING.value, next_try_at=to_ms(now))
    return [UUID(bytes=key) for key in keys]


def known(connection: Connection, document_id: UUID) -> Confirmation | None:
    """What the outbox knows of a document."""
    from fiscal.journal import of_outbox

    row = connection.execute(select(outbox).where(outbox.c.document_id == document_id.bytes)).first()
    return of_outbox(row) if row is not None else None


def _set(connection: Connection, document_id: UUID, **values: Any) -> None:
    connection.execute(update(outbox).where(outbox.c.document_id == document_id.bytes).values(**values))


def _waiting(row: Any) -> Waiting | None:
    if row is None:
        return None
    return Waiting(
        document_id=UUID(bytes=row.document_id),
        shop_id=UUID(bytes=row.shop_id),
        device_id=UUID(bytes=row.device_id),
        number=row.number,
        issued_at=from_ms(row.issued_at),
        payload=row.payload,
        late=bool(row.late),
        attempts=row.attempts,
    )
