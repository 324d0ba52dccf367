"""Data of an older program on both stores: refused until it is upgraded, then whole; data of a newer one is left alone."""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Engine, MetaData, create_engine, inspect, select
from sqlalchemy.exc import DBAPIError

from sync.server import tables
from sync.server.__main__ import upgrade
from sync.server.archive import check_archive, read_archive, write_archive
from sync.server.archive_file import BadArchive, tables_of
from sync.server.backup import back_up, restore
from sync.server.commands import Misused
from sync.server.faults import code_of
from sync.server.postgres_store import PostgresStore
from sync.server.schema import FIRST, RELEASED, SCHEMA, NewerData, OlderData, Part, Schema, Step
from sync.server.sqlite_store import SqliteStore
from sync.server.sqlite_upgrade import Unsound, upgrade_folder
from sync.server.store import Store
from tests.sync.server.books import NOW, Books, customer
from tests.sync.server.older import DUMPS, KEYS, colours, fill_database, fill_folder, later

ANA, BOR = KEYS
SOME = (tables.row, tables.operation, tables.device, tables.place, tables.name, tables.alarm, tables.salon, tables.shop)


@dataclass
class Place:
    """Where data of a store lies, and how it is opened."""

    data: str

    def open(self, schema: Schema = SCHEMA) -> Store:
        if "://" in self.data:
            return PostgresStore(self.data, schema=schema)
        return SqliteStore(Path(self.data), schema=schema)

    def contents(self, schema: Schema = SCHEMA) -> dict[str, Any]:
        """What the tables of the first form hold of both tenants, in its columns."""
        store = self.open(schema)
        try:
            return {tenant: store.read(tenant, lambda c, tenant=tenant: held(c, tenant)) for tenant in KEYS}
        finally:
            store.close()


def held(connection: Connection, tenant: str) -> dict[str, list[tuple[Any, ...]]]:
    return {one.name: sorted(map(tuple, connection.execute(select(one).where(one.c.tenant == tenant)))) for one in SOME}


