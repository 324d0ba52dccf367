"""The painted calendar by mouse and keyboard: selecting, dragging, resizing, refused drops, the keyboard's place."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from desktop.widgets.calendar.data import Block, Column, Day, Look, Proposal, Refusal
from desktop.widgets.calendar.view import CalendarView
from desktop.widgets.theme import Theme

LEFT, KEY = Qt.MouseButton.LeftButton, Qt.Key
MAJA, TINA, EVA = UUID(int=1), UUID(int=2), UUID(int=3)
VISIT, OTHER = UUID(int=100), UUID(int=101)


def block(column: UUID, start: int, end: int, group: UUID = VISIT, *, movable: bool = True) -> Block:
    return Block(
        UUID(int=group.int * 10_000 + start),
        group,
        column,
        start,
        end,
        "Ana Novak",
        "Striženje",
        "blue",
        Look.CONFIRMED,
        movable=movable,
    )


CUT = block(MAJA, 9 * 60, 10 * 60)
COLOUR = block(TINA, 9 * 60, 10 * 60, OTHER)
COLUMNS = tuple(
    Column(one, name, "8–16", ((480, 960),)) for one, name in ((MAJA, "Maja"), (TINA, "Tina"), (EVA, "Eva"))
)
DAY = Day(COLUMNS, (CUT, COLOUR), first=8 * 60, last=18 * 60)


class Shown:
    """A calendar of three columns, what it told, and a hand on the mouse."""

    def __init__(self, theme: Theme, qtbot: QtBot) -> None:
        self.view = CalendarView(theme)
        qtbot.addWidget(self.view)
        self.view.resize(900, 900)
        self.view.show()
        self.view.setFocus()
        self.view.set_day(DAY)
        self.bot = qtbot
        self.told: list[tuple[object, ...]] = []
        for name in ("slot_activated", "block_selected", "block_activated", "move_requested", "resize_requested"):
            getattr(self.view, name).connect(lambda *values, name=name: self.told.append((name, *values)))

    def at(self, column: int, minute: float, aside: float = 40) -> QPoint:
        """A place of the viewport: `aside` pixels right of the column's left edge."""
        geometry = self.view._geometry
        return (self.view._origin() + QPointF(column * geometry.width + aside, geometry.y(minute))).toPoint()

    def press(self, place: QPoint) -> None:
        self.bot.mousePress(self.view.viewport(), LEFT, pos=place)

    def move(self, place: QPoint) -> None:
        self.bot.mouseMove(self.view.viewport(), place)

    def release(self, place: QPoint) -> None:
        self.bot.mouseRelease(self.view.viewport(), LEFT, pos=place)

    def drag(self, start: QPoint, end: QPoint) -> None:
        self.press(start)
        self.move(start + (end - start) / 2)
        self.move(end)
        self.release(end)

    def asked(self, name: str) -> list[tuple[object, ...]]:
        return [one[1:] for one in self.told if one[0] == name]


@pytest.fixture
def shown(theme: Theme, qtbot: QtBot) -> Shown:
    return Shown(theme, qtbot)


def test_a_click_on_a_block_selects_its_visit(shown: Shown) -> None:
    shown.press(shown.at(0, 9 * 60 + 20))
    assert shown.view.selected == VISIT
    assert shown.told == []  # a panel that opened now would move the day away under a hand that drags
    shown.release(shown.at(0, 9 * 60 + 20))
    assert shown.told == [("block_selected", VISIT)]
    assert shown.view.selected == VISIT


def test_a_click_beside_blocks_names_the_person_and_the_quarter(shown: Shown) -> None:
    shown.press(shown.at(2, 11 * 60 + 22))
    assert shown.told == [("slot_activated", EVA, 11 * 60 + 15)]
    assert shown.view.place == (EVA, 11 * 60 + 15)


def test_a_trembling_hand_moves_nothing(shown: Shown) -> None:
    start = shown.at(0, 9 * 60 + 20)
    shown.drag(start, start + QPoint(0, QApplication.startDragDistance() - 1))
    assert shown.asked("move_requested") == []


