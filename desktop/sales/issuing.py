"""Issuing a document: from sums to a sealed, numbered, stored invoice or credit note, inside one transaction.

The path (see `docs/architecture.md`): validate without a number → next number of the series → seal → invoice, lines, VAT,
payments, tips, stock and cash movements → print job `held`. No network, no printer, one statement per table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.ledger import append
from desktop.errors import Refused
from desktop.ids import new_id
from desktop.inventory.movements import Sold, record_sold
from desktop.register.company import CompanyEntry, require_company
from desktop.register.series import Series
from desktop.register.till import CashKind, OpenTill, record_cash, require_open
from desktop.sales.marks import series_to_issue
from desktop.sales.model import Invoice, InvoiceLine, InvoicePayment, InvoiceVat, Tip
from desktop.sales.operators import Operator, find_operator
from desktop.sales.pricing import PricedLine
from desktop.sales.receipt_texts import receipt_texts
from fiscal.errors import InvalidMessage, NotSealable
from fiscal.port import (
    Draft,
    FiscalRegister,
    Kind,
    Means,
    Payment,
    Problem,
    Reference,
    Sealed,
    Severity,
    VatBucket,
    VatCategory,
)
from printing.spool import hold

RECEIPT = "receipt"

_LAST_NUMBER = select(func.max(Invoice.sequence)).where(
    Invoice.premise == bindparam("premise"), Invoice.device == bindparam("device")
)


@dataclass(frozen=True, slots=True)
class Buyer:
    """A buyer who wants to stand on the receipt; `vat_number` as it is printed, or ""."""

    name: str
    address: str = ""
    vat_number: str = ""


@dataclass(frozen=True, slots=True)
class Paid:
    """A payment: `cents` of the total; `given_cents` handed over in cash (0: exact or no cash)."""

    means: Means
    cents: int
    given_cents: int = 0

    @property
    def change_cents(self) -> int:
        return max(0, self.given_cents - self.cents)


@dataclass(frozen=True, slots=True)
class Tipped:
    """A tip beside the total, for whom it is (None: the house's box)."""

    means: Means
    cents: int
    member_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """What a document says. On a credit note all sums are negative and `corrected` names the line of each line."""

    kind: Kind
    lines: tuple[PricedLine, ...]
    vat: tuple[VatBucket, ...]
    total_cents: int
    payments: tuple[Paid, ...]
    tips: tuple[Tipped, ...] = ()
    customer_id: UUID | None = None
    customer_name: str = ""
    buyer: Buyer | None = None
    bill_id: UUID | None = None
    visit_id: UUID | None = None
    corrects: UUID | None = None
    references: tuple[Reference, ...] = ()
    corrected: tuple[UUID | None, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """An issued document, as the screen and the services need it right after the commit.

    Attributes:
        number: as printed, PREMISE-DEVICE-N.
        wall_time: naive local time, as printed.
        subject: a submission waits in the outbox; try it now.
        print_job: the held print job, or None.
        change_cents: to hand back.
        warnings: what the fiscal adapter has to say, for example a certificate that expires soon.
    """

    id: UUID
    kind: Kind
    number: str
    wall_time: datetime
    total_cents: int
    subject: bool
    protection: str | None
    submit_before: datetime | None
    print_job: UUID | None
    change_cents: int
    warnings: tuple[Problem, ...]


def issue(session: Session, action: Action, content: Content, fiscal: FiscalRegister, printer: str) -> Issued:
    """Issues a document. `printer` names the receipt printer, "" prints nothing.

    Raises `Refused`: ``register.not_open``, ``register.close_first``, ``register.no_company``, ``register.no_series``,
    ``sales.no_operator``, and ``fiscal.<problem>`` for what the fiscal adapter has against it.
    """
    opened = require_open(session, action)
    company = require_company(session, action)
    operator = find_operator(session, action)
    only_transfer = bool(content.payments) and all(paid.means is Means.TRANSFER for paid in content.payments)
    series = series_to_issue(session, action, only_transfer=only_transfer)
    identity = new_id()
    draft = _draft(action, content, company, operator, series, identity, 0)
    problems = fiscal.validate(draft)
    _refuse_errors(problems)
    sequence = next_number(session, series)
    draft = _draft(action, content, company, operator, series, identity, sequence)
    sealed = _seal(session, fiscal, draft)
    job = new_id() if printer else None
    _store(session, action, content, draft, sealed, operator, opened, job, _snapshot(session, action, content, company))
    if job is not None:
        hold(session.connection(), job_id=job, printer=printer, kind=RECEIPT, subject=identity, now=action.now)
    return Issued(
        identity,
        content.kind,
        f"{series.premise}-{series.device}-{sequence}",
        draft.wall_time,
        content.total_cents,
        sealed.subject,
        sealed.protection,
        sealed.submit_before,
        job,
        sum(paid.change_cents for paid in content.payments),
        tuple(problem for problem in problems if problem.severity is Severity.WARNING),
    )


def _refuse_errors(problems: Sequence[Problem]) -> None:
    for problem in problems:
        if problem.severity is Severity.ERROR:
            raise Refused(f"fiscal.{problem.code}", **problem.values)


def _seal(session: Session, fiscal: FiscalRegister, draft: Draft) -> Sealed:
    """Seals. What only sealing can find (it alone knows whether a corrected document was verified) is refused like the rest."""
    try:
        return fiscal.seal(session.connection(), draft)
    except NotSealable as error:
        _refuse_errors(error.problems)
        raise
    except InvalidMessage as error:
        raise Refused(f"fiscal.{error.code}", **error.values) from error


def next_number(session: Session, series: Series) -> int:
    """The next number of a series, read inside the transaction that uses it: no gap, no twin."""
    last = session.connection().execute(_LAST_NUMBER, {"premise": series.premise, "device": series.device}).scalar()
    return (last or 0) + 1


def _draft(
    action: Action,
    content: Content,
    company: CompanyEntry,
    operator: Operator,
    series: Series,
    identity: UUID,
    sequence: int,
) -> Draft:
    return Draft(
        document_id=identity,
        kind=content.kind,
        issued_at=action.now,
        wall_time=action.local(action.now).replace(microsecond=0, tzinfo=None),
        premise=series.premise,
        device=series.device,
        sequence=sequence,
        seller_tax_number=company.tax_number,
        operator_tax_number=operator.tax_number,
        operator_is_foreign=operator.foreign,
        total_cents=content.total_cents,
        vat=content.vat,
        payments=tuple(Payment(paid.means, paid.cents) for paid in content.payments),
        buyer_vat_number=content.buyer.vat_number or None if content.buyer else None,
        corrects=content.references,
        verify_all=series.verify_all,
    )


def _snapshot(session: Session, action: Action, content: Content, company: CompanyEntry) -> dict[str, Any]:
    """What a later print needs and no other column holds."""
    words = receipt_texts(session, action)
    return {
        "company": {name: getattr(company, name) for name in CompanyEntry.__slots__},
        "header": words.header,
        "footer": words.footer,
        "language": words.language,
        "practice": action.desk.practice,
        "customer": content.customer_name,
        "buyer": None
        if content.buyer is None
        else {"name": content.buyer.name, "address": content.buyer.address, "vat_number": content.buyer.vat_number},
        "references": [
            {
                "number": f"{one.premise}-{one.device}-{one.sequence}",
                "wall_time": one.wall_time.isoformat(timespec="seconds"),
            }
            for one in content.references
        ],
    }


def _store(
    session: Session,
    action: Action,
    content: Content,
    draft: Draft,
    sealed: Sealed,
    operator: Operator,
    opened: OpenTill,
    job: UUID | None,
    snapshot: Mapping[str, Any],
) -> None:
    shop, identity = action.desk.shop, draft.document_id
    append(
        session,
        Invoice,
        [
            {
                "id": identity,
                "shop_id": shop,
                "kind": content.kind.value,
                "number": f"{draft.premise}-{draft.device}-{draft.sequence}",
                "premise": draft.premise,
                "device": draft.device,
                "sequence": draft.sequence,
                "session_id": opened.session_id,
                "business_day": opened.business_day,
                "issued_at": action.now,
                "wall_time": draft.wall_time.isoformat(timespec="seconds"),
                "zone": action.desk.zone.key,
                "member_id": operator.id,
                "member_mark": operator.mark,
                "total_cents": content.total_cents,
                "customer_id": content.customer_id,
                "bill_id": content.bill_id,
                "visit_id": content.visit_id,
                "corrects": content.corrects,
                "reason": content.reason,
                "subject": sealed.subject,
                "protection": sealed.protection,
                "code": sealed.code,
                "submit_before": sealed.submit_before,
                "print_job": job,
                "snapshot": snapshot,
            }
        ],
    )
    corrected: Sequence[UUID | None] = content.corrected or (None,) * len(content.lines)
    append(
        session,
        InvoiceLine,
        [_line_row(shop, identity, n, one, corrected[n]) for n, one in enumerate(content.lines)],
    )
    append(
        session,
        InvoiceVat,
        [
            {
                "shop_id": shop,
                "invoice_id": identity,
                "category": one.category.value,
                "rate": one.rate,
                "net_cents": one.net_cents,
                "tax_cents": one.tax_cents,
                "gross_cents": one.gross_cents,
                "clause": _clause(content.lines, one.category),
            }
            for one in content.vat
        ],
    )
    append(
        session,
        InvoicePayment,
        [
            {
                "shop_id": shop,
                "invoice_id": identity,
                "position": position,
                "means": paid.means.value,
                "cents": paid.cents,
                "given_cents": paid.given_cents,
                "change_cents": paid.change_cents,
            }
            for position, paid in enumerate(content.payments)
        ],
    )
    append(
        session,
        Tip,
        [
            {
                "shop_id": shop,
                "invoice_id": identity,
                "session_id": opened.session_id,
                "means": tip.means.value,
                "cents": tip.cents,
                "member_id": tip.member_id,
            }
            for tip in content.tips
        ],
    )
    record_sold(
        session,
        action,
        identity,
        [
            Sold(one.line.item_id, one.line.quantity)
            for one in content.lines
            if one.line.kind == "product" and one.line.item_id is not None
        ],
    )
    cash = sum(paid.cents for paid in content.payments if paid.means is Means.CASH)
    if cash:
        kind = CashKind.SALE if cash > 0 else CashKind.REFUND
        record_cash(session, action, opened.session_id, kind, cash, document_id=identity)
    tips = sum(tip.cents for tip in content.tips if tip.means is Means.CASH)
    if tips:
        record_cash(session, action, opened.session_id, CashKind.TIP, tips, document_id=identity)


def _line_row(shop: UUID, invoice: UUID, position: int, one: PricedLine, corrects: UUID | None) -> dict[str, object]:
    return {
        "shop_id": shop,
        "invoice_id": invoice,
        "position": position,
        "kind": one.line.kind,
        "item_id": one.line.item_id,
        "name": one.line.name,
        "quantity": one.line.quantity,
        "unit_cents": one.line.unit_cents,
        "gross_cents": one.gross_cents,
        "discount_cents": one.discount_cents,
        "discount_reason": one.line.discount.reason,
        "bill_discount_cents": one.bill_discount_cents,
        "total_cents": one.total_cents,
        "vat_category": one.line.vat_category.value,
        "vat_rate": one.line.vat_rate,
        "clause": one.line.clause,
        "member_id": one.line.member_id,
        "corrects": corrects,
    }


def _clause(lines: Sequence[PricedLine], category: VatCategory) -> str:
    """The clauses of a category's lines, each once."""
    found = [one.line.clause for one in lines if one.line.vat_category is category and one.line.clause]
    return "; ".join(dict.fromkeys(found))
