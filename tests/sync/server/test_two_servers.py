"""Two servers on one PostgreSQL database are one backend: paired here, proved there, and a push at one is heard of at the other."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest_asyncio
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop.customers.customers import add_customer
from sync.client.http_line import HttpLine
from sync.client.ports import Identity
from sync.server.postgres_store import PostgresStore
from sync.wire import Outcome, Poke, Push
from tests.desk import TestDesk
from tests.sync.backend import outgoing
from tests.sync.server.running import RunningServer
from tests.sync.server.world import ANA, TENANT, World, request


@pytest_asyncio.fixture
async def worlds(tmp_path: Path, new_postgres: Callable[[], str]) -> AsyncIterator[list[World]]:
    url = new_postgres()
    stores = [PostgresStore(url) for _ in range(2)]
    stores[0].make_tenant(TENANT, "Salon Ana", 1)
    made = [World(RunningServer(store, tmp_path), []) for store in stores]
    yield made
    for world in made:
        for line in world.lines:
            await line.close()
        await asyncio.to_thread(world.server.stop)
        world.server.store.close()


async def paired_here(here: World, there: World, device: str, shop: str) -> HttpLine:
    """A line to one server of a device that was paired at the other."""
    key = Ed25519PrivateKey.generate()
    paired = await there.line().pair(request(here.code(), device, key, shop))
    return here.line(Identity(paired.tenant, device, key))


async def test_a_push_at_one_server_is_heard_of_at_the_other(worlds: list[World], desk: TestDesk) -> None:
    one, two = worlds
    desk.write(add_customer, ANA)
    shop = desk.database.desk.shop.hex
    writing = await paired_here(one, two, desk.database.desk.device.hex, shop)
    listening = await paired_here(two, one, "2" * 32, shop)
    heard: asyncio.Queue[Poke] = asyncio.Queue()

    async def listen() -> None:
        async for poke in listening.pokes():
            heard.put_nowait(poke)

    task = asyncio.create_task(listen())
    async with asyncio.timeout(30):
        assert {(await heard.get()).seq for _ in range(2)} == {0}
        pushed = await writing.push(Push(1, tuple(outgoing(desk))))
        assert {one.outcome for one in pushed.verdicts} == {Outcome.TAKEN}
        poke = await heard.get()
        assert poke.seq == (await listening.pull(poke.scope, 0, 1000)).cursor > 0
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
