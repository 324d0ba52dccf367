"""The bill of a visit: what was booked and done, at the price that was agreed, with the VAT of the catalogue."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.booking import find_visit
from desktop.appointments.entries import VisitItem, shown_visit
from desktop.appointments.slots import FREEING
from desktop.catalogue.services import read_services
from desktop.catalogue.vat import vat_of
from desktop.errors import Refused
from desktop.sales.bills import LineEntry, open_bill
from desktop.sales.items import line_of_item
from desktop.sales.model import Invoice
from desktop.sales.open_bills import BillView

#: The rate of what stands in no catalogue: the general one (ZDDV-1 art. 41(1)).
GENERAL = "standard"


def open_bill_for_visit(session: Session, action: Action, visit_id: UUID) -> BillView:
    """Opens the bill of a visit, or returns the one that is open already.

    A line for each item, in their order, with who does it; a price of 0 at booking means: the catalogue's. Raises
    `Refused` ``appointments.not_found``, ``sales.visit_over`` (cancelled or missed), ``sales.visit_charged`` while an
    invoice of the visit stands that was not credited.
    """
    action.actor.require(Permission.CHARGE)
    visit = shown_visit(find_visit(session, action, visit_id))
    if visit.status in FREEING:
        raise Refused("sales.visit_over", status=visit.status)
    charged = session.execute(select(func.sum(Invoice.total_cents)).where(Invoice.visit_id == visit_id)).scalar()
    if charged:
        raise Refused("sales.visit_charged", total_cents=charged)
    lines = [_line(session, action, item) for item in visit.items]
    return open_bill(
        session,
        action,
        customer_id=visit.customer_id,
        customer_name=visit.customer_name,
        visit_id=visit_id,
        lines=lines,
    )


def _line(session: Session, action: Action, item: VisitItem) -> LineEntry:
    agreed = item.price_cents or None
    if item.service_id is not None and read_services(session, action, [item.service_id]):
        return line_of_item(session, action, "service", item.service_id, member_id=item.member_id, price_cents=agreed)
    vat = vat_of(session, action, GENERAL)
    return LineEntry(
        "free", item.name, item.price_cents, vat.category, vat.rate, clause=vat.clause, member_id=item.member_id
    )
