"""A month of days to pick from."""

from __future__ import annotations

from calendar import Calendar
from collections.abc import Sequence
from datetime import date, timedelta

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop.widgets.controls import icon_button, label, restyle
from desktop.widgets.theme import Theme


class MonthPicker(QWidget):
    """Six weeks around a month; today and the picked day are marked.

    Args:
        months: names of the twelve months; `weekdays` letters from Monday; `words` for "previous" and "next".

    Signals:
        picked(day).
    """

    picked = Signal(object)

    def __init__(
        self,
        theme: Theme,
        months: Sequence[str],
        weekdays: Sequence[str],
        words: tuple[str, str],
        day: date,
        today: date,
    ) -> None:
        super().__init__()
        self._months = months
        self._today = today
        self._day = day
        self._month = day.replace(day=1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(4)
        head = QHBoxLayout()
        self._title = label(theme, strong=True)
        head.addWidget(self._title, 1)
        for icon, name, step in (("chevron-left", words[0], -1), ("chevron-right", words[1], 1)):
            button = icon_button(theme, icon, name)
            button.clicked.connect(lambda _checked=False, step=step: self._turn(step))
            head.addWidget(button)
        column.addLayout(head)
        grid = QGridLayout()
        grid.setSpacing(0)
        for index, letter in enumerate(weekdays):
            heading = label(theme, letter, 12, tone="muted")
            heading.setMinimumWidth(32)
            grid.addWidget(heading, 0, index)
            heading.setIndent(10)
        self._group = QButtonGroup(self)
        self._buttons: list[QPushButton] = []
        for place in range(42):
            cell = QPushButton()
            cell.setCheckable(True)
            cell.setFont(theme.font())
            cell.setProperty("kind", "day")
            cell.clicked.connect(lambda _checked=False, place=place: self._pick(place))
            self._group.addButton(cell)
            self._buttons.append(cell)
            grid.addWidget(cell, 1 + place // 7, place % 7)
        column.addLayout(grid)
        self._fill()

    def set_day(self, day: date, today: date) -> None:
        """Shows another day as picked."""
        self._day, self._today = day, today
        self._month = day.replace(day=1)
        self._fill()

    def _days(self) -> list[date]:
        first = next(iter(Calendar().itermonthdates(self._month.year, self._month.month)))
        return [first + timedelta(days=n) for n in range(42)]

    def _fill(self) -> None:
        self._title.setText(f"{self._months[self._month.month - 1]} {self._month.year}")
        self._group.setExclusive(False)  # an exclusive group keeps one checked, also in a month without the picked day
        for button, day in zip(self._buttons, self._days(), strict=True):
            button.setText(str(day.day))
            button.setAccessibleName(day.isoformat())
            button.setProperty("outside", "true" if day.month != self._month.month else "false")
            button.setProperty("today", "true" if day == self._today else "false")
            button.setChecked(day == self._day)
            restyle(button)
        self._group.setExclusive(True)

    def _turn(self, step: int) -> None:
        index = self._month.year * 12 + self._month.month - 1 + step
        self._month = date(index // 12, index % 12 + 1, 1)
        self._fill()

    def _pick(self, place: int) -> None:
        self._day = self._days()[place]
        self.picked.emit(self._day)
