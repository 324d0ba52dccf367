"""A pad for a PIN: digits by mouse, touch or keyboard; dots instead of digits."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from desktop.widgets.controls import Button, label
from desktop.widgets.theme import Theme


class PinPad(QWidget):
    """Signals: entered(pin) on Enter."""

    entered = Signal(str)

    def __init__(self, theme: Theme, prompt: str, enter: str, back: str) -> None:
        super().__init__()
        self._pin = ""
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        self._prompt = label(theme, prompt, tone="secondary", wrap=True)
        self._dots = label(theme, "", 28, strong=True)
        self._dots.setMinimumHeight(36)
        self._problem = label(theme, "", 13, tone="danger", wrap=True)
        self._problem.hide()
        for widget in (self._prompt, self._dots, self._problem):
            column.addWidget(widget)
        grid = QGridLayout()
        grid.setSpacing(8)
        for index, digit in enumerate("123456789"):
            grid.addWidget(self._key(theme, digit), index // 3, index % 3)
        erase = Button(theme, "", icon="backspace", size="primary")
        erase.setAccessibleName(back)
        erase.setToolTip(back)
        erase.clicked.connect(self._erase)
        grid.addWidget(erase, 3, 0)
        grid.addWidget(self._key(theme, "0"), 3, 1)
        done = Button(theme, enter, "primary", size="primary")
        done.clicked.connect(self._done)
        grid.addWidget(done, 3, 2)
        column.addLayout(grid)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(prompt)

    def _key(self, theme: Theme, digit: str) -> Button:
        button = Button(theme, digit, size="primary")
        button.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        button.clicked.connect(lambda: self._type(digit))
        return button

    def start(self, prompt: str) -> None:
        """Empties the pad for another person."""
        self._pin = ""
        self._prompt.setText(prompt)
        self._problem.hide()
        self._show()
        self.setFocus()

    def show_problem(self, sentence: str) -> None:
        """Says why the PIN was not taken; the next digit begins anew."""
        self._pin = ""
        self._show()
        self._problem.setText(sentence)
        self._problem.show()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        match event.key():
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._done()
            case Qt.Key.Key_Backspace:
                self._erase()
            case _ if event.text().isdigit():
                self._type(event.text())
            case _:
                super().keyPressEvent(event)

    def _type(self, digit: str) -> None:
        if len(self._pin) < 12:
            self._pin += digit
        self._problem.hide()
        self._show()

    def _erase(self) -> None:
        self._pin = self._pin[:-1]
        self._show()

    def _done(self) -> None:
        if self._pin:
            self.entered.emit(self._pin)

    def _show(self) -> None:
        self._dots.setText("●" * len(self._pin))
