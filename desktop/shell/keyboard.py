"""The keyboard of the window: single letters, function keys, and a scanner's burst, recognised anywhere.

Single letters act only while no text field has the focus. A scanner types faster than any person and ends with Enter: at least
four characters, less than 40 ms apart. What it typed into a field by the way is taken out again.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QAbstractSpinBox, QApplication, QComboBox, QLineEdit, QPlainTextEdit, QTextEdit, QWidget

_GAP = 0.040
_LEAST = 4
_TYPING = (QLineEdit, QPlainTextEdit, QTextEdit, QAbstractSpinBox, QComboBox)


class Keyboard(QObject):
    """Watches the application's keys.

    Signals:
        pressed(name): ``N``, ``F9``, ``+`` …; swallowed when the receiver returns True through `answer`.
        scanned(code).
    """

    scanned = Signal(str)

    def __init__(
        self, application: QApplication, press: Callable[[str], bool], clock: Callable[[], float] = time.monotonic
    ) -> None:
        super().__init__()
        self._press, self._clock = press, clock
        self._burst = ""
        self._last = 0.0
        self._application = application
        application.installEventFilter(self)

    def stop(self) -> None:
        """Watches no more: the window that the keys were for is going."""
        self._application.removeEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent) and isinstance(watched, QWidget):
            if watched is not QApplication.focusWidget() and QApplication.focusWidget() is not None:
                return False
            return self._key(event, watched)
        return False

    def _key(self, event: QKeyEvent, at: QWidget) -> bool:
        """A key that goes to a widget: the focused one, also where the window system says that no window is active."""
        now = self._clock()
        text = event.text()
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        quick = now - self._last < _GAP
        self._last = now
        if enter and quick and len(self._burst) >= _LEAST:
            code, self._burst = self._burst, ""
            self._take_out(code, at)
            self.scanned.emit(code)
            return True
        if text and text.isprintable() and len(text) == 1:
            self._burst = self._burst + text if quick else text
            if len(self._burst) > 1:
                return False  # within a burst: a scanner's letters press nothing
        else:
            self._burst = ""
        return self._shortcut(event, at)

    def _shortcut(self, event: QKeyEvent, at: QWidget) -> bool:
        typing = isinstance(at, _TYPING)
        modifiers = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        key = event.key()
        if Qt.Key.Key_F1 <= key <= Qt.Key.Key_F12 and modifiers == Qt.KeyboardModifier.NoModifier:
            return self._press(f"F{key - Qt.Key.Key_F1 + 1}")
        if typing:
            return False
        if modifiers in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.ShiftModifier):
            text = event.text().upper()
            if len(text) == 1 and (text.isalpha() or text in "+-/"):
                return self._press(text)
        return False

    @staticmethod
    def _take_out(code: str, field: QWidget) -> None:
        if isinstance(field, QLineEdit) and field.text().endswith(code):
            field.setText(field.text()[: -len(code)])
