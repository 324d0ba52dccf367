"""Corrections: a credit note with its reference, and a wrong means of payment set right in one command.

An issued invoice is never edited. A credit note is a new document of the same series with negative sums that names the
original's number and time (ZDavPR art. 2(3), ZDDV-1). Credited as a whole it is the exact negative; credited in parts, the last
part takes what is left of every sum, so that all parts together are the exact negative as well.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.entry import line as clean_line
from desktop.errors import InvalidInput, Refused
from desktop.money import divide
from desktop.register.till import require_open
from desktop.sales.check_out import checked_payments
from desktop.sales.invoices import InvoiceView, show_invoice
from desktop.sales.issuing import Content, Issued, Paid, issue
from desktop.sales.model import Invoice, InvoiceLine, InvoiceVat
from desktop.sales.pricing import PricedLine, bucket
from fiscal.port import FiscalRegister, Kind, Means, Reference, VatBucket, VatCategory


@dataclass(frozen=True, slots=True)
class Credit:
    """A request to credit an invoice.

    Attributes:
        quantities: id of a line → quantity in thousandths to take back; None takes back all that is left.
        means: how the money goes back; None: by the means of the original, in their order.
    """

    invoice_id: UUID
    reason: str
    quantities: Mapping[UUID, int] | None = None
    means: Means | None = None


@dataclass(frozen=True, slots=True)
class Corrected:
    """Both documents of a changed means of payment."""

    credit_note: Issued
    invoice: Issued


@dataclass(frozen=True, slots=True)
class _Taken:
    """What earlier credit notes took of a line, as positive numbers."""

    quantity: int = 0
    gross: int = 0
    discount: int = 0
    bill_discount: int = 0
    total: int = 0


def issue_credit_note(
    session: Session, action: Action, request: Credit, fiscal: FiscalRegister, printer: str
) -> Issued:
    """Credits an invoice, whole or in part.

    Raises `Refused` ``sales.not_creditable`` (a credit note), ``sales.all_credited``, ``register.not_enough_cash``;
    `InvalidInput` for the reason and for a quantity beyond what is left (``sales.credit_quantity``, value `left`).
    """
    action.actor.require(Permission.CREDIT)
    original = show_invoice(session, action, request.invoice_id)
    content = _content(session, action, original, request)
    return issue(session, action, content, fiscal, printer)


def change_payment_means(
    session: Session,
    action: Action,
    invoice_id: UUID,
    payments: tuple[Paid, ...],
    reason: str,
    fiscal: FiscalRegister,
    printer: str,
) -> Corrected:
    """Sets a wrong means of payment right: a credit note by the old means and a new receipt by the right ones.

    Raises what `issue_credit_note` raises; `Refused` ``sales.partly_credited``; `InvalidInput` for the payments.
    """
    action.actor.require(Permission.CREDIT)
    original = show_invoice(session, action, invoice_id)
    if any(taken.quantity for taken in _taken(session, original).values()):
        raise Refused("sales.partly_credited")
    checked = checked_payments(payments, original.total_cents)
    content = _content(session, action, original, Credit(invoice_id, reason), check_cash=False)
    credit_note = issue(session, action, content, fiscal, printer)
    again = Content(
        kind=Kind.SALE,
        lines=original.lines,
        vat=original.vat,
        total_cents=original.total_cents,
        payments=checked,
        customer_id=original.customer_id,
        customer_name=original.snapshot["customer"],
        visit_id=original.visit_id,
        reason=content.reason,
    )
    return Corrected(credit_note, issue(session, action, again, fiscal, printer))


def credited_quantities(session: Session, action: Action, invoice_id: UUID) -> dict[UUID, int]:
    """What earlier credit notes took back: id of a line of the invoice → thousandths."""
    original = show_invoice(session, action, invoice_id)
    return {line: taken.quantity for line, taken in _taken(session, original).items()}


def _content(
    session: Session, action: Action, original: InvoiceView, request: Credit, *, check_cash: bool = True
) -> Content:
    if original.kind is not Kind.SALE:
        raise Refused("sales.not_creditable")
    reason = clean_line(request.reason, "reason", required=True)
    lines = _lines(session, original, request.quantities)
    if not lines:
        raise Refused("sales.all_credited")
    vat = _vat(session, original, lines)
    total = sum(one.total_cents for one in lines)
    payments = _payments(original, total, request.means)
    cash = sum(paid.cents for paid in payments if paid.means is Means.CASH)
    opened = require_open(session, action)
    if check_cash and opened.cash_cents + cash < 0:
        raise Refused("register.not_enough_cash", cash_cents=opened.cash_cents)
    return Content(
        kind=Kind.CREDIT_NOTE,
        lines=lines,
        vat=vat,
        total_cents=total,
        payments=payments,
        customer_id=original.customer_id,
        customer_name=original.snapshot["customer"],
        visit_id=original.visit_id,
        corrects=original.id,
        references=(Reference(original.premise, original.device, original.sequence, original.wall_time),),
        corrected=tuple(one.line.id for one in lines),
        reason=reason,
    )


def _lines(session: Session, original: InvoiceView, quantities: Mapping[UUID, int] | None) -> tuple[PricedLine, ...]:
    taken = _taken(session, original)
    unknown = (quantities or {}).keys() - {one.line.id for one in original.lines}
    if unknown:
        raise Refused("sales.no_line")
    credited = []
    for one in original.lines:
        before = taken.get(one.line.id, _Taken())
        left = one.line.quantity - before.quantity
        quantity = left if quantities is None else quantities.get(one.line.id, 0)
        if not 0 <= quantity <= left:
            raise InvalidInput("quantity", "sales.credit_quantity", left=left)
        if quantity:
            credited.append(_negative(one, quantity, before, last=quantity == left))
    return tuple(credited)


def _negative(one: PricedLine, quantity: int, before: _Taken, *, last: bool) -> PricedLine:
    """The negative of a part of a line; the last part takes what is left of every sum."""

    def part(whole: int, taken: int) -> int:
        return -(whole - taken) if last else -divide(whole * quantity, one.line.quantity)

    gross = part(one.gross_cents, before.gross)
    discount = part(one.discount_cents, before.discount)
    bill_discount = part(one.bill_discount_cents, before.bill_discount)
    line = replace(one.line, quantity=-quantity)
    return PricedLine(line, gross, discount, bill_discount, gross - discount - bill_discount)


def _taken(session: Session, original: InvoiceView) -> dict[UUID, _Taken]:
    rows = session.execute(
        select(
            InvoiceLine.corrects,
            func.sum(InvoiceLine.quantity),
            func.sum(InvoiceLine.gross_cents),
            func.sum(InvoiceLine.discount_cents),
            func.sum(InvoiceLine.bill_discount_cents),
            func.sum(InvoiceLine.total_cents),
        )
        .join(Invoice, Invoice.id == InvoiceLine.invoice_id)
        .where(Invoice.corrects == original.id)
        .group_by(InvoiceLine.corrects)
    )
    return {line: _Taken(*(-value for value in sums)) for line, *sums in rows if line is not None}


def _vat(session: Session, original: InvoiceView, lines: tuple[PricedLine, ...]) -> tuple[VatBucket, ...]:
    """VAT of the credited lines; where a rate is credited to its end, the tax is what is left of the original's."""
    gross: dict[tuple[VatCategory, int], int] = {}
    for one in lines:
        key = (one.line.vat_category, one.line.vat_rate)
        gross[key] = gross.get(key, 0) + one.total_cents
    earlier = {
        (VatCategory(category), rate): (total, tax)
        for category, rate, total, tax in session.execute(
            select(
                InvoiceVat.category, InvoiceVat.rate, func.sum(InvoiceVat.gross_cents), func.sum(InvoiceVat.tax_cents)
            )
            .join(Invoice, Invoice.id == InvoiceVat.invoice_id)
            .where(Invoice.corrects == original.id)
            .group_by(InvoiceVat.category, InvoiceVat.rate)
        )
    }
    buckets: list[VatBucket] = []
    for vat in original.vat:
        key = (vat.category, vat.rate)
        if key not in gross:
            continue
        total_before, tax_before = earlier.get(key, (0, 0))
        if vat.gross_cents + total_before + gross[key] == 0:
            tax = -(vat.tax_cents + tax_before)
            buckets.append(VatBucket(vat.category, vat.rate, gross[key] - tax, tax, gross[key]))
        else:
            buckets.append(bucket(vat.category, vat.rate, gross[key]))
    return tuple(buckets)


def _payments(original: InvoiceView, total: int, means: Means | None) -> tuple[Paid, ...]:
    """The money back: by one means, or by the original's, the last payment first returned in full."""
    if means is not None:
        return (Paid(means, total),)
    if total == -original.total_cents:
        return tuple(Paid(paid.means, -paid.cents) for paid in original.payments)
    left = -total
    back = []
    for paid in reversed(original.payments):
        part = min(left, paid.cents)
        if part:
            back.append(Paid(paid.means, -part))
        left -= part
    return tuple(back)
