"""The counter against real servers: a sale is signed, reported, confirmed and printed, and survives what the world does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from desktop.errors import InvalidInput, Refused
from desktop.register.fiscal_line import add_certificate, fiscal_backlog, list_certificates, set_fiscal_line
from desktop.register.printers import PrinterEntry, set_printer
from desktop.sales.check_out import CheckOut
from desktop.sales.credit import Credit
from desktop.sales.issuing import Issued, Paid
from desktop.services.counter import Counter, Settled
from desktop.services.fiscal import FiscalState
from fiscal.port import Means, Status
from fiscal.slovenia.standin.certificates import Authority, Identity
from fiscal.slovenia.standin.faults import Fault
from fiscal.slovenia.standin.server import StandIn
from printing.spooler import SpoolChange
from printing.virtual import Faults, VirtualPrinter
from tests.desktop.salon import Salon, service


class Secrets:
    """A secret store in memory: the store's own files are tested with the database."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def put(self, name: str, secret: str) -> None:
        self.kept[name] = secret

    def delete(self, name: str) -> None:
        self.kept.pop(name, None)


class Running:
    """A counter that runs, with what it told."""

    def __init__(self, salon: Salon, furs: StandIn, taxpayer: Identity, printer: VirtualPrinter, locks: Path) -> None:
        self.salon, self.furs = salon, furs
        desk = salon.desk
        desk.clock.set(taxpayer.certificate.not_valid_before_utc + timedelta(days=2))
        self.secrets = Secrets()
        desk.write(set_fiscal_line, furs.url, furs.authority.anchors_pem)
        p12 = taxpayer.pkcs12("geslo", issuer=furs.authority.tax_ca)
        desk.write(add_certificate, p12, "geslo", self.secrets)
        desk.write(set_printer, PrinterEntry(printer.address, "epson-tm-80"))
        self.told: list[Settled] = []
        self.prints: list[SpoolChange] = []
        self.on_fiscal: Callable[[], object] = lambda: None
        self.counter = self.make()

    def make(self) -> Counter:
        return Counter(
            self.salon.desk.database,
            self.secrets,
            on_settled=self.told.append,
            on_fiscal=lambda known: self.on_fiscal(),
            on_print=self.prints.append,
        )

    async def sell(self) -> Issued:
        bill = self.salon.bill(service())
        request = CheckOut(bill.id, 34_00, (Paid(Means.CASH, 34_00, 40_00),))
        return await self.counter.charge(self.salon.owner, request)


@pytest.fixture
async def running(
    salon: Salon, furs: StandIn, taxpayer: Identity, printer: VirtualPrinter, tmp_path: Path
) -> AsyncIterator[Running]:
    running = Running(salon, furs, taxpayer, printer, tmp_path)
    async with started(running):
        yield running


@asynccontextmanager
async def started(running: Running) -> AsyncIterator[Counter]:
    from desktop.register.till import open_till
    from desktop.sales.closing import close_day

    running.salon.desk.write(close_day, 100_00, 100_00)
    running.salon.desk.write(open_till, 100_00)
    await running.counter.start()
    await running.counter.fiscal.register_premise()
    yield running.counter
    await running.counter.shutdown()


async def test_a_sale_is_confirmed_and_printed_with_its_confirmation(running: Running, printer: VirtualPrinter) -> None:
    issued = await running.sell()
    assert await running.counter.settled()
    [told] = running.told
    assert told.confirmation is not None
    assert told.confirmation.status is Status.CONFIRMED
    [paper] = printer.sheets
    assert issued.number in paper.text
    assert str(told.confirmation.confirmation) in paper.text
    assert printer.kicks
    assert (await running.counter.fiscal.status()).state is FiscalState.WORKS
    assert [one.eor for one in running.furs.accepted] == [told.confirmation.confirmation]


async def test_without_an_answer_the_paper_comes_without_it_and_the_report_goes_later(
    running: Running, printer: VirtualPrinter
) -> None:
    running.furs.plan(Fault.RESET_BEFORE, times=1)
    await running.sell()
    assert await running.counter.settled()
    assert "EOR: še ni dodeljen" in printer.sheets[0].text
    left = await running.counter.fiscal.retry_pending()
    assert (left.confirmed, left.pending) == (1, 0)
    assert running.furs.accepted[-1].invoice["SubsequentSubmit"] is True
    copy = await running.counter.print_again(running.salon.owner, running.told[0].invoice_id)
    assert await running.counter.settled()
    assert copy == 1
    assert "KOPIJA 1" in printer.sheets[1].text
    assert "še ni dodeljen" not in printer.sheets[1].text


