"""The small widgets by mouse and keyboard: month, segments, PIN pad, table, undo bar, lights, buttons."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest
from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtTest import QAbstractItemModelTester
from PySide6.QtWidgets import QApplication, QHBoxLayout, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from desktop.widgets.controls import Button, Empty, Kind, icon_button
from desktop.widgets.lights import StatusLight, UndoBar
from desktop.widgets.month_picker import MonthPicker
from desktop.widgets.page import WIDEST, page_column
from desktop.widgets.pin_pad import PinPad
from desktop.widgets.rows_table import ColumnOf, RowsTable
from desktop.widgets.segmented import Segmented
from desktop.widgets.theme import Theme
from desktop.widgets.tokens import ThemeName, contrast

MONTHS = [f"{n}. mesec" for n in range(1, 13)]
LEFT = Qt.MouseButton.LeftButton


def month(theme: Theme, day: date) -> MonthPicker:
    return MonthPicker(theme, MONTHS, tuple("PTSČPSN"), ("prejšnji", "naslednji"), day, date(2027, 3, 4))


def named(widget: MonthPicker | PinPad, name: str) -> QPushButton:
    return next(one for one in widget.findChildren(QPushButton) if name in (one.accessibleName(), one.text()))


def test_a_month_shows_six_weeks_from_monday_and_turns_over_the_year(theme: Theme, qtbot: QtBot) -> None:
    picker = month(theme, date(2027, 12, 15))
    qtbot.addWidget(picker)
    cells = [one for one in picker.findChildren(QPushButton) if one.property("kind") == "day"]
    assert len(cells) == 42
    assert cells[0].accessibleName() == "2027-11-29"
    assert [one.accessibleName() for one in cells if one.isChecked()] == ["2027-12-15"]
    qtbot.mouseClick(named(picker, "naslednji"), LEFT)
    assert any(one.text() == "1. mesec 2028" for one in picker.findChildren(QLabel))
    assert not any(one.isChecked() for one in cells)
    qtbot.mouseClick(named(picker, "prejšnji"), LEFT)
    assert [one.accessibleName() for one in cells if one.isChecked()] == ["2027-12-15"]


def test_a_day_that_is_clicked_is_picked_also_one_of_the_next_month(theme: Theme, qtbot: QtBot) -> None:
    picker = month(theme, date(2027, 3, 4))
    qtbot.addWidget(picker)
    picked: list[date] = []
    picker.picked.connect(picked.append)
    qtbot.mouseClick(named(picker, "2027-04-02"), LEFT)
    qtbot.mouseClick(named(picker, "2027-03-31"), LEFT)
    assert picked == [date(2027, 4, 2), date(2027, 3, 31)]
    assert named(picker, "2027-03-04").property("today") == "true"


def test_a_segment_tells_only_what_the_person_chose(theme: Theme, qtbot: QtBot) -> None:
    segments = Segmented(theme, [("day", "Dan"), ("agenda", "Seznam")], "day")
    qtbot.addWidget(segments)
    chosen: list[str] = []
    segments.chosen.connect(chosen.append)
    day, agenda = segments.findChildren(QPushButton)
    segments.set_current("agenda")
    assert (day.isChecked(), agenda.isChecked(), chosen) == (False, True, [])
    qtbot.mouseClick(day, LEFT)
    assert (day.isChecked(), agenda.isChecked(), chosen) == (True, False, ["day"])


def test_a_pin_is_typed_hidden_erased_and_entered(theme: Theme, qtbot: QtBot) -> None:
    pad = PinPad(theme, "PIN", "Vstop", "Briši")
    qtbot.addWidget(pad)
    entered: list[str] = []
    pad.entered.connect(entered.append)
    qtbot.keyClick(pad, Qt.Key.Key_Return)
    assert entered == []
    qtbot.keyClicks(pad, "12x")
    qtbot.mouseClick(named(pad, "9"), LEFT)
    shown = {one.text() for one in pad.findChildren(QLabel)}
    assert "●●●" in shown
    assert not any("129" in text for text in shown)
    qtbot.keyClick(pad, Qt.Key.Key_Backspace)
    qtbot.mouseClick(named(pad, "Briši"), LEFT)
    qtbot.keyClicks(pad, "34")
    qtbot.mouseClick(named(pad, "Vstop"), LEFT)
    assert entered == ["134"]


def test_a_wrong_pin_is_said_and_the_next_one_begins_anew(theme: Theme, qtbot: QtBot) -> None:
    pad = PinPad(theme, "PIN", "Vstop", "Briši")
    qtbot.addWidget(pad)
    pad.show()
    qtbot.keyClicks(pad, "9999")
    pad.show_problem("Napačen PIN.")
    problem = next(one for one in pad.findChildren(QLabel) if one.text() == "Napačen PIN.")
    assert problem.isVisible()
    entered: list[str] = []
    pad.entered.connect(entered.append)
    qtbot.keyClicks(pad, "1")
    assert not problem.isVisible()
    qtbot.keyClick(pad, Qt.Key.Key_Enter)
    assert entered == ["1"]


@dataclass(frozen=True)
class Row:
    name: str
    cents: int


def table(theme: Theme) -> RowsTable[Row]:
    columns: list[ColumnOf[Row]] = [
        ColumnOf("Ime", lambda row: row.name, stretch=1),
        ColumnOf("Znesek", lambda row: str(row.cents), right=True, tone=lambda row: "danger.base"),
    ]
    return RowsTable(theme, columns, "računi")


def test_a_table_is_a_lawful_model_whatever_rows_it_gets(theme: Theme, qtbot: QtBot) -> None:
    shown = table(theme)
    qtbot.addWidget(shown)
    # A broken rule is a Qt warning, and a warning fails the test.
    tester = QAbstractItemModelTester(shown.model(), QAbstractItemModelTester.FailureReportingMode.Warning)
    for count in (0, 3, 256, 1):
        shown.set_rows([Row(f"Stranka {n}", n) for n in range(count)])
        assert shown.model().rowCount() == count
    assert shown.model().index(0, 0).data() == "Stranka 0"
    assert shown.model().index(0, 1).data(Qt.ItemDataRole.ForegroundRole).name() == theme.colour("danger.base").name()
    assert shown.model().index(0, 1).data(Qt.ItemDataRole.TextAlignmentRole) & Qt.AlignmentFlag.AlignRight
    assert tester.model() is shown.model()


def test_enter_and_a_double_click_open_the_row(theme: Theme, qtbot: QtBot) -> None:
    shown = table(theme)
    qtbot.addWidget(shown)
    shown.resize(400, 300)
    shown.show()
    rows = [Row("Ana", 1), Row("Bor", 2)]
    shown.set_rows(rows)
    opened: list[Row] = []
    picked: list[Row] = []
    shown.opened.connect(opened.append)
    shown.picked.connect(picked.append)
    qtbot.keyClick(shown, Qt.Key.Key_Return)
    assert opened == []
    place = shown.visualRect(shown.model().index(1, 0)).center()
    qtbot.mouseClick(shown.viewport(), LEFT, pos=place)
    assert (picked, shown.chosen()) == ([rows[1]], rows[1])
    qtbot.keyClick(shown, Qt.Key.Key_Return)
    qtbot.mouseDClick(shown.viewport(), LEFT, pos=place)
    assert opened == [rows[1], rows[1]]


def test_undo_is_offered_once(theme: Theme, qtbot: QtBot) -> None:
    bar = UndoBar(theme, "Razveljavi")
    qtbot.addWidget(bar)
    undone: list[int] = []
    assert bar.pending is None
    bar.offer("Termin je prestavljen.", lambda: undone.append(1))
    assert bar.isVisible()
    assert bar.pending is not None
    [button] = bar.findChildren(QPushButton)
    qtbot.mouseClick(button, LEFT)
    assert undone == [1]
    assert not bar.isVisible()
    assert bar.pending is None
    bar.offer("Račun je izdan.", None)
    assert not button.isVisible()


def test_a_light_says_its_trouble_in_words(theme: Theme, qtbot: QtBot) -> None:
    light = StatusLight(theme, "printer")
    qtbot.addWidget(light)
    light.show_state("danger", "Ni papirja", "V tiskalniku ni papirja. Vstavite nov zvitek.")
    assert "Ni papirja" in light.text()
    assert light.accessibleName() == light.toolTip() == "V tiskalniku ni papirja. Vstavite nov zvitek."
    light.show_state("fine", "", "Tiskalnik dela.")
    assert light.text() == ""
    assert light.accessibleName() == "Tiskalnik dela."


def test_a_button_with_an_icon_alone_has_a_name_and_is_large_enough_for_a_finger(theme: Theme, qtbot: QtBot) -> None:
    button = icon_button(theme, "x", "Zapri")
    qtbot.addWidget(button)
    assert (button.accessibleName(), button.toolTip()) == ("Zapri", "Zapri")
    assert min(button.width(), button.height()) >= 36


def test_the_key_of_a_button_stands_inside_it(theme: Theme, qtbot: QtBot) -> None:
    button = Button(theme, "Zaračunaj", "primary", key="F9", size="pay")
    qtbot.addWidget(button)
    button.resize(button.sizeHint())
    button.show()
    [cap] = button.findChildren(QLabel)
    assert cap.text() == "F9"
    assert button.rect().contains(cap.geometry())


def test_an_empty_view_says_what_to_do_first(theme: Theme, qtbot: QtBot) -> None:
    action = Button(theme, "Dodaj stranko", "primary")
    empty = Empty(theme, "user", "Strank še ni.", action)
    qtbot.addWidget(empty)
    assert any(one.text() == "Strank še ni." for one in empty.findChildren(QLabel))
    assert action in empty.findChildren(QPushButton)


@pytest.mark.parametrize("name", ["light", "dark"])
@pytest.mark.parametrize("kind", ["primary", "secondary", "danger"])
@pytest.mark.parametrize(("enabled", "least"), [(True, 4.5), (False, 3.0)])
def test_the_name_of_a_key_can_be_read_on_its_button(
    qapp: QApplication, qtbot: QtBot, name: ThemeName, kind: Kind, enabled: bool, least: float
) -> None:
    theme = Theme(name)
    theme.apply(qapp)
    button = Button(theme, "Gotovina", kind, key="\u2588\u2588", size="pay")  # full blocks: the letter is all ink
    qtbot.addWidget(button)
    button.setEnabled(enabled)
    button.resize(240, 64)
    button.show()
    [cap] = button.findChildren(QLabel)
    picture = button.grab().toImage()
    ink = picture.pixelColor(cap.geometry().center()).name()
    paper = picture.pixelColor(cap.geometry().left() - 6, cap.geometry().center().y()).name()
    assert contrast(ink, paper) >= least, (ink, paper)


def test_a_page_of_lists_keeps_together_on_a_wide_screen(qtbot: QtBot) -> None:
    page, content = QWidget(), QLabel("Ana Žagar")
    qtbot.addWidget(page)
    page_column(page).addWidget(content)
    page.show()
    page.resize(1000, 300)
    assert content.width() > 900
    page.resize(3000, 300)
    assert 1300 < content.width() <= WIDEST
    assert content.mapTo(page, content.rect().topLeft()).x() < 40


def test_a_status_light_gives_way_in_a_narrow_window_before_anything_else_is_cut(theme: Theme, qtbot: QtBot) -> None:
    bar = QWidget()
    row = QHBoxLayout(bar)
    light, other = StatusLight(theme, "printer"), QPushButton("Novo naročilo")
    light.show_state("warning", "Davčna blagajna: ni uporabnega potrdila", "Ni uporabnega potrdila.")
    row.addWidget(other)
    row.addWidget(light)
    qtbot.addWidget(bar)
    bar.show()
    whole = bar.sizeHint().width()
    bar.resize(whole - 150, 60)
    assert light.text().endswith("…")
    assert other.width() >= other.sizeHint().width()
    assert "potrdila" in light.toolTip()
    bar.resize(whole, 60)
    assert light.text().endswith("potrdila")


def test_enter_presses_the_button_that_has_the_focus(theme: Theme, qtbot: QtBot) -> None:
    button = Button(theme, "Shrani")
    qtbot.addWidget(button)
    button.show()
    pressed: list[str] = []
    button.clicked.connect(lambda: pressed.append("click"))
    for key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
        qtbot.keyClick(button, key)
    assert pressed == ["click"] * 3
    held = QKeyEvent(QEvent.Type.KeyPress, Qt.Key.Key_Return, Qt.KeyboardModifier.NoModifier, "", True)
    QApplication.sendEvent(button, held)
    assert len(pressed) == 3, "held down, it presses once"
