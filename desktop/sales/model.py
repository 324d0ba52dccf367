"""Tables of sales: open bills (mergeable) and the ledgers of what was issued (invoices, lines, VAT, payments, tips, copies).

A bill is closed by an invoice that names it, never by a flag. Quantities are thousandths (1000 is one piece).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from desktop.database.classes import Base, ShopLedger, ShopMergeable
from desktop.database.derived import Derived
from desktop.database.types import Day, Id, Instant, Json


class Bill(ShopMergeable, Base):
    """An open bill. `discount_points` are basis points of the bill; `parked_at` says that it was put aside."""

    __tablename__ = "bill"
    groups: ClassVar[dict[str, tuple[str, ...]]] = {
        "discount": ("discount_points", "discount_cents", "discount_reason"),
        "parking": ("parked_at", "label"),
    }

    opened_at: Mapped[datetime] = mapped_column(Instant)
    opened_by: Mapped[UUID] = mapped_column(Id)
    owner_id: Mapped[UUID] = mapped_column(Id)
    owner_name: Mapped[str] = mapped_column(Text)
    customer_id: Mapped[UUID | None] = mapped_column(Id)
    customer_name: Mapped[str] = mapped_column(Text)
    visit_id: Mapped[UUID | None] = mapped_column(Id)
    label: Mapped[str] = mapped_column(Text)
    parked_at: Mapped[datetime | None] = mapped_column(Instant)
    discount_points: Mapped[int] = mapped_column(Integer, default=0)
    discount_cents: Mapped[int] = mapped_column(Integer, default=0)
    discount_reason: Mapped[str] = mapped_column(Text, default="")


class BillLine(ShopMergeable, Base):
    """A line of an open bill: a service, a product or a free text, at a gross unit price."""

    __tablename__ = "bill_line"
    groups: ClassVar[dict[str, tuple[str, ...]]] = {
        "price": ("unit_cents", "vat_category", "vat_rate", "clause"),
        "discount": ("discount_points", "discount_cents", "discount_reason"),
    }

    bill_id: Mapped[UUID] = mapped_column(Id)
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    item_id: Mapped[UUID | None] = mapped_column(Id)
    name: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Integer)
    unit_cents: Mapped[int] = mapped_column(Integer)
    vat_category: Mapped[str] = mapped_column(Text)
    vat_rate: Mapped[int] = mapped_column(Integer)
    clause: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID | None] = mapped_column(Id)
    discount_points: Mapped[int] = mapped_column(Integer, default=0)
    discount_cents: Mapped[int] = mapped_column(Integer, default=0)
    discount_reason: Mapped[str] = mapped_column(Text, default="")


Index("ix_bill_line_bill", BillLine.bill_id)
Index("ix_bill_visit", Bill.visit_id)


class Invoice(ShopLedger, Base):
    """An issued document. `wall_time` is what is printed; `snapshot` is all that a later print needs and nothing else holds."""

    __tablename__ = "invoice"

    kind: Mapped[str] = mapped_column(Text)
    number: Mapped[str] = mapped_column(Text)
    premise: Mapped[str] = mapped_column(Text)
    device: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(Integer)
    session_id: Mapped[UUID] = mapped_column(Id)
    business_day: Mapped[date] = mapped_column(Day)
    issued_at: Mapped[datetime] = mapped_column(Instant)
    wall_time: Mapped[str] = mapped_column(Text)
    zone: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID] = mapped_column(Id)
    member_mark: Mapped[str] = mapped_column(Text)
    total_cents: Mapped[int] = mapped_column(Integer)
    customer_id: Mapped[UUID | None] = mapped_column(Id)
    bill_id: Mapped[UUID | None] = mapped_column(Id)
    visit_id: Mapped[UUID | None] = mapped_column(Id)
    corrects: Mapped[UUID | None] = mapped_column(Id)
    reason: Mapped[str] = mapped_column(Text)
    subject: Mapped[bool] = mapped_column()
    protection: Mapped[str | None] = mapped_column(Text)
    code: Mapped[str | None] = mapped_column(Text)
    submit_before: Mapped[datetime | None] = mapped_column(Instant)
    print_job: Mapped[UUID | None] = mapped_column(Id)
    snapshot: Mapped[dict[str, Any]] = mapped_column(Json)


# Not unique: two desks that named themselves alike while they were offline issued under the same numbers, and both documents stand.
Index("ix_invoice_number", Invoice.premise, Invoice.device, Invoice.sequence)
Index("ix_invoice_session", Invoice.session_id)
Index("ix_invoice_issued_at", Invoice.issued_at)
Index("ix_invoice_bill", Invoice.bill_id, sqlite_where=Invoice.bill_id.is_not(None))
Index("ix_invoice_visit", Invoice.visit_id, sqlite_where=Invoice.visit_id.is_not(None))
Index("ix_invoice_corrects", Invoice.corrects, sqlite_where=Invoice.corrects.is_not(None))
Index("ix_invoice_customer", Invoice.customer_id, sqlite_where=Invoice.customer_id.is_not(None))


class InvoiceLine(ShopLedger, Base):
    """A line of an issued document: `gross_cents` before, `total_cents` after both discounts."""

    __tablename__ = "invoice_line"

    invoice_id: Mapped[UUID] = mapped_column(Id)
    position: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(Text)
    item_id: Mapped[UUID | None] = mapped_column(Id)
    name: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Integer)
    unit_cents: Mapped[int] = mapped_column(Integer)
    gross_cents: Mapped[int] = mapped_column(Integer)
    discount_cents: Mapped[int] = mapped_column(Integer)
    discount_reason: Mapped[str] = mapped_column(Text)
    bill_discount_cents: Mapped[int] = mapped_column(Integer)
    total_cents: Mapped[int] = mapped_column(Integer)
    vat_category: Mapped[str] = mapped_column(Text)
    vat_rate: Mapped[int] = mapped_column(Integer)
    clause: Mapped[str] = mapped_column(Text)
    member_id: Mapped[UUID | None] = mapped_column(Id)
    corrects: Mapped[UUID | None] = mapped_column(Id)


class InvoiceVat(ShopLedger, Base):
    """VAT of an issued document, once per category and rate."""

    __tablename__ = "invoice_vat"

    invoice_id: Mapped[UUID] = mapped_column(Id)
    category: Mapped[str] = mapped_column(Text)
    rate: Mapped[int] = mapped_column(Integer)
    net_cents: Mapped[int] = mapped_column(Integer)
    tax_cents: Mapped[int] = mapped_column(Integer)
    gross_cents: Mapped[int] = mapped_column(Integer)
    clause: Mapped[str] = mapped_column(Text)


class InvoicePayment(ShopLedger, Base):
    """A payment of an issued document; `given_cents` is what was handed over in cash (0: not noted)."""

    __tablename__ = "invoice_payment"

    invoice_id: Mapped[UUID] = mapped_column(Id)
    position: Mapped[int] = mapped_column(Integer)
    means: Mapped[str] = mapped_column(Text)
    cents: Mapped[int] = mapped_column(Integer)
    given_cents: Mapped[int] = mapped_column(Integer)
    change_cents: Mapped[int] = mapped_column(Integer)


class Tip(ShopLedger, Base):
    """A tip: no part of the document or its VAT."""

    __tablename__ = "tip"

    invoice_id: Mapped[UUID] = mapped_column(Id)
    session_id: Mapped[UUID] = mapped_column(Id)
    means: Mapped[str] = mapped_column(Text)
    cents: Mapped[int] = mapped_column(Integer)
    member_id: Mapped[UUID | None] = mapped_column(Id)


class ReceiptCopy(ShopLedger, Base):
    """A paper of a document: `n` 0 is the original, every later one is KOPIJA n (ZDavPR art. 6(5))."""

    __tablename__ = "receipt_copy"

    invoice_id: Mapped[UUID] = mapped_column(Id)
    n: Mapped[int] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(Instant)
    member_id: Mapped[UUID] = mapped_column(Id)
    job_id: Mapped[UUID] = mapped_column(Id)


for _model in (InvoiceLine, InvoiceVat, InvoicePayment, Tip):
    Index(f"ix_{_model.__tablename__}_invoice", _model.__table__.c.invoice_id)
# Not unique either: two desks that are offline may print a first copy each.
Index("ix_receipt_copy_n", ReceiptCopy.invoice_id, ReceiptCopy.n)

DERIVED: tuple[Derived, ...] = ()
