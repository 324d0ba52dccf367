"""One day in the salon, told from the opening to the close."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import time
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy.orm import Session

from desktop.__main__ import main
from desktop.action import Action
from desktop.appointments.booking import book_visit
from desktop.appointments.claiming import FreePlace
from desktop.appointments.entries import ItemEntry, ShownVisit, VisitEntry
from desktop.appointments.moving import move_visit
from desktop.appointments.progress import next_step
from desktop.clock import to_local
from desktop.errors import InvalidInput, Refused
from desktop.inventory.movements import level_of
from desktop.register.till import move_cash, open_till
from desktop.sales.bills import LineEntry, add_line, discard_bill, open_bill, park_bill, set_discount, take_over_bill
from desktop.sales.check_out import CheckOut
from desktop.sales.closing import close_day, x_report
from desktop.sales.credit import Credit
from desktop.sales.from_visit import open_bill_for_visit
from desktop.sales.invoices import show_invoice
from desktop.sales.issuing import Paid, Tipped
from desktop.sales.items import line_of_item
from desktop.sales.open_bills import BillView, list_open_bills
from desktop.sales.pricing import Discount
from fiscal.port import Means
from fiscal.slovenia.standin.certificates import Authority
from fiscal.slovenia.standin.faults import Fault
from fiscal.slovenia.standin.server import StandIn
from printing.decoder.machine import Model
from printing.virtual import Faults, VirtualPrinter
from tests.scenarios.house import LJUBLJANA, House

CUT, SHAMPOO, TEA = "Žensko striženje", "Šampon za suhe lase 250 ml", "Zeliščni čaj"


@pytest.fixture
async def house(tmp_path: Path, certificates: Authority) -> AsyncIterator[House]:
    with StandIn(certificates) as furs, VirtualPrinter(Model(), Faults()) as printer:
        house = House(tmp_path / "data", furs, printer)
        await house.start()
        yield house
        await house.stop()


async def cut(house: House, at: time, place: int, customer: str) -> ShownVisit:
    service, person = house.salon.services[CUT], house.salon.practitioners[place]
    item = ItemEntry(CUT, person.id, 45, service.price_of(person.id), service.id)
    day = to_local(house.clock.now(), LJUBLJANA).date()
    entry = VisitEntry((item,), day, at, customer_name=customer)
    return (await house.do(house.salon.reception, book_visit, entry)).visit


async def entry(house: House, name: str) -> LineEntry:
    return await house.see(house.salon.reception, line_of_item, "product", house.salon.products[name].id)


async def free_bill(house: House, name: str) -> BillView:
    return await house.do(house.salon.reception, open_bill, lines=[await entry(house, name)])


def nearest_of(refusal: Refused) -> tuple[FreePlace, ...]:
    nearest = refusal.values["nearest"]
    assert isinstance(nearest, tuple)
    return nearest


def line_ids(session: Session, action: Action, invoice_id: UUID) -> list[UUID]:
    return [one.line.id for one in show_invoice(session, action, invoice_id).lines]


async def test_a_day(house: House) -> None:
    špela, maja = house.salon.reception, house.salon.owner
    today = to_local(house.clock.now(), LJUBLJANA).date()

    # Half past seven. Nothing can be sold before the till is open; Špela counts the float and opens it.
    early = await free_bill(house, TEA)
    with pytest.raises(Refused, match=r"register\.not_open"):
        await house.charge(špela, early, Paid(Means.CASH, 4_50))
    await house.do(špela, discard_bill, early.id)
    await house.do(špela, open_till, 100_00)

    # Two people call for the same hour at Nuša's; the second is told what is free instead and takes it.
    house.at("8:00")
    first = await cut(house, time(10), 0, "Čarna Žagar")
    with pytest.raises(Refused, match=r"appointments\.slot_taken") as taken:
        await cut(house, time(10, 15), 0, "Jörg Großmann")
    [place, *_] = nearest_of(taken.value)
    free = to_local(place.starts_at, LJUBLJANA).time()
    second = await cut(house, free, 0, "Jörg Großmann")
    with pytest.raises(Refused, match=r"appointments\.slot_taken"):
        await house.do(špela, move_visit, second.id, today, time(10, 30))

    # Čarna comes, is served, buys a shampoo as well and pays half in cash, half by card, with a tip for Nuša.
    house.at("10:00")
    for _ in ("arrived", "in service"):
        await house.do(špela, next_step, first.id)
    house.at("10:50")
    bill = await house.do(špela, open_bill_for_visit, first.id)
    bill = await house.do(špela, add_line, bill.id, await entry(house, SHAMPOO))
    payments = (Paid(Means.CASH, 25_00, 50_00), Paid(Means.CARD, bill.priced.total_cents - 25_00))
    čarna = await house.charge(
        špela, bill, *payments, tips=(Tipped(Means.CARD, 3_00, house.salon.practitioners[0].id),)
    )
    await house.do(špela, next_step, first.id)
    [paper] = house.papers(čarna)
    assert čarna.change_cents == 25_00
    assert "EOR: " in paper
    assert "Vračilo" in paper
    assert "Čarna Žagar" in paper
    assert await house.see(špela, level_of, house.salon.products[SHAMPOO].id) == 99_000

    # At noon the authority does not answer. The queue moves on: the receipt comes without the confirmation and goes later.
    house.at("12:00")
    house.furs.plan(Fault.RESET_BEFORE, times=1)
    noon = await house.charge(špela, await free_bill(house, SHAMPOO), Paid(Means.CARD, 16_90))
    assert "še ni dodeljen" in house.papers(noon)[0]
    left = await house.counter.fiscal.retry_pending()
    assert (left.confirmed, left.pending) == (1, 0)
    assert house.furs.accepted[-1].invoice["SubsequentSubmit"] is True

    # Jörg is in a hurry and the printer has no paper: he is charged, and the paper comes when there is some.
    house.at("12:30")
    house.printer.faults = Faults(paper_out=True)
    for _ in ("arrived", "in service"):
        await house.do(špela, next_step, second.id)
    jörg_bill = await house.do(špela, open_bill_for_visit, second.id)
    with pytest.raises(InvalidInput, match=r"entry\.required"):  # a discount needs a reason
        await house.do(špela, set_discount, jörg_bill.id, Discount(points=1000))
    jörg_bill = await house.do(špela, set_discount, jörg_bill.id, Discount(points=1000, reason="čakal je"))
    jörg = await house.hurried(špela, jörg_bill, Paid(Means.CASH, 30_60))
    assert house.papers(jörg) == []
    house.printer.faults = Faults()
    house.counter.printers.wake()
    assert await house.counter.settled(20)
    assert len(house.papers(jörg)) == 1

    # He comes back: it should have been the card. One command sets it right: a credit note and a new receipt.
    corrected = await house.counter.change_means(maja, jörg.id, (Paid(Means.CARD, 30_60),), "napačno plačilno sredstvo")
    assert await house.counter.settled()
    assert corrected.credit_note.total_cents == -30_60
    assert jörg.number in house.papers(corrected.credit_note)[0]

    # A bill is parked; the program is ended and started again; Maja finds the bill and takes it over.
    parked = await free_bill(house, TEA)
    await house.do(špela, park_bill, parked.id, "gospa v čakalnici")
    await house.restart()
    [found] = await house.see(maja, list_open_bills)
    assert found.label == "gospa v čakalnici"
    taken_over = await house.do(maja, take_over_bill, found.id)
    tea = await house.charge(maja, taken_over, Paid(Means.TRANSFER, 4_50))
    with pytest.raises(Refused, match=r"sales\.already_charged"):
        await house.counter.charge(maja, CheckOut(taken_over.id, 4_50, (Paid(Means.CASH, 4_50),)))

    # Čarna brings the shampoo back; a copy of her receipt is printed for her.
    house.at("16:00")
    view = await house.see(maja, line_ids, čarna.id)
    note = await house.counter.credit(maja, Credit(čarna.id, "razlita steklenička", {view[-1]: 1000}, Means.CASH))
    assert await house.counter.print_again(špela, čarna.id) == 1
    assert await house.counter.settled()
    assert await house.see(špela, level_of, house.salon.products[SHAMPOO].id) == 99_000
    assert sum("KOPIJA 1" in paper for paper in house.papers(čarna)) == 1

    # Evening. The cleaner is paid from the drawer, the X report agrees with it, and the count is ten cents short.
    house.at("20:00")
    await house.do(špela, move_cash, -20_00, "čistilo")
    report = await house.see(špela, x_report)
    expected = 100_00 + 25_00 + 30_60 - 30_60 - 16_90 - 20_00
    assert report.cash_cents == expected
    assert report.turnover_cents == čarna.total_cents + 16_90 + 30_60 + 4_50 - 16_90
    assert report.tips == {"card": 3_00}
    assert (report.first_number, report.last_number) == (čarna.number, note.number)
    with pytest.raises(InvalidInput, match=r"entry\.required"):
        await house.do(špela, close_day, expected - 10, 80_00)
    closed = await house.do(špela, close_day, expected - 10, 80_00, "deset centov manjka")
    assert (closed.z_number, closed.difference_cents) == (1, -10)
    assert tea.number.endswith("-6")

    # The authority has every receipt of the day once, and the database is sound.
    sent = [one.invoice["InvoiceIdentifier"]["InvoiceNumber"] for one in house.furs.accepted if one.eor]
    assert sorted(map(int, sent)) == list(range(1, 8))
    assert main(["verify", "--data-dir", str(house.place.directory)]) == 0
