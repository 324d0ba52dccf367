"""The calendar's fixed edges: names of the columns on top, hours at the left."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter

from desktop.widgets.calendar.data import clock
from desktop.widgets.calendar.geometry import Geometry
from desktop.widgets.theme import Theme

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


def paint_header(
    painter: QPainter, theme: Theme, geometry: Geometry, x: float, gutter: int, height: int, width: int
) -> None:
    """Names, hours and load of the columns; `x` is where the first one begins."""
    painter.setClipRect(QRectF(gutter, 0, width - gutter, height))
    painter.fillRect(QRectF(gutter, 0, width, height), theme.colour("surface.panel"))
    name, small, strong = theme.font(14, strong=True), theme.font(12), theme.font(12, strong=True)
    metrics, small_metrics = QFontMetricsF(name), QFontMetricsF(small)
    with_avatar = geometry.width >= theme.tokens.size("calendar.avatar_from")
    for index, column in enumerate(geometry.day.columns):
        left = x + index * geometry.width
        text = left + 10
        if with_avatar:
            circle = QRectF(left + 10, 14, 32, 32)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("surface.sunken"))
            painter.drawEllipse(circle)
            painter.setPen(theme.colour("text.secondary"))
            painter.setFont(strong)
            initials = "".join(part[0] for part in column.title.split()[:2]).upper()
            painter.drawText(circle, Qt.AlignmentFlag.AlignCenter, initials)
            text = left + 50
        room = left + geometry.width - text - 6
        elide = Qt.TextElideMode.ElideRight
        painter.setFont(name)
        painter.setPen(theme.colour("text.primary"))
        painter.drawText(QRectF(text, 12, room, 20), _LEFT, metrics.elidedText(column.title, elide, room))
        painter.setFont(small)
        painter.setPen(theme.colour("text.secondary"))
        painter.drawText(QRectF(text, 31, room, 16), _LEFT, small_metrics.elidedText(column.subtitle, elide, room))
        if column.load >= 0:
            taken = (geometry.width - 1) * min(1.0, column.load)
            painter.fillRect(QRectF(left + 1, height - 3, taken, 2), theme.colour("accent.base"))
        painter.fillRect(QRectF(round(left), 0, 1, height), theme.colour("border.divider"))
    painter.fillRect(QRectF(gutter, height - 1, width, 1), theme.colour("border.divider_strong"))


def paint_gutter(
    painter: QPainter, theme: Theme, geometry: Geometry, y: float, width: int, header: int, height: int
) -> None:
    """The hours; the present stands in a filled box among them. `y` is where the day begins."""
    painter.setClipping(False)
    painter.fillRect(QRectF(0, 0, width, height), theme.colour("surface.window"))
    painter.setClipRect(QRectF(0, header, width, height - header))
    painter.setFont(theme.font(12))
    painter.setPen(theme.colour("text.secondary"))
    day = geometry.day
    for minute in range((day.first + 59) // 60 * 60, day.last + 1, 60):
        top = y + geometry.y(minute)
        if day.now is not None and abs(geometry.y(minute) - geometry.y(day.now)) < 17:
            continue  # the present's box stands there
        painter.drawText(QRectF(0, top - 8, width - 8, 16), _RIGHT, clock(minute))
    if day.now is not None:
        middle = y + geometry.y(day.now)
        box = QRectF(4, middle - 9, width - 6, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("now"))
        painter.drawRoundedRect(box, 3, 3)
        painter.setPen(theme.colour("surface.panel"))
        painter.setFont(theme.font(12, strong=True))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, clock(day.now))
    painter.setClipping(False)