async def test_a_lost_reply_makes_no_second_number(running: Running) -> None:
    running.furs.plan(Fault.RESET_AFTER, times=1)
    first = await running.sell()
    second = await running.sell()
    assert await running.counter.settled()
    await running.counter.fiscal.retry_pending()
    numbers = {one.invoice["InvoiceIdentifier"]["InvoiceNumber"] for one in running.furs.accepted}
    assert numbers == {first.number.rsplit("-", 1)[1], second.number.rsplit("-", 1)[1]}
    assert running.salon.desk.read(fiscal_backlog).waiting == 0


async def test_a_credit_note_reaches_the_authority_with_its_reference(running: Running) -> None:
    issued = await running.sell()
    await running.counter.credit(running.salon.owner, Credit(issued.id, "napaka"))
    assert await running.counter.settled()
    note = running.furs.accepted[-1].invoice
    assert note["InvoiceAmount"] == -34
    [reference] = note["ReferenceInvoice"]
    assert reference["ReferenceInvoiceIdentifier"]["InvoiceNumber"] == issued.number.rsplit("-", 1)[1]


async def test_a_held_paper_of_a_crash_is_released_at_the_next_start(running: Running, printer: VirtualPrinter) -> None:
    from desktop.sales.check_out import check_out

    bill = running.salon.bill(service())
    request = CheckOut(bill.id, 34_00, (Paid(Means.CARD, 34_00),))
    counter = running.counter
    running.salon.desk.write(check_out, request, counter.fiscal.register, counter.printers.name)  # and then: dead
    await counter.shutdown()
    running.counter = running.make()
    found = await running.counter.start()
    assert len(found.held) == 1
    assert await running.counter.release_held() == 1
    assert await running.counter.settled()
    await running.counter.shutdown()
    [paper] = printer.sheets
    assert "EOR: " in paper.text
    assert "še ni dodeljen" not in paper.text


async def test_a_printer_without_paper_keeps_the_job_and_the_sale_goes_on(
    running: Running, printer: VirtualPrinter
) -> None:
    printer.faults = Faults(paper_out=True)
    await running.sell()
    await asyncio.sleep(0.3)
    assert printer.sheets == []
    assert running.told
    printer.faults = Faults()
    running.counter.printers.wake()
    assert await running.counter.settled(20)
    assert len(printer.sheets) == 1


def test_what_cannot_be_a_certificate_is_refused_in_words(
    salon: Salon, taxpayer: Identity, certificates: Authority
) -> None:
    p12 = taxpayer.pkcs12("geslo", issuer=certificates.tax_ca)
    other = certificates.taxpayer("10059865").pkcs12("geslo", issuer=certificates.tax_ca)
    salon.desk.clock.set(taxpayer.certificate.not_valid_before_utc + timedelta(days=2))
    for data, password, field, code in (
        (p12, "napačno", "password", "fiscal.wrong_password"),
        (p12[:100], "geslo", "certificate", "fiscal.torn_file"),
        (b"", "geslo", "certificate", "fiscal.torn_file"),
        (other, "geslo", "certificate", "fiscal.wrong_tax_number"),
    ):
        with pytest.raises(InvalidInput) as refusal:
            salon.desk.write(add_certificate, data, password, Secrets())
        assert (refusal.value.field, refusal.value.code) == (field, code)
    assert salon.desk.read(list_certificates) == []


def test_practice_never_meets_production(salon: Salon) -> None:
    with pytest.raises(InvalidInput) as refusal:
        salon.desk.write(set_fiscal_line, "https://blagajne.fu.gov.si:9003", None)
    assert (refusal.value.field, refusal.value.code) == ("url", "fiscal.wrong_mode")


async def test_without_a_line_a_sale_is_refused_with_the_way_out(salon: Salon) -> None:
    counter = Counter(
        salon.desk.database, Secrets(), on_settled=lambda s: None, on_fiscal=lambda k: None, on_print=lambda c: None
    )
    await counter.start()
    bill = salon.bill(service())
    with pytest.raises(Refused, match=r"fiscal\.no_certificate"):
        await counter.charge(salon.owner, CheckOut(bill.id, 34_00, (Paid(Means.CASH, 34_00),)))
    assert (await counter.fiscal.status()).state is FiscalState.NO_CERTIFICATE
    with pytest.raises(Refused, match=r"register\.no_line"):
        await counter.fiscal.retry_pending()
    await counter.shutdown()
