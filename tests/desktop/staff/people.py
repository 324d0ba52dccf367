"""People for the tests of the staff room."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from uuid import UUID

from desktop.access import Role
from desktop.staff.members import MemberEntry, add_member
from desktop.staff.opening import set_opening_hours
from desktop.staff.spans import Span
from tests.desk import TestDesk

MAJA = MemberEntry(name="Maja Kovač", mark="MK", role=Role.PRACTITIONER)
OWNER = MemberEntry(name="Vida Žagar", mark="VŽ", role=Role.OWNER, tax_number="SI 50223054")


def span(text: str) -> Span:
    """A span from ``"8:00-12:30"``."""
    start, end = (time(int(part.split(":")[0]), int(part.split(":")[1])) for part in text.split("-"))
    return Span(start, end)


def spans(text: str) -> tuple[Span, ...]:
    """Spans from ``"8:00-12:00 13:00-17:00"``."""
    return tuple(span(part) for part in text.split())


def every_day(text: str) -> dict[int, tuple[Span, ...]]:
    return {day: spans(text) for day in range(7)}


def weekdays(text: str) -> dict[int, tuple[Span, ...]]:
    return {day: spans(text) for day in range(5)}


def employ(desk: TestDesk, mark: str = "MK", role: Role = Role.PRACTITIONER) -> UUID:
    """Adds a person and says the id."""
    return desk.write(add_member, replace(MAJA, mark=mark, role=role)).id


def open_shop(desk: TestDesk, week: dict[int, tuple[Span, ...]], since: date = date(2026, 1, 1)) -> None:
    desk.write(set_opening_hours, since, week)
