"""Spans of wall time: overnight, the whole day, both changes of the clock, and the arithmetic of intervals."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.errors import InvalidInput
from desktop.staff.spans import (
    WHOLE_DAY,
    Interval,
    Span,
    check_spans,
    intersect,
    load_spans,
    merge,
    store_spans,
    subtract,
    to_intervals,
)
from tests.desktop.staff.people import span, spans

LJUBLJANA = ZoneInfo("Europe/Ljubljana")
ZERO = datetime(2026, 1, 1, tzinfo=UTC)


def hours(intervals: list[Interval]) -> float:
    return sum((end - start).total_seconds() for start, end in intervals) / 3600


@pytest.mark.parametrize(
    ("text", "ok"),
    [
        ("8:00-12:00 13:00-17:00", True),
        ("8:00-12:00 12:00-17:00", True),
        ("13:00-17:00 8:00-12:00", True),
        ("23:00-02:00", True),
        ("23:00-02:00 8:00-12:00", True),
        ("00:00-00:00", True),
        ("8:00-12:00 11:59-17:00", False),
        ("8:00-12:00 8:00-12:00", False),
        ("00:00-00:00 8:00-12:00", False),
        ("22:00-10:30 10:00-12:00", False),
    ],
)
def test_spans_of_a_day_do_not_overlap(text: str, ok: bool) -> None:
    if ok:
        assert check_spans(spans(text), "spans") == tuple(sorted(spans(text)))
        return
    with pytest.raises(InvalidInput) as caught:
        check_spans(spans(text), "weekday_3")
    assert (caught.value.field, caught.value.code) == ("weekday_3", "staff.spans_overlap")


def test_odd_spans_are_refused() -> None:
    start = span("8:00-9:00").start
    with pytest.raises(InvalidInput) as caught:
        check_spans([Span(start, start.replace(second=30))], "spans")
    assert caught.value.code == "staff.span_seconds"
    with pytest.raises(InvalidInput) as caught:
        check_spans([span(f"{hour}:00-{hour}:30") for hour in range(9)], "spans")
    assert caught.value.code == "staff.spans_too_many"


def test_spans_are_stored_and_read() -> None:
    day = spans("8:00-12:00 23:30-02:00")
    assert store_spans(day) == [["08:00", "12:00"], ["23:30", "02:00"]]
    assert load_spans(store_spans(day)) == day


@pytest.mark.parametrize(
    ("day", "text", "expected"),
    [
        (date(2026, 11, 20), "8:00-16:00", 8),
        (date(2026, 11, 20), "23:00-02:00", 3),
        (date(2026, 11, 20), "00:00-00:00", 24),
        (date(2026, 3, 29), "00:00-00:00", 23),
        (date(2026, 3, 29), "02:30-06:00", 2.5),  # 2:30 does not exist: 3:30
        (date(2026, 3, 28), "22:00-02:30", 4.5),
        (date(2026, 3, 28), "23:00-06:00", 6),
        (date(2026, 10, 25), "00:00-00:00", 25),
        (date(2026, 10, 25), "02:00-03:00", 2),  # the doubled hour, both
        (date(2026, 10, 24), "23:00-06:00", 8),
    ],
)
def test_hours_of_a_day(day: date, text: str, expected: float) -> None:
    assert hours(to_intervals(day, spans(text), LJUBLJANA)) == expected


def test_whole_days_meet() -> None:
    for offset in range(366):
        day = date(2026, 1, 1) + timedelta(days=offset)
        [today] = to_intervals(day, [WHOLE_DAY], LJUBLJANA)
        [tomorrow] = to_intervals(day + timedelta(days=1), [WHOLE_DAY], LJUBLJANA)
        assert today[1] == tomorrow[0]


def minutes(intervals: list[Interval]) -> set[int]:
    return {
        minute
        for start, end in intervals
        for minute in range(int((start - ZERO).total_seconds()) // 60, int((end - ZERO).total_seconds()) // 60)
    }


INTERVALS = st.lists(
    st.tuples(st.integers(0, 200), st.integers(1, 60)).map(
        lambda pair: (ZERO + timedelta(minutes=pair[0]), ZERO + timedelta(minutes=pair[0] + pair[1]))
    ),
    max_size=6,
)


@given(INTERVALS, INTERVALS)
def test_intervals_are_sets_of_minutes(left: list[Interval], right: list[Interval]) -> None:
    assert minutes(merge(left)) == minutes(left)
    assert minutes(intersect(merge(left), merge(right))) == minutes(left) & minutes(right)
    assert minutes(subtract(merge(left), right)) == minutes(left) - minutes(right)
    for result in (merge(left), intersect(merge(left), merge(right)), subtract(merge(left), right)):
        assert all(start < end for start, end in result)
        assert all(earlier[1] <= later[0] for earlier, later in pairwise(result))


WALL = st.times().map(lambda wall: wall.replace(second=0, microsecond=0))


@given(st.lists(st.builds(Span, WALL, WALL), max_size=4))
def test_accepted_spans_cover_no_minute_of_the_round_day_twice(day: list[Span]) -> None:
    covered = [minute % 1440 for one in day for minute in range(*one.minutes)]
    if len(covered) == len(set(covered)):
        assert check_spans(day, "spans") == tuple(sorted(day))
        return
    with pytest.raises(InvalidInput) as caught:
        check_spans(day, "spans")
    assert caught.value.code == "staff.spans_overlap"
