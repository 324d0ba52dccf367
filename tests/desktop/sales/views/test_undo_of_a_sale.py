"""Undo after charging is no dead end: what was issued stays, and the question for the credit note stands ready."""

from __future__ import annotations

from desktop.customers.customers import CustomerEntry, add_customer
from desktop.customers.search import search_customers
from desktop.sales.bills import open_bill
from desktop.sales.credit import Credit, issue_credit_note
from desktop.sales.invoices import list_invoices
from desktop.sales.issuing import Issued, Paid
from desktop.sales.views.issued_panel import IssuedPanel
from fiscal.port import Kind, Means
from tests.desktop.sales.views.house import House
from tests.desktop.salon import PRINTER, Salon, service
from tests.desktop.screen import button, field, texts, type_into, until


async def corrected_panel(house: House, issued: Issued) -> IssuedPanel:
    """The panel with the question for the credit note, and the sentence that goes with it."""
    await until(lambda: isinstance(house.window.panel, IssuedPanel), "the panel of the receipt")
    panel = house.window.panel
    assert isinstance(panel, IssuedPanel)
    await field(panel, "reason")
    assert (
        f"Izdanega računa {issued.number} ni mogoče razveljaviti. Popravi ga dobropis.",
        "warning",
    ) in house.screen.said
    return panel


def kinds(salon: Salon) -> list[Kind]:
    return [one.kind for one in salon.desk.read(list_invoices)]


async def test_ctrl_z_after_a_sale_asks_for_the_credit_note(salon: Salon, house: House) -> None:
    issued = salon.sell(service())
    house.pages.undo_last()
    panel = await corrected_panel(house, issued)
    assert kinds(salon) == [Kind.SALE]
    type_into((await field(panel, "reason")).editor, "napačna storitev")
    button(panel, "Izdaj dobropis za 34,00 €").click()
    await until(lambda: house.window.panel is not panel, "the credit note")
    assert set(kinds(salon)) == {Kind.SALE, Kind.CREDIT_NOTE}


async def test_the_undo_bar_after_a_sale_leads_to_the_same_question(salon: Salon, house: House) -> None:
    issued = salon.sell(service())
    await until(lambda: house.window.undo_bar.pending, "the bar")
    assert "Račun izdan." in texts(house.window.undo_bar)
    button(house.window.undo_bar, "Razveljavi").click()
    await corrected_panel(house, issued)


async def test_a_credit_note_stays_and_a_changed_means_leads_to_the_new_receipt(salon: Salon, house: House) -> None:
    issued = salon.sell(service())
    both = await house.counter.change_means(salon.owner, issued.id, (Paid(Means.CARD, 34_00),), "kartica")
    house.pages.undo_last()
    await corrected_panel(house, both.invoice)
    note = salon.desk.write(issue_credit_note, Credit(both.invoice.id, "x"), salon.register, PRINTER)
    house.pages.undo_last()
    said = f"Izdanega dobropisa {note.number} ni mogoče razveljaviti. Po potrebi izdajte nov račun."
    await until(lambda: (said, "warning") in house.screen.said, "the refusal")
    assert len(kinds(salon)) == 4


async def test_what_is_credited_already_is_said_and_not_asked(salon: Salon, house: House) -> None:
    issued = salon.sell(service())
    salon.desk.write(issue_credit_note, Credit(issued.id, "x"), salon.register, PRINTER)
    panel = house.screen.show(IssuedPanel(house.screen.context, house.counter, issued.id, ask_credit=True))
    await until(lambda: house.screen.said, "the sentence")
    assert house.screen.said == [("Vse na tem računu je že dobropisano.", "warning")]
    assert "Natisni znova" in texts(panel)


async def test_undo_passes_over_the_opening_of_a_bill(salon: Salon, house: House) -> None:
    made = salon.desk.write(add_customer, CustomerEntry("Ana", "Čeh")).customer
    salon.desk.write(open_bill)
    house.pages.undo_last()
    await until(lambda: salon.desk.read(search_customers, "ceh") == (), "the customer to go")
    assert made.id is not None
