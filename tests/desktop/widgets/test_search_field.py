"""The search field: hits drop down, arrows and Enter choose, Escape closes; a quick typist never gets an older hit."""

from __future__ import annotations

import asyncio

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QLineEdit, QListWidget, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.widgets.search_field import Hit, SearchField
from desktop.widgets.theme import Theme

HITS = [Hit("Ana Novak", "041 555 283", "ana"), Hit("Bor Kos", "", "bor"), Hit("Cilka Žan", "", "cilka")]
pytestmark = pytest.mark.usefixtures("qapp")


class Asking:
    """A search field in a window, with what it told."""

    def __init__(self, theme: Theme, qtbot: QtBot) -> None:
        self.window = QWidget()
        qtbot.addWidget(self.window)
        column = QVBoxLayout(self.window)
        self.field = SearchField(theme, "Ime ali telefon")
        self.other = QLineEdit()
        column.addWidget(self.field)
        column.addWidget(self.other)
        column.addStretch(1)
        self.window.resize(500, 400)
        self.window.show()
        self.field.setFocus()
        self.asked: list[str] = []
        self.chosen: list[object] = []
        self.entered: list[str] = []
        self.field.asked.connect(self.asked.append)
        self.field.chosen.connect(self.chosen.append)
        self.field.entered.connect(self.entered.append)

    @property
    def list(self) -> QListWidget | None:
        shown = [one for one in self.window.findChildren(QListWidget) if one.isVisible()]
        return shown[0] if shown else None


@pytest.fixture
def asking(theme: Theme, qtbot: QtBot) -> Asking:
    return Asking(theme, qtbot)


async def test_it_asks_once_when_typing_pauses(asking: Asking, qtbot: QtBot) -> None:
    qtbot.keyClicks(asking.field, "ana")
    assert asking.asked == []
    await asyncio.sleep(0.2)
    assert asking.asked == ["ana"]


@pytest.mark.parametrize(
    ("keys", "chosen"),
    [([], "ana"), ([Qt.Key.Key_Down], "bor"), ([Qt.Key.Key_Up], "cilka"), ([Qt.Key.Key_Down] * 3, "ana")],
)
def test_arrows_go_round_and_enter_chooses(asking: Asking, qtbot: QtBot, keys: list[Qt.Key], chosen: str) -> None:
    asking.field.show_hits(HITS)
    for key in keys:
        qtbot.keyClick(asking.field, key)
    qtbot.keyClick(asking.field, Qt.Key.Key_Return)
    assert (asking.chosen, asking.entered) == ([chosen], [])
    assert asking.list is None


def test_a_hit_is_chosen_by_the_mouse(asking: Asking, qtbot: QtBot) -> None:
    asking.field.show_hits(HITS)
    shown = asking.list
    assert shown is not None
    assert [shown.item(row).text() for row in range(3)] == ["Ana Novak    041 555 283", "Bor Kos", "Cilka Žan"]
    place = shown.visualItemRect(shown.item(1)).center()
    qtbot.mouseClick(shown.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert asking.chosen == ["bor"]


def test_escape_closes_the_list_and_keeps_what_was_typed(asking: Asking, qtbot: QtBot) -> None:
    qtbot.keyClicks(asking.field, "an")
    asking.field.show_hits(HITS)
    qtbot.keyClick(asking.field, Qt.Key.Key_Escape)
    assert asking.list is None
    assert asking.field.text() == "an"
    qtbot.keyClick(asking.field, Qt.Key.Key_Enter)
    assert asking.entered == ["an"]


def test_nothing_found_shows_no_list(asking: Asking) -> None:
    asking.field.show_hits(HITS)
    asking.field.show_hits([])
    assert asking.list is None


async def test_the_list_goes_when_the_focus_goes(asking: Asking) -> None:
    asking.field.show_hits(HITS)
    asking.other.setFocus()
    await asyncio.sleep(0.3)
    assert asking.list is None


def test_enter_right_after_typing_does_not_take_a_hit_of_the_earlier_words(asking: Asking, qtbot: QtBot) -> None:
    asking.field.show_hits(HITS)
    qtbot.keyClicks(asking.field, "bor")
    qtbot.keyClick(asking.field, Qt.Key.Key_Return)
    assert asking.chosen == []
    assert asking.asked == ["bor"]  # asked at once; its answer is what Enter meant
    asking.field.show_hits(HITS[1:2])
    assert asking.chosen == ["bor"]
    assert asking.list is None


async def test_what_was_chosen_is_not_asked_for_again(asking: Asking, qtbot: QtBot) -> None:
    qtbot.keyClicks(asking.field, "ana")
    await asyncio.sleep(0.2)
    asking.field.show_hits(HITS)
    qtbot.keyClick(asking.field, Qt.Key.Key_Return)
    await asyncio.sleep(0.2)
    assert asking.asked == ["ana"]
    assert asking.list is None


async def test_a_field_that_is_deleted_takes_its_list_along(asking: Asking) -> None:
    asking.field.show_hits(HITS)
    asking.field.setParent(None)
    asking.field.deleteLater()
    await asyncio.sleep(0.3)
    assert asking.list is None
