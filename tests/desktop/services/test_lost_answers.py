"""What a desk shows when the backend judged its push and the answer was lost: the backend's word, not its own old one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.customers.customers import CustomerEntry, add_customer, change_customer, show_customer
from sync.client.engine import Engine
from sync.client.ports import Unreachable
from sync.wire import Push, Pushed
from tests.desktop.services.shared_salon import SharedDesk, SharedSalon


@pytest_asyncio.fixture
async def salon(tmp_path: Path) -> AsyncIterator[SharedSalon]:
    made = SharedSalon(tmp_path)
    yield made
    await made.close()


async def by_hand(salon: SharedSalon) -> tuple[SharedDesk, Engine]:
    """A paired desk whose loop the test turns."""
    made = await salon.paired()
    engine = made.sharing._engine
    assert engine is not None
    await engine.shutdown()
    made.desk.clock.set(datetime.now(UTC))
    return made, engine


async def test_an_edit_of_a_fast_clock_that_was_outdone_does_not_come_back(salon: SharedSalon) -> None:
    here, engine = await by_hand(salon)
    there, other = await by_hand(salon)
    made = here.desk.write(add_customer, CustomerEntry("Ana", "Čeh")).customer
    for one in (engine, other):
        await one.round()
    here.desk.clock.move(days=1)
    here.desk.write(change_customer, made.id, made.entry, replace(made.entry, notes="tukaj"))
    push = engine._line.push

    async def lost(asked: Push) -> Pushed:
        """The backend judges it, another desk edits after that, and the answer never arrives."""
        await push(asked)
        salon.server.shift = 600_000
        there.desk.clock.set(datetime.now(UTC) + timedelta(minutes=5))
        there.desk.write(change_customer, made.id, made.entry, replace(made.entry, notes="tam"))
        await other.round()
        raise Unreachable("the answer was lost")

    engine._line.push = lost  # type: ignore[method-assign]  # a line that loses answers
    with pytest.raises(Unreachable):
        await engine.round()
    assert here.desk.read(show_customer, made.id).entry.notes == "tam"
    engine._line.push = push  # type: ignore[method-assign]  # the line is well again
    for one in (engine, other, engine):
        await one.round()
    assert {one.desk.read(show_customer, made.id).entry.notes for one in (here, there)} == {"tam"}
