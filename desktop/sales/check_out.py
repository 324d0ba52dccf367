"""Checking out: an open bill becomes an invoice, paid and sealed, in one operation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.entry import block, line
from desktop.errors import InvalidInput, Refused
from desktop.sales.issuing import Buyer, Content, Issued, Paid, Tipped, issue
from desktop.sales.open_bills import show_bill
from fiscal.port import FiscalRegister, Kind, Means

MOST_TIP_CENTS = 100_000_00


@dataclass(frozen=True, slots=True)
class CheckOut:
    """A request to charge a bill.

    Attributes:
        total_cents: the total that the screen showed; another one is refused, so that nobody pays what nobody saw.
        payments: add up to the total; each more than 0; `given_cents` only with cash.
        tips: beside the total.
    """

    bill_id: UUID
    total_cents: int
    payments: tuple[Paid, ...]
    tips: tuple[Tipped, ...] = ()
    buyer: Buyer | None = None


def check_out(session: Session, action: Action, request: CheckOut, fiscal: FiscalRegister, printer: str) -> Issued:
    """Charges a bill and issues its invoice; see `desktop.sales.issuing.issue` for the refusals of the register.

    Raises `Refused` ``sales.no_bill``, ``sales.already_charged``, ``sales.empty_bill``, ``sales.nothing_to_pay``,
    ``sales.total_changed`` (value `total_cents`); `InvalidInput` for payments and tips.
    """
    action.actor.require(Permission.CHARGE)
    bill = show_bill(session, action, request.bill_id)
    if not bill.priced.lines:
        raise Refused("sales.empty_bill")
    total = bill.priced.total_cents
    if total != request.total_cents:
        raise Refused("sales.total_changed", total_cents=total)
    if total == 0:
        raise Refused("sales.nothing_to_pay")
    content = Content(
        kind=Kind.SALE,
        lines=bill.priced.lines,
        vat=bill.priced.vat,
        total_cents=total,
        payments=checked_payments(request.payments, total),
        tips=checked_tips(request.tips),
        customer_id=bill.customer_id,
        customer_name=bill.customer_name,
        buyer=checked_buyer(request.buyer),
        bill_id=bill.id,
        visit_id=bill.visit_id,
    )
    return issue(session, action, content, fiscal, printer)


def checked_payments(payments: tuple[Paid, ...], total: int) -> tuple[Paid, ...]:
    """Payments that add up to a positive total. Raises `InvalidInput` with field ``payments`` or ``given``."""
    if not payments or any(paid.cents <= 0 for paid in payments):
        raise InvalidInput("payments", "sales.payment_amount")
    paid_cents = sum(paid.cents for paid in payments)
    if paid_cents != total:
        raise InvalidInput("payments", "sales.payment_sum", missing_cents=total - paid_cents)
    for paid in payments:
        if paid.given_cents and paid.means is not Means.CASH:
            raise InvalidInput("given", "sales.given_without_cash")
        if paid.given_cents and paid.given_cents < paid.cents:
            raise InvalidInput("given", "sales.given_too_little", missing_cents=paid.cents - paid.given_cents)
    return payments


def checked_tips(tips: tuple[Tipped, ...]) -> tuple[Tipped, ...]:
    """Tips of more than nothing, in cash or by card. Raises `InvalidInput` with field ``tip``."""
    for tip in tips:
        if not 0 < tip.cents <= MOST_TIP_CENTS:
            raise InvalidInput("tip", "entry.out_of_range", minimum=1, maximum=MOST_TIP_CENTS)
        if tip.means not in (Means.CASH, Means.CARD):
            raise InvalidInput("tip", "sales.tip_means")
    return tips


def checked_buyer(buyer: Buyer | None) -> Buyer | None:
    """A buyer with clean texts; None when no name was given."""
    if buyer is None or not buyer.name.strip():
        return None
    return replace(
        buyer,
        name=line(buyer.name, "buyer_name"),
        address=block(buyer.address, "buyer_address", maximum=300),
        vat_number=line(buyer.vat_number, "buyer_vat_number", maximum=20),
    )
