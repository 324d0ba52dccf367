"""Booking by typing: a name, a service, the place that is offered, done; what is wrong is said and what was typed stays."""

from __future__ import annotations

import asyncio
from datetime import time
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLineEdit

from desktop.appointments.day import DayBlock, day_view
from desktop.appointments.views.booking_panel import BookingPanel
from desktop.customers.customers import CustomerEntry, add_customer
from desktop.customers.search import search_customers
from tests.desktop.appointments.salon import MONDAY, Salon
from tests.desktop.screen import Screen, button, buttons, error_of, field, texts, type_into, until


class Booking:
    """An open panel with the visits that came of it."""

    def __init__(self, salon: Salon, screen: Screen, at: time | None = None, member: UUID | None = None) -> None:
        self.salon, self.screen = salon, screen
        self.panel = screen.show(BookingPanel(screen.context, MONDAY, at=at, member_id=member))
        self.booked: list[UUID] = []
        self.panel.booked.connect(lambda visit, _day: self.booked.append(visit))

    async def ready(self) -> Booking:
        await until(lambda: self.panel._services, "the services")
        return self

    def type(self, where: QLineEdit, text: str) -> None:
        type_into(where, text)

    async def choose(self, where: QLineEdit, text: str) -> None:
        """Types words and takes the first hit by Enter, without waiting for the list."""
        self.type(where, text)
        QTest.keyClick(where, Qt.Key.Key_Return)

    async def offered(self) -> None:
        await until(lambda: self.panel._draft.chosen, "a free place")

    def blocks(self) -> list[DayBlock]:
        view = self.salon.desk.read(day_view, MONDAY)
        return [block for column in view.columns for block in column.blocks]


async def test_a_known_customer_is_booked_by_typing_alone(salon: Salon, screen: Screen) -> None:
    ana = salon.desk.write(
        add_customer, CustomerEntry(first_name="Ana", last_name="Podgoršek", phones=("041 555 283",))
    ).customer
    booking = await Booking(salon, screen).ready()
    panel = booking.panel
    await booking.choose(panel._search, "pod")
    await until(lambda: panel._draft.customer, "the customer")
    assert panel._service.hasFocus()
    await booking.choose(panel._service, "žen")
    await booking.offered()
    panel.commit()
    await until(lambda: booking.booked, "the visit")
    [block] = booking.blocks()
    assert (block.visit_id, block.customer_name) == (booking.booked[0], "Ana Podgoršek")
    assert [item.name for item in block.items] == ["Žensko striženje"]
    assert ana.id is not None
    assert screen.said == []


async def test_the_place_that_was_clicked_is_the_first_one(salon: Salon, screen: Screen) -> None:
    booking = await Booking(salon, screen, time(10, 15), salon.tina).ready()
    await booking.choose(booking.panel._service, "barv")
    await booking.offered()
    assert any("10:15" in words for words in texts(booking.panel))
    booking.panel.commit()
    await until(lambda: booking.booked, "the visit")
    [block] = booking.blocks()
    zone = salon.desk.database.desk.zone
    assert f"{block.starts_at.astimezone(zone):%H:%M}" == "10:15"


async def test_a_place_that_somebody_else_took_is_refused_and_what_was_typed_stays(
    salon: Salon, screen: Screen
) -> None:
    booking = await Booking(salon, screen, time(10, 0), salon.maja).ready()
    type_into(booking.panel._search, "Nova Stranka")
    await booking.choose(booking.panel._service, "žen")
    await booking.offered()
    salon.book("10:00", 30, salon.maja)
    booking.panel.commit()
    await until(lambda: screen.said, "the refusal")
    assert screen.said[0][1] == "danger"
    assert booking.booked == []
    assert booking.panel._search.text() == "Nova Stranka"
    assert len(booking.blocks()) == 1


async def test_a_wrong_number_is_said_at_its_field(salon: Salon, screen: Screen) -> None:
    booking = await Booking(salon, screen).ready()
    type_into(booking.panel._search, "Tomaž Šuštar")
    phone = await field(booking.panel, "phones")
    type_into(phone.editor, "12x")
    await booking.choose(booking.panel._service, "žen")
    await booking.offered()
    booking.panel.commit()
    await until(lambda: error_of(phone), "the error")
    assert phone.editor.property("text") == "12x"
    assert booking.booked == []
    type_into(phone.editor, "041 555 283")
    booking.panel.commit()
    await until(lambda: booking.booked, "the visit")
    assert [one.last_name for one in salon.desk.read(search_customers, "šuštar", 8)] == ["Šuštar"]


