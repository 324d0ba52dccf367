"""A block on its way: hung at the pointer, or moved by the arrow keys."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QPointF

from desktop.widgets.calendar.data import Block, Refusal
from desktop.widgets.calendar.geometry import Geometry


@dataclass
class Drag:
    """The block, where it was taken hold of (`offset` pixels below its top), and where it hangs.

    `by_keys`: the arrows move it and Enter puts it down; otherwise the pointer does.
    """

    block: Block
    offset: float
    resize: bool
    column: int
    start: int
    end: int
    moved: bool = False
    refusal: Refusal | None = None
    by_keys: bool = False

    def follow(self, geometry: Geometry, place: QPointF) -> None:
        """Hangs it at a place of the day."""
        if self.resize:
            self.end = min(geometry.day.last, max(self.block.first_end, geometry.minute(place.y())))
        else:
            column = geometry.column_at(place.x())
            self._put(geometry, column if column >= 0 else self.column, geometry.minute(place.y() - self.offset))

    def step(self, geometry: Geometry, across: int, minutes: int) -> None:
        """Moves it by columns and minutes."""
        last = len(geometry.day.columns) - 1
        self._put(geometry, min(max(0, self.column + across), last), self.start + minutes)

    def _put(self, geometry: Geometry, column: int, start: int) -> None:
        length = self.block.end - self.block.start
        self.column = column
        self.start = max(geometry.day.first, min(start, geometry.day.last - length))
        self.end = self.start + length
