"""Dragging and stretching visits of several blocks on the calendar page, with a mouse, down to what is stored."""

from __future__ import annotations

from datetime import date
from uuid import UUID

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtTest import QTest

from desktop.appointments.booking import find_visit
from desktop.appointments.entries import ShownVisit, shown_visit
from desktop.appointments.views.calendar_page import CalendarPage
from desktop.appointments.views.visit_panel import VisitPanel
from desktop.widgets.calendar.data import Block
from tests.desktop.appointments.salon import MONDAY, Salon
from tests.desktop.appointments.views.test_calendar_page import nobody
from tests.desktop.screen import Screen, texts, until


class Calendar:
    """The page of a day, a hand on the mouse, and eyes for what is stored."""

    def __init__(self, salon: Salon, screen: Screen) -> None:
        self.salon = salon
        self.page = screen.show(CalendarPage(screen.context, nobody), 1000, 1100)

    async def show(self, day: date) -> None:
        self.page.show_day(day)
        await until(lambda: self.page._view is not None and self.page._view.day == day, "the day")
        self.page.calendar.scroll_to(0)

    def block(self, visit: ShownVisit, part: int) -> Block:
        blocks = [one for one in self.page._shown.blocks if one.group == visit.id]
        return sorted(blocks, key=lambda one: one.start)[part]

    def at(self, member: UUID, minute: float) -> QPoint:
        view = self.page.calendar
        place = QPointF(view._geometry.places[member] * view._geometry.width + 40, view._geometry.y(minute))
        return (view._origin() + place).toPoint()

    def drag(self, start: QPoint, end: QPoint) -> None:
        ground = self.page.calendar.viewport()
        QTest.mousePress(ground, Qt.MouseButton.LeftButton, pos=start)
        QTest.mouseMove(ground, start + (end - start) / 2)
        QTest.mouseMove(ground, end)
        QTest.mouseRelease(ground, Qt.MouseButton.LeftButton, pos=end)

    def move(self, visit: ShownVisit, part: int, member: UUID, minutes: int) -> None:
        """Takes a block in its middle and drops it `minutes` later at a person."""
        block = self.block(visit, part)
        middle = (block.start + block.end) / 2
        self.drag(self.at(block.column, middle), self.at(member, middle + minutes))

    def stretch(self, visit: ShownVisit, part: int, end: int) -> None:
        block = self.block(visit, part)
        self.drag(self.at(block.column, block.end) - QPoint(0, 3), self.at(block.column, end))

    def items(self, visit: ShownVisit) -> list[tuple[UUID, str]]:
        """Person and wall time of each item."""
        stored = self.salon.desk.read(lambda session, action: shown_visit(find_visit(session, action, visit.id)))
        zone = self.salon.desk.database.desk.zone
        walls = [f"{i.starts_at.astimezone(zone):%H:%M}–{i.ends_at.astimezone(zone):%H:%M}" for i in stored.items]
        return [(item.member_id, wall) for item, wall in zip(stored.items, walls, strict=True)]

    async def becomes(self, visit: ShownVisit, items: list[tuple[UUID, str]]) -> None:
        await until(lambda: self.items(visit) == items, f"{items}, but {self.items(visit)}")


@pytest.fixture
def calendar(salon: Salon, screen: Screen) -> Calendar:
    return Calendar(salon, screen)


async def test_dragging_the_second_block_moves_the_visit_by_the_distance(
    salon: Salon, screen: Screen, calendar: Calendar
) -> None:
    visit = salon.book("9:00", items=(salon.item(30), salon.item(60, salon.tina)))
    await calendar.show(MONDAY)
    calendar.move(visit, 1, salon.tina, 45)
    await calendar.becomes(visit, [(salon.maja, "09:45–10:15"), (salon.tina, "10:15–11:15")])
    await until(lambda: calendar.block(visit, 0).start == 9 * 60 + 45, "the visit at its place")
    assert screen.said == []  # the undo bar says it
    panel = calendar.page._panel
    assert isinstance(panel, VisitPanel)
    await until(lambda: any("09:45–11:15" in words for words in texts(panel)), "the new time in the panel")


