"""A new desk begins with a snapshot: it ends with what a desk has that pulled everything, whatever is cut or forged on the way."""

from __future__ import annotations

import asyncio
import zlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.appointments.progress import next_step
from desktop.customers.customers import change_customer, show_customer
from desktop.customers.search import search_customers
from desktop.database.verify import check_derived, verify_structure
from desktop.ids import new_id
from desktop.inventory.movements import level_of
from desktop.register.series import set_device
from desktop.register.till import open_till
from desktop.sales.bills import open_bill
from desktop.sales.check_out import CheckOut, check_out
from desktop.sales.credit import Credit, issue_credit_note
from desktop.sales.invoices import list_invoices
from desktop.sales.issuing import Paid
from desktop.schema import SCHEMA
from desktop.services.journal_body import fetch_body
from fiscal.errors import JournalDamaged
from fiscal.journal import EntryKind, append
from fiscal.port import Means
from fiscal.records import FailureRecord
from fiscal.slovenia.certificate import Credential
from fiscal.slovenia.environment import Mode
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from fiscal.slovenia.standin.certificates import TAX_NUMBER
from fiscal.verify import Finding, Row, findings
from sync.client.ports import Unreachable
from sync.errors import Unlawful
from sync.server.postgres_store import PostgresStore
from sync.snapshot import Body, Snapshot
from tests.desktop.salon import product, service
from tests.sync.late import Year
from tests.sync.new_device import HostedSalon, Newcomer, flipped, signed_by_another


