"""The durable spool: what is to be printed, in which state, and every lawful step between the states.

    held ──release──> queued ──begin──> sending ──> sent ──> printed | handed_over | unknown
      └─> cancelled     └─> cancelled | expired │      (settle)
                        └<── nothing sent ──────┴──> failed | unknown

All functions take the Connection of the caller's transaction and never commit. A job found `sending` or `sent` when nobody sends is a
crash: `recover` makes it `unknown`, and only a person's answer (`answer_unknown`) moves it on. Nothing is ever sent again by itself
once a byte of it has left.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, bindparam, case, insert, or_, select, update

from printing.document import Document, from_json, to_json
from printing.errors import AlreadySpooled, DocumentError
from printing.tables import printing_job as table

#: The kind of a drawer kick; it has no document.
DRAWER = "drawer"

# Built once: every sale runs these.
_TWIN = select(table.c.id, table.c.dedupe_key).where(
    or_(table.c.id == bindparam("job_id"), table.c.dedupe_key == bindparam("key"))
)
_INSERT = insert(table)


class State(StrEnum):
    """Where a job stands."""

    HELD = "held"  # waiting for the authority's answer; no document yet
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"  # the last byte has left; waiting for the printer's word
    PRINTED = "printed"  # the printer has confirmed that it worked it off
    HANDED_OVER = "handed_over"  # sent whole to something that cannot confirm
    UNKNOWN = "unknown"  # some of it was sent and nobody knows; a person is asked
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


_UNDER_WAY = (State.SENDING, State.SENT)
OPEN = frozenset({State.HELD, State.QUEUED, State.SENDING, State.SENT, State.UNKNOWN})


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands. `copy_no` 0 is the original; `error` is the code of the last fault.

    `document` is None while held, for a drawer kick, and where the stored one is of a version that this program does not know.

    Error codes: those of `errors.PrinterFault`, ``not_ready.<reason>`` with a reason of `status.Status.blocked`, ``unconfirmed``
    (all sent, no answer), ``crashed``, ``document`` (cannot be printed as it stands), ``late`` (a drawer kick that came too late).
    """

    id: UUID
    printer: str
    kind: str
    subject: UUID
    copy_no: int
    document: Document | None
    state: State
    attempt: int
    sent_bytes: int
    error: str | None
    created_at: datetime
    changed_at: datetime
    expires_at: datetime | None