async def test_another_name_after_a_known_one_is_somebody_else(salon: Salon, screen: Screen) -> None:
    salon.desk.write(add_customer, CustomerEntry(first_name="Ana", last_name="Kos", phones=("041 555 283",)))
    booking = await Booking(salon, screen).ready()
    panel = booking.panel
    await booking.choose(panel._search, "kos")
    await until(lambda: panel._draft.customer, "the customer")
    assert not panel._phone.isVisible()
    type_into(panel._search, "Eva Zorman")
    assert panel._draft.customer is None
    assert panel._phone.isVisible()


async def test_a_refused_visit_adds_its_new_customer_once(salon: Salon, screen: Screen) -> None:
    booking = await Booking(salon, screen, time(10, 0), salon.maja).ready()
    type_into(booking.panel._search, "Tomaž Šuštar")
    type_into((await field(booking.panel, "phones")).editor, "041 555 283")
    await booking.choose(booking.panel._service, "žen")
    await booking.offered()
    salon.book("10:00", 30, salon.maja)
    booking.panel.commit()
    await until(lambda: screen.said, "the refusal")
    booking.panel._propose()
    await booking.offered()
    booking.panel._choose(1)
    booking.panel.commit()
    await until(lambda: booking.booked, "the visit")
    assert len(salon.desk.read(search_customers, "šuštar", 8)) == 1


async def test_two_services_follow_each_other_and_one_can_go_again(salon: Salon, screen: Screen) -> None:
    booking = await Booking(salon, screen).ready()
    panel = booking.panel
    for words in ("žen", "barv"):
        count = len(panel._draft.services)
        await booking.choose(panel._service, words)
        await until(lambda count=count: len(panel._draft.services) == count + 1, words)
    await booking.offered()
    names = [one.entry.name for one in panel._draft.services]
    assert names == ["Žensko striženje", "Barvanje"]
    await until(lambda: screen.context.say("appointments.book.earlier") in _names(booking), "the arrow")
    button(panel, screen.context.say("appointments.book.earlier")).click()
    assert [one.entry.name for one in panel._draft.services] == ["Barvanje", "Žensko striženje"]
    await until(lambda: screen.context.say("appointments.book.remove") in _names(booking), "the cross")
    button(panel, screen.context.say("appointments.book.remove")).click()
    assert len(panel._draft.services) == 1


async def test_without_a_service_the_button_says_so_and_leads_there(salon: Salon, screen: Screen) -> None:
    booking = await Booking(salon, screen).ready()
    assert screen.context.say("appointments.book.choose_service") in texts(booking.panel)
    booking.panel.commit()
    assert booking.panel._service.hasFocus()
    assert booking.booked == []


async def test_taking_the_last_service_away_takes_the_places_away(salon: Salon, screen: Screen) -> None:
    booking = await Booking(salon, screen).ready()
    await booking.choose(booking.panel._service, "žen")
    await booking.offered()
    await until(lambda: screen.context.say("appointments.book.remove") in _names(booking), "the cross")
    button(booking.panel, screen.context.say("appointments.book.remove")).click()
    await until(lambda: booking.panel._draft.chosen is None, "nothing offered")
    booking.panel.commit()
    assert booking.booked == []


async def test_enter_books_when_all_is_there(salon: Salon, screen: Screen) -> None:
    booking = await Booking(salon, screen).ready()
    await booking.choose(booking.panel._service, "žen")
    await booking.offered()
    QTest.keyClick(booking.panel._service, Qt.Key.Key_Return)
    await until(lambda: booking.booked, "the visit")


async def test_pressing_twice_books_once(salon: Salon, screen: Screen) -> None:
    booking = await Booking(salon, screen, time(10, 0), salon.maja).ready()
    await booking.choose(booking.panel._service, "žen")
    await booking.offered()
    booking.panel.commit()
    booking.panel.commit()
    await until(lambda: booking.booked, "the visit")
    await asyncio.sleep(0.3)
    assert len(booking.booked) == 1
    assert screen.said == []


def _names(booking: Booking) -> set[str]:
    return {one.accessibleName() for one in buttons(booking.panel)}
