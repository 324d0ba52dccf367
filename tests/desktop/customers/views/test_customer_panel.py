"""A customer's panel: a new one becomes that customer's when it is saved, and phones are shown as people write them."""

from __future__ import annotations

from collections.abc import Callable

from desktop.access import Actor
from desktop.customers.birthday import Birthday
from desktop.customers.customers import CustomerEntry, add_customer, show_customer
from desktop.customers.search import search_customers
from desktop.customers.views.customers_page import CustomerPanel
from desktop.widgets.fields import text_of
from tests.desk import TestDesk
from tests.desktop.screen import Screen, button, error_of, field, screen_of, texts, type_into, until

__all__ = ["screen_of"]


async def test_a_new_customer_who_is_saved_has_a_name_and_a_history(
    desk: TestDesk, screen_of: Callable[[TestDesk, Actor], Screen]
) -> None:
    screen = screen_of(desk, desk.owner)
    say = screen.context.say
    panel = screen.show(CustomerPanel(screen.context, None))
    assert say("customers.view.remove") not in texts(panel)
    type_into((await field(panel, "first_name")).editor, "Đurđa")
    type_into((await field(panel, "last_name")).editor, "Žagar")
    button(panel, say("shell.save")).click()
    await until(lambda: say("customers.view.remove") in texts(panel), "what can be done with a stored customer")
    assert panel.title.text() == "Đurđa Žagar"
    assert texts(panel).count(say("shell.save")) == 1
    button(panel, say("shell.save")).click()
    await screen.context.read(search_customers, "")
    assert len(desk.read(search_customers, "Žagar")) == 1


async def test_a_phone_is_shown_as_people_write_it_and_stays_the_same_when_saved(
    desk: TestDesk, screen_of: Callable[[TestDesk, Actor], Screen]
) -> None:
    kept = desk.write(add_customer, CustomerEntry("Nuša", "Žagar", phones=("041 555 283",))).customer
    screen = screen_of(desk, desk.owner)
    panel = screen.show(CustomerPanel(screen.context, kept.id))
    assert text_of(await field(panel, "phones")) == "041 555 283"
    type_into((await field(panel, "alert")).editor, "Alergija")
    before = len(desk.changes)
    button(panel, screen.context.say("shell.save")).click()
    await until(lambda: len(desk.changes) > before, "saved")
    assert "customer" in desk.changes[-1].rows
    assert "customer_phone" not in desk.changes[-1].rows


async def test_a_birthday_is_kept_and_a_wrong_one_is_said_at_its_field(
    desk: TestDesk, screen_of: Callable[[TestDesk, Actor], Screen]
) -> None:
    kept = desk.write(add_customer, CustomerEntry("Nuša", "Žagar")).customer
    screen = screen_of(desk, desk.owner)
    panel = screen.show(CustomerPanel(screen.context, kept.id))
    birthday = await field(panel, "birthday")
    type_into(birthday.editor, "31. 2. 1985")
    button(panel, screen.context.say("shell.save")).click()
    await until(lambda: error_of(birthday), "the error")
    assert text_of(birthday) == "31. 2. 1985"
    type_into(birthday.editor, "12.3.1985")
    button(panel, screen.context.say("shell.save")).click()
    await until(lambda: desk.read(show_customer, kept.id).entry.birthday, "the birthday")
    assert desk.read(show_customer, kept.id).entry.birthday == Birthday(12, 3, 1985)
    again = screen.show(CustomerPanel(screen.context, kept.id))
    assert text_of(await field(again, "birthday")) == "12. 3. 1985"
