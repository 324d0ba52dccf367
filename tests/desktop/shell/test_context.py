"""What the views are told: a person's change at once, a long pull's slices gathered, nothing of either lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from uuid import UUID

import pytest

from desktop.access import Actor
from desktop.database.door import Changes
from desktop.ids import new_id
from tests.desk import TestDesk
from tests.desktop.screen import Screen, screen_of, until

__all__ = ["screen_of"]


@pytest.fixture
def screen(desk: TestDesk, screen_of: Callable[[TestDesk, Actor], Screen]) -> Screen:
    return screen_of(desk, desk.reception)


def slice_of(*ids: UUID, table: str = "customer") -> Changes:
    return Changes(None, "sync.pulled", {table: frozenset(ids)})


async def test_slices_of_a_pull_are_gathered_and_a_persons_change_comes_between_them(
    desk: TestDesk, screen: Screen
) -> None:
    told: list[Changes] = []
    screen.context.changed.connect(told.append)
    ids = [new_id() for _ in range(200)]
    announce = screen.context._committed.emit
    for one in ids[:100]:
        announce(slice_of(one))
    own = Changes(new_id(), "customers.add_customer", {"customer": frozenset()})
    announce(own)
    for one in ids[100:]:
        announce(slice_of(one))
    announce(slice_of(ids[0], table="visit"))
    assert told == [slice_of(ids[0]), own]
    await until(lambda: len(told) == 3, "the rest")
    assert told[2].rows == {"customer": frozenset(ids[1:]), "visit": frozenset(ids[:1])}
    await asyncio.sleep(0.7)
    assert len(told) == 3, "nothing more came, so nothing more is told"
    announce(slice_of(ids[1]))
    assert told[3] == slice_of(ids[1]), "after a quiet while the first is told at once again"