def test_a_drag_asks_for_the_snapped_minute_in_the_other_column(shown: Shown) -> None:
    shown.drag(shown.at(0, 9 * 60 + 20), shown.at(2, 13 * 60 + 22))
    assert shown.asked("move_requested") == [(CUT, EVA, 13 * 60)]


def test_a_drag_beyond_the_edges_of_the_day_stays_inside_it(shown: Shown) -> None:
    shown.drag(shown.at(0, 9 * 60 + 20), shown.at(0, 9 * 60 + 20) - QPoint(0, 2000))
    shown.drag(shown.at(1, 9 * 60 + 20), shown.at(1, 9 * 60 + 20) + QPoint(0, 4000))
    assert shown.asked("move_requested") == [(CUT, MAJA, DAY.first), (COLOUR, TINA, DAY.last - 60)]


def test_what_is_refused_is_said_while_it_hangs_and_does_nothing(shown: Shown) -> None:
    asked: list[tuple[UUID, int, int]] = []

    def check(one: Block, column: UUID, start: int, end: int) -> Refusal | None:
        asked.append((column, start, end))
        return Refusal("Ne gre", "Tina dela šele od 10:00.") if column == TINA else None

    shown.view.set_drop_check(check)
    end = shown.at(1, 13 * 60 + 20)
    shown.press(shown.at(0, 9 * 60 + 20))
    shown.move(end)
    assert asked[-1] == (TINA, 13 * 60, 14 * 60)
    refused = shown.view.grab().toImage()
    shown.release(end)
    assert shown.asked("move_requested") == []
    danger = shown.view._theme.colour("danger.base")
    inks = [refused.pixelColor(x, y) == danger for x in range(60, 900, 2) for y in range(60, 900, 2)]
    assert any(inks)
    shown.drag(shown.at(0, 9 * 60 + 20), shown.at(2, 13 * 60 + 20))
    assert shown.asked("move_requested") == [(CUT, EVA, 13 * 60)]


def test_the_lower_edge_resizes(shown: Shown) -> None:
    bottom = shown.at(0, 10 * 60) - QPoint(0, 3)
    shown.drag(bottom, shown.at(0, 10 * 60 + 32))
    assert shown.asked("resize_requested") == [(CUT, 10 * 60 + 30)]
    shown.drag(bottom, shown.at(0, 8 * 60 + 10))
    assert shown.asked("resize_requested")[1] == (CUT, 9 * 60 + 5)
    assert shown.asked("move_requested") == []


def test_escape_lets_a_drag_go(shown: Shown) -> None:
    end = shown.at(2, 13 * 60)
    shown.press(shown.at(0, 9 * 60 + 20))
    shown.move(end)
    shown.bot.keyClick(shown.view, KEY.Key_Escape)
    shown.release(end)
    assert shown.asked("move_requested") == []


def test_what_is_paid_is_not_dragged(shown: Shown) -> None:
    shown.view.set_day(replace(DAY, blocks=(replace(CUT, movable=False), COLOUR)))
    shown.drag(shown.at(0, 9 * 60 + 20), shown.at(2, 13 * 60))
    assert shown.asked("move_requested") == []
    assert shown.view.selected == VISIT


def test_a_double_click_opens(shown: Shown) -> None:
    shown.bot.mouseDClick(shown.view.viewport(), LEFT, pos=shown.at(1, 9 * 60 + 20))
    assert shown.asked("block_activated") == [(OTHER,)]


def test_the_right_button_asks_for_the_menu_of_the_visit(shown: Shown) -> None:
    menus: list[object] = []
    shown.view.menu_requested.connect(lambda group, _place: menus.append(group))
    shown.bot.mouseClick(shown.view.viewport(), Qt.MouseButton.RightButton, pos=shown.at(1, 9 * 60 + 20))
    assert menus == [OTHER]


