"""Desks share their books through a real server over TLS: pairing, pausing, revoking, and what is said when something is wrong."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio

from desktop.customers.customers import CustomerEntry, add_customer, change_customer, show_customer
from desktop.database.secrets import FileSecrets
from desktop.errors import InvalidInput, NotPermitted, Refused, TemporaryFault
from desktop.ids import new_id
from desktop.register.series import list_series
from desktop.services.pairing import look
from desktop.services.sharing import Sharing, SharingState
from desktop.sharing.pairing import KEY
from tests.desktop.services.shared_salon import SharedDesk, SharedSalon
from tests.sync.server.running import RunningServer

ANA = CustomerEntry("Ana", "Čeh", town="Celje")


@pytest_asyncio.fixture
async def salon(tmp_path: Path) -> AsyncIterator[SharedSalon]:
    made = SharedSalon(tmp_path)
    yield made
    await made.close()


async def test_what_one_desk_writes_appears_on_the_other_by_itself(salon: SharedSalon) -> None:
    here, there = await salon.paired(), await salon.paired()
    await here.desk.database.write(here.desk.owner, add_customer, ANA)
    await there.sees(lambda: there.finds("ceh"))
    assert [one.name for one in there.desk.changes if one.operation is None] != []


async def test_what_a_desk_held_before_it_was_paired_is_on_the_others(salon: SharedSalon) -> None:
    here = salon.desk()
    await here.desk.database.write(here.desk.owner, add_customer, ANA)
    entry = salon.entry()
    await here.sharing.pair(here.desk.owner, entry, await look(entry))
    there = await salon.paired()
    await there.sees(lambda: there.finds("ceh"))
    assert (await here.until(SharingState.AGREED)).pending == 0
    [known, _] = (await here.sharing.devices()).devices
    assert known.operations >= 2, "the customer came as state, the pairing as an operation behind it"


async def test_both_desks_keep_what_they_wrote_while_the_server_was_away(salon: SharedSalon) -> None:
    here, there = await salon.paired(), await salon.paired()
    made = (await here.desk.database.write(here.desk.owner, add_customer, ANA)).customer
    await there.sees(lambda: there.finds("ceh"))
    await asyncio.to_thread(salon.server.stop)
    for one, entry in (
        (here, replace(made.entry, notes="rada ima kavo")),
        (there, replace(made.entry, email="ana@primer.si")),
    ):
        await one.desk.database.write(one.desk.owner, change_customer, made.id, made.entry, entry)
        assert (await one.until(SharingState.WAITING)).code == "unreachable"
    salon.server = RunningServer(salon.store, salon.folder, salon.server.port)
    for one in (here, there):

        async def both(one: SharedDesk = one) -> bool:
            shown = (await one.desk.database.read(one.desk.owner, show_customer, made.id)).entry
            return (shown.notes, shown.email) == ("rada ima kavo", "ana@primer.si")

        await one.sees(both)


async def test_a_desk_goes_on_after_a_restart_with_the_key_that_it_kept(salon: SharedSalon) -> None:
    here = await salon.paired()
    await here.sharing.shutdown()
    await here.sharing.start()
    await here.until(SharingState.AGREED)


async def test_without_its_key_a_desk_says_so_and_is_paired_anew(salon: SharedSalon) -> None:
    here = await salon.paired()
    await here.sharing.shutdown()
    here.sharing._secrets.delete(KEY)
    await here.sharing.start()
    await here.until(SharingState.STOPPED, "key_lost")
    entry = salon.entry()
    await here.sharing.pair(here.desk.owner, entry, await look(entry))
    await here.until(SharingState.AGREED)


async def test_a_keyring_that_fails_stops_the_sharing_and_nothing_else(
    salon: SharedSalon, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = await salon.paired()
    await here.sharing.shutdown()

    def locked(_secrets: FileSecrets, _name: str) -> str | None:
        raise TemporaryFault("database.keyring_failed", reason="locked")

    monkeypatch.setattr(FileSecrets, "get", locked)
    await here.sharing.start()
    await here.until(SharingState.STOPPED, "keyring_failed")
    monkeypatch.undo()
    await here.sharing.start()
    await here.until(SharingState.AGREED)


async def test_a_paused_desk_sends_nothing_until_the_pause_ends(salon: SharedSalon) -> None:
    here, there = await salon.paired(), await salon.paired()
    await here.sharing.pause(here.desk.owner, True)
    assert here.sharing.status.state is SharingState.PAUSED
    await here.desk.database.write(here.desk.owner, add_customer, ANA)
    there.sharing.wake()
    await asyncio.sleep(0.2)
    assert not await there.finds("ceh")
    await here.sharing.pause(here.desk.owner, False)
    await there.sees(lambda: there.finds("ceh"))


async def test_an_admin_adds_a_desk_by_a_code_sees_it_and_revokes_it(salon: SharedSalon) -> None:
    here = await salon.paired()
    code = (await here.sharing.code(here.desk.owner)).code
    there = salon.desk()
    looked = await look(salon.entry(code))
    assert (looked.name, looked.salon, looked.practice) == ("Salon Ana", salon.tenant.hex, True)
    await there.sharing.pair(there.desk.owner, salon.entry(code), looked)
    await there.until(SharingState.AGREED)
    assert len((await here.sharing.devices()).devices) == 2
    await here.sharing.revoke(here.desk.owner, there.desk.database.desk.device.hex)
    there.sharing.wake()
    await there.until(SharingState.STOPPED, "revoked")


async def test_only_who_may_change_settings_pairs_pauses_and_revokes(salon: SharedSalon) -> None:
    here = await salon.paired()
    sharing, reception = here.sharing, here.desk.reception
    for attempt in (
        sharing.pair(reception, salon.entry(), await look(salon.entry())),
        sharing.pause(reception, True),
        sharing.code(reception),
        sharing.revoke(reception, "1" * 32),
    ):
        with pytest.raises(NotPermitted):
            await attempt


async def test_books_of_another_salon_or_for_practice_are_refused(salon: SharedSalon) -> None:
    await salon.paired()
    stranger = salon.desk(tenant=new_id())
    real = salon.desk(mode="live")
    for one, code in ((stranger, "sharing.foreign_salon"), (real, "sharing.practice_differs")):
        entry = salon.entry()
        looked = await look(entry)
        with pytest.raises(Refused, match=code):
            await one.sharing.pair(one.desk.owner, entry, looked)
        assert one.sharing.status.state is SharingState.ALONE


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"url": "http://example.com"}, "url"),
        ({"url": "ftp://127.0.0.1"}, "url"),
        ({"url": "https://"}, "url"),
        ({"url": "https://me:secret@127.0.0.1"}, "url"),
        ({"url": "https://127.0.0.1:x"}, "url"),
        ({"code": "1234567"}, "code"),
        ({"code": "１２３４５６７８"}, "code"),
        ({"desk": "  "}, "desk"),
        ({"trust": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"}, "trust"),
    ],
)
async def test_what_was_typed_wrong_is_said_at_its_field(
    salon: SharedSalon, changed: dict[str, str], field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await look(replace(salon.entry("12345678"), **changed))
    assert refused.value.field == field


async def test_a_code_may_be_typed_with_spaces(salon: SharedSalon) -> None:
    code = salon.code()
    assert (await look(salon.entry(f" {code[:4]} {code[4:]} "))).name == "Salon Ana"


async def test_a_server_that_is_away_or_not_trusted_is_said(salon: SharedSalon) -> None:
    for entry in (replace(salon.entry(), trust=""), replace(salon.entry(), url="https://127.0.0.1:1")):
        with pytest.raises(TemporaryFault, match=r"sharing\.unreachable"):
            await look(entry)
    with pytest.raises(Refused, match=r"sharing\.unknown_code"):
        await look(salon.entry("00000000"))


async def test_a_restored_backup_stops_the_desk_and_it_goes_on_as_a_new_one(salon: SharedSalon) -> None:
    here, there = await salon.paired(), await salon.paired()
    backup = await at_rest(here)
    await put_back(here, backup)
    await here.sharing.start()
    await here.desk.database.write(here.desk.owner, add_customer, ANA)
    await there.sees(lambda: there.finds("ceh"))
    await put_back(here, backup)
    await here.desk.database.write(here.desk.owner, add_customer, CustomerEntry("Maja", "Novak"))
    await here.sharing.start()
    await here.until(SharingState.STOPPED, "forked")
    await put_back(here, await at_rest(here))
    await here.sharing.start()
    assert here.sharing.status.code == "forked", "after a new start too"
    was = here.desk.database.desk.device
    entry = salon.entry()
    await here.sharing.renew(entry, await look(entry))
    await put_back(here, await at_rest(here))
    assert here.desk.database.desk.device != was
    await here.sharing.start()
    await here.until(SharingState.AGREED)
    await here.sees(lambda: here.finds("ceh"))
    await there.sees(lambda: there.finds("novak"))
    assert here.desk.read(list_series) == ()


async def test_a_backup_of_before_the_pairing_is_not_paired_as_the_desk_that_it_was(salon: SharedSalon) -> None:
    """What it wrote next would have numbers that the server knows, and would never be pushed."""
    here, there = salon.desk(), await salon.paired()
    await here.desk.database.write(here.desk.owner, add_customer, CustomerEntry("Maja", "Novak"))
    backup = await at_rest(here)
    await put_back(here, backup)
    entry = salon.entry()
    await here.sharing.pair(here.desk.owner, entry, await look(entry))
    await here.desk.database.write(here.desk.owner, add_customer, ANA)
    await there.sees(lambda: there.finds("ceh"))
    await put_back(here, backup)
    entry = salon.entry()
    with pytest.raises(Refused, match=r"sharing\.forked"):
        await here.sharing.pair(here.desk.owner, entry, await look(entry))
    assert (here.sharing.status.state, here.sharing.status.code) == (SharingState.STOPPED, "forked")
    await put_back(here, await at_rest(here))
    await here.sharing.start()
    assert here.sharing.status.code == "forked", "after a new start too"
    await here.sharing.renew(entry, await look(entry))  # the code was not used up
    await put_back(here, await at_rest(here))
    await here.sharing.start()
    await here.until(SharingState.AGREED)
    await here.desk.database.write(here.desk.owner, add_customer, CustomerEntry("Zala", "Kos"))
    await there.sees(lambda: there.finds("kos"))
    await here.sees(lambda: here.finds("ceh"))


async def test_a_revoked_desk_hands_in_nothing_more_and_may_be_taken_in_again(salon: SharedSalon) -> None:
    here, there = await salon.paired(), await salon.paired()
    await here.sharing.revoke(here.desk.owner, there.desk.database.desk.device.hex)
    there.sharing.wake()
    await there.until(SharingState.STOPPED, "revoked")
    await there.sharing.shutdown()
    await there.sharing.start()
    assert there.sharing.status.code == "revoked"
    entry = salon.entry()
    await there.sharing.pair(there.desk.owner, entry, await look(entry))
    await there.until(SharingState.AGREED)


async def at_rest(one: SharedDesk) -> bytes:
    """The file of a desk that is closed."""
    await one.sharing.shutdown()
    one.desk.database.close()
    return one.desk.path.read_bytes()


async def put_back(one: SharedDesk, file: bytes) -> None:
    """Opens a desk on a file, with its sharing not started."""
    if not one.desk.database._closed:
        await at_rest(one)
    one.desk.path.write_bytes(file)
    one.desk.open()
    one.sharing = Sharing(one.desk.database, one.sharing._secrets, one.told.append, jitter=lambda: 0.0)