@pytest_asyncio.fixture(params=["sqlite", "postgres"])
async def salon(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[HostedSalon]:
    hosted = request.param == "postgres"
    made = HostedSalon(tmp_path, store=PostgresStore(request.getfixturevalue("new_postgres")()) if hosted else None)
    yield made
    await made.close()


@pytest_asyncio.fixture
async def year(salon: HostedSalon, sealing: Credential) -> Year:
    """A year of work at a desk that is not paired yet."""
    return Year(salon.desk(), sealing)


@pytest_asyncio.fixture
async def first(salon: HostedSalon, year: Year) -> Newcomer:
    """The salon's first desk, with the year of work, which is on the server."""
    salon.server.shift = round((year.desk.clock.now() - datetime.now(UTC)).total_seconds() * 1000)
    here = await salon.join(year.desk, with_snapshot=False)
    await here.engine.round()
    return here


def clocked(newcomer: Newcomer, here: Newcomer) -> Newcomer:
    newcomer.desk.clock.set(here.desk.clock.now())
    return newcomer


def problems(desk: Newcomer) -> list[Any]:
    def read(engine: Engine) -> list[Any]:
        with engine.connect() as connection:
            return verify_structure(connection, SCHEMA) + list(check_derived(connection, SCHEMA))

    return desk.desk.on_writer(read)


async def test_it_ends_with_what_a_desk_has_that_pulled_everything(
    salon: HostedSalon, first: Newcomer, year: Year
) -> None:
    pulled = await salon.join(with_snapshot=False)
    await pulled.engine.round()
    new = clocked(await salon.join(), first)
    await new.engine.round()
    reached = await new.replica.snapshot_reached()
    assert reached is not None
    assert reached.chunk == reached.listing.hot > 3
    assert len(reached.listing.chunks) > reached.listing.hot + 3
    few = len(new.table("SELECT id FROM invoice"))
    assert 0 < few < 12
    assert new.desk.read(level_of, year.product) == 7_000
    assert [hit.id for hit in new.desk.read(search_customers, "555 203")] == [year.customers[3]]
    await new.finish()
    assert new.content() == pulled.content() == first.content()
    assert new.table("SELECT id, hash FROM operation ORDER BY id") == pulled.table(
        "SELECT id, hash FROM operation ORDER BY id"
    )
    assert len(new.desk.read(list_invoices)) == 12
    assert await new.replica.snapshot_reached() is None
    assert problems(new) == problems(pulled) == []


def note_a_failure(newcomer: Newcomer) -> None:
    """A message that reached nobody, in the journal of a desk."""
    own = newcomer.desk.database.desk

    def note(session: Session, action: Action) -> None:
        append(
            session.connection(), shop_id=own.shop, device_id=own.device, kind=EntryKind.FAILURE, at=action.now,
            body=FailureRecord(message_id="m", detail="x" * 200, body="<html>"),
        )  # fmt: skip

    newcomer.desk.write(note)


async def test_messages_to_the_authority_stay_behind_and_come_when_they_are_asked_for(
    salon: HostedSalon, first: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    note_a_failure(first)
    await first.engine.round()
    new = await salon.join()
    await new.finish()
    seals = "SELECT id, body FROM fiscal_journal WHERE kind = 'seal' ORDER BY id"
    assert new.table(seals) == first.table(seals) != []
    [(row,)] = new.table("SELECT id FROM fiscal_journal WHERE kind = 'failure' AND length(body) = 0")
    fetched = await fetch_body(new.desk.database, new.line, UUID(bytes=row))
    assert fetched == await fetch_body(first.desk.database, new.line, UUID(bytes=row))
    assert b"<html>" in fetched
    assert journal_findings(new, new) == journal_findings(first, first) == []
    assert [one.code for one in journal_findings(new, None)] == ["row_changed"], (
        "on its own device nothing may be missing"
    )

    async def forged(collection: str, identity: str) -> Body:
        return Body(collection, identity, "body", zlib.compress(b"{}").hex())

    monkeypatch.setattr(new.line, "body", forged)
    with pytest.raises(JournalDamaged):
        await fetch_body(new.desk.database, new.line, UUID(bytes=row))


async def test_bodies_of_other_shops_and_of_nothing_are_refused(salon: HostedSalon, first: Newcomer) -> None:
    [(row,), *_] = first.table("SELECT id FROM fiscal_journal")
    salon.shop = new_id()
    stranger = await salon.join()
    for collection, identity in (("fiscal_journal", row.hex()), ("fiscal_journal", "0" * 32), ("nothing", "0" * 32)):
        with pytest.raises(Unlawful, match="unknown_"):
            await stranger.line.body(collection, identity)


def journal_findings(newcomer: Newcomer, own: Newcomer | None) -> list[Finding]:
    """What the checks find in the journal of a desk, judged as the file of a device."""
    device = own.desk.database.desk.device if own is not None else None

    def read(engine: Engine) -> list[Finding]:
        with engine.connect() as connection:
            return list(findings(connection, Lenient(), own=device))

    return newcomer.desk.on_writer(read)


class Lenient:
    """A country that demands nothing."""

    def check(self, row: Row) -> Iterator[tuple[str, Mapping[str, str]]]:
        yield from ()


async def test_a_cut_at_any_part_costs_that_part_only(salon: HostedSalon, first: Newcomer) -> None:
    new = await salon.join()
    seen: set[int] = set()

    def cut(n: int, packed: bytes) -> bytes:
        if n in seen:
            return packed
        seen.add(n)
        raise Unreachable("cut")

    new.line.on_chunk = cut
    cuts = 0
    while True:
        new.start()
        try:
            await new.finish()
            break
        except Unreachable:
            cuts += 1
            reached = await new.replica.snapshot_reached()
            assert reached is not None
            assert (await new.replica.cursor("") > 0) == (reached.chunk >= reached.listing.hot)
    assert cuts == len(seen) > 6
    assert all(new.line.asked.count(n) == 2 for n in seen)
    assert new.content() == first.content()
    assert problems(new) == []


async def test_a_cut_between_two_slices_of_a_part_goes_on_behind_the_first(
    salon: HostedSalon, first: Newcomer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop.services.replica.SLICE_ROWS", 7)
    new = await salon.join()
    monkeypatch.setattr(
        new.desk.database, "is_wanted", lambda: True
    )  # somebody always waits: each slice is a transaction
    bring, counted = new.replica._bring, [0]

    async def stumble(*given: Any) -> Any:
        counted[0] += 1
        if counted[0] % 5 == 0:
            raise Unreachable("the program ended")
        return await bring(*given)

    for _ in range(1_000):
        new.start()
        bring = new.replica._bring
        new.replica._bring = stumble  # type: ignore[method-assign]  # a crash between two transactions
        try:
            await new.finish()
            break
        except Unreachable:
            continue
    assert counted[0] > 50
    assert new.content() == first.content()
    assert problems(new) == []


async def test_a_part_that_was_tampered_with_is_refused_and_fetched_again(salon: HostedSalon, first: Newcomer) -> None:
    new = await salon.join()
    new.line.on_chunk = lambda n, packed: flipped(packed)
    with pytest.raises(Unreachable):
        await new.engine.round()
    assert new.table("SELECT id FROM customer") == []
    new.line.on_chunk = lambda n, packed: flipped(packed) if new.line.asked.count(n) % 2 else packed[:-1]
    with pytest.raises(Unreachable):
        await new.engine.round()
    new.line.asked.clear()
    new.line.on_chunk = lambda n, packed: packed if new.line.asked.count(n) > 1 else flipped(packed)
    await new.finish()
    assert new.content() == first.content()


@pytest.mark.parametrize("broken_from", [0, 2, 6])
async def test_a_server_whose_parts_are_never_right_does_not_keep_a_desk_from_its_data(
    salon: HostedSalon, first: Newcomer, broken_from: int
) -> None:
    new = await salon.join()
    new.line.on_chunk = lambda n, packed: packed if n < broken_from else flipped(packed)
    for _ in range(3):
        with pytest.raises(Unreachable):
            await new.finish()
    await new.finish()
    assert new.content() == first.content()
    assert problems(new) == []


@pytest.mark.parametrize("forge", ["signature", "list", "shop"])
async def test_a_list_that_the_server_did_not_sign_is_refused(salon: HostedSalon, first: Newcomer, forge: str) -> None:
    new = await salon.join()

    def change(snapshot: Snapshot) -> Snapshot:
        match forge:
            case "signature":
                return signed_by_another(snapshot)
            case "list":
                return Snapshot(snapshot.listing.replace('"hot":', '"hot": '), snapshot.signature)
            case _:
                return salon.snapshots.make("7" * 32, "4" * 32)

    new.line.on_list = change
    with pytest.raises(Unreachable):
        await new.engine.round()
    assert new.line.asked == []
    assert await new.replica.snapshot_reached() is None


def sell(newcomer: Newcomer, year: Year, credential: Credential) -> str:
    """Sells something at a desk that has issued nothing yet; the printed number."""
    desk, owner = newcomer.desk, year.house.owner
    desk.write(set_device, "BL2", actor=owner)
    desk.write(open_till, 50_00, actor=owner)
    own = desk.database.desk
    settings = RegisterSettings(Mode.PRACTICE, own.shop, own.device, TAX_NUMBER)
    register = SlovenianRegister(settings, [credential], registered_premises=frozenset({"PE1"}))
    bill = desk.write(open_bill, lines=(service(), product(year.product)), actor=owner)
    total = bill.priced.total_cents
    request = CheckOut(bill.id, total, (Paid(Means.CASH, total),), ())
    return desk.write(check_out, request, register, "receipts", actor=owner).number


async def test_people_work_on_both_desks_while_the_archive_comes_in(
    salon: HostedSalon, first: Newcomer, year: Year, sealing: Credential
) -> None:
    new = clocked(await salon.join(), first)
    await new.engine.round()
    old = new.desk.read(show_customer, year.customers[0]).entry
    new.desk.write(change_customer, year.customers[0], old, replace(old, notes="čaj"))
    first.desk.write(
        change_customer, year.customers[1], *(2 * [first.desk.read(show_customer, year.customers[1]).entry])
    )
    entry = first.desk.read(show_customer, year.customers[1]).entry
    first.desk.write(change_customer, year.customers[1], entry, replace(entry, notes="voda"))
    booked = year.book(time(13), "Žan")
    first.desk.write(next_step, year.old_visit)
    first.desk.write(issue_credit_note, Credit(year.sold[5], "x"), year.house.register, "receipts")
    number = sell(new, year, sealing)
    await first.engine.round()
    await new.engine.round()
    assert await new.replica.snapshot_reached() is not None
    assert not new.table("SELECT id FROM invoice WHERE issued_at < 1790000000000")
    assert new.table("SELECT missed FROM sync_orphan WHERE parent = 'invoice'") == [(0,)], "it may be in the archive"
    await new.finish()
    assert new.table("SELECT * FROM sync_orphan") == []
    await first.engine.round()
    assert new.content() == first.content()
    for desk in (new, first):
        assert desk.desk.read(show_customer, year.customers[0]).entry.notes == "čaj"
        assert desk.desk.read(show_customer, year.customers[1]).entry.notes == "voda"
    assert [row for row in new.content()["visit"] if row[0] == booked.bytes]
    assert number == "PE1-BL2-1"
    assert {one.number for one in first.desk.read(list_invoices)} >= {number, "PE1-BL1-1", "PE1-BL1-12"}
    assert new.desk.read(level_of, year.product) == first.desk.read(level_of, year.product) == 6_000
    assert problems(new) == []


async def test_a_snapshot_that_is_gone_is_followed_by_a_new_one_and_nothing_is_missed(
    salon: HostedSalon, first: Newcomer, year: Year
) -> None:
    new = await salon.join()

    def gone(n: int, packed: bytes) -> bytes:
        if n == 2 and new.line.asked.count(2) == 1:
            raise Unreachable("cut")
        return packed

    new.line.on_chunk = gone
    with pytest.raises(Unreachable):
        await new.engine.round()
    for customer in year.customers:
        entry = first.desk.read(show_customer, customer).entry
        first.desk.write(change_customer, customer, entry, replace(entry, notes="sprememba"))
    await first.engine.round()
    salon.snapshots.make("7" * 32, salon.shop.hex)
    with pytest.raises(Unreachable, match="replaced"):
        await new.engine.round()
    await new.finish()
    assert new.content() == first.content()
    assert problems(new) == []


async def test_a_small_salon_has_no_snapshot_and_is_pulled(salon: HostedSalon, first: Newcomer) -> None:
    salon.snapshots._least = 100_000
    new = await salon.join()
    await new.engine.round()
    assert new.line.asked == []
    assert new.content() == first.content()


async def test_snapshots_of_other_shops_and_unknown_parts_are_refused(salon: HostedSalon, first: Newcomer) -> None:
    new = await salon.join()
    with pytest.raises(Unlawful, match="foreign_scope"):
        await new.line.snapshot("4" * 32)
    made = salon.snapshots.make("7" * 32, "4" * 32)
    foreign = made.listing.split('"snapshot":"')[1][:32]
    for snapshot in (foreign, "0" * 32):
        with pytest.raises(Unlawful, match="unknown_snapshot"):
            await new.line.chunk(snapshot, 0)


async def test_a_desk_that_came_before_there_was_anything_gets_the_archive_of_its_later_snapshot(
    salon: HostedSalon, year: Year
) -> None:
    """It is paired while the first desk's books are still going up: its first round finds nothing, a later one the snapshot."""
    salon.server.shift = round((year.desk.clock.now() - datetime.now(UTC)).total_seconds() * 1000)
    new = await salon.join()
    new.engine.start()
    assert await new.engine.agreed()
    assert new.line.asked == []
    here = await salon.join(year.desk, with_snapshot=False)
    await here.engine.round()
    assert await new.engine.agreed()
    assert new.line.asked
    for _ in range(1_000):
        if await new.replica.snapshot_reached() is None:
            break
        await asyncio.sleep(0.01)
    assert new.table("SELECT count(*) FROM sync_snapshot") == [(0,)]
    assert new.table("SELECT count(*) FROM invoice") == here.table("SELECT count(*) FROM invoice")
    await new.engine.shutdown()
