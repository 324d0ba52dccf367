"""The keyboard of the window: letters act outside text fields; a scanner's burst is told from a person's typing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLineEdit, QPushButton, QVBoxLayout, QWidget
from pytestqt.qtbot import QtBot

from desktop.shell.keyboard import Keyboard


class Desk:
    """A window with a button and a text field, its keyboard, and a clock that the test moves."""

    def __init__(self, application: QApplication, qtbot: QtBot) -> None:
        self.bot, self.now = qtbot, 100.0
        self.window = QWidget()
        qtbot.addWidget(self.window)
        column = QVBoxLayout(self.window)
        self.button, self.field = QPushButton("x"), QLineEdit()
        column.addWidget(self.button)
        column.addWidget(self.field)
        self.window.show()
        self.pressed: list[str] = []
        self.scanned: list[str] = []
        self.keyboard = Keyboard(application, self.press, lambda: self.now)
        self.keyboard.scanned.connect(self.scanned.append)

    def press(self, key: str) -> bool:
        self.pressed.append(key)
        return True

    def type(self, text: str, gap: float) -> None:
        """Types at the focus, `gap` seconds between the keys; a line feed is Enter."""
        for letter in text:
            self.now += gap
            at = QApplication.focusWidget()
            assert at is not None
            if letter == "\n":
                self.bot.keyClick(at, Qt.Key.Key_Return)
            else:
                self.bot.keyClicks(at, letter)


@pytest.fixture
def desk(qapp: QApplication, qtbot: QtBot) -> Iterator[Desk]:
    made = Desk(qapp, qtbot)
    yield made
    qapp.removeEventFilter(made.keyboard)


def test_a_letter_acts_where_nobody_types(desk: Desk) -> None:
    desk.button.setFocus()
    desk.type("n+", 0.5)
    desk.bot.keyClick(desk.button, Qt.Key.Key_F9)
    assert desk.pressed == ["N", "+", "F9"]


def test_in_a_text_field_letters_are_text_and_function_keys_act(desk: Desk) -> None:
    desk.field.setFocus()
    desk.type("Nina", 0.5)
    assert (desk.field.text(), desk.pressed) == ("Nina", [])
    desk.bot.keyClick(desk.field, Qt.Key.Key_F9)
    assert desk.pressed == ["F9"]


def test_in_a_window_that_is_not_called_active_letters_are_text_as_well(desk: Desk) -> None:
    desk.field.setFocus()
    desk.field.clearFocus()
    assert QApplication.focusWidget() is None
    desk.bot.keyClicks(desk.field, "Nina")
    assert (desk.field.text(), desk.pressed) == ("Nina", [])


def test_keys_with_control_are_left_alone(desk: Desk) -> None:
    desk.button.setFocus()
    desk.bot.keyClick(desk.button, Qt.Key.Key_N, Qt.KeyboardModifier.ControlModifier)
    desk.bot.keyClick(desk.button, Qt.Key.Key_F4, Qt.KeyboardModifier.AltModifier)
    assert desk.pressed == []


def test_a_burst_is_a_scan_and_is_taken_out_of_the_field(desk: Desk) -> None:
    desk.field.setFocus()
    desk.type("abc ", 0.3)
    desk.now += 1
    desk.type("3830012345678\n", 0.005)
    assert desk.scanned == ["3830012345678"]
    assert desk.field.text() == "abc "


def test_a_person_is_no_scanner(desk: Desk) -> None:
    desk.field.setFocus()
    desk.type("383001\n", 0.12)
    assert desk.scanned == []
    assert desk.field.text() == "383001"


def test_a_fast_burst_with_a_late_enter_is_typed(desk: Desk) -> None:
    desk.field.setFocus()
    desk.type("383001", 0.005)
    desk.type("\n", 0.5)
    assert desk.scanned == []


def test_three_letters_are_too_few(desk: Desk) -> None:
    desk.field.setFocus()
    desk.type("\t", 0.5)
    desk.field.setFocus()
    desk.type("123\n", 0.005)
    assert desk.scanned == []


def test_a_code_with_letters_presses_no_keys_of_the_window(desk: Desk) -> None:
    desk.button.setFocus()
    desk.now += 1
    desk.type("7WN-T12\n", 0.005)
    assert desk.scanned == ["7WN-T12"]
    assert desk.pressed == []


def test_two_scans_in_a_row_are_two(desk: Desk) -> None:
    desk.button.setFocus()
    for code in ("11112222", "33334444"):
        desk.now += 0.3
        desk.type(f"{code}\n", 0.005)
    assert desk.scanned == ["11112222", "33334444"]
