"""The window: pages made once, one right panel at a time, the left one gives way to room, messages and covers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QRect
from PySide6.QtWidgets import QApplication, QFrame, QLabel, QLineEdit, QToolButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.shell.main_window import MainWindow, Page
from desktop.texts import Texts
from desktop.widgets.theme import Theme


class House:
    """A window with two pages; the first has a left panel. `made` counts what was made."""

    def __init__(self, application: QApplication, qtbot: QtBot) -> None:
        theme = Theme("light")
        theme.apply(application)
        self.window = MainWindow(theme, Texts("sl"))
        qtbot.addWidget(self.window, before_close_func=lambda window: window.allow_close())
        self.made: list[str] = []
        self.window.set_pages(
            [
                Page("calendar", "calendar-event", "Koledar", self._making("calendar"), self._making("left")),
                Page("till", "printer", "Blagajna", self._making("till"), at_bottom=True),
            ]
        )
        self.window.resize(1440, 900)
        self.window.show()
        self.window.show_page("calendar")

    def _making(self, name: str) -> Callable[[], QWidget]:
        def make() -> QWidget:
            self.made.append(name)
            return QLabel(name)

        return make

    def seen(self, name: str) -> bool:
        return any(one.text() == name and one.isVisible() for one in self.window.findChildren(QLabel))


@pytest.fixture
def house(qapp: QApplication, qtbot: QtBot) -> House:
    return House(qapp, qtbot)


def test_a_page_is_made_once_and_only_when_it_is_opened(house: House) -> None:
    assert house.made == ["calendar", "left"]
    for key in ("till", "calendar", "till"):
        house.window.show_page(key)
    assert house.made == ["calendar", "left", "till"]
    assert house.window.page == "till"
    assert house.seen("till")
    assert not house.seen("calendar")
    assert not house.seen("left")


def test_another_person_gets_pages_of_their_own(house: House) -> None:
    house.window.forget_pages()
    assert house.window.page == ""
    house.window.set_pages([Page("till", "printer", "Blagajna", lambda: QLabel("nova"))])
    house.window.show_page("till")
    assert house.seen("nova")
    assert not house.seen("calendar")


def test_the_left_panel_gives_way_in_a_narrow_window(house: House) -> None:
    assert house.seen("left")
    house.window.resize(1359, 800)
    assert not house.seen("left")
    house.window.resize(1360, 800)
    assert house.seen("left")


def test_the_left_panel_can_be_called_back_and_sent_away(house: House) -> None:
    house.window.resize(1280, 800)
    assert not house.seen("left")
    house.window.toggle_left()
    assert house.seen("left")
    house.window.toggle_left()
    assert not house.seen("left")
    house.window.resize(1440, 900)
    assert not house.seen("left")
    house.window.toggle_left()
    assert house.seen("left")


async def test_a_panel_replaces_the_one_before(house: House) -> None:
    first, second = QLabel("prvi"), QLabel("drugi")
    gone: list[str] = []
    first.destroyed.connect(lambda: gone.append("first"))
    house.window.show_panel(first)
    assert house.window.panel is first
    house.window.show_panel(second, 520)
    assert house.window.panel is second
    assert house.seen("drugi")
    assert not house.seen("prvi")
    assert not house.seen("left")  # a wide panel needs its room
    await asyncio.sleep(0.05)
    assert gone == ["first"]
    house.window.close_panel()
    assert house.window.panel is None
    assert house.seen("left")


def test_the_focus_of_a_panel_that_goes_is_the_pages(house: House) -> None:
    house.window.activateWindow()
    for leave in (house.window.close_panel, lambda: house.window.show_panel(QLabel("drugi"))):
        field = QLineEdit()
        house.window.show_panel(field)
        field.setFocus()
        assert field.hasFocus()
        leave()
        assert house.window.centre.currentWidget().hasFocus()


def test_a_panel_that_wants_the_focus_gets_it(house: House) -> None:
    house.window.activateWindow()
    panel = QWidget()
    column = QVBoxLayout(panel)
    first, second = QLineEdit(), QLineEdit()
    column.addWidget(first)
    column.addWidget(second)
    second.setFocus()
    house.window.centre.setFocus()
    house.window.show_panel(panel)
    assert second.hasFocus()


def test_another_page_takes_the_panel_away(house: House) -> None:
    house.window.show_panel(QLabel("prvi"))
    house.window.show_page("till")
    assert house.window.panel is None


def test_a_cover_hides_the_work(house: House) -> None:
    house.window.cover(QLabel("prijava"))
    assert house.window.covered
    assert house.seen("prijava")
    assert not house.seen("calendar")
    house.window.uncover()
    assert not house.window.covered
    assert house.seen("calendar")


def test_a_message_is_said_and_closed(house: House) -> None:
    house.window.say("Termin je zaseden.", "danger")
    assert house.seen("Termin je zaseden.")
    assert not house.window._message_timer.isActive()  # an error stays until somebody has read it
    house.window.say("Shranjeno.", "info")
    assert house.seen("Shranjeno.")
    assert house.window._message_timer.isActive()
    house.window.hide_message()
    assert not house.seen("Shranjeno.")


async def test_a_message_lies_over_the_page_and_moves_nothing(house: House) -> None:
    await asyncio.sleep(0.05)
    before = house.window.centre.geometry()
    house.window.say("Termin je zaseden. " * 12, "danger")
    await asyncio.sleep(0.05)
    assert house.window.centre.geometry() == before
    [message] = [one for one in house.window.findChildren(QFrame) if one.property("toast")]
    page = house.window.centre
    inside = QRect(page.mapTo(house.window, QPoint(0, 0)), page.size())
    assert inside.contains(QRect(message.mapTo(house.window, QPoint(0, 0)), message.size()))
    [words] = [one for one in message.findChildren(QLabel) if "zaseden" in one.text()]
    assert words.height() >= words.heightForWidth(words.width())  # nothing of it is cut
    house.window.show_panel(QLabel("račun"), 440)
    await asyncio.sleep(0.05)
    assert message.geometry().right() < house.window.width() - 440  # the panel's buttons stay free


def test_until_the_first_page_the_window_says_that_it_opens(qapp: QApplication, qtbot: QtBot) -> None:
    window = MainWindow(Theme("light"), Texts("sl"))
    qtbot.addWidget(window, before_close_func=lambda one: one.allow_close())
    window.show()
    assert Texts("sl").say("shell.opening") in [one.text() for one in window.findChildren(QLabel) if one.isVisible()]


def test_closing_asks_the_application_first(house: House) -> None:
    asked: list[int] = []
    house.window.closing.connect(lambda: asked.append(1))
    house.window.close()
    assert asked == [1]
    assert house.window.isVisible()
    house.window.allow_close()
    house.window.close()
    assert not house.window.isVisible()


def test_every_button_of_the_window_has_words(house: House) -> None:
    nameless = [
        one
        for one in house.window.findChildren(QToolButton)
        if one is not house.window.user and not (one.text() or one.accessibleName())
    ]
    assert nameless == []


@pytest.mark.parametrize("size", [(1024, 700), (1280, 800), (3840, 2160)])
def test_the_window_fits_its_sizes(house: House, size: tuple[int, int], tmp_path: Path) -> None:
    house.window.resize(*size)
    picture = tmp_path / "window.png"
    assert house.window.grab().save(str(picture))
    assert (house.window.width(), house.window.height()) == size
