"""Which five-minute slots a visit or blocked time holds: the one function behind the table that forbids double booking.

Times are integer milliseconds since 1970 in UTC; a slot begins at a multiple of five minutes and is held when any part of it
is taken (rounded outward). An item holds its person from the buffer before to the buffer after, without the processing time
between (others may be booked into it), and its rooms and chairs the whole time. Two items of one visit never exclude each
other here: the visit holds each slot once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import msgspec

SLOT = 5 * 60_000
MINUTE = 60_000
DAY = 24 * 60 * MINUTE
#: Visits in these states hold nothing.
FREEING = frozenset({"cancelled", "no_show"})

Item = Mapping[str, Any]
"""An item of a visit as it is stored, see `desktop.appointments.model.Visit`."""

Held = tuple[str, int, int]
"""Resource (person, room or chair) as 32 hex digits, start in milliseconds, lane."""


def rounded_out(start: int, end: int) -> range:
    """The starts of all slots that [start, end) touches."""
    return range(start // SLOT * SLOT, -(-end // SLOT) * SLOT, SLOT)


def member_times(item: Item) -> Iterator[tuple[int, int]]:
    """When an item needs its person: one span, or two around the processing time; milliseconds."""
    first = item["start"] - item["buffer_before"] * MINUTE
    last = item["start"] + (item["duration"] + item["buffer_after"]) * MINUTE
    if not item["processing"]:
        yield first, last
        return
    pause = item["start"] + item["processing_start"] * MINUTE
    back = pause + item["processing"] * MINUTE
    if first < pause:
        yield first, pause
    if back < last:
        yield back, last


def whole_time(item: Item) -> tuple[int, int]:
    """When an item needs its rooms and chairs; milliseconds."""
    return (
        item["start"] - item["buffer_before"] * MINUTE,
        item["start"] + (item["duration"] + item["buffer_after"]) * MINUTE,
    )


def held_slots(items: Iterable[Item]) -> list[Held]:
    """The slots that the items of one visit hold, each once, in order."""
    held: set[Held] = set()
    for item in items:
        lane = item.get("lane", 0)  # another one than the first: beside somebody else's, on purpose
        for start, end in member_times(item):
            held.update((item["member"], slot, lane) for slot in rounded_out(start, end))
        for resource in item["resources"]:
            slots = rounded_out(*whole_time(item))
            held.update((resource["id"], slot, lane) for slot, lane in zip(slots, resource["lanes"], strict=True))
    return sorted(held)


def visit_slots(
    items: str | None,
    status: str | None,
    claim_state: str | None,
    ends_at: int | None,
    created_at: int | None,
    deleted_at: int | None,
) -> str:
    """SQL function: the slots of a row of `visit` as JSON ``[[resource, start, lane], …]``.

    Cancelled, missed, deleted and conflicting visits hold none. Neither do visits that were written down more than a day
    after they ended (an import of ten years): the row alone decides, so a rebuild gives what the triggers gave.
    """
    if items is None or ends_at is None or created_at is None or deleted_at is not None:
        return "[]"
    if status in FREEING or claim_state == "conflict" or ends_at + DAY < created_at:
        return "[]"
    return msgspec.json.encode(held_slots(msgspec.json.decode(items))).decode()


def blocked_slots(member: bytes | None, starts_at: int | None, ends_at: int | None, deleted_at: int | None) -> str:
    """SQL function: the slots of a row of `blocked_time`, as `visit_slots`."""
    if member is None or starts_at is None or ends_at is None or deleted_at is not None:
        return "[]"
    return msgspec.json.encode([(member.hex(), slot, 0) for slot in rounded_out(starts_at, ends_at)]).decode()