@pytest.mark.parametrize(("part", "to"), [(0, "tina"), (1, "maja")])
async def test_an_item_of_a_visit_of_two_people_is_handed_over_alone(
    salon: Salon, calendar: Calendar, part: int, to: str
) -> None:
    visit = salon.book("9:00", items=(salon.item(30), salon.item(60, salon.tina), salon.item(30)))
    await calendar.show(MONDAY)
    people = [salon.maja, salon.tina, salon.maja]
    people[part] = getattr(salon, to)
    calendar.move(visit, part, people[part], 15)
    await calendar.becomes(visit, list(zip(people, ("09:15–09:45", "09:45–10:45", "10:45–11:15"), strict=True)))


async def test_a_visit_of_one_person_in_two_blocks_is_handed_over_whole(salon: Salon, calendar: Calendar) -> None:
    visit = salon.book("9:00", items=(salon.item(30), salon.item(30, gap_min=30)))
    await calendar.show(MONDAY)
    calendar.move(visit, 1, salon.tina, 30)
    await calendar.becomes(visit, [(salon.tina, "09:30–10:00"), (salon.tina, "10:30–11:00")])


async def test_the_lower_edge_stretches_the_last_item_of_its_block(salon: Salon, calendar: Calendar) -> None:
    visit = salon.book("9:00", items=(salon.item(30), salon.item(30), salon.item(60, salon.tina)))
    await calendar.show(MONDAY)
    calendar.stretch(visit, 0, 10 * 60 + 15)
    longer = [(salon.maja, "09:00–09:30"), (salon.maja, "09:30–10:15"), (salon.tina, "10:15–11:15")]
    await calendar.becomes(visit, longer)
    await until(lambda: calendar.block(visit, 0).end == 10 * 60 + 15, "the longer block")
    calendar.stretch(visit, 0, 9 * 60)  # not above the start of its last item
    shortest = [(salon.maja, "09:00–09:30"), (salon.maja, "09:30–09:35"), (salon.tina, "09:35–10:35")]
    await calendar.becomes(visit, shortest)


async def test_a_drop_is_refused_where_another_block_of_the_visit_does_not_fit(
    salon: Salon, calendar: Calendar
) -> None:
    visit = salon.book("9:00", items=(salon.item(30), salon.item(60, salon.tina)))
    salon.book("11:00", 60, salon.tina, customer_name="Eva")
    await calendar.show(MONDAY)
    first = calendar.block(visit, 0)
    refusal = calendar.page._rescheduling.check(first, salon.maja, 10 * 60, 10 * 60 + 30)
    assert refusal is not None
    assert "Eva" in refusal.reason
    assert calendar.page._rescheduling.check(first, salon.maja, 12 * 60, 12 * 60 + 30) is None
    assert calendar.page._rescheduling.check(first, salon.maja, first.start, first.end + 15) is None
    longer = calendar.page._rescheduling.check(first, salon.maja, first.start, first.end + 45)
    assert longer is not None
    assert "Eva" in longer.reason


async def test_what_stands_in_the_processing_time_does_not_hinder(salon: Salon, calendar: Calendar) -> None:
    colour = salon.book("9:00", items=(salon.item(120, processing_start_min=30, processing_min=60),))
    salon.book("9:45", 15)
    await calendar.show(MONDAY)
    calendar.move(colour, 0, salon.maja, 15)
    await calendar.becomes(colour, [(salon.maja, "09:15–11:15")])


async def test_by_keys_alone_a_block_is_moved_handed_over_and_stretched(salon: Salon, calendar: Calendar) -> None:
    visit = salon.book("9:00", items=(salon.item(30), salon.item(60, salon.tina)))
    await calendar.show(MONDAY)
    view, key = calendar.page.calendar, Qt.Key
    view.setFocus()
    for step in (key.Key_Home, key.Key_Right):
        QTest.keyClick(view, step)
    QTest.keyClick(view, key.Key_Down, Qt.KeyboardModifier.ControlModifier)
    assert view.block == calendar.block(visit, 1)
    assert calendar.page.press("+")
    await calendar.becomes(visit, [(salon.maja, "09:00–09:30"), (salon.tina, "09:30–10:35")])
    await until(lambda: view.block is not None and view.block.end == 10 * 60 + 35, "the longer block")
    assert calendar.page.press("M")
    for step in (key.Key_Left, key.Key_Down, key.Key_Return):
        QTest.keyClick(view, step)
    moved = [(salon.maja, "09:15–09:45"), (salon.maja, "09:45–10:50")]
    await calendar.becomes(visit, moved)
    await until(lambda: view.block is not None and view.block.end == 10 * 60 + 50, "the one block")
    assert calendar.page.press("+")
    await calendar.becomes(visit, [moved[0], (salon.maja, "09:45–10:55")])
