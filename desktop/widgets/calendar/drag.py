"""A drag of a block: what was taken hold of, and where it hangs."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.widgets.calendar.data import Block, Refusal


@dataclass
class Drag:
    """A drag on its way: the block, where it was taken hold of, and where it hangs."""

    block: Block
    offset: float
    resize: bool
    column: int
    start: int
    end: int
    moved: bool = False
    refusal: Refusal | None = None
