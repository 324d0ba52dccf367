"""The picture under the overlay: ground, blocks, proposals and the fixed edges, painted once per size and content."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from PySide6.QtCore import QPointF, QRect, QRectF, QSize
from PySide6.QtGui import QPainter, QPixmap

from desktop.widgets.calendar.geometry import Geometry
from desktop.widgets.calendar.header import paint_gutter, paint_header
from desktop.widgets.calendar.painting import CalendarPainter
from desktop.widgets.theme import Theme


@dataclass(frozen=True, slots=True)
class Frame:
    """What is seen: where the day's upper left corner lies in the view, its size, its edges, and the screen's scale."""

    origin: QPointF
    size: QSize
    gutter: int
    header: int
    ratio: float


def paint_picture(
    theme: Theme,
    painter_of: CalendarPainter,
    geometry: Geometry,
    frame: Frame,
    selected: UUID | None,
    moving: UUID | None,
) -> QPixmap:
    """Everything but what hangs at the pointer; the block that moves is left out."""
    width, height = frame.size.width(), frame.size.height()
    picture = QPixmap(QSize(round(width * frame.ratio), round(height * frame.ratio)))
    picture.setDevicePixelRatio(frame.ratio)
    picture.fill(theme.colour("surface.window"))
    painter = QPainter(picture)
    inside = QRect(frame.gutter, frame.header, width, height)
    painter.setClipRect(inside)
    painter.translate(frame.origin)
    seen = QRectF(inside).translated(-frame.origin.x(), -frame.origin.y())
    nearly = seen.adjusted(0, -80, 0, 80)  # buffers hang at a block: those whose block is just out of sight are painted
    painter_of.ground(painter, geometry, QRectF(0, 0, geometry.total_width, geometry.height))
    painter_of.now_line(painter, geometry)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for block in sorted(geometry.day.blocks, key=lambda one: one.inset):
        if block.column not in geometry.places or block.id == moving:
            continue
        rect = geometry.block_rect(block)
        if rect.intersects(nearly):
            painter_of.block(painter, geometry, block, rect, selected=block.group == selected)
    columns = {column.id: index for index, column in enumerate(geometry.day.columns)}
    for one in geometry.day.proposals:
        if one.column in columns:
            name = geometry.day.columns[columns[one.column]].title
            painter_of.proposal(painter, geometry, one, columns[one.column], name)
    painter_of.now_ticks(painter, geometry)
    painter.resetTransform()
    painter.setClipping(False)
    paint_header(painter, theme, geometry, frame.origin.x(), frame.gutter, frame.header, width)
    paint_gutter(painter, theme, geometry, frame.origin.y(), frame.gutter, frame.header, height)
    painter.end()
    return picture
