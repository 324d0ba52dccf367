"""What stands at the same time is drawn beside each other, and a visit whose place somebody else has is seen to be in conflict."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.access import Actor
from desktop.appointments.day import day_view
from desktop.appointments.views.to_day import beside_each_other, calendar_day
from desktop.appointments.views.visit_panel import VisitPanel
from desktop.texts import Texts
from desktop.widgets.calendar.data import Block, Column, Day, Look
from desktop.widgets.calendar.geometry import Geometry
from tests.desk import TestDesk
from tests.desktop.screen import Screen, button, screen_of, texts, until
from tests.sync.salon_of_desks import Salon
from tests.sync.two_desks import DAY, collide, open_salon

__all__ = ["screen_of"]

EN = Texts("en")
WHO = UUID(int=1)
SPANS = st.tuples(st.integers(8 * 12, 17 * 12), st.integers(1, 24), st.booleans())


def block(number: int, start: int, end: int, inset: bool = False) -> Block:
    return Block(UUID(int=number), UUID(int=number), WHO, start, end, "Ana", "Rez", "blue", Look.CONFIRMED, inset=inset)


@given(st.lists(SPANS, max_size=12))
def test_no_block_hides_another_and_all_stay_in_their_column(spans: list[tuple[int, int, bool]]) -> None:
    given_ = [block(n, start * 5, (start + length) * 5, inset) for n, (start, length, inset) in enumerate(spans)]
    shown = beside_each_other(given_)
    assert {one.id for one in shown} == {one.id for one in given_}
    places = Geometry(Day((Column(WHO, "Maja", "8–16", ((480, 960),)),), tuple(shown), 0, 1440), 240, 24)
    for n, one in enumerate(shown):
        rect = places.block_rect(one)
        assert rect.left() >= 0
        assert rect.right() <= 240
        for other in shown[n + 1 :]:
            if one.inset == other.inset and one.start < other.end and other.start < one.end:
                assert (
                    rect.right() <= places.block_rect(other).left() or places.block_rect(other).right() <= rect.left()
                )


def test_what_stands_alone_keeps_the_whole_width() -> None:
    shown = beside_each_other([block(1, 540, 600), block(2, 600, 660), block(3, 630, 700), block(4, 700, 720)])
    assert {one.id.int: (one.lane, one.lanes) for one in shown} == {1: (0, 1), 2: (0, 2), 3: (1, 2), 4: (0, 1)}


@pytest.fixture
def salon(tmp_path: Path) -> Iterator[Salon]:
    made = Salon(tmp_path, 2)
    yield made
    made.close()


async def test_a_visit_that_lost_its_place_stands_beside_the_other_and_says_so(
    salon: Salon, screen_of: Callable[[TestDesk, Actor], Screen]
) -> None:
    stands, lost = collide(salon, open_salon(salon))
    desk = salon.desks[1]
    zone = desk.database.desk.zone
    day = calendar_day(desk.read(day_view, DAY), zone, desk.clock.now(), frozenset(), EN)
    shown = {one.group: one for one in day.blocks}
    assert (shown[lost].look, shown[lost].state, shown[lost].lanes) == (Look.CONFLICT, "booked twice", 2)
    assert (shown[stands].look, shown[stands].lanes) == (Look.CONFIRMED, 2)
    paid = calendar_day(desk.read(day_view, DAY), zone, desk.clock.now(), frozenset({lost}), EN)
    assert {one.group: one.look for one in paid.blocks}[lost] is Look.PAID
    screen = screen_of(desk, desk.reception)
    wanted: list[str] = []
    screen.context.conflicts_wanted.connect(lambda: wanted.append("conflicts"))
    panel = screen.show(VisitPanel(screen.context, lost, paid=False))
    decide = screen.context.say("appointments.view.to_conflicts")
    await until(lambda: decide in texts(panel), "the way to the conflicts")
    button(panel, decide).click()
    assert wanted == ["conflicts"]
    panel = screen.show(VisitPanel(screen.context, stands, paid=False))
    await until(lambda: "Maja" in texts(panel), "the other visit")
    assert decide not in texts(panel)