def test_arrows_walk_and_enter_takes_what_is_there(shown: Shown) -> None:
    shown.press(shown.at(2, 9 * 60 + 1))
    shown.told.clear()
    bot, view = shown.bot, shown.view
    bot.keyClick(view, KEY.Key_Down)
    assert view.place == (EVA, 9 * 60 + 15)
    bot.keyClick(view, KEY.Key_Return)
    assert shown.asked("slot_activated") == [(EVA, 9 * 60 + 15)]
    bot.keyClick(view, KEY.Key_Left)
    assert shown.asked("block_selected") == [(OTHER,)]
    bot.keyClick(view, KEY.Key_Return)
    assert shown.asked("block_activated") == [(OTHER,)]
    bot.keyClick(view, KEY.Key_Down)
    assert view.place == (TINA, 10 * 60)
    assert view.selected is None
    bot.keyClick(view, KEY.Key_Up)
    assert view.selected == OTHER


SHORT = (
    block(MAJA, 9 * 60, 9 * 60 + 20, UUID(int=7)),
    block(MAJA, 9 * 60 + 20, 9 * 60 + 25, UUID(int=8)),
    block(MAJA, 11 * 60, 13 * 60, UUID(int=9)),
    replace(block(MAJA, 11 * 60 + 30, 12 * 60, UUID(int=10)), inset=True),
)


def test_arrows_reach_every_block_also_short_ones_and_those_inside_another(shown: Shown) -> None:
    shown.view.set_day(replace(DAY, blocks=SHORT))
    shown.press(shown.at(0, 8 * 60 + 50))
    for key, order in ((KEY.Key_Down, SHORT), (KEY.Key_Up, SHORT[::-1])):
        shown.told.clear()
        for _ in range(50):
            shown.bot.keyClick(shown.view, key)
        assert shown.asked("block_selected") == [(one.group,) for one in order]
    assert shown.view.place == (MAJA, 8 * 60)


def test_control_and_arrows_go_from_block_to_block_and_home_and_end_to_the_edges(shown: Shown) -> None:
    shown.view.set_day(replace(DAY, blocks=SHORT))
    bot, view, control = shown.bot, shown.view, Qt.KeyboardModifier.ControlModifier
    shown.press(shown.at(0, 10 * 60 + 1))
    for key, group in ((KEY.Key_Down, 9), (KEY.Key_Down, 10), (KEY.Key_Down, 10), (KEY.Key_Up, 9), (KEY.Key_Up, 8)):
        bot.keyClick(view, key, control)
        assert view.selected == UUID(int=group)
    bot.keyClick(view, KEY.Key_3, control)
    assert view.place == (EVA, 9 * 60 + 20)
    bot.keyClick(view, KEY.Key_End)
    assert view.place == (EVA, 16 * 60 - 15)
    bot.keyClick(view, KEY.Key_Home)
    assert view.place == (EVA, 8 * 60)


