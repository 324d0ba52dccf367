"""Charging a bill on the screen: F9 takes cash, the panel after it says the number; what is wrong is said at its field."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from desktop.catalogue.products import ProductEntry, add_product
from desktop.catalogue.vat import set_up_vat_rates
from desktop.customers.customers import CustomerEntry, add_customer, remove_customer
from desktop.sales.bills import open_bill, park_bill
from desktop.sales.issuing import Issued
from desktop.sales.open_bills import list_open_bills
from desktop.sales.views.checkout_panel import CheckoutPanel
from desktop.sales.views.issued_panel import IssuedPanel
from desktop.services.counter import Counter
from fiscal.port import Means
from tests.desktop.salon import Salon, service
from tests.desktop.screen import Screen, button, error_of, field, texts, type_into, until


async def checkout(salon: Salon, screen: Screen, counter: Counter) -> tuple[CheckoutPanel, list[Issued]]:
    """A shown bill of one service, and the receipts that come of it."""
    bill = salon.bill(service())
    panel = screen.show(CheckoutPanel(screen.context, counter, bill_id=bill.id))
    issued: list[Issued] = []
    panel.issued.connect(issued.append)
    await until(lambda: panel.bill, "the bill")
    return panel, issued


async def test_f9_charges_in_cash_and_the_receipt_says_its_number(
    salon: Salon, screen: Screen, counter: Counter
) -> None:
    panel, issued = await checkout(salon, screen, counter)
    assert "Žensko striženje" in texts(panel)
    assert any("34,00" in words for words in texts(panel))
    assert panel.press("F9")
    await until(lambda: issued, "the receipt")
    after = screen.show(IssuedPanel(screen.context, counter, issued[0].id))
    await until(lambda: any(issued[0].number in words for words in texts(after)), "the number")
    assert any("34,00" in words for words in texts(after))
    assert screen.said == []


async def test_pressing_twice_charges_once_and_says_nothing_odd(salon: Salon, screen: Screen, counter: Counter) -> None:
    panel, issued = await checkout(salon, screen, counter)
    panel.press("F9")
    panel.press("F10")
    await until(lambda: issued, "the receipt")
    await asyncio.sleep(0.3)
    assert len(issued) == 1
    assert screen.said == []


async def test_a_card_is_taken_by_the_mouse(salon: Salon, screen: Screen, counter: Counter) -> None:
    panel, issued = await checkout(salon, screen, counter)
    QTest.mouseClick(panel._keys.card, Qt.MouseButton.LeftButton)
    await until(lambda: issued, "the receipt")


async def test_too_little_money_is_said_at_its_field_and_what_was_typed_stays(
    salon: Salon, screen: Screen, counter: Counter
) -> None:
    panel, issued = await checkout(salon, screen, counter)
    panel.ask_given()
    given = await field(panel, "given")
    type_into(given.editor, "20")
    button(panel, screen.context.say("sales.checkout.take")).click()
    await until(lambda: error_of(given), "the error")
    assert "14,00" in error_of(given)
    assert given.editor.property("text") == "20"
    assert issued == []
    type_into(given.editor, "50")
    button(panel, screen.context.say("sales.checkout.take")).click()
    await until(lambda: issued, "the receipt")


async def test_enter_in_a_small_form_does_what_its_button_does(salon: Salon, screen: Screen, counter: Counter) -> None:
    panel, _issued = await checkout(salon, screen, counter)
    panel.press("F4")
    percent, reason = await field(panel, "discount"), await field(panel, "discount_reason")
    assert percent.editor.hasFocus()
    type_into(percent.editor, "10")
    type_into(reason.editor, "stalna stranka")
    QTest.keyClick(reason.editor, Qt.Key.Key_Return)
    await until(lambda: panel.rest == 30_60, "the discount")
    assert any("3,40" in words for words in texts(panel))


async def test_a_discount_that_is_no_number_is_refused_at_its_field(
    salon: Salon, screen: Screen, counter: Counter
) -> None:
    panel, _issued = await checkout(salon, screen, counter)
    for name, typed in (("discount", "deset"), ("discount_amount", "5 evrov")):
        panel.ask_discount()
        form = await field(panel, name)
        type_into(form.editor, typed)
        button(panel, screen.context.say("sales.checkout.give")).click()
        await until(lambda form=form: error_of(form), f"the error at {name}")
        assert form.editor.property("text") == typed
    assert panel.rest == 34_00


async def test_a_tip_that_is_no_amount_is_refused_at_its_field(salon: Salon, screen: Screen, counter: Counter) -> None:
    panel, _issued = await checkout(salon, screen, counter)
    panel.ask_tip()
    tip = await field(panel, "tip")
    type_into(tip.editor, "pet")
    button(panel, screen.context.say("sales.checkout.take")).click()
    await until(lambda: error_of(tip), "the error")


async def test_a_part_in_cash_leaves_the_rest(salon: Salon, screen: Screen, counter: Counter) -> None:
    panel, issued = await checkout(salon, screen, counter)
    panel.press("F11")
    cash = await field(panel, "payments")
    assert cash.editor.hasFocus()
    type_into(cash.editor, "34")
    button(panel, screen.context.say("sales.checkout.take")).click()
    await until(lambda: error_of(cash), "the error")
    type_into(cash.editor, "14")
    button(panel, screen.context.say("sales.checkout.take")).click()
    await until(lambda: panel.rest == 20_00, "the rest")
    panel.press("F10")
    await until(lambda: issued, "the receipt")


async def test_more_of_the_same_and_away_with_it(salon: Salon, screen: Screen, counter: Counter) -> None:
    panel, _issued = await checkout(salon, screen, counter)
    button(panel, screen.context.say("sales.checkout.more")).click()
    await until(lambda: panel.rest == 68_00, "two of them")
    button(panel, screen.context.say("sales.checkout.remove")).click()
    await until(lambda: panel.rest == 0, "no line")
    await until(lambda: screen.context.say("sales.checkout.empty") in texts(panel), "the word of an empty bill")
    panel.pay(Means.CASH)
    assert not panel._busy


async def test_an_unknown_code_is_said(salon: Salon, screen: Screen, counter: Counter) -> None:
    panel, _issued = await checkout(salon, screen, counter)
    panel.scanned("3830001112223")
    await until(lambda: screen.said, "the warning")
    [(words, tone)] = screen.said
    assert "3830001112223" in words
    assert tone == "warning"


async def test_a_parked_bill_closes_the_panel(salon: Salon, screen: Screen, counter: Counter) -> None:
    panel, _issued = await checkout(salon, screen, counter)
    closed: list[int] = []
    panel.closed.connect(lambda: closed.append(1))
    panel.press("F8")
    await until(lambda: closed, "the closed panel")


async def test_a_panel_that_is_closed_while_it_loads_complains_of_nothing(
    salon: Salon, screen: Screen, counter: Counter
) -> None:
    issued = salon.sell(service(), service("Barvanje", 60_00))
    for _ in range(3):
        panel = IssuedPanel(screen.context, counter, issued.id)
        panel.show()
        await asyncio.sleep(0)
        panel.deleteLater()
        await asyncio.sleep(0.1)
    assert screen.said == []


async def test_a_bill_on_which_nothing_was_put_does_not_stay_open(
    salon: Salon, screen: Screen, counter: Counter
) -> None:
    panel = screen.show(CheckoutPanel(screen.context, counter))
    await until(lambda: panel.bill, "the bill")
    assert len(salon.desk.read(list_open_bills)) == 1
    panel.hide()
    await until(lambda: not salon.desk.read(list_open_bills), "no open bill")
    assert screen.said == []


async def test_a_bill_can_be_thrown_away_and_brought_back(salon: Salon, screen: Screen, counter: Counter) -> None:
    panel, _ = await checkout(salon, screen, counter)
    closed: list[bool] = []
    panel.closed.connect(lambda: closed.append(True))
    button(panel, "Zavrzi račun").click()
    await until(lambda: closed, "the panel to close")
    assert salon.desk.read(list_open_bills) == []
    thrown = salon.desk.changes[-1]
    assert thrown.name == "sales.discard_bill"
    assert thrown.operation is not None
    salon.desk.database.undo_now(salon.owner, thrown.operation, {})
    assert len(salon.desk.read(list_open_bills)) == 1


async def test_whoever_opens_a_parked_bill_goes_on_with_it(salon: Salon, screen: Screen, counter: Counter) -> None:
    bill = salon.desk.write(open_bill, lines=(service(),), actor=salon.reception)
    salon.desk.write(park_bill, bill.id, "pri oknu", actor=salon.reception)
    panel = screen.show(CheckoutPanel(screen.context, counter, bill_id=bill.id))
    await until(lambda: panel.bill, "the bill")
    [taken] = salon.desk.read(list_open_bills)
    assert (taken.owner_name, taken.parked_at) == (screen.context.person.name, None)


async def test_what_is_scanned_before_the_bill_is_there_comes_onto_it(
    salon: Salon, screen: Screen, counter: Counter
) -> None:
    salon.desk.write(set_up_vat_rates)
    salon.desk.write(add_product, ProductEntry("Šampon", 16_90, "standard", barcode="3830000000017"))
    panel = screen.show(CheckoutPanel(screen.context, counter))
    panel.scanned("3830000000017")
    assert panel.bill is None
    await until(lambda: panel.bill and panel.bill.priced.lines, "the line")
    assert panel.bill is not None
    assert panel.bill.priced.total_cents == 16_90


async def test_the_alert_of_a_customer_is_seen_at_the_desk(salon: Salon, screen: Screen, counter: Counter) -> None:
    made = salon.desk.write(add_customer, CustomerEntry("Ana", "Čeh", alert="alergija na lateks")).customer
    bill = salon.bill(service(), customer_id=made.id, customer_name="Ana Čeh")
    panel = screen.show(CheckoutPanel(screen.context, counter, bill_id=bill.id))
    await until(lambda: "alergija na lateks" in texts(panel), "the alert")
    salon.desk.write(remove_customer, made.id)
    again = screen.show(CheckoutPanel(screen.context, counter, bill_id=bill.id))
    await until(lambda: again.bill, "the bill of a customer who is gone")
    assert screen.said == []


async def test_after_a_small_form_the_search_has_the_focus_again(
    salon: Salon, screen: Screen, counter: Counter
) -> None:
    panel, _ = await checkout(salon, screen, counter)
    panel.activateWindow()
    panel.ask_split()
    part = await field(panel, "payments")
    type_into(part.editor, "20")
    QTest.keyClick(part.editor, Qt.Key.Key_Return)
    await until(lambda: panel.rest == 14_00, "the part to be taken")
    await until(lambda: panel._search.hasFocus(), "the search to have the focus")
