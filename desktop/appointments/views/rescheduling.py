"""Rescheduling in the calendar: what is dragged, nudged or stretched, checked while it hangs and written when it is dropped.

A visit may be drawn as several blocks, at several people. Whichever of them is moved, the whole visit moves by the same
distance; whichever is stretched, what follows it moves behind it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from datetime import time, timedelta
from uuid import UUID

from desktop.appointments.blocking import move_block
from desktop.appointments.day import DayBlock, DayView
from desktop.appointments.moving import move_visit, resize_visit
from desktop.appointments.views.to_day import block_id, minute_of
from desktop.errors import PultError
from desktop.shell.context import ViewContext
from desktop.widgets.calendar.data import Block, Day, Look, Refusal, clock

_FREE = (Look.NO_SHOW, Look.BREAK, Look.CONFLICT)  # they hold no place


class Rescheduling:
    """Moves and resizes the blocks of the day that is shown; refusals are said in the window and the day is read anew."""

    def __init__(self, context: ViewContext, reload: Callable[[], Awaitable[None]]) -> None:
        self._context, self._reload = context, reload
        self._view: DayView | None = None
        self._shown = Day()
        self._parts: dict[UUID, DayBlock] = {}

    def show(self, view: DayView, shown: Day) -> None:
        """The day in both shapes: as the room gave it, and as it is drawn."""
        self._view, self._shown = view, shown
        self._parts = {block_id(one): one for column in view.columns for one in column.blocks}

    def check(self, block: Block, member_id: UUID, start: int, end: int) -> Refusal | None:
        """A quick look at what is shown, while it hangs; the use case has the last word."""
        for part in self._planned(block, member_id, start, end):
            refusal = self._outside(part) or self._taken(part)
            if refusal is not None:
                return refusal
        return None

    def _planned(self, block: Block, member_id: UUID, start: int, end: int) -> Iterator[Block]:
        """All blocks of the visit where they would stand."""
        own = [one for one in self._shown.blocks if one.group == block.group]
        stretched = end - start != block.end - block.start
        alone = len({one.column for one in own}) == 1
        for one in own:
            if one.id == block.id:
                yield _shifted(one, start - one.start, end - one.end, member_id)
            elif stretched:
                behind = end - block.end if one.start >= block.end else 0
                yield _shifted(one, behind, behind, one.column)
            else:
                distance = start - block.start
                yield _shifted(one, distance, distance, member_id if alone else one.column)

    def _outside(self, part: Block) -> Refusal | None:
        column = next((one for one in self._shown.columns if one.id == part.column), None)
        if column is None or any(a <= part.start and part.end <= b for a, b in column.open_spans):
            return None
        say = self._context.say
        hours = ", ".join(f"{clock(a)}–{clock(b)}" for a, b in column.open_spans) or column.subtitle
        words = say("appointments.view.outside", who=column.title, hours=hours)
        return Refusal(say("appointments.view.no_room"), words)

    def _taken(self, part: Block) -> Refusal | None:
        say = self._context.say
        for other in self._shown.blocks:
            if other.group == part.group or other.column != part.column or other.look in _FREE:
                continue
            if any(a < d and c < b for a, b in _held(part) for c, d in _held(other)):
                span = f"{clock(other.start)}–{clock(other.end)}"
                return Refusal(
                    say("appointments.view.no_room"), say("appointments.view.taken", name=other.title, span=span)
                )
        return None

    def move(self, block: Block, member_id: UUID, minute: int) -> None:
        """Moves the visit, or the blocked time, so that this block starts at a minute of the day at a person."""
        if block.look is Look.BLOCKED:
            self._context.spawn(self._move_blocked(block, member_id, minute, block.end - block.start))
        else:
            self._context.spawn(self._move(block, member_id, minute - block.start))

    def resize(self, block: Block, end: int) -> None:
        """Lets a block end at another minute: its last service becomes longer or shorter."""
        if block.look is Look.BLOCKED:
            self._context.spawn(self._move_blocked(block, block.column, block.start, end - block.start))
        else:
            self._context.spawn(self._resize(block, end))

    async def _move(self, block: Block, member_id: UUID, distance: int) -> None:
        part, view = self._parts.get(block.id), self._view
        if part is None or view is None:
            return
        first = minute_of(part.visit_starts_at, view.day, self._context.database.desk.zone) + distance
        to = member_id if member_id != part.member_id else None
        if not distance and to is None:
            return
        drawn = [one.member_id for one in self._parts.values() if one.visit_id == part.visit_id]
        together = len(drawn) == part.parts and len(set(drawn)) == 1
        items = () if to is None or together else tuple(item.id for item in part.items)
        day, at = view.day + timedelta(days=first // 1440), time(first % 1440 // 60, first % 60)
        try:
            await self._context.write(move_visit, part.visit_id, day, at, to, items)
        except PultError as error:
            self._context.show_error(error)
            await self._reload()

    async def _resize(self, block: Block, end: int) -> None:
        part, view = self._parts.get(block.id), self._view
        if part is None or view is None:
            return
        last = part.items[-1]
        minutes = end - minute_of(last.starts_at, view.day, self._context.database.desk.zone)
        try:
            await self._context.write(resize_visit, part.visit_id, minutes, last.id)
        except PultError as error:
            self._context.show_error(error)
        await self._reload()

    async def _move_blocked(self, block: Block, member_id: UUID, minute: int, minutes: int) -> None:
        assert self._view is not None
        at = time(minute // 60 % 24, minute % 60)
        try:
            await self._context.write(move_block, block.id, member_id, self._view.day, at, minutes)
        except PultError as error:
            self._context.show_error(error)
            await self._reload()


def _shifted(block: Block, start: int, end: int, column: UUID) -> Block:
    pause = block.processing
    if pause is not None:
        pause = (pause[0] + start, pause[1] + start)
    return replace(block, start=block.start + start, end=block.end + end, column=column, processing=pause)


def _held(block: Block) -> list[tuple[int, int]]:
    """The minutes that keep the person: with buffers, without the processing time."""
    first, last = block.start - block.buffer_before, block.end + block.buffer_after
    pause = block.processing
    return [(first, last)] if pause is None else [(first, pause[0]), (pause[1], last)]
