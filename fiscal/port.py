"""The country-neutral port: what a cash register asks of a fiscal adapter, and what it gets back.

Amounts are integer cents everywhere; only a country's message encoder turns them into decimals. Rates are basis points
(2200 is 22 %). Instants are aware datetimes; `Draft.wall_time` is the local wall time that is printed, sealed and sent.

The register owns numbering and the transaction: `FiscalRegister.seal` runs inside the caller's database transaction, never
touches the network and never asks for it. A `Submitter` does the network afterwards.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from sqlalchemy.engine import Connection


class Kind(StrEnum):
    """What kind of document is sealed."""

    SALE = "sale"
    CREDIT_NOTE = "credit_note"


class Means(StrEnum):
    """Means of payment, neutral; the adapter decides which of them make a receipt subject to verification."""

    CASH = "cash"
    CARD = "card"
    TRANSFER = "transfer"
    VOUCHER = "voucher"
    OTHER = "other"


class VatCategory(StrEnum):
    """Why a bucket has the VAT it has."""

    TAXED = "taxed"
    EXEMPT = "exempt"  # exempt supplies, for example medical care
    NOT_PAYER = "not_payer"  # the seller is no VAT payer
    REVERSE = "reverse"
    OUT_OF_SCOPE = "out_of_scope"


@dataclass(frozen=True, slots=True)
class VatBucket:
    """One line of the VAT table of a document: `net_cents` + `tax_cents` = `gross_cents`; `rate` 0 unless taxed."""

    category: VatCategory
    rate: int
    net_cents: int
    tax_cents: int
    gross_cents: int


@dataclass(frozen=True, slots=True)
class Payment:
    """One means of payment of a document; negative on a credit note. Tips are not among them."""

    means: Means
    cents: int


@dataclass(frozen=True, slots=True)
class Reference:
    """An earlier document that this one changes: its printed number in parts and its printed wall time."""

    premise: str
    device: str
    sequence: int
    wall_time: datetime


@dataclass(frozen=True, slots=True)
class Draft:
    """A document that is about to be issued.

    Attributes:
        document_id: the id of the invoice row; the key of journal and outbox.
        issued_at: aware instant of issue.
        wall_time: naive local wall time to the second, as printed (the same everywhere it appears).
        sequence: the number within the series of this premise and device, from 1.
        operator_tax_number: of the person who issues; None with `operator_is_foreign`.
        verify_all: every document of this series is verified, transfers too.
    """

    document_id: UUID
    kind: Kind
    issued_at: datetime
    wall_time: datetime
    premise: str
    device: str
    sequence: int
    seller_tax_number: str
    operator_tax_number: str | None
    operator_is_foreign: bool
    total_cents: int
    vat: tuple[VatBucket, ...]
    payments: tuple[Payment, ...]
    buyer_vat_number: str | None = None
    corrects: tuple[Reference, ...] = ()
    verify_all: bool = True


class Severity(StrEnum):
    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the way of sealing: a code that the interface translates (``fiscal.<code>``), with its values."""

    code: str
    severity: Severity = Severity.ERROR
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Sealed:
    """The result of sealing: what is stored with the document and printed on it.

    Attributes:
        subject: the document is subject to verification and a submission waits in the outbox.
        protection: the protection code (Slovenia: ZOI), or None when not subject.
        code: the machine-readable content (Slovenia: 60 digits), or None.
        submit_before: the legal deadline of the submission, aware, or None.
    """

    subject: bool
    protection: str | None
    code: str | None
    submit_before: datetime | None


class Status(StrEnum):
    """State of a submission."""

    PENDING = "pending"  # not confirmed yet; the submitter goes on
    CONFIRMED = "confirmed"
    REFUSED = "refused"  # set aside: trying the same data again cannot help


@dataclass(frozen=True, slots=True)
class Confirmation:
    """What is known of one document's submission.

    Attributes:
        confirmation: the authority's id (Slovenia: EOR) or None.
        code, message: the authority's last error, or a transport code (``unreachable``, ``not_json`` ...), or None.
        attempts: how often it was tried.
        number: the printed number.
    """

    document_id: UUID
    status: Status
    confirmation: str | None
    code: str | None
    message: str | None
    attempts: int
    submit_before: datetime | None
    number: str | None = None


class FiscalRegister(Protocol):
    """What a sale needs, all of it without the network."""

    def validate(self, draft: Draft) -> list[Problem]:
        """Everything that stands in the way of issuing `draft`, before a number is taken (its `sequence` may be 0)."""
        ...

    def seal(self, connection: Connection, draft: Draft) -> Sealed:
        """Seals `draft`, writes journal entry and outbox row on `connection`; the caller commits or rolls back."""
        ...


Transact = Callable[[Callable[[Connection], object]], Awaitable[object]]
"""Runs a function on a connection inside one durable transaction, off the event loop, and hands back its result."""
