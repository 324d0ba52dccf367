"""Where things stand in the calendar: minutes and columns to pixels and back. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from PySide6.QtCore import QPointF, QRectF

from desktop.widgets.calendar.data import Block, Day

SNAP = 5
_EDGE = 6  # pixels


@dataclass(frozen=True, slots=True)
class Geometry:
    """The places of one day at one size of the view; y counts from the top of the day, x from the first column.

    Attributes:
        width: of a column, within the least and most of the tokens.
        quarter: pixels of 15 minutes.
        places: index of each column by its id.
    """

    day: Day
    width: float
    quarter: float
    gap_x: float = 3
    gap_y: float = 1
    inset: float = 0.24
    places: Mapping[UUID, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "places", {column.id: index for index, column in enumerate(self.day.columns)})

    @property
    def height(self) -> float:
        return self.y(self.day.last)

    @property
    def total_width(self) -> float:
        return self.width * len(self.day.columns)

    def y(self, minute: float) -> float:
        return (minute - self.day.first) / 15 * self.quarter

    def minute(self, y: float) -> int:
        """The minute at a height, snapped to five."""
        raw = self.day.first + y / self.quarter * 15
        return round(raw / SNAP) * SNAP

    def column_at(self, x: float) -> int:
        """The column at an x; -1 beside them."""
        index = int(x // self.width) if x >= 0 else -1
        return index if index < len(self.day.columns) else -1

    def rect(self, column: int, start: float, end: float, like: Block | None = None) -> QRectF:
        """From one minute to another in a column: all its width, or as much of it as a block has."""
        left, right = column * self.width, (column + 1) * self.width
        if like is not None:
            left += self.width * self.inset if like.inset else 0
            share = (right - left) / like.lanes
            left, right = left + share * like.lane, left + share * (like.lane + 1)
        top, bottom = self.y(start), self.y(end)
        # Whole pixels: edges are sharp, and blocks of one length have one size.
        x, y = round(left + self.gap_x), round(top + self.gap_y)
        return QRectF(x, y, round(right - self.gap_x) - x, max(8, round(bottom - self.gap_y) - y))

    def index(self, block: Block) -> int:
        """The column of a block; -1 when its person has none today."""
        return self.places.get(block.column, -1)

    def block_rect(self, block: Block) -> QRectF:
        return self.rect(self.index(block), block.start, block.end, block)

    def block_at(self, place: QPointF) -> Block | None:
        """The topmost block at a place of the day."""
        for block in sorted(self.day.blocks, key=lambda one: not one.inset):
            if self.index(block) >= 0 and self.block_rect(block).contains(place):
                return block
        return None

    def at_lower_edge(self, block: Block, place: QPointF) -> bool:
        """Whether a place of the day is where a block is taken hold of to make it longer; a low block is only moved."""
        rect = self.block_rect(block)
        return rect.height() > 3 * _EDGE and place.y() > rect.bottom() - _EDGE
