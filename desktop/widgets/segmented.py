"""Segmented buttons: one of a few views, side by side."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from desktop.widgets.theme import Theme


class Segmented(QWidget):
    """A row of choices, one of which holds.

    Signals:
        chosen(key): the person chose another one.
    """

    chosen = Signal(str)

    def __init__(self, theme: Theme, choices: list[tuple[str, str]], current: str) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, QPushButton] = {}
        for index, (key, words) in enumerate(choices):
            button = QPushButton(words)
            button.setCheckable(True)
            button.setFont(theme.font())
            button.setProperty("kind", "segment")
            if index == 0:
                button.setProperty("place", "first")
            elif index == len(choices) - 1:
                button.setProperty("place", "last")
            button.setChecked(key == current)
            button.clicked.connect(lambda _checked=False, key=key: self.chosen.emit(key))
            self._group.addButton(button)
            self._buttons[key] = button
            row.addWidget(button)

    def set_current(self, key: str) -> None:
        """Shows which one holds, without telling."""
        self._buttons[key].setChecked(True)
