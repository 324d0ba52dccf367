"""When a backup is made and which ones are kept: decisions without any file.

Hourly while something has changed, and at each close of the day. Kept: the newest of each hour for 24 hours, of each day for
7 days, of each month for 12 months. The newest of all is never thrown away, nor is one that bears a later time than now: a
clock that was wrong must not cost a backup.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
WEEK = timedelta(days=7)
MONTHS = 12


def expired(made: Iterable[datetime], now: datetime, zone: ZoneInfo) -> frozenset[datetime]:
    """Which of the backups made at these instants (aware) may go; days and months are those of the zone."""
    instants = sorted(set(made), reverse=True)
    kept: set[datetime] = set(instants[:1])
    taken: set[Hashable] = set()
    for instant in instants:
        if instant > now:
            kept.add(instant)
            continue
        for slot in _slots(instant, now, zone):
            if slot not in taken:
                taken.add(slot)
                kept.add(instant)
    return frozenset(instants) - kept


def _slots(instant: datetime, now: datetime, zone: ZoneInfo) -> Iterator[Hashable]:
    """The places that a backup may hold: one of an hour, of a day, of a month, as long as each is kept."""
    local, today = instant.astimezone(zone), now.astimezone(zone)
    if now - instant < DAY:
        yield ("hour", int(instant.timestamp()) // 3600)
    if (today.date() - local.date()) < WEEK:
        yield ("day", local.date())
    if (today.year - local.year) * 12 + today.month - local.month < MONTHS:
        yield ("month", local.year, local.month)


def hourly_due(last: datetime | None, last_mark: str | None, now: datetime, mark: str) -> bool:
    """Whether the hourly backup is due: something changed since the last one, and that is an hour ago.

    `mark` names the state of the database (`desktop.database.backup.change_mark`), `last_mark` that of the last backup.
    """
    if last is None:
        return True
    return mark != last_mark and (now - last >= HOUR or last > now)


def close_due(last_mark: str | None, mark: str) -> bool:
    """Whether the backup at the close of the day is due: unless the last one already holds this state."""
    return mark != last_mark
