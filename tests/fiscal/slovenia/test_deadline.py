"""Two Slovenian working days, counted as the law counts them, and the ladder up to them."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fiscal.slovenia.deadline import Rung, is_working_day, rung, submit_before
from fiscal.slovenia.environment import ZONE


@pytest.mark.parametrize(
    ("issued", "last"),
    [
        ("2026-11-16", "2026-11-18"),  # Monday
        ("2026-11-20", "2026-11-24"),  # Friday: the weekend does not count
        ("2026-11-21", "2026-11-24"),  # Saturday
        ("2026-12-24", "2026-12-29"),  # Christmas and the day after, then a weekend
        ("2026-12-31", "2027-01-05"),  # 1 and 2 January are free, 3 January is a Sunday
        ("2027-02-05", "2027-02-10"),  # Prešeren's day is a Monday
    ],
)
def test_the_last_day(issued: str, last: str) -> None:
    deadline = submit_before(date.fromisoformat(issued)).astimezone(ZONE)
    assert deadline.isoformat(timespec="seconds")[:19] == f"{last}T23:59:59"


def test_summer_and_winter_time_end_at_midnight_there() -> None:
    assert submit_before(date(2026, 7, 1)) == datetime(2026, 7, 3, 21, 59, 59, tzinfo=UTC)
    assert submit_before(date(2026, 12, 1)) == datetime(2026, 12, 3, 22, 59, 59, tzinfo=UTC)


@given(st.dates(date(2020, 1, 1), date(2040, 1, 1)))
def test_exactly_two_working_days_lie_up_to_the_deadline(issued: date) -> None:
    last = submit_before(issued).astimezone(ZONE).date()
    between = [date.fromordinal(day) for day in range(issued.toordinal() + 1, last.toordinal() + 1)]
    assert sum(map(is_working_day, between)) == 2
    assert is_working_day(last)


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2026-11-20T18:00:00+01:00", Rung.FINE),
        ("2026-11-21T00:10:00+01:00", Rung.LATE),
        ("2026-11-24T00:00:00+01:00", Rung.ACT_TODAY),
        ("2026-11-24T23:59:59+01:00", Rung.ACT_TODAY),
        ("2026-11-25T00:00:00+01:00", Rung.OVERDUE),
    ],
)
def test_the_ladder(now: str, expected: Rung) -> None:
    issued_at = datetime.fromisoformat("2026-11-20T17:00:00+01:00")
    deadline = submit_before(date(2026, 11, 20))
    assert rung(issued_at=issued_at, deadline=deadline, now=datetime.fromisoformat(now)) is expected
