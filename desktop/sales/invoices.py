"""Issued documents: the list, and one of them whole, as it was stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.errors import Refused
from desktop.sales.issuing import Paid, Tipped
from desktop.sales.model import Invoice, InvoiceLine, InvoicePayment, InvoiceVat, Tip
from desktop.sales.pricing import Discount, Line, PricedLine
from fiscal.port import Kind, Means, VatBucket, VatCategory

PAGE = 256


@dataclass(frozen=True, slots=True)
class InvoiceSummary:
    """An issued document in a list."""

    id: UUID
    number: str
    kind: Kind
    wall_time: datetime
    total_cents: int
    customer: str
    member_mark: str
    subject: bool
    corrects: UUID | None


@dataclass(frozen=True, slots=True)
class InvoiceView:
    """An issued document whole. `lines[n].line.id` is the id of the stored line; `clauses` by VAT category."""

    id: UUID
    number: str
    premise: str
    device: str
    sequence: int
    kind: Kind
    issued_at: datetime
    wall_time: datetime
    business_day: date
    total_cents: int
    lines: tuple[PricedLine, ...]
    corrected: tuple[UUID | None, ...]
    vat: tuple[VatBucket, ...]
    clauses: Mapping[str, str]
    payments: tuple[Paid, ...]
    tips: tuple[Tipped, ...]
    customer_id: UUID | None
    bill_id: UUID | None
    visit_id: UUID | None
    corrects: UUID | None
    reason: str
    member_mark: str
    subject: bool
    protection: str | None
    code: str | None
    submit_before: datetime | None
    print_job: UUID | None
    snapshot: Mapping[str, Any]


def list_invoices(
    session: Session,
    action: Action,
    *,
    day: date | None = None,
    number: str = "",
    customer_id: UUID | None = None,
    before: UUID | None = None,
) -> list[InvoiceSummary]:
    """Issued documents of this shop, the newest first, a page of 256; `before` is the id of the last one seen."""
    action.actor.require(Permission.CHARGE)
    query = (
        select(
            Invoice.id,
            Invoice.number,
            Invoice.kind,
            Invoice.wall_time,
            Invoice.total_cents,
            Invoice.snapshot,
            Invoice.member_mark,
            Invoice.subject,
            Invoice.corrects,
        )
        .where(Invoice.shop_id == action.desk.shop)
        .order_by(Invoice.id.desc())
        .limit(PAGE)
    )
    if day is not None:
        query = query.where(Invoice.business_day == day)
    if number:
        query = query.where(Invoice.number.endswith(number.strip(), autoescape=True))
    if customer_id is not None:
        query = query.where(Invoice.customer_id == customer_id)
    if before is not None:
        query = query.where(Invoice.id < before)
    return [
        InvoiceSummary(
            row.id,
            row.number,
            Kind(row.kind),
            datetime.fromisoformat(row.wall_time),
            row.total_cents,
            row.snapshot["customer"],
            row.member_mark,
            row.subject,
            row.corrects,
        )
        for row in session.execute(query)
    ]


def show_invoice(session: Session, action: Action, invoice_id: UUID) -> InvoiceView:
    """An issued document whole. Raises `Refused` ``sales.no_invoice``."""
    row = session.get(Invoice, invoice_id)
    if row is None:
        raise Refused("sales.no_invoice")
    lines = session.execute(
        select(InvoiceLine).where(InvoiceLine.invoice_id == invoice_id).order_by(InvoiceLine.position)
    ).scalars()
    stored = list(lines)
    vat = list(
        session.execute(
            select(InvoiceVat)
            .where(InvoiceVat.invoice_id == invoice_id)
            .order_by(InvoiceVat.rate.desc(), InvoiceVat.category)
        ).scalars()
    )
    payments = session.execute(
        select(InvoicePayment).where(InvoicePayment.invoice_id == invoice_id).order_by(InvoicePayment.position)
    ).scalars()
    tips = session.execute(select(Tip).where(Tip.invoice_id == invoice_id)).scalars()
    return InvoiceView(
        id=row.id,
        number=row.number,
        premise=row.premise,
        device=row.device,
        sequence=row.sequence,
        kind=Kind(row.kind),
        issued_at=row.issued_at,
        wall_time=datetime.fromisoformat(row.wall_time),
        business_day=row.business_day,
        total_cents=row.total_cents,
        lines=tuple(_priced(line) for line in stored),
        corrected=tuple(line.corrects for line in stored),
        vat=tuple(
            VatBucket(VatCategory(one.category), one.rate, one.net_cents, one.tax_cents, one.gross_cents) for one in vat
        ),
        clauses={one.category: one.clause for one in vat if one.clause},
        payments=tuple(Paid(Means(one.means), one.cents, one.given_cents) for one in payments),
        tips=tuple(Tipped(Means(one.means), one.cents, one.member_id) for one in tips),
        customer_id=row.customer_id,
        bill_id=row.bill_id,
        visit_id=row.visit_id,
        corrects=row.corrects,
        reason=row.reason,
        member_mark=row.member_mark,
        subject=row.subject,
        protection=row.protection,
        code=row.code,
        submit_before=row.submit_before,
        print_job=row.print_job,
        snapshot=row.snapshot,
    )


def _priced(row: InvoiceLine) -> PricedLine:
    line = Line(
        row.id,
        row.kind,
        row.item_id,
        row.name,
        row.quantity,
        row.unit_cents,
        VatCategory(row.vat_category),
        row.vat_rate,
        row.clause,
        row.member_id,
        Discount(cents=row.discount_cents, reason=row.discount_reason),
    )
    return PricedLine(line, row.gross_cents, row.discount_cents, row.bill_discount_cents, row.total_cents)
