"""Open bills as they are shown: with their lines, discounts and sums."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Select, bindparam, exists, select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.errors import Refused
from desktop.sales.model import Bill, BillLine, Invoice
from desktop.sales.pricing import Discount, Line, Priced, price
from fiscal.port import VatCategory

PAGE = 256

# Built once: every step at the desk shows the bill anew.
_BILL = select(
    Bill.id,
    Bill.customer_id,
    Bill.customer_name,
    Bill.visit_id,
    Bill.owner_id,
    Bill.owner_name,
    Bill.label,
    Bill.parked_at,
    Bill.discount_points,
    Bill.discount_cents,
    Bill.discount_reason,
    exists().where(Invoice.bill_id == Bill.id).label("charged"),
).where(Bill.id == bindparam("bill"), Bill.deleted_at.is_(None))
_LINES = (
    select(
        BillLine.id,
        BillLine.kind,
        BillLine.item_id,
        BillLine.name,
        BillLine.quantity,
        BillLine.unit_cents,
        BillLine.vat_category,
        BillLine.vat_rate,
        BillLine.clause,
        BillLine.member_id,
        BillLine.discount_points,
        BillLine.discount_cents,
        BillLine.discount_reason,
    )
    .where(BillLine.bill_id == bindparam("bill"), BillLine.deleted_at.is_(None))
    .order_by(BillLine.position, BillLine.id)
)


@dataclass(frozen=True, slots=True)
class BillView:
    """An open bill with its sums."""

    id: UUID
    customer_id: UUID | None
    customer_name: str
    visit_id: UUID | None
    owner_id: UUID
    owner_name: str
    label: str
    parked_at: datetime | None
    discount: Discount
    priced: Priced


@dataclass(frozen=True, slots=True)
class BillSummary:
    """An open bill in a list."""

    id: UUID
    customer_name: str
    label: str
    owner_name: str
    opened_at: datetime
    parked_at: datetime | None
    total_cents: int


def list_open_bills(session: Session, action: Action) -> list[BillSummary]:
    """The bills of this shop that wait to be charged, the oldest first, at most 256."""
    found = session.execute(
        open_bills()
        .with_only_columns(Bill.id, Bill.opened_at)
        .where(Bill.shop_id == action.desk.shop)
        .order_by(Bill.opened_at)
        .limit(PAGE)
    ).all()
    summaries = []
    for identity, opened_at in found:
        view = show_bill(session, action, identity)
        total = view.priced.total_cents
        summaries.append(
            BillSummary(identity, view.customer_name, view.label, view.owner_name, opened_at, view.parked_at, total)
        )
    return summaries


def show_bill(session: Session, action: Action, bill_id: UUID) -> BillView:
    """An open bill with its sums. Raises `Refused` ``sales.no_bill`` or, once an invoice names it, ``sales.already_charged``."""
    bill = session.connection().execute(_BILL, {"bill": bill_id}).first()
    if bill is None:
        raise Refused("sales.no_bill")
    if bill.charged:
        raise Refused("sales.already_charged")
    lines = [
        Line(
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
            Discount(row.discount_points, row.discount_cents, row.discount_reason),
        )
        for row in session.connection().execute(_LINES, {"bill": bill_id})
    ]
    discount = Discount(bill.discount_points, bill.discount_cents, bill.discount_reason)
    return BillView(
        bill.id,
        bill.customer_id,
        bill.customer_name,
        bill.visit_id,
        bill.owner_id,
        bill.owner_name,
        bill.label,
        bill.parked_at,
        discount,
        price(lines, discount),
    )


def charged(session: Session, bill_id: UUID) -> bool:
    """Whether an invoice names the bill."""
    return bool(session.execute(select(exists().where(Invoice.bill_id == bill_id))).scalar())


def open_bills() -> Select[UUID]:
    """The ids of bills that no invoice names and nobody threw away."""
    named = exists().where(Invoice.bill_id == Bill.id)
    return select(Bill.id).where(Bill.deleted_at.is_(None), ~named)
