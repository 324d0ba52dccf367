"""A desk that was away until the server dropped what was deleted meanwhile: it hands in its work, pulls everything anew, and goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from sqlalchemy import Engine

from desktop.access import Role
from desktop.appointments.blocking import block_time, unblock_time
from desktop.appointments.booking import book_visit
from desktop.appointments.entries import ItemEntry, VisitEntry
from desktop.customers.customers import CustomerEntry, add_customer, change_customer, remove_customer, show_customer
from desktop.customers.search import search_customers
from desktop.database.verify import check_derived, verify_structure
from desktop.errors import Refused
from desktop.sales.bills import open_bill
from desktop.schema import SCHEMA
from desktop.sharing.leftovers import Leftovers, show_leftovers
from desktop.staff.members import MemberEntry, add_member
from sync.client.ports import Unreachable
from sync.errors import Unlawful
from sync.manifest import DataClass
from sync.server.compacting import HORIZON_DAYS, compact
from sync.wire import Push, Pushed
from tests.desk import TestDesk
from tests.desktop.staff.people import every_day, open_shop
from tests.sync.backend import MANIFEST
from tests.sync.new_device import TENANT, HostedSalon, Newcomer

DAY = date(2029, 1, 10)


class Absence:
    """A salon whose desk `away` missed more than a year.

    Attributes:
        here: the desk that was always there.
        kept: a customer that was edited meanwhile.
        gone: customers that were deleted and dropped; the second one has an edit at `away` that is not pushed.
        made: a customer that `away` made and has not pushed.
        visit: of more than a year ago, which comes with the archive of a snapshot.
        block: blocked time that was given free and dropped.
    """

    def __init__(self, salon: HostedSalon, here: Newcomer, away: Newcomer) -> None:
        self.salon, self.here, self.away = salon, here, away

    async def begin(self) -> None:
        now = datetime.now(UTC)
        for one in (self.here, self.away):
            one.desk.clock.set(now)
        desk = self.here.desk
        open_shop(desk, every_day("7:00-20:00"))
        member = desk.write(add_member, MemberEntry("Nuša Čeh", "NČ", Role.PRACTITIONER, without_tax_number=True)).id
        self.kept, *self.gone = (self.add(desk, name) for name in ("Ana", "Bor", "Cene"))
        self.others = [self.add(desk, f"Stalna {n}") for n in range(60)]
        entry = VisitEntry((ItemEntry("Striženje", member, 30, 3400),), now.date() + timedelta(days=7), time(9))
        self.visit = desk.write(book_visit, replace(entry, customer_name="Ana")).visit.id
        self.block = desk.write(block_time, member, DAY, time(9), 60, "Malica").id
        for one in (self.here, self.away):
            await one.engine.round()
        for customer in self.gone:
            desk.write(remove_customer, customer)
        desk.write(unblock_time, self.block)
        await self.here.engine.round()
        self.made = self.add(self.away.desk, "Danica")
        self.rename(self.away.desk, self.gone[1], "voda")
        self.years_pass()
        self.rename(desk, self.kept, "kava")
        await self.here.engine.round()
        assert compact(self.salon.server.store, TENANT, self.salon.server._now()) == 3

    def years_pass(self) -> None:
        self.salon.server.shift += (HORIZON_DAYS + 1) * 24 * 60 * 60_000
        for one in self.salon.newcomers:
            one.desk.clock.move(days=HORIZON_DAYS + 1)

    def add(self, desk: TestDesk, name: str) -> UUID:
        return desk.write(add_customer, CustomerEntry(name, "Čeh")).customer.id

    def rename(self, desk: TestDesk, customer: UUID, notes: str) -> None:
        entry = desk.read(show_customer, customer).entry
        desk.write(change_customer, customer, entry, replace(entry, notes=notes))

    def names(self, one: Newcomer) -> set[str]:
        return {row[0] for row in one.table("SELECT first_name FROM customer WHERE deleted_at IS NULL")}

    async def assert_agreed(self) -> None:
        """The desk that was away has what the others have; beside them only what the server refused of it."""
        await self.here.engine.round()
        new = await self.salon.join()
        new.desk.clock.set(self.here.desk.clock.now())
        await new.finish()
        refused = self.gone[1].bytes
        expected, found = new.content(), self.away.content()
        found["customer"] = [row for row in found["customer"] if row[0] != refused]
        found["field_clock"] = [row for row in found["field_clock"] if row[1] != refused]
        assert found == expected
        for collection in MANIFEST.collections:
            if collection.data_class is not DataClass.LEDGER:
                query = f'SELECT id FROM "{collection.name}" WHERE deleted_at IS NULL ORDER BY id'
                assert set(self.here.table(query)) == set(new.table(query)), collection.name
        for table in ("sync_seen", "sync_snapshot", "sync_orphan"):
            assert self.away.table(f"SELECT * FROM {table}") == []
        assert problems(self.away) == []


@pytest_asyncio.fixture(params=["snapshot", "pull"])
async def absence(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Absence]:
    salon = HostedSalon(tmp_path, chunk_rows=20)
    here, away = await salon.join(with_snapshot=False), await salon.join(with_snapshot=request.param == "snapshot")
    made = Absence(salon, here, away)
    await made.begin()
    yield made
    await salon.close()


def problems(one: Newcomer) -> list[Any]:
    def read(engine: Engine) -> list[Any]:
        with engine.connect() as connection:
            return verify_structure(connection, SCHEMA) + list(check_derived(connection, SCHEMA))

    return one.desk.on_writer(read)


async def finish(one: Newcomer) -> None:
    """Rounds and the archive, as the loop does them."""
    await one.finish()
    await one.engine.round()


async def test_it_ends_as_a_desk_that_was_always_there(absence: Absence) -> None:
    away = absence.away
    assert absence.names(away) >= {"Ana", "Bor", "Cene", "Danica"}
    slots = len(away.table("SELECT * FROM slot"))
    operations = away.table(
        "SELECT count(*) FROM operation WHERE n > 0 AND device = (SELECT device_id FROM device_stamp)"
    )
    await finish(away)
    assert absence.names(away) & {"Ana", "Bor", "Cene", "Danica"} == {"Ana", "Cene", "Danica"}
    assert len(away.table("SELECT * FROM slot")) == slots - 12, "the blocked hour is free"
    assert away.desk.read(show_customer, absence.kept).entry.notes == "kava"
    assert away.desk.read(search_customers, "Bor Čeh") == ()
    with pytest.raises(Refused, match=r"customers\.not_found"):
        away.desk.read(show_customer, absence.gone[0])
    assert await away.replica.refused() != (), "the edit of a row that nobody has is set aside"
    assert away.desk.read(show_customer, absence.gone[1]).entry.notes == "voda"
    await absence.assert_agreed()
    assert absence.names(absence.here) >= {"Danica"}
    assert operations == away.table(
        "SELECT count(*) FROM operation WHERE n > 0 AND device = (SELECT device_id FROM device_stamp)"
    ), "no deletion of its own"
    gone = absence.gone[0].hex.upper()
    assert away.table(
        "SELECT * FROM operation_value v JOIN operation_row r ON r.operation = v.operation AND r.n = v.n"
        f" WHERE r.\"row\" = x'{gone}'"
    ) == []  # fmt: skip


async def test_in_many_pages_it_starts_over_once_and_ends(
    absence: Absence, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was dropped had its place in the middle: every page but the last ones ends behind the horizon."""
    for name in ("PAGE_ROWS", "MOST_ROWS"):
        monkeypatch.setattr(f"sync.client.engine.{name}", 7)
    for n in range(20):
        absence.add(absence.here.desk, f"Nova {n}")
    await absence.here.engine.round()
    for _ in range(3):
        await finish(absence.away)
    assert caplog.text.count("starts over") == 1
    await absence.assert_agreed()


