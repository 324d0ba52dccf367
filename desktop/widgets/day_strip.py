"""The strip above the calendar: the shown day's name and the free capacity of the next days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from desktop.widgets.theme import Theme

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class StripDay:
    """One of the next days: its short name, what is free in words, and how much is taken, 0 … 1 (negative: closed)."""

    day: date
    name: str
    words: str
    taken: float


class DayStrip(QWidget):
    """Signals: picked(day)."""

    picked = Signal(object)

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._title, self._subtitle = "", ""
        self._days: tuple[StripDay, ...] = ()
        self.setFixedHeight(int(theme.tokens.size("calendar.day_strip")))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setMouseTracking(True)

    def set_days(self, title: str, subtitle: str, days: tuple[StripDay, ...]) -> None:
        """Shows another day and the ones behind it."""
        self._title, self._subtitle, self._days = title, subtitle, days
        self.setAccessibleName(f"{title}, {subtitle}")
        self.update()

    def sizeHint(self) -> QSize:
        return QSize(600, self.height())

    def _cells(self) -> list[QRectF]:
        left = min(220.0, self.width() * 0.34)
        width = (self.width() - left) / max(1, len(self._days))
        return [QRectF(left + index * width, 0, width, self.height()) for index in range(len(self._days))]

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = self._theme, QPainter(self)
        painter.fillRect(self.rect(), theme.colour("surface.panel"))
        painter.setPen(theme.colour("text.primary"))
        painter.setFont(theme.font(16, strong=True))
        painter.drawText(QRectF(12, 3, 220, 24), _LEFT, self._title)
        painter.setPen(theme.colour("text.secondary"))
        painter.setFont(theme.font(12))
        painter.drawText(QRectF(12, 26, 220, 16), _LEFT, self._subtitle)
        for cell, one in zip(self._cells(), self._days, strict=True):
            painter.fillRect(QRectF(cell.left(), 0, 1, cell.height()), theme.colour("border.divider"))
            painter.setPen(theme.colour("text.primary" if one.taken >= 0 else "text.muted"))
            painter.setFont(theme.font(12, strong=True))
            painter.drawText(QRectF(cell.left() + 8, 4, cell.width() - 10, 16), _LEFT, one.name)
            painter.setPen(theme.colour("text.secondary" if one.taken >= 0 else "text.muted"))
            painter.setFont(theme.font(12))
            painter.drawText(QRectF(cell.left() + 8, 20, cell.width() - 10, 16), _LEFT, one.words)
            if one.taken >= 0:
                bar = QRectF(cell.left() + 8, 39, cell.width() - 18, 3)
                painter.fillRect(bar, theme.colour("surface.sunken"))
                bar.setWidth(bar.width() * min(1.0, one.taken))
                painter.fillRect(bar, theme.colour("accent.base"))
        painter.fillRect(QRectF(0, self.height() - 1, self.width(), 1), theme.colour("border.divider"))
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        for cell, one in zip(self._cells(), self._days, strict=True):
            if cell.contains(event.position()):
                self.picked.emit(one.day)
