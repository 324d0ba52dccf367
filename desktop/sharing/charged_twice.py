"""Visits and bills with more than one receipt that stands: charged at two desks that did not hear of each other.

Both documents stand; the correction is a credit note of one of them (ZDavPR art. 2(3)), or a person says that both are right.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from desktop.action import Action
from desktop.ids import natural_id
from desktop.register.model import NumberSeries
from desktop.sales.model import Invoice, InvoiceLine, InvoicePayment
from desktop.sharing.conflict import Conflict, ConflictKind, Fact, Side, Standing
from desktop.sharing.desks import DeskName, Origin, made_by
from desktop.sharing.settled import settled_subjects
from desktop.sharing.values import Amount, Plain, Several, Value, Word
from fiscal.port import Kind

PAGE = 256


def twice_charged(session: Session, action: Action, since: datetime | None = None) -> dict[UUID, list[Any]]:
    """Standing receipts of one visit or bill, the earliest first, by the subject of their conflict.

    `since`: one of them was issued after it; None for all of them, which reads an entry of each receipt. The subject is made of the receipts: those that somebody settled are left out, and a further receipt asks anew.
    """
    groups: dict[UUID, list[Any]] = {}
    for row in _standing(session, action, since):
        groups.setdefault(row.visit_id or row.bill_id, []).append(row)
    settled = settled_subjects(session, action, ConflictKind.CHARGED_TWICE)
    several = {
        natural_id(charged, "receipts", *sorted(row.id.hex for row in rows)): rows
        for charged, rows in groups.items()
        if len(rows) > 1
    }
    return {subject: rows for subject, rows in several.items() if subject not in settled}


def _standing(session: Session, action: Action, since: datetime | None) -> Iterable[Any]:
    """Receipts of visits and bills that have several documents, as far as they were not credited whole."""
    several = [_several(session, column, since) for column in (Invoice.bill_id, Invoice.visit_id)]
    if not any(several):
        return []
    query = (
        select(Invoice.id, Invoice.visit_id, Invoice.bill_id, Invoice.issued_at, Invoice.total_cents)
        .where(
            Invoice.bill_id.in_(several[0][:PAGE]) | Invoice.visit_id.in_(several[1][:PAGE]),
            Invoice.shop_id == action.desk.shop,
            Invoice.kind == Kind.SALE.value,
        )
        .order_by(Invoice.issued_at, Invoice.id)
    )
    rows = session.execute(query).all()
    sums = session.execute(
        select(Invoice.corrects, func.sum(Invoice.total_cents))
        .where(Invoice.corrects.in_([row.id for row in rows]))
        .group_by(Invoice.corrects)
    )
    credited = {row[0]: int(row[1]) for row in sums}
    return [row for row in rows if row.total_cents + credited.get(row.id, 0) > 0]


def _several(
    session: Session, column: InstrumentedAttribute[UUID | None], since: datetime | None
) -> Sequence[UUID | None]:
    """The bills or visits with more than one document."""
    if since is None:
        query = select(column).where(column.is_not(None)).group_by(column).having(func.count() > 1)
    else:
        other = aliased(Invoice)
        same = (getattr(other, column.key) == column) & (other.id != Invoice.id)
        query = select(column).where(Invoice.issued_at > since, column.is_not(None), exists().where(same)).distinct()
    return session.scalars(query).all()


def charge_conflicts(session: Session, action: Action) -> list[Conflict]:
    """A conflict for each visit or bill with more than one standing receipt; the latest one waits."""
    found = []
    for subject, rows in list(twice_charged(session, action).items())[:PAGE]:
        latest, *earlier = [session.get_one(Invoice, row.id) for row in reversed(rows)]
        sides = [_side(session, action, latest, Standing.WAITS)]
        sides += [_side(session, action, one, Standing.HOLDS) for one in earlier]
        about = (Plain(latest.snapshot["customer"] or ""), Amount(latest.total_cents))
        found.append(Conflict(ConflictKind.CHARGED_TWICE, subject, latest.issued_at, tuple(sides), about, "invoice"))
    return found


def _side(session: Session, action: Action, invoice: Invoice, standing: Standing) -> Side:
    lines = session.scalars(
        select(InvoiceLine.name).where(InvoiceLine.invoice_id == invoice.id).order_by(InvoiceLine.position)
    )
    paid = session.execute(
        select(InvoicePayment.means, InvoicePayment.cents).where(InvoicePayment.invoice_id == invoice.id)
    )
    payments: list[Value] = []
    for means, cents in paid:
        payments += [Word(f"sales.means.{means}", means), Amount(cents)]
    facts = (
        Fact("number", Plain(invoice.number)),
        Fact("customer", Plain(invoice.snapshot["customer"] or "")),
        Fact("service", Several(tuple(Plain(name) for name in lines))),
        Fact("total", Amount(invoice.total_cents)),
        Fact("paid", Several(tuple(payments))),
    )
    here = session.scalars(
        select(NumberSeries.id).where(
            NumberSeries.device_id == action.desk.device, NumberSeries.device_code == invoice.device
        )
    ).first()
    made = made_by(session, action, "invoice", invoice.id)
    origin = Origin(
        made.by if made is not None else invoice.member_mark,
        invoice.issued_at,
        DeskName(invoice.device, here=here is not None),
    )
    return Side(invoice.id, origin, standing, facts)
