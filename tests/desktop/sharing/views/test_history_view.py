"""The history of a record on the screen, and a value that comes back by its button."""

from __future__ import annotations

from dataclasses import replace
from datetime import time
from uuid import UUID

from desktop.appointments.views.visit_panel import VisitPanel
from desktop.catalogue.products import ProductEntry, add_product
from desktop.catalogue.vat import set_up_vat_rates
from desktop.customers.customers import CustomerEntry, add_customer, change_customer, show_customer
from desktop.customers.views.customers_page import CustomerPanel
from desktop.inventory.views.stock_page import ProductPanel
from desktop.sharing.views.history_view import HistoryPanel
from desktop.widgets.panel import Panel
from tests.desk import TestDesk
from tests.desktop.screen import Screen, button, buttons, texts, until
from tests.sync.salon_of_desks import Salon
from tests.sync.two_desks import booked, open_salon

ANA = CustomerEntry("Ana", "Čeh", notes="prva")


def changed(desk: TestDesk, **to: str) -> UUID:
    made = desk.write(add_customer, ANA).customer
    desk.clock.move(minutes=1)
    desk.write(change_customer, made.id, made.entry, replace(made.entry, **to))  # type: ignore[arg-type]  # fields of the entry
    return made.id


def has(panel: Panel, words: str) -> bool:
    return any(one.text() == words for one in buttons(panel))


async def shown(screen: Screen, customer: UUID) -> HistoryPanel:
    panel = screen.show(HistoryPanel(screen.context, "customer", customer, "Ana Čeh"))
    await until(lambda: screen.context.say("audit.customers.change_customer") in texts(panel), "the history")
    return panel


async def test_a_change_is_told_in_words_with_old_and_new(screen: Screen, desks: Salon) -> None:
    panel = await shown(screen, changed(desks.desks[0], notes="druga"))
    seen = texts(panel)
    assert screen.context.say("sharing.field.customer.notes") in seen
    assert "prva → druga" in seen
    assert any(screen.context.say("sharing.view.this_desk") in words for words in seen)


async def test_the_button_brings_the_value_back_and_says_which(screen: Screen, desks: Salon) -> None:
    here = desks.desks[0]
    customer = changed(here, notes="druga")
    panel = await shown(screen, customer)
    notes = screen.context.say("sharing.field.customer.notes")
    words = screen.context.say("sharing.history.back_what", field=notes, value="prva")
    button(panel, words).click()
    await until(lambda: here.read(show_customer, customer).entry.notes == "prva", "the value is back")
    await until(lambda: screen.context.say("audit.sharing.restore_field") in texts(panel), "the history tells it")


async def test_who_may_not_write_customers_has_no_button(screen: Screen, desks: Salon) -> None:
    customer = changed(desks.desks[0], notes="druga")
    screen.context.actor = desks.desks[0].practitioner
    panel = await shown(screen, customer)
    assert not [one for one in buttons(panel) if one.text() == screen.context.say("sharing.history.back")]


async def test_what_lost_says_to_whom(screen: Screen, desks: Salon) -> None:
    here, there = desks.desks
    made = here.write(add_customer, ANA).customer
    desks.settle()
    here.clock.move(minutes=1)
    there.clock.move(minutes=2)
    here.write(change_customer, made.id, made.entry, replace(made.entry, notes="zgodnja"))
    there.write(change_customer, made.id, made.entry, replace(made.entry, notes="pozna"))
    desks.push(there)
    desks.settle()
    panel = await shown(screen, made.id)
    who = f"{there.owner.name} · {screen.context.say('sharing.view.other_desk')}"
    assert screen.context.say("sharing.history.lost", who=who, at="09:02") in texts(panel)


async def test_a_customer_asks_for_the_history(screen: Screen, desks: Salon) -> None:
    customer = changed(desks.desks[0], notes="druga")
    asked: list[tuple[str, UUID, str]] = []
    screen.context.history_wanted.connect(lambda table, row, name: asked.append((table, row, name)))
    panel = screen.show(CustomerPanel(screen.context, customer))
    words = screen.context.say("shell.history")
    await until(lambda: [one for one in buttons(panel) if one.text() == words], "the button")
    button(panel, words).click()
    assert asked == [("customer", customer, "Ana Čeh")]


async def test_a_product_and_a_visit_ask_for_their_history_as_well(screen: Screen, desks: Salon) -> None:
    here = desks.desks[0]
    here.write(set_up_vat_rates)
    product = here.write(add_product, ProductEntry("Šampon", 12_00, "standard"))
    visit = booked(here, open_salon(desks), time(9), "Ana")
    asked: list[tuple[str, UUID, str]] = []
    screen.context.history_wanted.connect(lambda table, row, name: asked.append((table, row, name)))
    words = screen.context.say("shell.history")
    panels: list[Panel] = [ProductPanel(screen.context, product), VisitPanel(screen.context, visit, paid=False)]
    for panel in panels:
        screen.show(panel)
    await until(lambda: all(has(panel, words) for panel in panels), "both buttons")
    for panel in panels:
        button(panel, words).click()
    assert asked == [("product", product.id, "Šampon"), ("visit", visit, "Ana")]
