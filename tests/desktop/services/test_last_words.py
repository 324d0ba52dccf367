"""A desk that was revoked while it was away hands in what happened on paper when it comes back, and nothing else, and stops."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from sqlalchemy import Connection, select

from desktop.customers.customers import CustomerEntry, add_customer
from desktop.register.till import open_till
from desktop.services.sharing import SharingState
from sync.server import tables
from sync.server.pairing import Pairing
from tests.desktop.services.shared_salon import SharedSalon
from tests.sync.server.running import RunningServer
from tests.sync.server.world import TENANT


@pytest_asyncio.fixture
async def salon(tmp_path: Path) -> AsyncIterator[SharedSalon]:
    made = SharedSalon(tmp_path)
    yield made
    await made.close()


async def test_a_revoked_desk_hands_in_its_ledger_and_stops(salon: SharedSalon) -> None:
    away = await salon.paired()
    await asyncio.to_thread(salon.server.stop)
    await away.desk.database.write(away.desk.owner, open_till, 50_00)
    await away.desk.database.write(away.desk.owner, add_customer, CustomerEntry("Eva", "Čeh"))
    Pairing(salon.store, salon.server._now).revoke(TENANT, away.desk.database.desk.device.hex)
    salon.server = RunningServer(salon.store, salon.folder, salon.server.port)
    assert (await away.until(SharingState.STOPPED)).code == "revoked"

    def collections(connection: Connection) -> list[str]:
        return list(connection.execute(select(tables.row.c.collection)).scalars())

    held = salon.store.read(TENANT, collections)
    assert "till_session" in held
    assert "customer" not in held
