"""The tables of `fiscal`, on a metadata of their own: journal (ledger), outbox and credentials (this device only).

Ids are 16-byte blobs, instants integer milliseconds since 1970 (UTC), no foreign keys: the tables live in whatever
database they are put into.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import Column, Index, Integer, LargeBinary, MetaData, Table, Text

metadata = MetaData()

#: Insert only. Each row carries the hash of its columns and of the row before it in the chain of its device.
journal = Table(
    "fiscal_journal",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("shop_id", LargeBinary(16), nullable=False),
    Column("device_id", LargeBinary(16), nullable=False),
    Column("n", Integer, nullable=False),  # 1, 2, 3 … within the device
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),  # SHA-256, hex
    Column("hash_version", Integer, nullable=False),
    Column("at", Integer, nullable=False),
    Column("kind", Text, nullable=False),  # fiscal.journal.EntryKind
    Column("document_id", LargeBinary(16)),
    Column("reference", Text),  # printed number, message id, confirmation, error code or fingerprint, by kind
    Column("body", LargeBinary, nullable=False),  # zlib of JSON, fiscal.records
    Index("ix_fiscal_journal_chain", "device_id", "n", unique=True),
    Index("ix_fiscal_journal_document", "document_id"),
    Index("ix_fiscal_journal_reference", "reference", "kind"),
)

#: One row per document that must be submitted; it stays when confirmed, without its payload.
outbox = Table(
    "fiscal_outbox",
    metadata,
    Column("document_id", LargeBinary(16), primary_key=True),
    Column("shop_id", LargeBinary(16), nullable=False),
    Column("device_id", LargeBinary(16), nullable=False),
    Column("number", Text, nullable=False),  # as printed
    Column("issued_at", Integer, nullable=False),
    Column("seal_n", Integer, nullable=False),  # the journal row of the seal; the order of submission
    Column("payload", LargeBinary),  # the document's JSON without envelope; NULL once confirmed
    Column("state", Text, nullable=False),  # fiscal.port.Status
    Column("late", Integer, nullable=False),  # 1 once it was handed out without a confirmation
    Column("attempts", Integer, nullable=False),
    Column("next_try_at", Integer, nullable=False),
    Column("submit_before", Integer),
    Column("code", Text),
    Column("message", Text),
    Column("confirmation", Text),
    Index("ix_fiscal_outbox_due", "state", "seal_n"),
)

#: Certificates with their keys as the password-protected file they came in; the password is in the secret store.
credential = Table(
    "fiscal_credential",
    metadata,
    Column("fingerprint", Text, primary_key=True),  # SHA-256 of the certificate, hex
    Column("country", Text, nullable=False),
    Column("pkcs12", LargeBinary, nullable=False),
    Column("tax_number", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("issuer", Text, nullable=False),
    Column("serial", Text, nullable=False),
    Column("not_before", Integer, nullable=False),
    Column("not_after", Integer, nullable=False),
    Column("use_from", Integer, nullable=False),
    Column("added_at", Integer, nullable=False),
)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def to_ms(instant: datetime) -> int:
    """Milliseconds since 1970 of an aware datetime, rounded down."""
    return (instant - _EPOCH) // _MILLISECOND


def from_ms(milliseconds: int) -> datetime:
    """The aware datetime (UTC) of milliseconds since 1970."""
    return _EPOCH + milliseconds * _MILLISECOND
