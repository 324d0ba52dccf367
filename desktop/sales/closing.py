"""X report and day close: what a session took, by VAT, means and person, and the cash counted against the movements.

The X report reads; the close writes the same sums into the ledger as they were at that moment (Z report, numbered without gap
per device) and ends the session. Tips stand apart; they are no turnover.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.database.ledger import append
from desktop.entry import line
from desktop.errors import InvalidInput, Refused
from desktop.ids import new_id
from desktop.register.model import CashMovement, DayClose, TillSession
from desktop.register.till import MOST_CENTS, CashKind, record_cash, till_state
from desktop.sales.model import Invoice, InvoicePayment, InvoiceVat, Tip
from desktop.sales.open_bills import list_open_bills
from fiscal.port import Kind


@dataclass(frozen=True, slots=True)
class VatTurnover:
    category: str
    rate: int
    net_cents: int
    tax_cents: int
    gross_cents: int


@dataclass(frozen=True, slots=True)
class PersonTurnover:
    mark: str
    count: int
    cents: int


@dataclass(frozen=True, slots=True)
class TillReport:
    """The sums of a session. `means`, `cash` and `tips` map codes to cents; `cash` by kind of movement."""

    session_id: UUID
    business_day: date
    opened_at: datetime
    at: datetime
    invoices: int
    credit_notes: int
    first_number: str
    last_number: str
    turnover_cents: int
    vat: tuple[VatTurnover, ...]
    means: Mapping[str, int]
    people: tuple[PersonTurnover, ...]
    tips: Mapping[str, int]
    cash: Mapping[str, int]
    cash_cents: int
    open_bills: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A close as it was stored; `difference_cents` is counted less expected."""

    id: UUID
    z_number: int
    business_day: date
    closed_at: datetime
    member_name: str
    expected_cents: int
    counted_cents: int
    difference_cents: int
    left_cents: int
    reason: str
    report: TillReport


def x_report(session: Session, action: Action) -> TillReport:
    """The sums of the open session, also of an overdue one. Raises `Refused` ``register.not_open``."""
    action.actor.require(Permission.CLOSE_DAY)
    opened = till_state(session, action).open
    if opened is None:
        raise Refused("register.not_open")
    return _report(session, action, opened.session_id)


def close_day(session: Session, action: Action, counted_cents: int, left_cents: int, reason: str = "") -> Closed:
    """Ends the open session with what was counted; `left_cents` stay in the drawer for the next opening.

    Raises `Refused` ``register.not_open``; `InvalidInput` with field ``counted``, ``left``, or ``reason`` when there is a
    difference and none was given.
    """
    action.actor.require(Permission.CLOSE_DAY)
    opened = till_state(session, action).open
    if opened is None:
        raise Refused("register.not_open")
    if not 0 <= counted_cents <= MOST_CENTS:
        raise InvalidInput("counted", "entry.out_of_range", minimum=0, maximum=MOST_CENTS)
    if not 0 <= left_cents <= counted_cents:
        raise InvalidInput("left", "register.left_too_much")
    difference = counted_cents - opened.cash_cents
    clean = line(reason, "reason", required=difference != 0)
    report = _report(session, action, opened.session_id)
    if difference:
        record_cash(session, action, opened.session_id, CashKind.DIFFERENCE, difference, reason=clean)
    last = session.execute(select(func.max(DayClose.z_number)).where(DayClose.device_id == action.desk.device)).scalar()
    closed = Closed(
        new_id(),
        (last or 0) + 1,
        opened.business_day,
        action.now,
        action.actor.name,
        opened.cash_cents,
        counted_cents,
        difference,
        left_cents,
        clean,
        report,
    )
    append(
        session,
        DayClose,
        [
            {
                "id": closed.id,
                "shop_id": action.desk.shop,
                "session_id": opened.session_id,
                "device_id": action.desk.device,
                "z_number": closed.z_number,
                "business_day": closed.business_day,
                "closed_at": closed.closed_at,
                "member_id": action.actor.id,
                "member_name": closed.member_name,
                "expected_cents": closed.expected_cents,
                "counted_cents": counted_cents,
                "difference_cents": difference,
                "left_cents": left_cents,
                "reason": clean,
                "report": _plain(report),
            }
        ],
    )
    return closed


