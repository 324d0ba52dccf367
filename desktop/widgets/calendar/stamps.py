"""Shapes that come again, painted once and stamped: a full day has a thousand blocks of a few dozen forms."""

from __future__ import annotations

from collections.abc import Callable, Hashable

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter, QPixmap

_MOST_PIXELS = 4_000_000  # 16 MB


class Stamps:
    """Pictures by form and size in device pixels; all are forgotten when they become too many."""

    def __init__(self) -> None:
        self._made: dict[tuple[Hashable, int, int, float], QPixmap] = {}
        self._pixels = 0

    def stamp(self, painter: QPainter, rect: QRectF, form: Hashable, paint: Callable[[QPainter, QRectF], None]) -> None:
        """Draws what `paint` paints for a rectangle of this size; `form` names everything else that it depends on."""
        ratio = painter.device().devicePixelRatio()
        width, height = round(rect.width() * ratio), round(rect.height() * ratio)
        key = (form, width, height, ratio)
        picture = self._made.get(key)
        if picture is None:
            picture = self._make(QSize(max(1, width), max(1, height)), ratio, rect, paint)
            self._made[key] = picture
        painter.drawPixmap(rect.topLeft(), picture)

    def _make(self, size: QSize, ratio: float, rect: QRectF, paint: Callable[[QPainter, QRectF], None]) -> QPixmap:
        self._pixels += size.width() * size.height()
        if self._pixels > _MOST_PIXELS:
            self._made.clear()
            self._pixels = size.width() * size.height()
        picture = QPixmap(size)
        picture.setDevicePixelRatio(ratio)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        paint(painter, QRectF(QPointF(0, 0), rect.size()))
        painter.end()
        return picture