def test_a_held_block_is_moved_by_arrows_and_put_down_by_enter(shown: Shown) -> None:
    shown.press(shown.at(0, 9 * 60 + 20))
    shown.release(shown.at(0, 9 * 60 + 20))
    before = shown.view.grab().toImage()
    assert shown.view.hold()
    for key in (KEY.Key_Right, KEY.Key_Right, KEY.Key_Right, KEY.Key_Down, KEY.Key_Down):
        shown.bot.keyClick(shown.view, key)
    shown.bot.keyClick(shown.view, KEY.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert shown.view.grab().toImage() != before
    assert "Eva, 9:25–10:25" in shown.view.accessibleDescription()
    assert shown.asked("move_requested") == []
    shown.bot.keyClick(shown.view, KEY.Key_Return)
    assert shown.asked("move_requested") == [(CUT, EVA, 9 * 60 + 25)]


def test_a_held_block_stays_in_the_hand_where_it_does_not_fit_and_escape_leaves_it(shown: Shown) -> None:
    shown.view.set_drop_check(lambda _b, column, _s, _e: Refusal("Ne gre", "Zasedeno.") if column == TINA else None)
    shown.press(shown.at(0, 9 * 60 + 20))
    shown.release(shown.at(0, 9 * 60 + 20))
    bot, view = shown.bot, shown.view
    left: list[bool] = []
    view.left.connect(lambda: left.append(True))
    assert view.hold()
    bot.keyClick(view, KEY.Key_Right)
    bot.keyClick(view, KEY.Key_Return)
    assert "Zasedeno." in view.accessibleDescription()
    view.set_day(replace(DAY, now=600))  # the day is read anew meanwhile
    bot.keyClick(view, KEY.Key_Escape)
    assert left == []
    bot.keyClick(view, KEY.Key_Return)
    assert shown.asked("move_requested") == []
    assert shown.asked("block_activated") == [(VISIT,)]
    assert view.hold()
    bot.keyClick(view, KEY.Key_Down)
    view.set_day(replace(DAY, blocks=(COLOUR,)))  # somebody else took it away
    bot.keyClick(view, KEY.Key_Return)
    assert shown.asked("move_requested") == []
    bot.keyClick(view, KEY.Key_Escape)
    assert left == [True]


def test_what_is_paid_is_not_held(shown: Shown) -> None:
    shown.view.set_day(replace(DAY, blocks=(replace(CUT, movable=False), COLOUR)))
    shown.press(shown.at(0, 9 * 60 + 20))
    assert not shown.view.hold()


def test_pages_and_shifted_arrows_ask_for_days(shown: Shown) -> None:
    days: list[int] = []
    shown.view.days_wanted.connect(days.append)
    shift = Qt.KeyboardModifier.ShiftModifier
    shown.bot.keyClick(shown.view, KEY.Key_PageDown)
    shown.bot.keyClick(shown.view, KEY.Key_PageUp)
    shown.bot.keyClick(shown.view, KEY.Key_Right, shift)
    shown.bot.keyClick(shown.view, KEY.Key_Left, shift)
    assert days == [1, -1, 7, -7]


def test_the_place_stays_within_the_day(shown: Shown) -> None:
    shown.press(shown.at(0, 8 * 60 + 1))
    for key in (KEY.Key_Left, KEY.Key_Up):
        shown.bot.keyClick(shown.view, key)
    assert shown.view.place == (MAJA, 8 * 60)
    for _ in range(60):
        shown.bot.keyClick(shown.view, KEY.Key_Down)
        shown.bot.keyClick(shown.view, KEY.Key_Right)
    assert shown.view.place == (EVA, 18 * 60 - 15)


def test_the_place_survives_a_day_with_fewer_people(shown: Shown) -> None:
    shown.press(shown.at(2, 17 * 60))
    shown.told.clear()
    shown.view.set_day(Day(COLUMNS[:1], (CUT,), first=8 * 60, last=16 * 60))
    assert shown.view.place == (MAJA, 16 * 60 - 15)
    shown.bot.keyClick(shown.view, KEY.Key_Return)
    assert shown.asked("slot_activated") == [(MAJA, 16 * 60 - 15)]
    shown.view.set_day(Day())
    assert shown.view.place is None
    shown.bot.keyClick(shown.view, KEY.Key_Return)
    shown.bot.keyClick(shown.view, KEY.Key_Down)


def test_a_day_without_a_visit_forgets_that_it_was_selected(shown: Shown) -> None:
    shown.view.select(VISIT)
    shown.view.set_day(replace(DAY, blocks=(COLOUR,)))
    assert shown.view.selected is None


@pytest.mark.parametrize("look", list(Look))
def test_every_look_is_drawn_and_differs_from_the_empty_day(shown: Shown, look: Look) -> None:
    shown.view.set_day(replace(DAY, blocks=()))
    empty = shown.view.grab().toImage()
    long = "Aleksandra Konstantina Podgoršek-Kovačevič z zelo dolgim imenom"
    one = replace(CUT, look=look, letter="P", state="stanje", title=long, buffer_after=10, buffer_word="čiščenje")
    shown.view.set_day(replace(DAY, blocks=(one,), now=9 * 60 + 30))
    assert shown.view.grab().toImage() != empty


def test_proposals_are_drawn_with_their_number(shown: Shown) -> None:
    before = shown.view.grab().toImage()
    offered = tuple(Proposal(n, EVA, 600 + 60 * n, 645 + 60 * n, n == 1) for n in (1, 2))
    shown.view.set_day(replace(DAY, proposals=offered))
    assert shown.view.grab().toImage() != before


def test_it_has_a_name_and_takes_the_keyboard(shown: Shown) -> None:
    assert shown.view.accessibleName()
    assert shown.view.focusPolicy() & Qt.FocusPolicy.TabFocus
