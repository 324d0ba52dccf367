"""A further desk of a salon: taken in by a code, made empty and paired, filled by the sharing; nothing is made when it is refused."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
import pytest_asyncio
from sqlalchemy import delete, func, select

from desktop.access import SYSTEM
from desktop.customers.customers import CustomerEntry, add_customer
from desktop.customers.search import search_customers
from desktop.database.lock import Use, lock_place
from desktop.database.place import find_place, prepare_place
from desktop.errors import InvalidInput, Refused
from desktop.services.joining import Join, ask_to_join, make_joined
from desktop.services.pairing import look
from desktop.services.sharing import Sharing, SharingState
from sync.server import tables
from sync.server.snapshots import Snapshots
from tests.desktop.services.shared_salon import TENANT, SharedSalon

ZONE = ZoneInfo("Europe/Ljubljana")


@pytest_asyncio.fixture
async def salon(tmp_path: Path) -> AsyncIterator[SharedSalon]:
    made = SharedSalon(tmp_path)
    yield made
    await made.close()


async def until(seen: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not seen():
            await asyncio.sleep(0.01)


async def test_a_further_desk_has_the_books_of_its_salon_and_its_own_device(salon: SharedSalon, tmp_path: Path) -> None:
    first = await salon.paired()
    await first.desk.database.write(first.desk.owner, add_customer, CustomerEntry("Ana", "Čeh"))
    await first.until(SharingState.AGREED)
    entry = salon.entry((await first.sharing.code(first.desk.owner)).code)
    looked = await look(entry)
    taken_in = await ask_to_join(Join(entry, looked, UUID(hex=looked.shops[0].id)))
    place = find_place(tmp_path / "new")
    prepare_place(place)
    opened = make_joined(place, lock_place(place, Use.WRITE), ZONE, taken_in, "")
    sharing = Sharing(opened.database, opened.secrets, lambda _status: None, jitter=lambda: 0.0)
    try:
        await sharing.start()
        await until(lambda: sharing.status.state is SharingState.AGREED)
        desk = opened.database.desk
        assert (desk.tenant, desk.shop, desk.practice) == (salon.tenant, salon.shop, True)
        assert desk.device != first.desk.database.desk.device
        assert [hit.last_name for hit in await opened.database.read(SYSTEM, search_customers, "ceh")] == ["Čeh"]
    finally:
        await sharing.shutdown()
        opened.close()


async def test_a_desk_that_joins_a_big_salon_begins_with_a_snapshot(salon: SharedSalon, tmp_path: Path) -> None:
    salon.server.backend.snapshots = Snapshots(salon.store, salon.server._now, least_rows=1, chunk_rows=2)
    first = await salon.paired()
    for n in range(9):
        await first.desk.database.write(first.desk.owner, add_customer, CustomerEntry(f"Ana {n}", "Čeh"))
    await first.until(SharingState.AGREED)
    entry = salon.entry((await first.sharing.code(first.desk.owner)).code)
    looked = await look(entry)
    salon.store.tenant(TENANT, lambda connection: connection.execute(delete(tables.snapshot)))
    taken_in = await ask_to_join(Join(entry, looked, UUID(hex=looked.shops[0].id)))
    place = find_place(tmp_path / "new")
    prepare_place(place)
    opened = make_joined(place, lock_place(place, Use.WRITE), ZONE, taken_in, "")
    sharing = Sharing(opened.database, opened.secrets, lambda _status: None, jitter=lambda: 0.0)
    try:
        await sharing.start()
        await until(lambda: sharing.status.state is SharingState.AGREED)
        assert len(await opened.database.read(SYSTEM, search_customers, "ceh")) == 9
        made = select(func.count()).select_from(tables.snapshot)
        assert salon.store.read(TENANT, lambda connection: connection.execute(made).scalar_one()) == 1
    finally:
        await sharing.shutdown()
        opened.close()


async def test_where_nobody_shares_or_a_new_shop_has_no_name_nothing_is_asked_for(salon: SharedSalon) -> None:
    entry = salon.entry()
    with pytest.raises(Refused, match=r"sharing\.nobody_there"):
        await ask_to_join(Join(entry, await look(entry), None, "Maribor"))
    await salon.paired()
    looked = await look(entry)
    with pytest.raises(InvalidInput, match=r"sharing\.shop"):
        await ask_to_join(Join(entry, looked, None, "  "))
    assert await look(entry) == looked, "the code is still good"
    taken_in = await ask_to_join(Join(entry, looked, None, "Maribor"))
    assert taken_in.identity.tenant_id == salon.tenant
    assert taken_in.identity.shop_id != salon.shop
    looked = await look(salon.entry())
    assert sorted(shop.name for shop in looked.shops) == ["", "Maribor"]


async def test_a_code_that_was_used_takes_nobody_in(salon: SharedSalon) -> None:
    await salon.paired()
    entry = salon.entry()
    looked = await look(entry)
    await ask_to_join(Join(entry, looked, None, "Maribor"))
    with pytest.raises(Refused, match=r"sharing\.unknown_code"):
        await ask_to_join(Join(replace(entry, desk="Druga"), looked, None, "Celje"))
