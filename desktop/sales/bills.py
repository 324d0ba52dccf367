"""Working on open bills: lines, discounts, parking, taking over. Every step is stored at once, so a bill survives a crash.

A line keeps the price at which it was added; a change of the catalogue does not reach into an open bill.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy import exists, func, insert, select, update
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.entry import line as clean_line
from desktop.errors import InvalidInput, Refused
from desktop.ids import new_id
from desktop.register.company import require_company
from desktop.sales.model import Bill, BillLine
from desktop.sales.open_bills import BillView, charged, open_bills, show_bill
from desktop.sales.pricing import Discount
from fiscal.port import VatCategory

MOST_QUANTITY = 1_000_000
MOST_CENTS = 1_000_000_00
MOST_LINES = 200


@dataclass(frozen=True, slots=True)
class LineEntry:
    """A line to add: `quantity` in thousandths (1 … 1,000,000), `unit_cents` gross (0 … 1 million euros).

    `kind` is ``service``, ``product`` or ``free``; `item_id` names the service or product.
    """

    kind: str
    name: str
    unit_cents: int
    vat_category: VatCategory
    vat_rate: int
    quantity: int = 1000
    clause: str = ""
    item_id: UUID | None = None
    member_id: UUID | None = None


def open_bill(
    session: Session,
    action: Action,
    *,
    customer_id: UUID | None = None,
    customer_name: str = "",
    visit_id: UUID | None = None,
    lines: Sequence[LineEntry] = (),
) -> BillView:
    """Opens a bill, free or for a visit; the visit's open bill is returned when there is one already."""
    action.actor.require(Permission.CHARGE)
    if visit_id is not None:
        same = session.execute(open_bills().where(Bill.visit_id == visit_id)).scalar()
        if same is not None:
            return show_bill(session, action, same)
    bill = Bill(
        id=new_id(),
        shop_id=action.desk.shop,
        opened_at=action.now,
        opened_by=action.actor.id,
        owner_id=action.actor.id,
        owner_name=action.actor.name,
        customer_id=customer_id,
        customer_name=clean_line(customer_name, "customer_name"),
        visit_id=visit_id,
        label="",
    )
    session.add(bill)
    session.flush()
    _insert_lines(session, action, bill.id, lines, 0)
    return show_bill(session, action, bill.id)


def add_line(session: Session, action: Action, bill_id: UUID, entry: LineEntry) -> BillView:
    """Adds a line; a product that is on the bill at the same price already counts up instead."""
    action.actor.require(Permission.CHARGE)
    view = show_bill(session, action, bill_id)
    checked = _checked(session, action, entry)
    for one in view.priced.lines:
        same = (one.line.item_id, one.line.unit_cents, one.line.discount) == (
            entry.item_id,
            entry.unit_cents,
            Discount(),
        )
        if entry.kind == "product" and one.line.kind == "product" and same and entry.item_id is not None:
            return change_line(session, action, bill_id, one.line.id, quantity=one.line.quantity + checked.quantity)
    if len(view.priced.lines) >= MOST_LINES:
        raise Refused("sales.too_many_lines", most=MOST_LINES)
    _insert_lines(session, action, bill_id, [entry], _next_position(session, bill_id))
    return show_bill(session, action, bill_id)


def change_line(
    session: Session,
    action: Action,
    bill_id: UUID,
    line_id: UUID,
    *,
    quantity: int | None = None,
    unit_cents: int | None = None,
    member_id: UUID | None = None,
) -> BillView:
    """Changes quantity (thousandths), unit price or who did it. A lower price needs the right to give discounts."""
    action.actor.require(Permission.CHARGE)
    row = _line(session, bill_id, line_id)
    if quantity is not None:
        row.quantity = _within(quantity, "quantity", 1, MOST_QUANTITY)
    if unit_cents is not None:
        if unit_cents < row.unit_cents:
            action.actor.require(Permission.DISCOUNT)
        row.unit_cents = _within(unit_cents, "unit_cents", 0, MOST_CENTS)
    if member_id is not None:
        row.member_id = member_id
    session.flush()
    return show_bill(session, action, bill_id)


def remove_line(session: Session, action: Action, bill_id: UUID, line_id: UUID) -> BillView:
    """Takes a line off an open bill."""
    action.actor.require(Permission.CHARGE)
    _line(session, bill_id, line_id).deleted_at = action.now
    session.flush()
    return show_bill(session, action, bill_id)


def set_discount(
    session: Session, action: Action, bill_id: UUID, discount: Discount, line_id: UUID | None = None
) -> BillView:
    """Gives the bill or one line a discount with its reason; points 0 and cents 0 take it back.

    Raises `InvalidInput` ``sales.discount_range``, ``sales.discount_both``, ``sales.discount_too_high`` and
    ``entry.required`` for a missing reason.
    """
    action.actor.require(Permission.DISCOUNT)
    view = show_bill(session, action, bill_id)
    checked = _checked_discount(discount)
    if line_id is None:
        most = sum(one.gross_cents - one.discount_cents for one in view.priced.lines)
        target = update(Bill).where(Bill.id == bill_id)
    else:
        most = next((one.gross_cents for one in view.priced.lines if one.line.id == line_id), -1)
        target = update(BillLine).where(BillLine.id == line_id, BillLine.bill_id == bill_id)
        if most < 0:
            raise Refused("sales.no_line")
    if checked.cents > most:
        raise InvalidInput("discount", "sales.discount_too_high", most_cents=most)
    values = {"discount_points": checked.points, "discount_cents": checked.cents, "discount_reason": checked.reason}
    session.execute(target.values(values))
    return show_bill(session, action, bill_id)


