"""Until when a receipt that was issued without confirmation must be submitted: two Slovenian working days.

Source: ZDavPR art. 9 (two working days from the day of the interruption, not 48 hours). Working days are Monday to Friday
without the work-free days of the law on holidays.
"""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum

from fiscal.slovenia.environment import ZONE


class Rung(StrEnum):
    """How urgent a waiting submission is."""

    FINE = "fine"  # issued today
    LATE = "late"  # since an earlier day
    ACT_TODAY = "act_today"  # the last day
    OVERDUE = "overdue"


@functools.lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    import holidays

    return frozenset(holidays.country_holidays("SI", years=year))


def is_working_day(day: date) -> bool:
    """Monday to Friday and no work-free day."""
    return day.weekday() < 5 and day not in _holidays(day.year)


@functools.lru_cache(maxsize=64)
def submit_before(issued_on: date) -> datetime:
    """The last second (aware, UTC) of the second working day after the local day of issue."""
    day, left = issued_on, 2
    while left:
        day += timedelta(days=1)
        left -= is_working_day(day)
    return datetime.combine(day, time(23, 59, 59), ZONE).astimezone(UTC)


def rung(*, issued_at: datetime, deadline: datetime, now: datetime) -> Rung:
    """Where a waiting submission stands on the ladder. All instants aware."""
    today = now.astimezone(ZONE).date()
    if now > deadline:
        return Rung.OVERDUE
    if today == deadline.astimezone(ZONE).date():
        return Rung.ACT_TODAY
    return Rung.FINE if today <= issued_at.astimezone(ZONE).date() else Rung.LATE
