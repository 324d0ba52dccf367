"""Hiding people in the calendar: their columns and visits go, on every day, until they are ticked again."""

from __future__ import annotations

from datetime import timedelta

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QCheckBox, QWidget

from desktop.appointments.day import DayView
from desktop.appointments.views.calendar_page import CalendarPage
from desktop.appointments.views.staff_filter import StaffFilter
from desktop.staff.members import remove_member
from desktop.staff.working import set_working_day
from tests.desktop.appointments.salon import MONDAY, Salon
from tests.desktop.appointments.views.test_calendar_page import nobody
from tests.desktop.screen import Screen, button, until
from tests.desktop.staff.people import employ


class Filtered:
    """The page and its boxes, connected as in the window."""

    def __init__(self, screen: Screen) -> None:
        self.page = screen.show(CalendarPage(screen.context, nobody), 1000, 800)
        self.filter = StaffFilter(screen.context)
        self.filter.hidden.connect(self.page.hide_person)
        self.page.day_shown.connect(lambda _day, view: self.filter.show_people(view.columns, self.page.hidden))
        self.views: list[DayView] = []
        self.page.day_shown.connect(lambda _day, view: self.views.append(view))
        self.window = screen.show(QWidget())
        self.filter.setParent(self.window)
        self.filter.show()

    async def show(self, number: int = 0) -> None:
        day = MONDAY + timedelta(days=number)
        self.page.show_day(day)
        await until(lambda: self.views and self.views[-1].day == day, "the day")

    def box(self, number: int) -> QCheckBox:
        box = [one for one in self.filter.findChildren(QCheckBox) if one.isVisibleTo(self.filter)][number]
        assert box.accessibleName()
        return box

    def agenda(self) -> list[str]:
        model = self.page._agenda.model()
        return [str(model.index(row, 1).data()) for row in range(model.rowCount())]

    def columns(self) -> list[object]:
        return [column.id for column in self.page.calendar._geometry.day.columns]


@pytest.fixture
def filtered(screen: Screen) -> Filtered:
    return Filtered(screen)


async def test_a_hidden_person_goes_from_the_day_and_the_agenda_and_comes_back(
    salon: Salon, filtered: Filtered
) -> None:
    salon.book("9:00")
    salon.book("9:00", member=salon.tina, customer_name="Eva")
    await filtered.show()
    filtered.box(0).click()
    assert filtered.columns() == [salon.tina]
    assert [block.title for block in filtered.page.calendar._geometry.day.blocks] == ["Eva"]
    assert filtered.agenda() == ["Eva"]
    assert [column.member_id for column in filtered.views[-1].columns] == [salon.maja, salon.tina]
    filtered.box(0).click()
    assert filtered.columns() == [salon.maja, salon.tina]
    assert len(filtered.agenda()) == 2


async def test_the_last_one_stays_and_that_is_said(salon: Salon, screen: Screen, filtered: Filtered) -> None:
    await filtered.show()
    filtered.box(0).click()
    filtered.box(1).click()
    assert filtered.box(1).isChecked()
    assert filtered.columns() == [salon.tina]
    assert screen.said == [(screen.context.say("appointments.view.last_person"), "info")]


async def test_the_filter_survives_days_and_the_boxes_keep_the_focus(salon: Salon, filtered: Filtered) -> None:
    await filtered.show()
    filtered.box(1).setFocus()
    QTest.keyClick(filtered.box(1), Qt.Key.Key_Space)
    box = filtered.box(1)
    await filtered.show(1)
    assert filtered.columns() == [salon.maja]
    assert filtered.box(1) is box
    assert filtered.window.focusWidget() is box
    assert not box.isChecked()
    employ(salon.desk, "EB")
    await until(lambda: len(filtered.columns()) == 2, "the third person")
    assert filtered.box(1) is not box
    assert filtered.window.focusWidget() is filtered.box(1)
    assert [filtered.box(number).isChecked() for number in range(3)] == [True, False, True]


async def test_who_does_not_work_is_ticked_and_the_box_says_it(
    salon: Salon, screen: Screen, filtered: Filtered
) -> None:
    salon.desk.write(set_working_day, salon.maja, MONDAY, ())
    await filtered.show()
    assert filtered.box(0).isChecked()
    assert filtered.box(0).accessibleDescription() == screen.context.say("appointments.view.away")
    assert button(filtered.filter, screen.context.say("appointments.view.show_person", name="Maja Kovač")).isChecked()


async def test_a_day_on_which_only_hidden_people_have_columns_shows_them(salon: Salon, filtered: Filtered) -> None:
    await filtered.show()
    filtered.box(1).click()
    salon.book(member=salon.tina)
    salon.desk.write(remove_member, salon.maja)
    await until(lambda: filtered.columns() == [salon.tina], "her column")
    assert filtered.box(0).isChecked()
