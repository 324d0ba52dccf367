"""Where the arrows lead in the calendar: from block to block and over free time, so that every block can be reached.

A place is a block, or a free minute of a column. Free time is walked in quarters of the hour; blocks shorter than a quarter and
blocks inside another's processing time are places of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from desktop.widgets.calendar.data import Block, Day

QUARTER = 15


@dataclass(frozen=True, slots=True)
class Place:
    """`column` is an index; `minute` is the block's start when it is one, `block` its id."""

    column: int
    minute: int
    block: UUID | None = None


def in_column(day: Day, column: int) -> tuple[Block, ...]:
    """The blocks of a column in the order of the arrows."""
    if not 0 <= column < len(day.columns):
        return ()
    own = day.columns[column].id
    return tuple(sorted((b for b in day.blocks if b.column == own), key=lambda b: (b.start, -b.end, b.id)))


def beside(day: Day, place: Place, across: int) -> Place:
    """The same time some columns further."""
    return at(day, min(max(0, place.column + across), len(day.columns) - 1), place.minute)


def at(day: Day, column: int, minute: int) -> Place:
    """The place at a minute: the first block that touches its quarter, or the minute itself within the day."""
    minute = min(max(day.first, minute), day.last - QUARTER)
    touching = [b for b in in_column(day, column) if b.start < minute + QUARTER and b.end > minute]
    return _on(column, touching[0]) if touching else Place(column, minute)


def below(day: Day, place: Place) -> Place:
    """One step down."""
    blocks = in_column(day, place.column)
    here = _index(blocks, place)
    if here is None:
        following = next((b for b in blocks if b.start >= place.minute), None)
        free = place.minute // QUARTER * QUARTER + QUARTER
        if following is not None and following.start <= free:
            return _on(place.column, following)
    else:
        following = blocks[here + 1] if here + 1 < len(blocks) else None
        free = max(b.end for b in blocks[: here + 1])
        if following is not None and following.start < free // QUARTER * QUARTER + QUARTER:
            return _on(place.column, following)
    if free > day.last - QUARTER:
        return place
    return Place(place.column, free)


def above(day: Day, place: Place) -> Place:
    """One step up."""
    blocks = in_column(day, place.column)
    here = _index(blocks, place)
    before = blocks[:here] if here is not None else tuple(b for b in blocks if b.start < place.minute)
    free = (place.minute - 1) // QUARTER * QUARTER
    if before and max(b.end for b in before) > free:
        return _on(place.column, before[-1])
    return Place(place.column, free) if free >= day.first else place


def next_block(day: Day, place: Place, step: int) -> Place:
    """The next block of the column (`step` 1), or the one before (-1), over the free time; the place when there is none."""
    blocks = in_column(day, place.column)
    here = _index(blocks, place)
    free = sum(b.start < place.minute for b in blocks) - (1 if step < 0 else 0)
    index = free if here is None else here + step
    return _on(place.column, blocks[index]) if 0 <= index < len(blocks) else place


def again(day: Day, place: Place) -> Place:
    """The place on a day that was read anew: the same block wherever it stands now, or the nearest free place."""
    for column in range(len(day.columns)):
        for block in in_column(day, column):
            if block.id == place.block:
                return _on(column, block)
    minute = min(max(day.first, place.minute), day.last - QUARTER)
    return Place(min(place.column, len(day.columns) - 1), minute)


def edge(day: Day, place: Place, *, last: bool) -> Place:
    """The beginning, or the last quarter, of the column's working time."""
    spans = day.columns[place.column].open_spans or ((day.first, day.last),)
    return at(day, place.column, spans[-1][1] - QUARTER if last else spans[0][0])


def _index(blocks: Sequence[Block], place: Place) -> int | None:
    return next((index for index, b in enumerate(blocks) if b.id == place.block), None)


def _on(column: int, block: Block) -> Place:
    return Place(column, block.start, block.id)