def hold(
    connection: Connection,
    *,
    job_id: UUID,
    printer: str,
    kind: str,
    subject: UUID,
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    """Writes down that this will be printed, inside the transaction that makes it true; `release` brings the document.

    Raises AlreadySpooled if the original of this subject is in the spool under another job. The same job again changes nothing.
    """
    _add(connection, job_id, printer, kind, subject, None, State.HELD, now, expires_at, 0)


def enqueue(
    connection: Connection,
    *,
    job_id: UUID,
    printer: str,
    kind: str,
    subject: UUID,
    document: Document,
    now: datetime,
    expires_at: datetime | None = None,
    copy_no: int = 0,
) -> None:
    """Queues a document. Raises AlreadySpooled if this copy of the subject is in the spool under another job."""
    _add(connection, job_id, printer, kind, subject, document, State.QUEUED, now, expires_at, copy_no)


def kick_drawer(
    connection: Connection, *, job_id: UUID, printer: str, subject: UUID, now: datetime, expires_at: datetime
) -> None:
    """Queues the opening of the drawer: sent before all papers, never retried, dropped after `expires_at` (about 5 s)."""
    _add(connection, job_id, printer, DRAWER, subject, None, State.QUEUED, now, expires_at, 0)


def release(connection: Connection, *, job_id: UUID, document: Document, now: datetime) -> bool:
    """Held to queued, with its document. False (and nothing changed) if the job is not held any more or unknown here."""
    return _step(connection, job_id, {State.HELD}, State.QUEUED, now, document=to_json(document))


def cancel(connection: Connection, job_id: UUID, now: datetime) -> bool:
    """Takes back what has not begun to be sent. False if it is too late for that."""
    return _step(connection, job_id, {State.HELD, State.QUEUED}, State.CANCELLED, now)


def answer_unknown(connection: Connection, job_id: UUID, printed: bool, now: datetime) -> bool:
    """A person's answer to "did it print?": yes settles it as printed, no queues the same paper again, unmarked.

    Whoever is not sure prints a marked copy instead: answer yes and enqueue the next copy. False if nothing was asked.
    """
    if printed:
        return _step(connection, job_id, {State.UNKNOWN}, State.PRINTED, now)
    return _step(connection, job_id, {State.UNKNOWN}, State.QUEUED, now, sent_bytes=0, error=None, expires_at=None)


def retry(connection: Connection, job_id: UUID, now: datetime, *, printer: str | None = None) -> bool:
    """Queues a job again of which nothing was ever sent (failed, expired or cancelled), perhaps to another printer.

    False if some of it was sent, if it has no document or if it is in another state. A drawer kick is never retried.
    """
    values: dict[str, object] = {"error": None, "expires_at": None}
    if printer is not None:
        values["printer"] = printer
    states = {State.FAILED, State.EXPIRED, State.CANCELLED}
    unsent = and_(table.c.sent_bytes == 0, table.c.document.is_not(None), table.c.kind != DRAWER)
    return _step(connection, job_id, states, State.QUEUED, now, unsent, **values)


def redirect(connection: Connection, job_id: UUID, printer: str, now: datetime) -> bool:
    """Gives a job that has not begun (held or queued) to another printer. False if it has begun."""
    for state in (State.HELD, State.QUEUED):
        if _step(connection, job_id, {state}, state, now, printer=printer, error=None):
            return True
    return False


def held(connection: Connection, limit: int = 256) -> list[Job]:
    """Jobs that wait for their document, oldest first."""
    return jobs(connection, states={State.HELD}, limit=limit)


def jobs(connection: Connection, *, states: Collection[State | str] | None = None, limit: int = 256) -> list[Job]:
    """Jobs in these states (None: the open ones), oldest first."""
    wanted = [str(state) for state in (OPEN if states is None else states)]
    query = select(table).where(table.c.state.in_(wanted)).order_by(table.c.created_at, table.c.id).limit(limit)
    return [_job(row) for row in connection.execute(query).mappings()]


def job(connection: Connection, job_id: UUID) -> Job | None:
    """One job, or None."""
    row = connection.execute(select(table).where(table.c.id == job_id)).mappings().first()
    return None if row is None else _job(row)


def jobs_of(connection: Connection, subject: UUID, limit: int = 256) -> list[Job]:
    """All jobs about one subject: its original, then its copies by their number."""
    query = select(table).where(table.c.subject == subject).order_by(table.c.copy_no, table.c.created_at).limit(limit)
    return [_job(row) for row in connection.execute(query).mappings()]


# What only the spooler does.


def next_job(connection: Connection, printer: str, now: datetime) -> Job | None:
    """The job a printer should work on: drawer kicks first, then the oldest. What is past its `expires_at` expires on the way."""
    expire(connection, printer, now)
    query = select(table).where(table.c.state == State.QUEUED.value, table.c.printer == printer)
    order = ((table.c.kind == DRAWER).desc(), table.c.created_at, table.c.id)
    row = connection.execute(query.order_by(*order).limit(1)).mappings().first()
    return None if row is None else _job(row)


def begin(connection: Connection, job_id: UUID, now: datetime) -> bool:
    """Queued to sending, before the first byte. False if the job was taken back or has expired meanwhile."""
    fresh = or_(table.c.expires_at.is_(None), table.c.expires_at > now)
    values = {"attempt": table.c.attempt + 1, "sent_bytes": 0, "error": None}
    return _step(connection, job_id, {State.QUEUED}, State.SENDING, now, fresh, **values)


def postpone(connection: Connection, job_id: UUID, now: datetime, error: str) -> bool:
    """The printer did not take any of it: queued (again), with the reason, and the attempt counted once."""
    tried = table.c.attempt + case((table.c.state == State.QUEUED.value, 1), else_=0)
    return _step(connection, job_id, {State.QUEUED, State.SENDING}, State.QUEUED, now, attempt=tried, error=error)


def settle(
    connection: Connection, job_id: UUID, state: State, now: datetime, *, sent_bytes: int, error: str | None = None
) -> bool:
    """What came of a job that was being sent, or that failed before. Raises ValueError for a state that is no outcome."""
    if state in (State.HELD, State.QUEUED, State.SENDING):
        raise ValueError(f"{state} is no outcome")
    return _step(connection, job_id, {State.QUEUED, *_UNDER_WAY}, state, now, sent_bytes=sent_bytes, error=error)


def busy(connection: Connection, printers: Collection[str]) -> bool:
    """Whether anything is queued or under way at these printers."""
    states = [state.value for state in (State.QUEUED, *_UNDER_WAY)]
    query = select(table.c.id).where(table.c.state.in_(states), table.c.printer.in_(list(printers))).limit(1)
    return connection.execute(query).first() is not None


def recover(connection: Connection, printer: str | None, now: datetime) -> list[Job]:
    """Jobs of a printer (None: of all) found under way although nobody sends them: a crash.

    Papers become unknown; a drawer kick has failed.
    """
    found: ColumnElement[bool] = table.c.state.in_([state.value for state in _UNDER_WAY])
    if printer is not None:
        found = and_(found, table.c.printer == printer)
    ids = list(connection.execute(select(table.c.id).where(found)).scalars())
    for kinds, state in ((table.c.kind != DRAWER, State.UNKNOWN), (table.c.kind == DRAWER, State.FAILED)):
        values = {"state": state.value, "error": "crashed", "changed_at": now}
        connection.execute(update(table).where(found, kinds).values(values))
    return [found_job for job_id in ids if (found_job := job(connection, job_id)) is not None]


def expire(connection: Connection, printer: str, now: datetime) -> int:
    """Queued jobs past their `expires_at` become expired; a late drawer kick fails. Returns how many."""
    stale = and_(table.c.state == State.QUEUED.value, table.c.printer == printer, table.c.expires_at <= now)
    values = {"state": State.EXPIRED.value, "error": "late", "changed_at": now}
    return connection.execute(update(table).where(stale).values(values)).rowcount


def prune(connection: Connection, before: datetime, limit: int = 256) -> int:
    """Deletes settled jobs last changed before an instant, at most `limit`; returns how many. Open and failed jobs stay."""
    settled = [State.PRINTED.value, State.HANDED_OVER.value, State.CANCELLED.value, State.EXPIRED.value]
    old = select(table.c.id).where(table.c.state.in_(settled), table.c.changed_at < before).limit(limit)
    return connection.execute(table.delete().where(table.c.id.in_(old))).rowcount


def _add(
    connection: Connection,
    job_id: UUID,
    printer: str,
    kind: str,
    subject: UUID,
    document: Document | None,
    state: State,
    now: datetime,
    expires_at: datetime | None,
    copy_no: int,
) -> None:
    key = f"{kind}:{job_id if kind == DRAWER else subject}:{copy_no}"
    for found in connection.execute(_TWIN, {"job_id": job_id, "key": key}):
        if found.id != job_id or found.dedupe_key != key:
            raise AlreadySpooled(kind, copy_no)
        return
    connection.execute(
        _INSERT,
        {
            "id": job_id,
            "dedupe_key": key,
            "printer": printer,
            "kind": kind,
            "subject": subject,
            "copy_no": copy_no,
            "document": None if document is None else to_json(document),
            "state": state.value,
            "attempt": 0,
            "sent_bytes": 0,
            "error": None,
            "created_at": now,
            "changed_at": now,
            "expires_at": expires_at,
        },
    )


def _step(
    connection: Connection,
    job_id: UUID,
    before: Collection[State],
    after: State,
    now: datetime,
    *conditions: ColumnElement[bool],
    **values: object,
) -> bool:
    allowed = table.c.state.in_([state.value for state in before])
    query = update(table).where(table.c.id == job_id, allowed, *conditions)
    return connection.execute(query.values(state=after.value, changed_at=now, **values)).rowcount == 1


def _document(stored: str | None) -> Document | None:
    try:
        return None if stored is None else from_json(stored)
    except DocumentError:
        return None


def _job(row: RowMapping) -> Job:
    return Job(
        id=row["id"],
        printer=row["printer"],
        kind=row["kind"],
        subject=row["subject"],
        copy_no=row["copy_no"],
        document=_document(row["document"]),
        state=State(row["state"]),
        attempt=row["attempt"],
        sent_bytes=row["sent_bytes"],
        error=row["error"],
        created_at=row["created_at"],
        changed_at=row["changed_at"],
        expires_at=row["expires_at"],
    )
