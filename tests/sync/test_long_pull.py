"""A pull of many rows: the next page comes while one is written, and a long page is written in slices."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import Connection

from desktop.customers.customers import CustomerEntry, add_customer
from desktop.services.page_slices import slices
from desktop.services.replica import DeskReplica
from sync.client.engine import PAGE_ROWS, Engine
from sync.client.ports import Unreachable
from sync.wire import MOST_ROWS, Page
from tests.sync.salon_of_desks import Salon
from tests.sync.test_engine import WeakLine

CUSTOMERS = 7


class TalkingLine(WeakLine):
    """A line whose pages have three rows, and which says what it was asked for; `after_pull` sees each page."""

    def __init__(self, salon: Salon) -> None:
        super().__init__(salon.backend)
        self.asked: list[tuple[str, int, int]] = []
        self.after_pull: Callable[[Page], None] = lambda _page: None

    async def pull(self, scope: str, cursor: int, most: int, horizon: int = 0) -> Page:
        self.asked.append((scope, cursor, most))
        page = await super().pull(scope, cursor, most, horizon)
        self.after_pull(page)
        return page


class Puller:
    """A desk that pulls what another one wrote."""

    def __init__(self, salon: Salon) -> None:
        self.salon, self.line = salon, TalkingLine(salon)
        self.source, self.desk = salon.desks
        for n in range(CUSTOMERS):
            self.source.write(add_customer, CustomerEntry(f"Ana {n}", "Čeh"))
        salon.push(self.source)
        self.replica = DeskReplica(self.desk.database)
        self.engine = Engine(self.replica, self.line, clock=lambda: 0.0, jitter=lambda: 0.0)

    def customers(self) -> int:
        return len(self.salon.rows(self.desk, "customer"))


@pytest_asyncio.fixture
async def puller(tmp_path: Path) -> AsyncIterator[Puller]:
    salon = Salon(tmp_path, 2)
    yield Puller(salon)
    salon.close()


async def test_the_next_page_is_on_its_way_while_one_is_written(
    puller: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    apply = puller.replica.apply

    async def when_the_next_is_asked_for(page: Page) -> None:
        asked = len(puller.line.asked)
        async with asyncio.timeout(20):
            while page.more and len(puller.line.asked) == asked:
                await asyncio.sleep(0.001)
        await apply(page)

    monkeypatch.setattr(puller.replica, "apply", when_the_next_is_asked_for)
    await puller.engine.round()
    assert puller.customers() == CUSTOMERS
    assert [most for scope, _, most in puller.line.asked if scope == ""] == [PAGE_ROWS, MOST_ROWS, MOST_ROWS]


async def test_a_page_that_came_is_written_even_when_the_next_one_does_not_come(puller: Puller) -> None:
    def second(page: Page) -> None:
        if len(puller.line.asked) == 2:
            raise Unreachable("cut")

    puller.line.after_pull = second
    with pytest.raises(Unreachable, match="cut"):
        await puller.engine.round()
    assert puller.customers() == 3
    await puller.engine.round()
    assert puller.customers() == CUSTOMERS


async def test_a_page_that_cannot_be_written_ends_the_round_with_its_own_reason(
    puller: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def broken(page: Page) -> None:
        raise ValueError("broken")

    monkeypatch.setattr(puller.replica, "apply", broken)
    with pytest.raises(ValueError, match="broken"):
        await puller.engine.round()
    assert len(puller.line.asked) <= 2


async def test_a_long_page_is_written_in_slices_and_goes_on_where_it_was_cut(puller: Puller) -> None:
    page = puller.salon.backend.give("", 0)
    parts = list(slices(page, 3))
    assert [len(one.rows) for one in parts] == [3, 3, 1]
    assert [one.more for one in parts] == [True, True, page.more]
    assert parts[-1].cursor == page.cursor
    for one in parts:
        named = {stamp.operation for row in one.rows for stamp in row.stamps.values()}
        assert {envelope.id for envelope in one.envelopes} == named
    await puller.replica.apply(parts[0])
    assert await puller.replica.cursor("") == parts[0].rows[-1].seq == parts[0].cursor
    await puller.engine.round()
    assert puller.customers() == CUSTOMERS


async def test_a_long_page_is_one_transaction_while_nobody_wants_to_write(
    puller: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = puller.salon.backend.give("", 0)
    assert list(slices(page, CUSTOMERS)) == [page]
    monkeypatch.setattr("desktop.services.replica.slices", lambda whole: slices(whole, 3))
    await puller.replica.apply(page)
    assert [len(one.rows["customer"]) for one in puller.desk.changes if one.name == "sync.pulled"] == [CUSTOMERS]


async def test_what_a_person_writes_goes_between_the_slices_of_a_page(
    puller: Puller, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk, loop = puller.desk, asyncio.get_running_loop()
    monkeypatch.setattr("desktop.services.replica.slices", lambda whole: slices(whole, 3))
    apply, written = puller.replica._incoming.apply, []

    def while_somebody_writes(connection: Connection, page: Page) -> dict[str, set[UUID]]:
        if not written:
            job = desk.database.write(desk.owner, add_customer, CustomerEntry("Ana", "Novak"))
            written.append(asyncio.run_coroutine_threadsafe(job, loop))
            while not desk.database.is_wanted():
                time.sleep(0.001)
        return apply(connection, page)

    monkeypatch.setattr(puller.replica._incoming, "apply", while_somebody_writes)
    await puller.replica.apply(puller.salon.backend.give("", 0))
    assert written[0].done()
    told = [(one.name, len(one.rows["customer"])) for one in desk.changes if "customer" in one.rows]
    assert told == [("sync.pulled", 3), ("customers.add_customer", 1), ("sync.pulled", CUSTOMERS - 3)]
    assert puller.customers() == CUSTOMERS + 1