def list_closes(session: Session, action: Action) -> list[Closed]:
    """The closes of this desk, the newest first, at most 256, with their reports as they were stored."""
    action.actor.require(Permission.CLOSE_DAY)
    rows = session.execute(
        select(DayClose).where(DayClose.device_id == action.desk.device).order_by(DayClose.z_number.desc()).limit(256)
    ).scalars()
    return [
        Closed(
            row.id,
            row.z_number,
            row.business_day,
            row.closed_at,
            row.member_name,
            row.expected_cents,
            row.counted_cents,
            row.difference_cents,
            row.left_cents,
            row.reason,
            _restore(row.report),
        )
        for row in rows
    ]


def _report(session: Session, action: Action, session_id: UUID) -> TillReport:
    opened = session.execute(
        select(TillSession.business_day, TillSession.opened_at).where(TillSession.id == session_id)
    ).one()
    numbers = session.execute(
        select(Invoice.kind, Invoice.number, Invoice.member_mark, Invoice.total_cents)
        .where(Invoice.session_id == session_id)
        .order_by(Invoice.id)
    ).all()
    of_session = Invoice.session_id == session_id
    vat = session.execute(
        select(
            InvoiceVat.category,
            InvoiceVat.rate,
            func.sum(InvoiceVat.net_cents),
            func.sum(InvoiceVat.tax_cents),
            func.sum(InvoiceVat.gross_cents),
        )
        .join(Invoice, Invoice.id == InvoiceVat.invoice_id)
        .where(of_session)
        .group_by(InvoiceVat.category, InvoiceVat.rate)
        .order_by(InvoiceVat.rate.desc(), InvoiceVat.category)
    )
    means = session.execute(
        select(InvoicePayment.means, func.sum(InvoicePayment.cents))
        .join(Invoice, Invoice.id == InvoicePayment.invoice_id)
        .where(of_session)
        .group_by(InvoicePayment.means)
        .order_by(InvoicePayment.means)
    )
    tips = session.execute(
        select(Tip.means, func.sum(Tip.cents)).where(Tip.session_id == session_id).group_by(Tip.means)
    )
    cash = session.execute(
        select(CashMovement.kind, func.sum(CashMovement.cents))
        .where(CashMovement.session_id == session_id)
        .group_by(CashMovement.kind)
    )
    by_kind = dict(cash.all())
    people: dict[str, list[int]] = {}
    for _, _, mark, cents in numbers:
        people.setdefault(mark, []).append(cents)
    return TillReport(
        session_id=session_id,
        business_day=opened.business_day,
        opened_at=opened.opened_at,
        at=action.now,
        invoices=sum(1 for row in numbers if row.kind == Kind.SALE),
        credit_notes=sum(1 for row in numbers if row.kind == Kind.CREDIT_NOTE),
        first_number=numbers[0].number if numbers else "",
        last_number=numbers[-1].number if numbers else "",
        turnover_cents=sum(row.total_cents for row in numbers),
        vat=tuple(VatTurnover(*row) for row in vat),
        means=dict(means.all()),
        people=tuple(PersonTurnover(mark, len(people[mark]), sum(people[mark])) for mark in sorted(people)),
        tips=dict(tips.all()),
        cash=by_kind,
        cash_cents=sum(by_kind.values()),
        open_bills=len(list_open_bills(session, action)),
    )


def _plain(report: TillReport) -> dict[str, Any]:
    plain = asdict(report)
    plain["session_id"] = report.session_id.hex
    for name in ("business_day", "opened_at", "at"):
        plain[name] = plain[name].isoformat()
    return plain


def _restore(plain: Mapping[str, Any]) -> TillReport:
    return TillReport(
        **{
            **plain,
            "session_id": UUID(plain["session_id"]),
            "business_day": date.fromisoformat(plain["business_day"]),
            "opened_at": datetime.fromisoformat(plain["opened_at"]),
            "at": datetime.fromisoformat(plain["at"]),
            "vat": tuple(VatTurnover(**one) for one in plain["vat"]),
            "people": tuple(PersonTurnover(**one) for one in plain["people"]),
        }
    )
