"""Instants, local wall time and the business day.

Stored time is an instant in UTC, cut to the millisecond; what people see and what is printed is the wall time of the
shop's zone. Both are stored where the law or a customer relies on the printed one, because the hour between 02:00 and 03:00
on the last Sunday of October happens twice.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from desktop.errors import InvalidInput

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


class Clock(Protocol):
    """Where the present time comes from; tests pass their own."""

    def now(self) -> datetime:
        """The present instant, aware, UTC, cut to the millisecond."""
        ...


class SystemClock:
    """The clock of this computer."""

    def now(self) -> datetime:
        return cut(datetime.now(UTC))


def cut(instant: datetime) -> datetime:
    """The same instant in UTC without its microseconds below the millisecond. `instant` must be aware."""
    if instant.tzinfo is None:
        raise ValueError("an instant carries its zone")
    utc = instant.astimezone(UTC)
    return utc.replace(microsecond=utc.microsecond // 1000 * 1000)


def milliseconds(instant: datetime) -> int:
    """Whole milliseconds since 1970 in UTC, without the detour of a float."""
    return (instant - _EPOCH) // _MILLISECOND


def from_milliseconds(stored: int) -> datetime:
    """An instant in UTC out of stored milliseconds since 1970."""
    return _EPOCH + _MILLISECOND * stored


def to_instant(day: date, wall: time, zone: ZoneInfo, field: str = "time") -> datetime:
    """The instant of a wall time; of the two in October's doubled hour the first (or the second with ``wall.fold == 1``).

    Raises `InvalidInput` with code ``clock.gap`` for a wall time that the spring change skips.
    """
    local = datetime.combine(day, wall.replace(tzinfo=None), zone).replace(fold=wall.fold)
    instant = local.astimezone(UTC)
    if instant.astimezone(zone).replace(tzinfo=None) != local.replace(tzinfo=None):
        raise InvalidInput(field, "clock.gap", day=day, time=wall)
    return cut(instant)


def to_local(instant: datetime, zone: ZoneInfo) -> datetime:
    """The wall time of an instant in a zone, aware."""
    return instant.astimezone(zone)


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """First instant of a calendar day and of the next one: 23, 24 or 25 hours apart."""
    start = datetime.combine(day, time(0), zone).astimezone(UTC)
    end = datetime.combine(day + timedelta(days=1), time(0), zone).astimezone(UTC)
    return start, end


def business_day(instant: datetime, zone: ZoneInfo, day_end: time = time(0)) -> date:
    """The business day of an instant: what happens before `day_end` (wall time after midnight) belongs to the day before."""
    local = to_local(instant, zone)
    return local.date() - timedelta(days=1) if local.time() < day_end else local.date()
