"""An empty bill leaves no trace, however its panel goes; one with lines waits in the list."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.sales.bills import discard_empty_bills, remove_line
from desktop.sales.open_bills import list_open_bills, open_bills
from desktop.sales.views.checkout_panel import CheckoutPanel
from desktop.services.counter import Counter
from tests.desktop.sales.views.house import House
from tests.desktop.salon import Salon, service
from tests.desktop.screen import button, until


def open_ids(session: Session, action: Action) -> list[UUID]:
    return list(session.execute(open_bills()).scalars())


async def empty_checkout(house: House) -> CheckoutPanel:
    house.pages.press("W")
    panel = house.window.panel
    assert isinstance(panel, CheckoutPanel)
    await until(lambda: panel.bill, "the bill")
    return panel


async def test_closing_the_panel_takes_an_empty_bill_away(salon: Salon, house: House) -> None:
    panel = await empty_checkout(house)
    assert len(salon.desk.read(open_ids)) == 1
    button(panel, "Zapri").click()
    await until(lambda: salon.desk.read(open_ids) == [], "no open bill")


async def test_another_person_finds_no_empty_bill(salon: Salon, house: House) -> None:
    await empty_checkout(house)
    house.window.forget_pages()  # what signing in does
    await until(lambda: salon.desk.read(open_ids) == [], "no open bill")


async def test_quitting_and_a_crash_leave_no_empty_bill(salon: Salon, house: House, counter: Counter) -> None:
    await empty_checkout(house)
    await counter.shutdown()
    assert salon.desk.read(open_ids) == []
    salon.bill()  # and then: dead
    await counter.start()
    assert salon.desk.read(open_ids) == []


async def test_a_bill_with_lines_stays(salon: Salon, house: House, counter: Counter) -> None:
    bill = salon.bill(service())
    emptied = salon.bill(service())
    salon.desk.write(remove_line, emptied.id, emptied.priced.lines[0].line.id)
    assert salon.desk.write(discard_empty_bills, bill.id) == 0
    house.pages._check_out(bill_id=bill.id)
    panel = house.window.panel
    assert isinstance(panel, CheckoutPanel)
    await until(lambda: panel.bill, "the bill")
    button(panel, "Zapri").click()
    await counter.shutdown()
    assert [one.id for one in salon.desk.read(list_open_bills)] == [bill.id]
    assert salon.desk.read(open_ids) == [bill.id]
