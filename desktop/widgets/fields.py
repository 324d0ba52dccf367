"""Fields: a label above, the editor, a hint or an error below. What was typed stays, whatever is wrong with it."""

from __future__ import annotations

import re
from datetime import date, time

from PySide6.QtCore import QDate, Qt, QTime
from PySide6.QtWidgets import (
    QComboBox,
    QDateEdit,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QTimeEdit,
    QVBoxLayout,
    QWidget,
)

from desktop.widgets.controls import label, restyle
from desktop.widgets.theme import Theme

_AMOUNT = re.compile(r"-?\d{1,9}(?:[.,]\d{1,2})?")


class Field(QWidget):
    """An editor with its label and the line for its hint or error. `name` is the field as use cases call it."""

    def __init__(self, theme: Theme, name: str, title: str, editor: QWidget, hint: str = "") -> None:
        super().__init__()
        self.name = name
        self.editor = editor
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        heading = label(theme, title, 13, strong=True, tone="secondary")
        heading.setBuddy(editor)
        column.addWidget(heading)
        column.addWidget(editor)
        self._below = QHBoxLayout()
        self._below.setSpacing(6)
        self._icon = QLabel()
        self._icon.setPixmap(theme.pixmap("alert-circle", "danger.base", 16, 2.0))
        self._words = label(theme, hint, 12, tone="muted", wrap=True)
        self._below.addWidget(self._icon, 0, Qt.AlignmentFlag.AlignTop)
        self._below.addWidget(self._words, 1)
        column.addLayout(self._below)
        column.addStretch(1)
        self._hint = hint
        self.show_error("")
        editor.setAccessibleName(title)
        if isinstance(editor, QLineEdit):
            editor.textEdited.connect(lambda _text: self.show_error(""))

    def show_error(self, sentence: str) -> None:
        """Says what is wrong; "" takes it back and shows the hint again."""
        wrong = bool(sentence)
        self._icon.setVisible(wrong)
        self._words.setText(sentence or self._hint)
        self._words.setVisible(wrong or bool(self._hint))
        self._words.setProperty("tone", "danger" if wrong else "muted")
        restyle(self._words)
        if self.editor.property("wrong") != ("true" if wrong else "false"):
            self.editor.setProperty("wrong", "true" if wrong else "false")
            restyle(self.editor)


def text_field(theme: Theme, name: str, title: str, value: str = "", *, hint: str = "", example: str = "") -> Field:
    """A line of text."""
    editor = QLineEdit(value)
    editor.setFont(theme.font())
    editor.setPlaceholderText(example)
    return Field(theme, name, title, editor, hint)


def secret_field(theme: Theme, name: str, title: str, *, hint: str = "") -> Field:
    """A line that hides what is typed."""
    editor = QLineEdit()
    editor.setFont(theme.font())
    editor.setEchoMode(QLineEdit.EchoMode.Password)
    return Field(theme, name, title, editor, hint)


def block_field(theme: Theme, name: str, title: str, value: str = "", *, hint: str = "", lines: int = 3) -> Field:
    """A text of several lines."""
    editor = QPlainTextEdit(value)
    editor.setFont(theme.font())
    editor.setTabChangesFocus(True)
    editor.setFixedHeight(20 * lines + 20)
    return Field(theme, name, title, editor, hint)


class ChoiceEdit(QComboBox):
    """One of several. It keeps the values itself: Qt would give an enumeration's member back as a plain word."""

    def __init__(self, theme: Theme, choices: list[tuple[str, object]]) -> None:
        super().__init__()
        self.setFont(theme.font())
        self._values: list[object] = []
        for words, value in choices:
            self.add(words, value)

    def add(self, words: str, value: object) -> None:
        """One more to choose from, at the end."""
        self._values.append(value)
        self.addItem(words)

    def chosen(self) -> object:
        """The value that is chosen; None when there is nothing to choose from."""
        index = self.currentIndex()
        return self._values[index] if index >= 0 else None


def choice_field(
    theme: Theme, name: str, title: str, choices: list[tuple[str, object]], value: object = None, *, hint: str = ""
) -> Field:
    """One of several; each choice is its words and its value."""
    editor = ChoiceEdit(theme, choices)
    for index, (_words, data) in enumerate(choices):
        if data == value:
            editor.setCurrentIndex(index)
    return Field(theme, name, title, editor, hint)


class MoneyEdit(QLineEdit):
    """An amount of euros, typed with a decimal comma or point; right-aligned."""

    def __init__(self, theme: Theme, cents: int | None = None) -> None:
        super().__init__("" if cents is None else format_cents(cents))
        self.setFont(theme.font())
        self.setAlignment(Qt.AlignmentFlag.AlignRight)

    def cents(self) -> int | None:
        """The amount in cents; None when it is empty or no amount."""
        return parse_cents(self.text())

    def set_cents(self, cents: int | None) -> None:
        self.setText("" if cents is None else format_cents(cents))


def money_field(theme: Theme, name: str, title: str, cents: int | None = None, *, hint: str = "") -> Field:
    """An amount of money; read it from ``field.editor.cents()``."""
    return Field(theme, name, title, MoneyEdit(theme, cents), hint)


class DayEdit(QDateEdit):
    """A day, typed or picked."""

    def __init__(self, theme: Theme, day: date) -> None:
        super().__init__(QDate(day.year, day.month, day.day))
        self.setFont(theme.font())
        self.setDisplayFormat("d. M. yyyy")
        self.setCalendarPopup(True)

    def day(self) -> date:
        picked = self.date()
        return date(picked.year(), picked.month(), picked.day())

    def set_day(self, day: date) -> None:
        self.setDate(QDate(day.year, day.month, day.day))


class ClockEdit(QTimeEdit):
    """A wall time to the minute."""

    def __init__(self, theme: Theme, wall: time) -> None:
        super().__init__(QTime(wall.hour, wall.minute))
        self.setFont(theme.font())
        self.setDisplayFormat("HH:mm")
        self.lineEdit().setTextMargins(10, 0, 10, 0)  # the style sheet's padding does not reach the line inside

    def wall(self) -> time:
        picked = self.time()
        return time(picked.hour(), picked.minute())


def text_of(field: Field) -> str:
    """What stands in a text, secret or block field."""
    editor = field.editor
    if isinstance(editor, QPlainTextEdit):
        return editor.toPlainText()
    assert isinstance(editor, QLineEdit)
    return editor.text()


def choice_of(field: Field) -> object:
    """The value that is chosen in a choice field."""
    assert isinstance(field.editor, ChoiceEdit)
    return field.editor.chosen()


def cents_of(field: Field) -> int | None:
    """The amount in a money field; None when it is empty or no amount."""
    assert isinstance(field.editor, MoneyEdit)
    return field.editor.cents()


def parse_cents(typed: str) -> int | None:
    """Cents of a typed amount: ``12``, ``12,5``, ``1.284,50``; None for anything else."""
    clean = typed.replace("€", "").replace("\N{MINUS SIGN}", "-").replace(" ", "").replace("\N{NO-BREAK SPACE}", "")
    if "," in clean:
        clean = clean.replace(".", "")
    if not _AMOUNT.fullmatch(clean):
        return None
    sign = -1 if clean.startswith("-") else 1
    euros, _, rest = clean.lstrip("-").replace(",", ".").partition(".")
    return sign * (int(euros) * 100 + int(rest.ljust(2, "0") or 0))


def format_cents(cents: int) -> str:
    """Cents as they are typed: ``12,50``."""
    euros, rest = divmod(abs(cents), 100)
    return f"{'-' if cents < 0 else ''}{euros},{rest:02d}"
