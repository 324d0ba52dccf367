"""From the visit to its bill: the items, who did them, the agreed price, and never charged twice."""

from __future__ import annotations

from datetime import date, time

import pytest

from desktop.appointments.booking import book_visit
from desktop.appointments.entries import ItemEntry, ShownVisit, VisitEntry
from desktop.appointments.progress import cancel_visit
from desktop.catalogue.services import ServiceEntry, add_service, remove_service
from desktop.catalogue.vat import set_up_vat_rates
from desktop.errors import Refused
from desktop.sales.credit import Credit, issue_credit_note
from desktop.sales.from_visit import open_bill_for_visit
from tests.desktop.salon import PRINTER, Salon

TODAY = date(2026, 11, 20)


@pytest.fixture
def visit(salon: Salon) -> ShownVisit:
    salon.desk.write(set_up_vat_rates)
    cut = salon.desk.write(add_service, ServiceEntry("Striženje", 45, 34_00, "reduced")).id
    cream = salon.desk.write(add_service, ServiceEntry("Nega", 30, 20_00, "standard")).id
    who = salon.owner.id
    items = (
        ItemEntry("Striženje", who, 45, 30_00, cut),
        ItemEntry("Nega", salon.reception.id, 30, service_id=cream),
        ItemEntry("Po dogovoru", who, 15, 10_00),
    )
    entry = VisitEntry(items, TODAY, time(10), customer_name="Đurđa Weiß")
    return salon.desk.write(book_visit, entry, outside_hours=True).visit


def test_the_items_become_lines(salon: Salon, visit: ShownVisit) -> None:
    bill = salon.desk.write(open_bill_for_visit, visit.id)
    lines = [one.line for one in bill.priced.lines]
    assert [(line.name, line.unit_cents, line.vat_rate) for line in lines] == [
        ("Striženje", 30_00, 950),  # as agreed
        ("Nega", 20_00, 2200),  # the catalogue's
        ("Po dogovoru", 10_00, 2200),
    ]
    assert [line.member_id for line in lines] == [salon.owner.id, salon.reception.id, salon.owner.id]
    assert (bill.visit_id, bill.customer_name) == (visit.id, "Đurđa Weiß")
    assert salon.desk.write(open_bill_for_visit, visit.id).id == bill.id


def test_a_service_that_left_the_catalogue_is_charged_all_the_same(salon: Salon, visit: ShownVisit) -> None:
    assert visit.items[0].service_id is not None
    salon.desk.write(remove_service, visit.items[0].service_id)
    assert salon.desk.write(open_bill_for_visit, visit.id).priced.lines[0].line.unit_cents == 30_00


def test_a_visit_is_charged_once_until_it_is_credited(salon: Salon, visit: ShownVisit) -> None:
    issued = salon.charge(salon.desk.write(open_bill_for_visit, visit.id))
    with pytest.raises(Refused, match=r"sales\.visit_charged") as refusal:
        salon.desk.write(open_bill_for_visit, visit.id)
    assert refusal.value.values["total_cents"] == 60_00
    salon.desk.write(issue_credit_note, Credit(issued.id, "napaka"), salon.register, PRINTER)
    assert salon.desk.write(open_bill_for_visit, visit.id).priced.total_cents == 60_00


def test_a_cancelled_visit_is_not_charged(salon: Salon, visit: ShownVisit) -> None:
    salon.desk.write(cancel_visit, visit.id, "bolezen")
    with pytest.raises(Refused, match=r"sales\.visit_over"):
        salon.desk.write(open_bill_for_visit, visit.id)
