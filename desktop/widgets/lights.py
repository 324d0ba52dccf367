"""Status lights and the undo bar: quiet while all is well, in words when it is not."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from PySide6.QtCore import QRectF, QSize, Qt, QTimer
from PySide6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy

from desktop.widgets.controls import label, restyle
from desktop.widgets.theme import Theme

LightState = Literal["fine", "info", "warning", "danger"]
_LEAST_WORDS = 60
_TONES = {"info": "info.on_subtle", "warning": "warning.on_subtle", "danger": "danger.on_subtle"}


class StatusLight(QPushButton):
    """An icon with a green dot while it works; otherwise icon and words on a subtle fill. Click opens what repairs it."""

    def __init__(self, theme: Theme, icon: str) -> None:
        super().__init__()
        self._theme, self._icon = theme, icon
        self._state: LightState = "fine"
        self._words = ""
        self.setProperty("kind", "light")
        self.setFont(theme.font(13, strong=True))
        self.setIconSize(QSize(20, 20))
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)  # a button alone never shrinks
        self.show_state("fine", "", "")

    def show_state(self, state: LightState, words: str, explanation: str, icon: str = "") -> None:
        """`words` stand in the light unless it is fine; `explanation` is its tooltip and accessible name."""
        self._state = state
        self._words = "" if state == "fine" else f" {words}"
        self.setText(self._words)
        self.setIcon(self._theme.icon(icon or self._icon, _TONES.get(state, "text.secondary")))
        self.setToolTip(explanation)
        self.setAccessibleName(explanation or words)
        self.setProperty("state", state)
        restyle(self)

    def sizeHint(self) -> QSize:
        """Room for all of its words, also while they are shortened."""
        metrics, hint = self.fontMetrics(), super().sizeHint()
        missing = metrics.horizontalAdvance(self._words) - metrics.horizontalAdvance(self.text())
        return QSize(hint.width() + missing, hint.height())

    def minimumSizeHint(self) -> QSize:
        """In a narrow window its words are shortened before anything else gives way; the tooltip has them all."""
        words = self.fontMetrics().horizontalAdvance(self._words)
        return QSize(self.sizeHint().width() - max(0, words - _LEAST_WORDS), super().minimumSizeHint().height())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        metrics, missing = self.fontMetrics(), self.sizeHint().width() - self.width()
        room = metrics.horizontalAdvance(self._words) - missing
        whole = missing <= 2  # what rounding may take
        self.setText(self._words if whole else metrics.elidedText(self._words, Qt.TextElideMode.ElideRight, room))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        if self._state == "fine":
            painter = QPainter(self)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(self._theme.colour("surface.panel"))
            painter.setBrush(self._theme.colour("success.base"))
            middle = self.rect().center()
            painter.drawEllipse(QRectF(middle.x() + 3, middle.y() + 3, 9, 9))
            painter.end()


class UndoBar(QFrame):
    """Says what happened and offers to undo it, for ten seconds; stays while the pointer is on it."""

    def __init__(self, theme: Theme, undo: str) -> None:
        super().__init__()
        self.setProperty("undo", "true")
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 3, 4, 3)
        row.setSpacing(12)
        self._words = label(theme, size=13, tone="inverted")
        row.addWidget(self._words)
        self._button = QPushButton(undo)
        self._button.setProperty("kind", "undo")
        self._button.setFont(theme.font(13, strong=True))
        self._button.setIcon(theme.icon("arrow-back-up", "text.primary", 16))
        self._button.clicked.connect(self._undo)
        row.addWidget(self._button)
        self._back: Callable[[], None] | None = None
        self._timer = QTimer(self, singleShot=True, interval=10_000)
        self._timer.timeout.connect(self._leave)
        self.hide()

    def offer(self, words: str, undo: Callable[[], None] | None) -> None:
        """Shows what happened; without `undo` it only says so."""
        self._words.setText(words)
        self._back = undo
        self._button.setVisible(undo is not None)
        self.show()
        self._timer.start()

    @property
    def pending(self) -> Callable[[], None] | None:
        """What the undo key does now."""
        return self._back if self.isVisible() else None

    def _undo(self) -> None:
        back, self._back = self._back, None
        self.hide()
        if back is not None:
            back()

    def _leave(self) -> None:
        if self.underMouse() or self._button.hasFocus():
            self._timer.start()
        else:
            self.hide()
