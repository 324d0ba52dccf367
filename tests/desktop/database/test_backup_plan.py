"""When a backup is due and which ones go, as pure decisions."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from desktop.database.backup_plan import close_due, expired, hourly_due

LJUBLJANA = ZoneInfo("Europe/Ljubljana")
NOW = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


def test_a_year_of_hourly_backups_leaves_24_hours_7_days_12_months() -> None:
    made = [NOW - HOUR * n for n in range(24 * 400)]
    kept = sorted(set(made) - expired(made, NOW, LJUBLJANA), reverse=True)
    # 24 hours; the newest of each of 7 days, today's and yesterday's evening among the hours; of 12 months, two among these
    assert kept[:24] == made[:24]
    local = [instant.astimezone(LJUBLJANA) for instant in kept]
    assert len({(t.year, t.month) for t in local}) == 12
    assert local[-1].strftime("%Y-%m-%d %H") == "2025-12-31 23"
    days = [t for t in local if (local[0].date() - t.date()).days < 7]
    assert len({t.date() for t in days}) == 7
    assert all(t.strftime("%H:%M") == "23:30" for t in local[24:])
    assert len(kept) == 24 + 5 + 11


def test_within_an_hour_the_newest_stays() -> None:
    made = [NOW - timedelta(minutes=m) for m in (1, 5, 20)]
    assert expired(made, NOW, LJUBLJANA) == {made[1], made[2]}


def test_days_are_those_of_the_shop() -> None:
    """23:30 and 00:30 in Ljubljana are one day in UTC and two in the shop."""
    late = datetime(2026, 11, 17, 22, 30, tzinfo=UTC)
    made = [late, late + HOUR]
    assert expired(made, NOW, LJUBLJANA) == frozenset()
    assert expired(made, NOW, ZoneInfo("UTC")) == {late}


INSTANTS = st.integers(1_577_836_800, 1_893_456_000).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(st.lists(INSTANTS, max_size=60))
def test_the_newest_and_the_future_are_never_thrown_away(made: list[datetime]) -> None:
    gone = expired(made, NOW, LJUBLJANA)
    assert gone <= set(made)
    assert all(instant <= NOW for instant in gone)
    assert not made or max(made) not in gone
    assert expired(set(made) - gone, NOW, LJUBLJANA) == frozenset(), "a second look throws nothing more away"


def test_the_hourly_backup_waits_for_an_hour_and_for_a_change() -> None:
    assert hourly_due(None, None, NOW, "a")
    assert not hourly_due(NOW - HOUR, "a", NOW, "a")
    assert not hourly_due(NOW - HOUR + timedelta(seconds=1), "a", NOW, "b")
    assert hourly_due(NOW - HOUR, "a", NOW, "b")
    assert hourly_due(NOW + HOUR * 24 * 400, "a", NOW, "b"), "a clock that once was ahead stops no backup"


def test_the_close_makes_a_backup_unless_the_last_one_holds_the_state() -> None:
    assert close_due(None, "a")
    assert close_due("a", "b")
    assert not close_due("a", "a")
