"""A server that was put back to an older backup: desks say so, are paired again, and everything comes together again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest_asyncio
from sqlalchemy.orm import Session

from desktop.access import SYSTEM
from desktop.action import Action
from desktop.customers.customers import CustomerEntry, add_customer, change_customer, show_customer
from desktop.database.incoming import number
from desktop.services.pairing import look
from desktop.services.sharing import SharingState
from desktop.sharing.pairing import last_operation
from sync.server.backup import back_up, restore
from tests.desktop.services.shared_salon import SharedDesk, SharedSalon
from tests.sync.server.running import RunningServer
from tests.sync.server.world import TENANT

PASSPHRASE = "hruška v češnjevem soku"
ANA, EVA, MIA, IDA = (CustomerEntry(name, "Čeh") for name in ("Ana", "Eva", "Mia", "Ida"))


@pytest_asyncio.fixture
async def salon(tmp_path: Path) -> AsyncIterator[SharedSalon]:
    made = SharedSalon(tmp_path)
    yield made
    await made.close()


async def put_back(salon: SharedSalon, folder: Path) -> None:
    """The server stops, its data becomes that of the backup, and it starts again."""
    await asyncio.to_thread(salon.server.stop)
    list(restore(salon.store, folder, PASSPHRASE, replace=True))
    salon.server = RunningServer(salon.store, salon.folder, salon.server.port)


async def test_what_came_after_the_backup_goes_up_again_when_the_desks_are_paired_again(
    salon: SharedSalon, tmp_path: Path
) -> None:
    here, there = await salon.paired(), await salon.paired()
    ana = (await here.desk.database.write(here.desk.owner, add_customer, ANA)).customer
    await there.sees(lambda: there.finds("ana"))
    back_up(salon.store, tmp_path / "backup", PASSPHRASE, 1)
    await here.desk.database.write(here.desk.owner, add_customer, EVA)
    await there.desk.database.write(
        there.desk.owner, change_customer, ana.id, ana.entry, replace(ana.entry, notes="rada ima kavo")
    )
    await there.sees(lambda: there.finds("eva"))
    await here.until(SharingState.AGREED)
    await there.until(SharingState.AGREED)

    await put_back(salon, tmp_path / "backup")
    for one, entry in ((here, MIA), (there, IDA)):
        await one.desk.database.write(one.desk.owner, add_customer, entry)
        assert (await one.until(SharingState.STOPPED)).code == "behind"
    for one in (here, there):
        entry = salon.entry()
        await one.sharing.pair(one.desk.owner, entry, await look(entry))
    for one in (here, there):
        for name in ("ana", "eva", "mia", "ida"):
            await one.sees(lambda one=one, name=name: one.finds(name))

        async def noted(one: object = one) -> bool:
            shown = await here.desk.database.read(here.desk.owner, show_customer, ana.id)
            return shown.entry.notes == "rada ima kavo"

        await one.sees(noted)
        assert (await one.until(SharingState.AGREED)).pending == 0
    fresh = await salon.paired()
    for name in ("ana", "eva", "mia", "ida"):
        await fresh.sees(lambda name=name: fresh.finds(name))
    assert [one for one, _ in salon.store.names()] == [TENANT]


async def test_a_desk_says_it_at_its_first_contact_though_it_writes_nothing(salon: SharedSalon, tmp_path: Path) -> None:
    here = await salon.paired()
    await here.desk.database.write(here.desk.owner, add_customer, ANA)
    await until_judged(here)
    back_up(salon.store, tmp_path / "backup", PASSPHRASE, 1)
    await here.desk.database.write(here.desk.owner, add_customer, EVA)
    await until_judged(here)
    await here.sharing.shutdown()
    await put_back(salon, tmp_path / "backup")
    await here.sharing.start()
    assert (await here.until(SharingState.STOPPED)).code == "behind"
    entry = salon.entry()
    await here.sharing.pair(here.desk.owner, entry, await look(entry))
    fresh = await salon.paired()
    await fresh.sees(lambda: fresh.finds("eva"))


async def test_a_file_that_was_put_back_says_it_at_its_first_contact_though_it_writes_nothing(
    salon: SharedSalon, tmp_path: Path
) -> None:
    here = await salon.paired()
    await here.desk.database.write(here.desk.owner, add_customer, ANA)
    await until_judged(here)
    await here.sharing.shutdown()
    here.desk.database.close()
    saved = here.desk.path.read_bytes()
    here.desk.open()
    here.sharing._database = here.desk.database
    await here.sharing.start()
    await here.desk.database.write(here.desk.owner, add_customer, EVA)
    await until_judged(here)
    await here.sharing.shutdown()
    here.desk.database.close()
    here.desk.path.write_bytes(saved)
    here.desk.open()
    here.sharing._database = here.desk.database
    await here.sharing.start()
    assert (await here.until(SharingState.STOPPED)).code == "forked"


async def until_judged(one: SharedDesk) -> None:
    """Until everything of a desk is on the server."""
    async with asyncio.timeout(20):
        while await one.desk.database.read(SYSTEM, waits):
            await asyncio.sleep(0.01)


def waits(session: Session, action: Action) -> bool:
    n, _ = last_operation(session, action)
    return n > number(session.connection(), "acknowledged")


async def test_a_desk_that_only_read_goes_on_and_misses_nothing(salon: SharedSalon, tmp_path: Path) -> None:
    """It has pulled further than the server stands now; what is new all the same comes to it."""
    here, there = await salon.paired(), await salon.paired()
    await here.until(SharingState.AGREED)
    back_up(salon.store, tmp_path / "backup", PASSPHRASE, 1)
    await here.desk.database.write(here.desk.owner, add_customer, EVA)
    await there.sees(lambda: there.finds("eva"))
    await put_back(salon, tmp_path / "backup")
    third = await salon.paired()
    await third.desk.database.write(third.desk.owner, add_customer, MIA)
    await there.sees(lambda: there.finds("mia"))
