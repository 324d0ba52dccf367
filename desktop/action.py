"""The circumstances of one action: who acts, at which desk of which shop, when.

The door of the database (`desktop.database`) makes an `Action` for every use case that it runs and passes it as the second
argument, behind the session. A use case takes the present time from here and from nowhere else, so that everything written
by one operation carries the same instant.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from uuid import UUID
from zoneinfo import ZoneInfo

from desktop.access import Actor
from desktop.clock import business_day, to_instant, to_local


@dataclass(frozen=True, slots=True)
class Desk:
    """What stays the same while the program runs: the place where it stands.

    Attributes:
        practice: the database is a practice one (feed rules, section 9): every print says so.
        country: ISO 3166 code of the country that the shop stands in: the form of phone numbers, VAT, public holidays.
    """

    tenant: UUID
    shop: UUID
    device: UUID
    zone: ZoneInfo
    practice: bool
    country: str = "SI"


@dataclass(frozen=True, slots=True)
class Action:
    """Who acts, where and when. `now` is aware, in UTC, cut to the millisecond."""

    actor: Actor
    desk: Desk
    now: datetime

    @property
    def today(self) -> date:
        """The calendar day of the shop's wall clock."""
        return to_local(self.now, self.desk.zone).date()

    def instant(self, day: date, wall: time, field: str = "time") -> datetime:
        """The instant of a wall time in the shop; raises `InvalidInput` in the gap of the spring change."""
        return to_instant(day, wall, self.desk.zone, field)

    def local(self, instant: datetime) -> datetime:
        """The shop's wall time of an instant."""
        return to_local(instant, self.desk.zone)

    def business_day(self, day_end: time = time(0)) -> date:
        """The business day that is running now."""
        return business_day(self.now, self.desk.zone, day_end)
