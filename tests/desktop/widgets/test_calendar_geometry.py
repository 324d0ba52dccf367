"""Where things stand in the calendar: minutes to pixels and back, columns by their place, blocks inside their column."""

from __future__ import annotations

from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from desktop.widgets.calendar.data import Block, Column, Day, Look, clock
from desktop.widgets.calendar.geometry import SNAP, Geometry

QUARTERS = st.sampled_from([14.0, 18.0, 20.0, 24.0, 31.5])


def columns(count: int) -> tuple[Column, ...]:
    return tuple(Column(UUID(int=n + 1), f"Oseba {n}", "8–16", ((480, 960),)) for n in range(count))


def geometry(count: int = 3, width: float = 200, quarter: float = 24) -> Geometry:
    return Geometry(Day(columns(count), first=7 * 60, last=20 * 60), width, quarter)


@given(st.integers(7 * 60 // SNAP, 20 * 60 // SNAP), QUARTERS)
def test_a_minute_comes_back_from_its_height(fives: int, quarter: float) -> None:
    places = geometry(quarter=quarter)
    assert places.minute(places.y(fives * SNAP)) == fives * SNAP


@given(st.floats(0, 3000), QUARTERS)
def test_every_height_snaps_to_the_nearest_five_minutes(y: float, quarter: float) -> None:
    places = geometry(quarter=quarter)
    minute = places.minute(y)
    assert minute % SNAP == 0
    assert abs(places.y(minute) - y) <= quarter / 15 * SNAP / 2 + 1e-6


@given(st.integers(1, 25), st.floats(90, 320), st.data())
def test_a_column_is_found_by_any_place_in_it(count: int, width: float, data: st.DataObject) -> None:
    places = geometry(count, width)
    index = data.draw(st.integers(0, count - 1))
    inside = data.draw(st.floats(0.001, 0.999))
    assert places.column_at((index + inside) * width) == index
    assert places.column_at(-1) == -1
    assert places.column_at(places.total_width + 1) == -1


@given(st.integers(420, 1180), st.integers(5, 240), st.booleans(), QUARTERS)
def test_a_block_stays_in_its_column_and_can_be_hit(start: int, length: int, inset: bool, quarter: float) -> None:
    places = geometry(quarter=quarter)
    block = Block(
        UUID(int=9), UUID(int=8), UUID(int=2), start, start + length, "A", "B", "blue", Look.CONFIRMED, inset=inset
    )
    rect = places.block_rect(block)
    assert places.column_at(rect.left()) == places.column_at(rect.right() - 0.01) == 1
    assert rect.height() >= 8
    assert rect.top() >= places.y(start)
    if length >= 15:
        assert rect.bottom() <= places.y(start + length)


def test_a_block_of_somebody_who_is_not_shown_has_no_column() -> None:
    block = Block(UUID(int=9), UUID(int=8), UUID(int=77), 500, 530, "A", "B", "blue", Look.CONFIRMED)
    assert geometry().index(block) == -1


def test_the_clock_of_a_minute() -> None:
    assert [clock(minute) for minute in (0, 9 * 60 + 5, 24 * 60)] == ["0:00", "9:05", "0:00"]