def park_bill(session: Session, action: Action, bill_id: UUID, label: str = "") -> BillView:
    """Puts a bill aside under a label; anybody with the right can take it over."""
    action.actor.require(Permission.CHARGE)
    bill = _bill(session, bill_id)
    bill.parked_at, bill.label = action.now, clean_line(label, "label")
    session.flush()
    return show_bill(session, action, bill_id)


def take_over_bill(session: Session, action: Action, bill_id: UUID) -> BillView:
    """Goes on with a bill, parked or somebody else's."""
    action.actor.require(Permission.CHARGE)
    bill = _bill(session, bill_id)
    bill.parked_at, bill.owner_id, bill.owner_name = None, action.actor.id, action.actor.name
    session.flush()
    return show_bill(session, action, bill_id)


def discard_bill(session: Session, action: Action, bill_id: UUID) -> UUID:
    """Throws an open bill away; it can be undone."""
    action.actor.require(Permission.CHARGE)
    _bill(session, bill_id).deleted_at = action.now
    session.flush()
    return bill_id


def discard_empty_bills(session: Session, action: Action, bill_id: UUID | None = None) -> int:
    """Throws away the open bills without a line, or only `bill_id` if it is one: nobody left anything on them. How many."""
    action.actor.require(Permission.CHARGE)
    filled = exists().where(BillLine.bill_id == Bill.id, BillLine.deleted_at.is_(None))
    query = open_bills().where(Bill.shop_id == action.desk.shop, ~filled)
    if bill_id is not None:
        query = query.where(Bill.id == bill_id)
    found = list(session.execute(query).scalars())
    for identity in found:
        _bill(session, identity).deleted_at = action.now
    session.flush()
    return len(found)


def _bill(session: Session, bill_id: UUID) -> Bill:
    bill = session.get(Bill, bill_id)
    if bill is None or bill.deleted_at is not None:
        raise Refused("sales.no_bill")
    if charged(session, bill_id):
        raise Refused("sales.already_charged")
    return bill


def _line(session: Session, bill_id: UUID, line_id: UUID) -> BillLine:
    _bill(session, bill_id)
    row = session.get(BillLine, line_id)
    if row is None or row.bill_id != bill_id or row.deleted_at is not None:
        raise Refused("sales.no_line")
    return row


def _next_position(session: Session, bill_id: UUID) -> int:
    query = select(func.coalesce(func.max(BillLine.position), -1)).where(BillLine.bill_id == bill_id)
    return session.execute(query).scalar_one() + 1


def _insert_lines(session: Session, action: Action, bill_id: UUID, entries: Sequence[LineEntry], first: int) -> None:
    rows = []
    for position, entry in enumerate(entries, first):
        checked = _checked(session, action, entry)
        rows.append(
            {
                "id": new_id(),
                "shop_id": action.desk.shop,
                "bill_id": bill_id,
                "position": position,
                "kind": checked.kind,
                "item_id": checked.item_id,
                "name": checked.name,
                "quantity": checked.quantity,
                "unit_cents": checked.unit_cents,
                "vat_category": checked.vat_category.value,
                "vat_rate": checked.vat_rate,
                "clause": checked.clause,
                "member_id": checked.member_id,
                "discount_points": 0,
                "discount_cents": 0,
                "discount_reason": "",
            }
        )
    if rows:
        session.execute(insert(BillLine), rows)


def _checked(session: Session, action: Action, entry: LineEntry) -> LineEntry:
    if entry.kind not in ("service", "product", "free"):
        raise InvalidInput("kind", "sales.line_kind")
    checked = replace(
        entry,
        name=clean_line(entry.name, "name", required=True),
        quantity=_within(entry.quantity, "quantity", 1, MOST_QUANTITY),
        unit_cents=_within(entry.unit_cents, "unit_cents", 0, MOST_CENTS),
        vat_rate=_within(entry.vat_rate, "vat_rate", 0, 10_000),
        clause=clean_line(entry.clause, "clause", maximum=200),
    )
    if not require_company(session, action).vat_payer:
        return replace(checked, vat_category=VatCategory.NOT_PAYER, vat_rate=0, clause="")
    if checked.vat_category is not VatCategory.TAXED:
        return replace(checked, vat_rate=0)
    if checked.vat_rate == 0:
        raise InvalidInput("vat_rate", "sales.vat_rate_missing")
    return checked


def _checked_discount(discount: Discount) -> Discount:
    if not 0 <= discount.points <= 10_000:
        raise InvalidInput("discount", "sales.discount_range")
    if discount.cents < 0:
        raise InvalidInput("discount", "sales.discount_range")
    if discount.points and discount.cents:
        raise InvalidInput("discount", "sales.discount_both")
    given = bool(discount.points or discount.cents)
    reason = clean_line(discount.reason, "discount_reason", required=given)
    return replace(discount, reason=reason if given else "")


def _within(value: int, field: str, least: int, most: int) -> int:
    if not least <= value <= most:
        raise InvalidInput(field, "entry.out_of_range", minimum=least, maximum=most)
    return value
