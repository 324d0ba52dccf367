"""A salon for the tests of the appointments room: two people, open all week 8 to 18, and short ways to book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, time
from typing import Any
from uuid import UUID

import pytest

from desktop.appointments.booking import BookedVisit, book_visit
from desktop.appointments.entries import ItemEntry, ShownVisit, VisitEntry
from tests.desk import TestDesk
from tests.desktop.staff.people import employ, every_day, open_shop

MONDAY = date(2026, 11, 23)


def at(text: str) -> time:
    """A wall time from ``"9:30"``."""
    hour, minute = text.split(":")
    return time(int(hour), int(minute))


@dataclass
class Salon:
    desk: TestDesk
    maja: UUID
    tina: UUID

    def item(self, duration: int = 30, member: UUID | None = None, **values: Any) -> ItemEntry:
        values = {"name": "Striženje", "price_cents": 2500} | values
        return ItemEntry(member_id=member or self.maja, duration_min=duration, **values)

    def book(
        self,
        wall: str = "9:00",
        duration: int = 30,
        member: UUID | None = None,
        day: date = MONDAY,
        outside_hours: bool = False,
        **values: Any,
    ) -> ShownVisit:
        """Books one item; further values go into the `VisitEntry`."""
        return self.booked(wall, duration, member, day, outside_hours, **values).visit

    def booked(
        self,
        wall: str,
        duration: int = 30,
        member: UUID | None = None,
        day: date = MONDAY,
        outside_hours: bool = False,
        **values: Any,
    ) -> BookedVisit:
        values = {"items": (self.item(duration, member),), "customer_name": "Žana"} | values
        entry = VisitEntry(day=day, at=at(wall), **values)
        return self.desk.write(book_visit, entry, outside_hours)

    def wall(self, visit: ShownVisit) -> str:
        zone = self.desk.database.desk.zone
        return f"{visit.starts_at.astimezone(zone):%H:%M}–{visit.ends_at.astimezone(zone):%H:%M}"


@pytest.fixture
def salon(desk: TestDesk) -> Salon:
    open_shop(desk, every_day("8:00-18:00"))
    return Salon(desk, employ(desk, "MK"), employ(desk, "TN"))