@pytest.fixture(params=["sqlite", "postgres"])
def older(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Data of the first form, with two tenants."""
    if request.param == "postgres":
        url = request.getfixturevalue("new_postgres")()
        fill_database(url)
        return Place(url)
    fill_folder(tmp_path / "server")
    return Place(str(tmp_path / "server"))


@pytest.fixture(params=["sqlite", "postgres"])
def empty(request: pytest.FixtureRequest) -> Iterator[Engine]:
    url = "sqlite://" if request.param == "sqlite" else request.getfixturevalue("new_postgres")()
    engine = create_engine(url)
    yield engine
    engine.dispose()


def form(connection: Connection, metadata: MetaData) -> dict[str, Any]:
    """Columns, keys and indexes of tables as the database has them."""
    there = inspect(connection)
    return {
        name: (
            [
                (one["name"], str(one["type"]), one["nullable"], one["default"])
                for one in sorted(there.get_columns(name), key=lambda one: str(one["name"]))
            ],
            there.get_pk_constraint(name)["constrained_columns"],
            sorted((one["name"], tuple(one["column_names"]), one["unique"]) for one in there.get_indexes(name)),
        )
        for name in metadata.tables
    }


# The form of this program


@pytest.mark.parametrize("part", Part)
def test_the_frozen_form_and_the_steps_lead_to_the_tables_of_today(empty: Engine, part: Part) -> None:
    """Fails when a table changed: while nothing is released `python -m build_spec.freeze_schema`, else write a step."""
    metadata = tables.central if part is Part.CENTRAL else tables.metadata
    with empty.connect() as connection:
        metadata.create_all(connection)
        made = form(connection, metadata)
        connection.rollback()
    with empty.connect() as connection:
        metadata.drop_all(connection)
        SCHEMA.make_version(connection, part, SCHEMA.version)
        assert form(connection, metadata) == made
        assert set(inspect(connection).get_table_names()) == set(metadata.tables)


def test_every_released_form_has_a_dump() -> None:
    versions = {int(one.stem.split("_")[0]) for one in DUMPS.glob("*.sql")}
    assert versions >= {FIRST, *RELEASED}
    assert max(versions) <= SCHEMA.version


def test_a_stored_dump_is_brought_to_the_form_of_today_and_worked_with(older: Place) -> None:
    upgrade(older.data, backed_up=True)
    store = older.open()
    for tenant in KEYS:
        books = Books(store, tenant)
        rows = books.pull().rows
        assert len(rows) >= 4
        books.push(books.writer().operation([customer("f" * 32, "Nova")]))
        assert [one.row for one in books.pull(cursor=rows[-1].seq).rows] == ["f" * 32]
    store.close()


def test_steps_are_numbered_without_a_gap() -> None:
    for wrong in ((Step(3),), (Step(2), Step(2)), (Step(1),)):
        with pytest.raises(ValueError, match="numbered"):
            Schema(tables.central, tables.metadata, wrong)


# The next one, made up


def test_older_data_is_refused_until_it_is_upgraded_and_whole_afterwards(older: Place) -> None:
    before, new = older.contents(), later()
    assert all(before[ANA].values())
    with pytest.raises(OlderData, match="pult-server upgrade"):
        older.open(new)
    assert older.contents() == before  # looking changed nothing
    assert "upgraded" in upgrade(older.data, True, new)
    assert upgrade(older.data, True, new) == upgrade(older.data, False, new) == "There is nothing to upgrade."
    assert older.contents(new) == before
    store = older.open(new)
    plans = select(new.central.tables["sync_tenant"].c.plan)
    assert store.central(lambda c: list(c.execute(plans).scalars())) == ["small", "small"]
    assert {one for tenant in KEYS for one in store.read(tenant, colours)} == {"ČOPOVA", "TRUBARJEVA"}
    store.make_tenant("c" * 32, "Salon Cita", NOW)  # new data has the new form at once
    store.tenant("c" * 32, colours)
    store.close()


def test_newer_data_is_left_alone_also_by_a_program_that_runs_already(older: Place) -> None:
    running = older.open()
    for tenant in KEYS:
        running.read(tenant, lambda c: held(c, ANA))
    upgrade(older.data, True, later())
    for attempt in (
        lambda: older.open(),
        lambda: running.tenant(ANA, lambda c: held(c, ANA)),
        lambda: running.read(BOR, lambda c: held(c, BOR)),
        lambda: running.central(lambda c: None),
        running.check,
        lambda: upgrade(older.data, True),
        lambda: upgrade(older.data, False),
    ):
        with pytest.raises(NewerData, match="newer program") as refused:
            attempt()
        assert code_of(refused.value) == "busy"  # desks wait, they lose nothing
    running.close()


def test_a_step_that_fails_leaves_no_trace(older: Place) -> None:
    before = older.contents()
    with pytest.raises(DBAPIError):
        upgrade(older.data, True, later(lambda c: c.exec_driver_sql("UPDATE sync_shop SET no_such = 1")))
    assert older.contents() == before
    upgrade(older.data, True, later())
    assert older.contents(later()) == before


def test_a_database_is_not_upgraded_without_the_word_that_there_is_a_backup(new_postgres: Callable[[], str]) -> None:
    place = Place(new_postgres())
    fill_database(place.data)
    with pytest.raises(Misused, match="--backed-up"):
        upgrade(place.data, False, later())
    place.contents()


def test_tables_without_a_version_are_of_the_first_one(new_postgres: Callable[[], str]) -> None:
    place = Place(new_postgres())
    fill_database(place.data)
    engine = create_engine(place.data)
    with engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE sync_version")
    engine.dispose()
    with pytest.raises(OlderData):
        place.open(later())
    before = place.contents()
    upgrade(place.data, True, later())
    assert place.contents(later()) == before


def test_an_upgrade_waits_for_who_writes_and_who_comes_later_is_refused(older: Place) -> None:
    running, begun, go_on = older.open(), threading.Event(), threading.Event()

    def slow(connection: Connection) -> None:
        connection.execute(tables.shop.insert(), {"tenant": ANA, "shop": "9" * 32, "name": "Zadnja"})
        begun.set()
        assert go_on.wait(30)

    writer = threading.Thread(target=running.tenant, args=(ANA, slow))
    writer.start()
    assert begun.wait(30)
    said: list[str] = []
    upgrades = [threading.Thread(target=lambda: said.append(upgrade(older.data, True, later()))) for _ in range(2)]
    for one in upgrades:
        one.start()
    late: list[BaseException] = []

    def write_late() -> None:
        try:
            running.tenant(ANA, lambda c: c.execute(tables.shop.delete()))
        except NewerData as error:
            late.append(error)

    upgrades[0].join(0.5)
    assert all(one.is_alive() for one in upgrades)
    coming = threading.Thread(target=write_late)
    coming.start()
    coming.join(0.2)
    go_on.set()
    for thread in (writer, *upgrades, coming):
        thread.join(60)
    store = older.open(later())
    kept = store.read(ANA, lambda c: held(c, ANA))
    assert len(said) == 2, "both ended well; of a folder each may have upgraded some files"
    assert any("upgraded" in one for one in said)
    # refused, or done before the upgrade: never lost, never half
    assert ((ANA, "9" * 32, "Zadnja") in kept["sync_shop"]) == bool(late)
    with pytest.raises(NewerData):
        running.read(ANA, lambda c: held(c, ANA))
    for one in (store, running):
        one.close()


# Folders


def test_the_copies_are_the_way_back_to_the_old_program(tmp_path: Path) -> None:
    place, back = Place(str(tmp_path / "server")), tmp_path / "back"
    fill_folder(tmp_path / "server")
    before = place.contents()
    done = upgrade_folder(tmp_path / "server", schema=later())
    assert (done.changed, done.kept) == (3, tmp_path / "server" / "before-2")
    shutil.copytree(tmp_path / "server" / "before-2", back)
    shutil.copy(tmp_path / "server" / "server.key", back)
    assert Place(str(back)).contents() == before
    assert all(b"Salon" not in one.read_bytes() for one in back.rglob("*.db"))


def test_nothing_of_an_erased_tenant_is_left_in_the_copies(tmp_path: Path) -> None:
    fill_folder(tmp_path / "server")
    upgrade_folder(tmp_path / "server", schema=later())
    store = SqliteStore(tmp_path / "server", schema=later())
    store.erase_tenant(ANA)
    store.close()
    assert {one.name for one in (tmp_path / "server").rglob("*.db")} == {"server.db", f"{BOR}.db"}


def test_an_upgrade_that_was_cut_off_goes_on(tmp_path: Path) -> None:
    fill_folder(tmp_path / "server")
    place = Place(str(tmp_path / "server"))
    before = place.contents()

    def fails_for_bor(connection: Connection) -> None:
        if connection.exec_driver_sql("SELECT tenant FROM sync_salon").scalar() == BOR:
            raise RuntimeError("the machine is gone")

    with pytest.raises(RuntimeError):
        upgrade_folder(tmp_path / "server", schema=later(fails_for_bor))
    with pytest.raises(OlderData):
        place.open(later())
    assert upgrade_folder(tmp_path / "server", schema=later()).changed == 2
    assert place.contents(later()) == before


def test_a_damaged_file_is_not_upgraded(tmp_path: Path) -> None:
    fill_folder(tmp_path / "server")
    path = tmp_path / "server" / "tenants" / f"{ANA}.db"
    whole = path.read_bytes()
    path.write_bytes(whole[:-2_000] + b"x" * 1_000 + whole[-1_000:])
    with pytest.raises(Unsound, match=path.name):
        upgrade_folder(tmp_path / "server", schema=later())
    path.write_bytes(whole)
    assert upgrade_folder(tmp_path / "server", schema=later()).changed == 3


def test_a_folder_without_data_has_nothing_to_upgrade(tmp_path: Path) -> None:
    assert upgrade_folder(tmp_path / "none", schema=later()).changed == 0
    assert list(tmp_path.iterdir()) == []


# Archives


def archive_of(store: Store, tenant: str, schema: Schema = SCHEMA) -> io.BytesIO:
    file = io.BytesIO()
    write_archive(store, tenant, file, schema)
    return file


def test_an_archive_of_an_older_program_goes_through_the_steps(older: Place, tmp_path: Path) -> None:
    before = older.contents()
    store, new = older.open(), SqliteStore(tmp_path / "new", schema=later())
    archive = archive_of(store, ANA)
    store.close()
    assert check_archive(archive, later()).version == FIRST
    assert read_archive(new, archive, later()).version == FIRST + 1
    assert new.read(ANA, lambda c: held(c, ANA)) == before[ANA]
    assert new.read(ANA, colours) == ["ČOPOVA", "TRUBARJEVA"]
    newer = archive_of(new, ANA, later())
    new.close()
    again = older.open()
    again.erase_tenant(ANA)
    with pytest.raises(BadArchive, match="take a newer one"):
        read_archive(again, newer)
    assert again.tenants() == [BOR]
    again.close()


def test_an_older_archive_is_checked_before_its_rows_are_changed(tmp_path: Path) -> None:
    from tests.sync.server.test_archive import rewritten

    fill_folder(tmp_path / "server")
    store = Place(str(tmp_path / "server")).open()
    whole = archive_of(store, ANA)
    store.close()
    for table in tables_of(tables.metadata):
        damaged = rewritten(whole, f"{table.name}.jsonl", lambda data: b"".join(data.splitlines(True)[1:]))
        with pytest.raises(BadArchive, match=table.name):
            check_archive(damaged, later())


def test_a_backup_of_an_older_program_is_put_back_into_a_new_one(older: Place, tmp_path: Path) -> None:
    before, store = older.contents(), older.open()
    back_up(store, tmp_path / "backup", "a passphrase of the test", NOW)
    store.close()
    new = SqliteStore(tmp_path / "new", schema=later())
    put = list(restore(new, tmp_path / "backup", "a passphrase of the test", schema=later()))
    assert {one.tenant for one in put} == set(KEYS)
    assert {tenant: new.read(tenant, lambda c, tenant=tenant: held(c, tenant)) for tenant in KEYS} == before
    new.close()
