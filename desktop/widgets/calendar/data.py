"""What the calendar shows: columns and blocks, in minutes of the day's wall clock from midnight."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class Look(StrEnum):
    """How a block is drawn; each look differs in shape or letter as well as in colour."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    LATE = "late"
    IN_SERVICE = "in_service"
    DONE = "done"
    PAID = "paid"
    NO_SHOW = "no_show"
    CONFLICT = "conflict"
    BLOCKED = "blocked"
    BREAK = "break"


@dataclass(frozen=True, slots=True)
class Column:
    """A person's day. `open_spans` are pairs of minutes; `load` is 0 … 1, or negative for "not shown"."""

    id: UUID
    title: str
    subtitle: str
    open_spans: tuple[tuple[int, int], ...]
    load: float = -1.0


@dataclass(frozen=True, slots=True)
class Block:
    """A visit's item, blocked time or a break in a column.

    Attributes:
        id: of the block; `group` is shared by the blocks of one visit, which are selected together.
        letter: of its badge, "" for none; words for the state stand in `state`.
        buffer_before, buffer_after: minutes that hang at it; `buffer_word` is written in the later one.
        processing: minutes from and to within the day, or None; `processing_word` is written there.
        last_start: where the last thing in it starts, None for `start`; the lower edge stays behind it.
        inset: it stands in another's processing time.
        lane, lanes: its place beside others at the same time, from the left; of how many.
    """

    id: UUID
    group: UUID
    column: UUID
    start: int
    end: int
    title: str
    line: str
    family: str
    look: Look
    letter: str = ""
    state: str = ""
    note: str = ""
    buffer_before: int = 0
    buffer_after: int = 0
    buffer_word: str = ""
    processing: tuple[int, int] | None = None
    processing_word: str = ""
    inset: bool = False
    lane: int = 0
    lanes: int = 1
    movable: bool = True
    last_start: int | None = None

    @property
    def first_end(self) -> int:
        """The earliest minute at which its lower edge may stand: five behind the start of the last thing in it."""
        return (self.start if self.last_start is None else self.last_start) + 5


@dataclass(frozen=True, slots=True)
class Proposal:
    """A free place that is offered, with its number 1 … 9."""

    number: int
    column: UUID
    start: int
    end: int
    chosen: bool


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a block cannot be dropped where it hangs: a heading, the reason, what is free instead."""

    heading: str
    reason: str
    instead: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """Everything that one day shows. `first` and `last` are the minutes between which the calendar runs."""

    columns: tuple[Column, ...] = ()
    blocks: tuple[Block, ...] = ()
    first: int = 7 * 60
    last: int = 20 * 60
    now: int | None = None
    proposals: tuple[Proposal, ...] = ()
    closed: str = ""


def clock(minute: int) -> str:
    """A minute of the day as ``9:05``."""
    return f"{minute // 60 % 24}:{minute % 60:02d}"