async def test_it_starts_over_once(absence: Absence, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(3):
        await finish(absence.away)
    assert sum("starts over" in one.message for one in caplog.records) == 1


async def test_what_the_archive_brings_is_not_let_go_before(absence: Absence) -> None:
    await absence.away.engine.round()
    assert absence.away.table("SELECT id FROM visit") == [(absence.visit.bytes,)]
    await finish(absence.away)
    await absence.assert_agreed()


async def test_views_are_told_what_went(absence: Absence) -> None:
    absence.away.desk.changes.clear()
    await finish(absence.away)
    told = {(table, row) for change in absence.away.desk.changes for table, rows in change.rows.items() for row in rows}
    assert {("customer", absence.gone[0]), ("blocked_time", absence.block)} <= told


async def test_pending_work_goes_up_before_anything_is_forgotten(
    absence: Absence, monkeypatch: pytest.MonkeyPatch
) -> None:
    away = absence.away

    async def held(push: Push) -> Pushed:
        raise Unlawful("mass_delete", rows=300)

    monkeypatch.setattr(away.line, "push", held)
    for _ in range(2):
        with pytest.raises(Unlawful, match="mass_delete"):
            await away.engine.round()
    assert "Bor" in absence.names(away)
    assert away.table("SELECT * FROM sync_progress WHERE name = 'anew'") == []
    monkeypatch.undo()
    await finish(away)
    await absence.assert_agreed()


async def test_a_crash_between_any_two_transactions_costs_nothing(
    absence: Absence, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The program ends before each of its transactions once, and begins anew with what lies in the file."""
    monkeypatch.setattr("desktop.database.anew.SLICE", 1)
    monkeypatch.setattr("desktop.database.anew.LOOKED_AT", 7)
    monkeypatch.setattr("desktop.services.replica.SLICE_ROWS", 9)
    away = absence.away
    monkeypatch.setattr(away.desk.database, "is_wanted", lambda: True)  # each slice is a transaction
    real = away.desk.database.bring_in
    count = [0, 0]

    async def stumble(*given: Any) -> None:
        count[0] += 1
        if count[0] > count[1]:
            count[:] = 0, count[1] + 1
            raise Unreachable("the program ended")
        await real(*given)

    monkeypatch.setattr(away.desk.database, "bring_in", stumble)
    for _ in range(2_000):
        away.start()
        try:
            await finish(away)
            break
        except Unreachable:
            continue
    monkeypatch.undo()
    assert count[1] > 5
    await absence.assert_agreed()


async def test_people_go_on_working_meanwhile(absence: Absence, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is written while everything comes anew, also to rows that are about to go, is kept and goes up."""
    away, other = absence.away, absence.gone[0]
    real, done = away.replica.let_go, [0]

    async def write_first() -> None:
        if not done[0]:
            absence.rename(away.desk, absence.others[3], "čaj")
            absence.rename(away.desk, other, "bonbon")
            absence.add(away.desk, "Ela")
        done[0] += 1
        await real()

    monkeypatch.setattr(away.replica, "let_go", write_first)
    await finish(away)
    assert away.desk.read(show_customer, other).entry.notes == "bonbon", "an edit that nobody has judged keeps its row"
    await finish(away)
    await absence.here.engine.round()
    assert absence.here.desk.read(show_customer, absence.others[3]).entry.notes == "čaj"
    assert absence.names(absence.here) >= {"Ela"}
    assert len(await away.replica.refused()) == 2
    assert problems(away) == []


async def test_what_a_refused_edit_left_behind_is_put_right(absence: Absence) -> None:
    """The server refuses an edit together with the one of the unknown row: the row looks as on the server again."""
    away = absence.away

    def both(session: Any, action: Any) -> None:
        for customer in (absence.others[0], absence.gone[1]):
            entry = show_customer(session, action, customer).entry
            change_customer(session, action, customer, entry, replace(entry, notes="oboje"))

    away.desk.write(both)
    await finish(away)
    assert away.desk.read(show_customer, absence.others[0]).entry.notes == ""
    await absence.assert_agreed()


async def test_rows_that_name_one_that_went_are_shown_to_the_admin(absence: Absence) -> None:
    """A row made here names a customer that the server has dropped."""
    away = absence.away
    away.desk.write(open_bill, customer_id=absence.gone[0])
    await finish(away)
    assert away.desk.read(show_leftovers) == Leftovers(orphans=1)
    assert problems(away) == []


async def test_a_second_absence_is_survived_too(absence: Absence) -> None:
    await finish(absence.away)
    await absence.here.engine.round()
    absence.here.desk.write(remove_customer, absence.others[5])
    await absence.here.engine.round()
    absence.years_pass()
    assert compact(absence.salon.server.store, TENANT, absence.salon.server._now()) == 1
    await finish(absence.away)
    assert "Stalna 5" not in absence.names(absence.away)
    await absence.assert_agreed()


async def test_the_loop_does_it_all_by_itself(absence: Absence) -> None:
    away = absence.away
    away.start()
    away.engine.start()
    async with asyncio.timeout(60):
        while "Bor" in absence.names(away) or away.table("SELECT * FROM sync_progress WHERE name = 'anew'"):
            await asyncio.sleep(0.02)
    await away.engine.shutdown()
    await absence.assert_agreed()
