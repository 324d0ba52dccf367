"""Words on the calendar: shortened to their room and drawn, at some microseconds each.

A day of a big salon shows three thousand texts. Two things make them cheap: whether a text fits is told by the widths of its
letters, each measured once, and texts that come again (times, services) keep their layout.
"""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QFont, QFontMetricsF, QPainter, QStaticText

_KEPT = 8_000
_ELLIPSIS = "…"


class _Widths(dict[str, float]):
    """The width of each letter of a font."""

    def __init__(self, metrics: QFontMetricsF) -> None:
        super().__init__()
        self._metrics = metrics

    def __missing__(self, letter: str) -> float:
        width = self[letter] = self._metrics.horizontalAdvance(letter)
        return width


class Lettering:
    """Draws with one font."""

    def __init__(self, font: QFont) -> None:
        self.font = font
        self._metrics = QFontMetricsF(font)
        self._widths = _Widths(self._metrics)
        self._kept: dict[tuple[str, int], QStaticText] = {}

    def width(self, text: str) -> float:
        """The width of a text in pixels."""
        return self._metrics.horizontalAdvance(text)

    def fitted(self, text: str, width: float) -> str:
        """The text, or its beginning with an ellipsis where `width` pixels are too few."""
        # The sums leave out how letters move together, which only makes a text narrower; a pixel covers the exceptions.
        ends = list(accumulate(map(self._widths.__getitem__, text)))
        if not ends or ends[-1] < width - 1:
            return text
        kept = bisect_left(ends, width - 1 - self._widths[_ELLIPSIS])
        return text[:kept].rstrip() + _ELLIPSIS

    def once(self, painter: QPainter, left: float, top: float, width: float, height: float, text: str) -> None:
        """Draws a text that will hardly come again, such as a name, in the middle of the line's height."""
        painter.setFont(self.font)
        base = top + (height + self._metrics.ascent() - self._metrics.descent()) / 2
        painter.drawText(QPointF(left, base), self.fitted(text, width))

    def often(self, painter: QPainter, left: float, top: float, width: float, height: float, text: str) -> None:
        """Draws a text that comes again and again, such as a time or a service."""
        key = (text, int(width))
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            kept = self._kept[key] = QStaticText(self.fitted(text, width))
            kept.setTextFormat(Qt.TextFormat.PlainText)
        painter.setFont(self.font)
        painter.drawStaticText(QPointF(left, top + (height - self._metrics.height()) / 2), kept)
