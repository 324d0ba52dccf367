"""What lies over the painted day: the block in the hand with the reason why it does not fit, or the keyboard's place."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QPainter

from desktop.widgets.calendar.data import Block, Column, clock
from desktop.widgets.calendar.drag import Drag
from desktop.widgets.calendar.geometry import Geometry
from desktop.widgets.calendar.painting import CalendarPainter
from desktop.widgets.calendar.walking import QUARTER, Place

_CARD = QSize(236, 92)


def paint_drag(painter: QPainter, painter_of: CalendarPainter, geometry: Geometry, drag: Drag, seen: QRectF) -> None:
    """The ghost, and beside it a card when it does not fit. `seen` is the visible part of the day."""
    rect = geometry.rect(drag.column, drag.start, drag.end)
    words = (drag.block.title, f"{clock(drag.start)}–{clock(drag.end)}")
    painter_of.ghost(painter, rect, words, fits=drag.refusal is None)
    if drag.refusal is not None:
        painter_of.card(painter, _card(rect, seen), drag.refusal)


def drag_area(geometry: Geometry, drag: Drag, seen: QRectF) -> QRectF:
    """What the ghost and its card cover: a step of the drag paints this and no more."""
    ghost = geometry.rect(drag.column, drag.start, drag.end)
    both = ghost if drag.refusal is None else ghost.united(_card(ghost, seen))
    return both.adjusted(-4, -4, 4, 4)


def _card(ghost: QRectF, seen: QRectF) -> QRectF:
    """Below the ghost, or above where there is no room."""
    left = max(seen.left(), min(ghost.left(), seen.right() - _CARD.width() - 8))
    top = ghost.bottom() + 6
    if top + _CARD.height() > seen.bottom():
        top = ghost.top() - _CARD.height() - 6
    return QRectF(QPointF(left, top), _CARD.toSizeF())


def paint_place(painter: QPainter, painter_of: CalendarPainter, geometry: Geometry, place: Place) -> None:
    """The frame of the free quarter at which the keyboard stands."""
    painter.setPen(painter_of.colour("border.focus"))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawRoundedRect(geometry.rect(place.column, place.minute, place.minute + QUARTER), 4, 4)


def drag_words(drag: Drag, column: Column) -> str:
    """The block in the hand, for a screen reader."""
    reason = f"{drag.refusal.heading}: {drag.refusal.reason}" if drag.refusal is not None else ""
    words = (drag.block.title, column.title, f"{clock(drag.start)}–{clock(drag.end)}", reason)
    return ", ".join(word for word in words if word)


def block_words(block: Block, column: Column) -> str:
    """A block, for a screen reader."""
    words = (column.title, f"{clock(block.start)}–{clock(block.end)}", block.title, block.line, block.state)
    return ", ".join(word for word in words if word)
