"""Fields: amounts read and write alike, an error is said below the editor and what was typed stays."""

from __future__ import annotations

from datetime import date, time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QComboBox, QHBoxLayout, QLabel, QLineEdit, QPlainTextEdit, QWidget
from pytestqt.qtbot import QtBot

from desktop.widgets.fields import (
    ClockEdit,
    DayEdit,
    Field,
    block_field,
    cents_of,
    choice_field,
    choice_of,
    format_cents,
    money_field,
    parse_cents,
    secret_field,
    text_field,
    text_of,
)
from desktop.widgets.theme import Theme
from fiscal.port import Means

CENTS = st.integers(-99_999_999_999, 99_999_999_999)


@given(CENTS)
def test_what_is_written_is_read_back(cents: int) -> None:
    assert parse_cents(format_cents(cents)) == cents


@given(CENTS)
def test_signs_of_groups_and_of_the_currency_do_not_matter(cents: int) -> None:
    euros, rest = divmod(abs(cents), 100)
    grouped = f"{euros:,}".replace(",", ".")
    sign = "\N{MINUS SIGN}" if cents < 0 else ""
    typed = f"{sign}{grouped},{rest:02d}\N{NO-BREAK SPACE}€"
    assert parse_cents(typed) == cents


@given(st.text(max_size=12))
def test_anything_else_is_no_amount_and_no_error(typed: str) -> None:
    found = parse_cents(typed)
    assert found is None or any(letter.isdigit() for letter in typed)


@pytest.mark.parametrize(
    ("typed", "cents"),
    [("12", 12_00), ("12,5", 12_50), ("12.50", 12_50), ("1.284,50", 1284_50), ("-3", -3_00), (" 7 € ", 7_00)],
)
def test_amounts_as_they_are_typed(typed: str, cents: int) -> None:
    assert parse_cents(typed) == cents


@pytest.mark.parametrize("typed", ["", "-", ",", "12,", "1,234", "12,5,0", "abc", "1e3", "--1", "1234567890123"])
def test_what_is_no_amount(typed: str) -> None:
    assert parse_cents(typed) is None


def below(field: Field) -> str:
    """The words that are seen below the editor."""
    labels = [one for one in field.findChildren(QLabel) if one.isVisibleTo(field) and one.text()]
    return "|".join(one.text() for one in labels[1:])


def test_an_error_is_said_below_and_what_was_typed_stays(theme: Theme, qtbot: QtBot) -> None:
    field = text_field(theme, "phones", "Telefon", "041 5x", hint="Brez presledkov")
    qtbot.addWidget(field)
    field.show()
    assert below(field) == "Brez presledkov"
    field.show_error("Te številke ni mogoče poklicati.")
    assert below(field) == "Te številke ni mogoče poklicati."
    assert text_of(field) == "041 5x"
    assert field.editor.property("wrong") == "true"
    qtbot.keyClicks(field.editor, "1")
    assert below(field) == "Brez presledkov"
    assert field.editor.property("wrong") == "false"


def test_a_field_is_named_by_its_title_and_reached_by_its_label(theme: Theme, qtbot: QtBot) -> None:
    field = text_field(theme, "name", "Ime", example="Ana Novak")
    qtbot.addWidget(field)
    assert field.editor.accessibleName() == "Ime"
    heading = field.findChildren(QLabel)[0]
    assert heading.buddy() is field.editor


def test_a_secret_is_not_shown(theme: Theme, qtbot: QtBot) -> None:
    field = secret_field(theme, "pin", "PIN")
    qtbot.addWidget(field)
    qtbot.keyClicks(field.editor, "1234")
    assert isinstance(field.editor, QLineEdit)
    assert "1234" not in field.editor.displayText()
    assert text_of(field) == "1234"


def test_tab_leaves_a_text_of_several_lines(theme: Theme, qtbot: QtBot) -> None:
    field = block_field(theme, "note", "Opomba", "prva\ndruga")
    qtbot.addWidget(field)
    assert text_of(field) == "prva\ndruga"
    assert isinstance(field.editor, QPlainTextEdit)
    assert field.editor.tabChangesFocus()


def test_a_choice_has_words_and_a_value(theme: Theme, qtbot: QtBot) -> None:
    field = choice_field(theme, "kind", "Vrsta", [("Kartica", "card"), ("Gotovina", "cash")], "cash")
    qtbot.addWidget(field)
    assert choice_of(field) == "cash"
    box = field.editor
    assert isinstance(box, QComboBox)
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert choice_of(field) == "card"


def test_an_amount_that_is_none_stays_as_it_was_typed(theme: Theme, qtbot: QtBot) -> None:
    field = money_field(theme, "amount", "Znesek", 12_50)
    qtbot.addWidget(field)
    assert (text_of(field), cents_of(field)) == ("12,50", 12_50)
    qtbot.keyClicks(field.editor, "x")
    field.show_error("To ni znesek.")
    assert (text_of(field), cents_of(field)) == ("12,50x", None)


def test_days_and_times_come_back_as_they_went_in(theme: Theme, qtbot: QtBot) -> None:
    day, wall = DayEdit(theme, date(2028, 2, 29)), ClockEdit(theme, time(9, 5))
    qtbot.addWidget(day)
    qtbot.addWidget(wall)
    assert (day.day(), wall.wall()) == (date(2028, 2, 29), time(9, 5))
    assert (day.text(), wall.text()) == ("29. 2. 2028", "09:05")
    day.set_day(date(2027, 12, 1))
    assert day.day() == date(2027, 12, 1)


def test_a_choice_gives_the_very_value_back(theme: Theme, qtbot: QtBot) -> None:
    field = choice_field(theme, "means", "Način", [("Kartica", Means.CARD), ("Gotovina", Means.CASH)], Means.CASH)
    qtbot.addWidget(field)
    assert choice_of(field) is Means.CASH


def test_all_one_line_editors_have_one_height_and_show_what_they_hold(
    theme: Theme, qapp: QApplication, qtbot: QtBot
) -> None:
    theme.apply(qapp)
    whole = QWidget()
    qtbot.addWidget(whole)
    row = QHBoxLayout(whole)
    clock, day = ClockEdit(theme, time(0, 30)), DayEdit(theme, date(2026, 11, 20))
    fields = [
        text_field(theme, "name", "Ime", "Ana"),
        choice_field(theme, "language", "Jezik", [("sl", "sl")]),
        Field(theme, "day", "Dan", day),
        Field(theme, "clock", "Ura", clock),
        money_field(theme, "price", "Cena", 12_00),
    ]
    for field in fields:
        row.addWidget(field)
    whole.resize(1000, 120)
    whole.show()
    assert {field.editor.height() for field in fields} == {int(theme.tokens.size("control.height"))}
    for editor in (clock, day):
        line = editor.lineEdit()
        assert line.width() - line.textMargins().left() > line.fontMetrics().horizontalAdvance(line.text())
        assert line.mapTo(editor, line.rect().topLeft()).x() + line.textMargins().left() >= 8
