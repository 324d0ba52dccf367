"""The table of the spool, on a metadata of its own and without keys to other packages' tables. Local to this device, never synced."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Id(TypeDecorator[UUID]):
    """A UUID as its 16 bytes."""

    impl = LargeBinary(16)
    cache_ok = True

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.bytes

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> UUID | None:
        return None if value is None else UUID(bytes=value)


class Instant(TypeDecorator[datetime]):
    """An aware datetime as integer milliseconds since 1970 in UTC."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant carries its zone")
        return (value - _EPOCH) // _MILLISECOND

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else _EPOCH + value * _MILLISECOND


metadata = MetaData()

printing_job = Table(
    "printing_job",
    metadata,
    Column("id", Id, primary_key=True),
    # kind, subject and copy number: the same paper is never spooled twice.
    Column("dedupe_key", Text, nullable=False, unique=True),
    Column("printer", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("subject", Id, nullable=False),
    Column("copy_no", Integer, nullable=False, default=0),
    Column("document", Text),  # null while held, and for a drawer kick
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False, default=0),
    Column("sent_bytes", Integer, nullable=False, default=0),
    Column("error", Text),  # a code, see spool.Job
    Column("created_at", Instant, nullable=False),
    Column("changed_at", Instant, nullable=False),
    Column("expires_at", Instant),
)
Index("ix_printing_job_state_printer", printing_job.c.state, printing_job.c.printer, printing_job.c.created_at)
Index("ix_printing_job_subject", printing_job.c.subject)
