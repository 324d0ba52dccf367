"""The calendar page: what is booked for another day is shown there, and its panel is the visit's."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import QCoreApplication, QEvent, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from desktop.appointments.views.booking_panel import BookingPanel
from desktop.appointments.views.calendar_page import CalendarPage
from desktop.appointments.views.visit_panel import VisitPanel
from desktop.widgets.calendar.data import Look
from tests.desktop.appointments.salon import MONDAY, Salon
from tests.desktop.screen import Screen, texts, type_into, until


async def nobody(_visits: Sequence[UUID]) -> frozenset[UUID]:
    return frozenset()


async def test_what_is_booked_for_another_day_is_shown_on_that_day(salon: Salon, screen: Screen) -> None:
    page = screen.show(CalendarPage(screen.context, nobody), 1000, 800)
    panels: list[QWidget | None] = []
    page.panel_wanted.connect(panels.append)
    await until(lambda: page._view, "the day")
    friday = page.day
    for member in (salon.maja, salon.tina):  # today is full
        salon.book("9:00", 540, member, friday, outside_hours=True)
    page.book()
    panel = panels[-1]
    assert isinstance(panel, BookingPanel)
    screen.show(panel)
    await until(lambda: panel._services, "the services")
    type_into(panel._service, "žen")
    QTest.keyClick(panel._service, Qt.Key.Key_Return)
    await until(lambda: panel._draft.chosen, "a free place")
    chosen = panel._draft.chosen
    assert chosen is not None
    other = chosen.starts_at.astimezone(salon.desk.database.desk.zone).date()
    assert friday < other < MONDAY
    assert any(screen.context.texts.day(other) in words for words in texts(panel) if words == panel._go.text())
    panel.commit()
    await until(lambda: isinstance(panels[-1], VisitPanel), "the panel of the visit")
    assert page.day == other
    assert screen.said == []  # the undo bar says that it is booked
    assert page.calendar.selected is not None
    visit = panels[-1]
    assert isinstance(visit, VisitPanel)
    screen.show(visit)


async def test_a_visit_opens_again_after_another_panel_took_the_place_of_its_own(salon: Salon, screen: Screen) -> None:
    visit = salon.book("9:00")
    page = screen.show(CalendarPage(screen.context, nobody), 1000, 800)
    panels: list[QWidget | None] = []
    page.panel_wanted.connect(panels.append)
    page.show_day(MONDAY)
    await until(lambda: page._shown.blocks, "the visit")
    for number in (1, 2):
        page.calendar.block_selected.emit(visit.id)
        page.calendar.block_selected.emit(visit.id)  # it is there already
        assert len(panels) == number
        panel = panels[-1]
        assert isinstance(panel, VisitPanel)
        await until(lambda panel=panel: panel._card, "the visit's card")
        panel.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


async def test_who_does_not_come_turns_late_while_the_day_is_looked_at(salon: Salon, screen: Screen) -> None:
    page = screen.show(CalendarPage(screen.context, nobody), 1000, 800)
    await until(lambda: page._view, "the day")
    salon.book("9:30", 30, salon.maja, page.day, outside_hours=True)
    await until(lambda: page._shown.blocks, "the visit")
    assert page._shown.blocks[0].look is Look.CONFIRMED
    salon.desk.clock.move(minutes=45)
    page._now()
    await until(lambda: page._shown.blocks[0].look is Look.LATE, "the visit to be late")
