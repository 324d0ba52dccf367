"""Spans of wall time within a day, as hours are written: 8:00–12:00, 23:00–02:00, 0:00–24:00.

An end that is not behind its start lies on the next day, so 23:00–02:00 is a night shift and 00:00–00:00 the whole day.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from desktop.errors import InvalidInput

MOST = 8  # spans of one day
_DAY = 24 * 60

Interval = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """From a wall time to another, to the minute; `end` not behind `start` means the next day."""

    start: time
    end: time

    @property
    def minutes(self) -> tuple[int, int]:
        """Start and end in minutes since midnight; the end goes up to 48 hours."""
        start = self.start.hour * 60 + self.start.minute
        end = self.end.hour * 60 + self.end.minute
        return start, end if end > start else end + _DAY

    def __str__(self) -> str:
        return f"{self.start:%H:%M}–{self.end:%H:%M}"


WHOLE_DAY = Span(time(0), time(0))


def check_spans(spans: Sequence[Span], field: str) -> tuple[Span, ...]:
    """The spans of a day in their order.

    Raises `InvalidInput` ``staff.spans_overlap``, ``staff.spans_too_many``, ``staff.span_seconds``.
    """
    if len(spans) > MOST:
        raise InvalidInput(field, "staff.spans_too_many", maximum=MOST)
    if any(wall.second or wall.microsecond for span in spans for wall in (span.start, span.end)):
        raise InvalidInput(field, "staff.span_seconds")
    ordered = tuple(sorted(Span(span.start.replace(tzinfo=None), span.end.replace(tzinfo=None)) for span in spans))
    for earlier, later in pairwise(ordered):
        if later.minutes[0] < earlier.minutes[1]:
            raise InvalidInput(field, "staff.spans_overlap", first=str(earlier), second=str(later))
    if ordered and ordered[-1].minutes[1] - _DAY > ordered[0].minutes[0]:
        # Longer than a day round: 10:00–09:00 beside 12:00–… is caught above, 22:00–10:30 with 10:00–12:00 here.
        raise InvalidInput(field, "staff.spans_overlap", first=str(ordered[-1]), second=str(ordered[0]))
    return ordered


def store_spans(spans: Sequence[Span]) -> list[list[str]]:
    """Spans as their column holds them."""
    return [[span.start.strftime("%H:%M"), span.end.strftime("%H:%M")] for span in spans]


def load_spans(stored: Iterable[Sequence[str]]) -> tuple[Span, ...]:
    """Spans out of their column."""
    return tuple(Span(time.fromisoformat(start), time.fromisoformat(end)) for start, end in stored)


def to_intervals(day: date, spans: Iterable[Span], zone: ZoneInfo) -> list[Interval]:
    """The spans of a day as instants (UTC).

    An edge that the spring change skips counts as if the clock had not been changed yet (2:30 is then shown as 3:30); of
    October's doubled hour a start is the first, an end the second.
    """
    found = []
    for span in spans:
        start, end = span.minutes
        interval = (_instant(day, start, zone, fold=0), _instant(day, end, zone, fold=1))
        if interval[0] < interval[1]:
            found.append(interval)
    return merge(found)


def merge(intervals: Iterable[Interval]) -> list[Interval]:
    """The union of intervals, in order; those that touch become one."""
    joined: list[Interval] = []
    for start, end in sorted(intervals):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def intersect(left: Sequence[Interval], right: Sequence[Interval]) -> list[Interval]:
    """The time that lies in both of two lists."""
    common = [(max(a, c), min(b, d)) for a, b in left for c, d in right]
    return merge((start, end) for start, end in common if start < end)


def subtract(intervals: Sequence[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """The time of `intervals` that no interval of `taken` covers."""
    left = list(intervals)
    for cut_start, cut_end in taken:
        left = [
            part
            for start, end in left
            for part in ((start, min(end, cut_start)), (max(start, cut_end), end))
            if part[0] < part[1]
        ]
    return left


def _instant(day: date, minutes: int, zone: ZoneInfo, *, fold: int) -> datetime:
    days, minutes = divmod(minutes, _DAY)
    wall = datetime.combine(day + timedelta(days=days), time(minutes // 60, minutes % 60), zone)
    if wall.replace(fold=1).utcoffset() != wall.utcoffset() and _exists(wall, zone):
        wall = wall.replace(fold=fold)
    return wall.astimezone(UTC)


def _exists(wall: datetime, zone: ZoneInfo) -> bool:
    return wall.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == wall.replace(tzinfo=None)
