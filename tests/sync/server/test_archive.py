"""Archives and backups: the same on every store, and nothing that is damaged is taken for whole."""

from __future__ import annotations

import io
import threading
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Connection, select, update

from desktop.ids import new_id
from sync.server import tables
from sync.server.archive import JUMP, check_archive, read_archive, write_archive
from sync.server.archive_file import BadArchive, tables_of
from sync.server.backup import NoBackup, back_up, restore
from sync.server.postgres_store import PostgresStore
from sync.server.sealed import MAGIC, NotOpened, Sealing, unseal
from sync.server.sqlite_store import SqliteStore
from sync.server.store import Store
from tests.sync.server.books import BOOKS, NOW, TENANT, Books, customer, series, visit
from tests.sync.server.writer import Written

TABLES = tables_of(tables.metadata)
PASSPHRASE = "hruška v češnjevem soku"


def fill(books: Books) -> None:
    """A tenant with something in nearly every table: rows, places, names, an alarm, a device that came late."""

    def begin(connection: Connection) -> None:
        row = {"tenant": TENANT, "salon": TENANT, "practice": 1, "manifest_version": 1}
        connection.execute(tables.salon.insert(), row | {"manifest": msgspec.json.encode(BOOKS).decode()})
        connection.execute(tables.shop.insert(), {"tenant": TENANT, "shop": "1" * 32, "name": "Čopova \U0001f487"})
        connection.execute(tables.envelope.insert(), {"tenant": TENANT, "id": "0" * 32, "envelope": "{}"})
        connection.execute(tables.horizon.insert(), {"tenant": TENANT, "scope": "", "seq": 3})
        drawn = {"collection": "card", "row": "4" * 32, "balance": "c" * 32, "asked": -(2**40), "counted": 0, "held": 0}
        connection.execute(tables.draw.insert(), {"tenant": TENANT, **drawn})

    books.store.tenant(TENANT, begin)
    for n in range(2):
        writer, sale = books.writer(), {"shop_id": "1" * 32, "total": n, "hash": f"{1:064x}"}
        rows = [Written("sale", "5" * 32, {**sale, "hash": f"{1 + n:064x}"}) for _ in range(1)]
        made = [writer.operation(([customer("6" * 32)] if n else []) + rows)]
        made += [writer.operation([customer(new_id().hex, f'Čeh "{m}" \\ \u2028')]) for m in range(1_500 * n + 1)]
        made.append(writer.operation([visit(new_id().hex, 9 + n), series(new_id().hex, f"S-{n}_a")]))
        for start in range(0, len(made), 500):
            books.push(*made[start : start + 500])
    assert books.count(tables.alarm) == 1


def contents(store: Store, tenant: str = TENANT) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that a store holds of a tenant."""

    def read(connection: Connection) -> dict[str, list[tuple[Any, ...]]]:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table).where(table.c.tenant == tenant)).all()))
            for table in TABLES
        }

    return store.read(tenant, read)


def archive_of(store: Store) -> io.BytesIO:
    file = io.BytesIO()
    write_archive(store, TENANT, file)
    return file


def test_a_tenant_moves_from_one_store_to_the_other_and_back_and_is_the_same(
    books: Books, tmp_path: Path, new_postgres: Callable[[], str]
) -> None:
    fill(books)
    store: Store = books.store
    others: list[Store] = [
        PostgresStore(new_postgres()),
        SqliteStore(tmp_path / "other"),
        PostgresStore(new_postgres()),
    ]
    before = contents(store)
    assert all(before[one] for one in before)
    for moved, other in enumerate(others, 1):
        other.make_tenant("c" * 32, "Another", 1)
        listing = read_archive(other, archive_of(store))
        assert (listing.name, dict(other.names())[TENANT]) == ("Salon Ana", "Salon Ana")
        expected = before | {"sync_scope": [(t, s, counter + moved * JUMP) for t, s, counter in before["sync_scope"]]}
        assert contents(other) == expected
        store = other
    went_on = Books(store)
    writer = went_on.writer()
    went_on.push(writer.operation([customer("8" * 32)]))
    assert [row.row for row in went_on.pull(cursor=before["sync_scope"][0][2] + 1).rows] == ["8" * 32]
    for other in others:
        other.close()


def rewritten(file: io.BytesIO, name: str, change: Callable[[bytes], bytes]) -> io.BytesIO:
    """The archive with one of its files changed, listed or not."""
    made = io.BytesIO()
    with zipfile.ZipFile(file) as old, zipfile.ZipFile(made, "w") as new:
        for one in old.namelist():
            data = old.read(one)
            new.writestr(one, change(data) if one == name else data)
    return made


def test_a_line_that_is_missing_is_noticed_in_every_table(books: Books) -> None:
    fill(books)
    whole = archive_of(books.store)
    for table in TABLES:
        damaged = rewritten(whole, f"{table.name}.jsonl", lambda data: b"".join(data.splitlines(True)[1:]))
        with pytest.raises(BadArchive, match=table.name):
            check_archive(damaged)


def fill_small(books: Books, table: str) -> None:
    writer = books.writer()
    books.push(writer.operation([customer(new_id().hex), visit(new_id().hex, 30), series(new_id().hex, table)]))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        (lambda one: {"envelope": one.envelope.replace("Ana", "Eva")}, "is not what its hash says"),
        (lambda one: {"id": "f" * 32}, "is not what its hash says"),
        (lambda one: {"n": one.n + 5}, "is not what its hash says"),
    ],
)
def test_an_operation_that_was_changed_in_the_database_is_noticed(
    books: Books, values: Callable[[Any], dict[str, Any]], told: str
) -> None:
    writer = books.writer()
    books.push(*(writer.operation([customer(new_id().hex)]) for _ in range(3)))

    def change(connection: Connection) -> None:
        own = tables.operation
        one = connection.execute(select(own).where(own.c.n == 3)).one()
        connection.execute(update(own).where(own.c.n == 3).values(**values(one)))

    books.store.tenant(TENANT, change)
    with pytest.raises(BadArchive, match=told):
        check_archive(archive_of(books.store))


@pytest.mark.parametrize(("n", "told"), [(2, "does not follow"), (3, "does not stand at its last")])
def test_an_operation_that_is_missing_in_the_database_is_noticed(books: Books, n: int, told: str) -> None:
    writer = books.writer()
    books.push(*(writer.operation([customer(new_id().hex)]) for _ in range(3)))
    own = tables.operation
    books.store.tenant(TENANT, lambda c: c.execute(own.delete().where(own.c.n == n)))
    with pytest.raises(BadArchive, match=told):
        check_archive(archive_of(books.store))


def test_nothing_is_left_of_a_tenant_that_could_not_be_taken_in(books: Books, tmp_path: Path) -> None:
    fill_small(books, "x")
    odd = rewritten(archive_of(books.store), "sync_place.jsonl", lambda data: data)
    other = SqliteStore(tmp_path / "other")

    def add_column(data: bytes) -> bytes:
        return msgspec.json.encode(msgspec.json.decode(data) | {"later": 1}, order="sorted") + b"\n"

    changed = rewritten(odd, "sync_scope.jsonl", lambda data: b"".join(map(add_column, data.splitlines())))
    with pytest.raises(BadArchive, match="sync_scope"):
        read_archive(other, changed)
    assert other.tenants() == []
    read_archive(other, odd)
    with pytest.raises(BadArchive, match="holds data already"):
        read_archive(other, odd)
    other.close()


def test_a_backup_holds_one_state_while_devices_work(books: Books, tmp_path: Path) -> None:
    """Every push adds a customer and its twin; a backup with one of them alone would be no state that ever was."""
    fill_small(books, "x")
    over = threading.Event()

    def work() -> None:
        writer = books.writer()
        while not over.is_set():
            one, two = new_id().hex, new_id().hex
            books.push(writer.operation([customer(one), Written("key", two, {"shop_id": "1" * 32, "name": one})]))

    thread = threading.Thread(target=work)
    thread.start()
    try:
        for n in range(5):
            back_up(books.store, tmp_path / str(n), PASSPHRASE, NOW)
    finally:
        over.set()
        thread.join()
    for n in range(5):
        other = SqliteStore(tmp_path / f"store{n}")
        [_] = restore(other, tmp_path / str(n), PASSPHRASE)
        rows = [(one[1], one[2]) for one in contents(other)["sync_row"]]
        assert sum(one == "key" for one, _ in rows) == sum(one == "customer" for one, _ in rows) - 1
        other.close()


def test_a_backup_that_is_damaged_is_not_put_back_and_nothing_is_touched(store: Store, tmp_path: Path) -> None:
    books = Books(store)
    fill_small(books, "x")
    folder = tmp_path / "backup"
    index = back_up(store, folder, PASSPHRASE, NOW)
    path = folder / index.tenants[0].file
    whole, before = path.read_bytes(), contents(store)
    middle = len(whole) // 2
    for damaged in (whole[:-20], whole[:middle] + bytes([whole[middle] ^ 1]) + whole[middle + 1 :], b""):
        path.write_bytes(damaged)
        with pytest.raises(NoBackup, match="missing or damaged"):
            list(restore(store, folder, PASSPHRASE, replace=True))
    path.write_bytes(whole)
    with pytest.raises(NotOpened):
        list(restore(store, folder, "another passphrase", replace=True))
    assert contents(store) == before
    assert [one.tenant for one in restore(store, folder, PASSPHRASE, replace=True)] == [TENANT]


def test_a_sealed_file_is_whole_and_in_order_or_not_opened_at_all() -> None:
    key, data = b"k" * 32, bytes(range(256)) * 10_000
    sealed = io.BytesIO()
    with Sealing(sealed, key) as sealing:
        for start in range(0, len(data), 70_000):
            sealing.write(data[start : start + 70_000])
    whole, plain = sealed.getvalue(), io.BytesIO()
    unseal(io.BytesIO(whole), key, plain)
    assert plain.getvalue() == data
    piece = 4 + (1 << 20) + 16
    one, two, rest = whole[len(MAGIC) :][:piece], whole[len(MAGIC) + piece :][:piece], whole[len(MAGIC) + 2 * piece :]
    for wrong in (
        MAGIC + two + one + rest,
        MAGIC + one + two,
        MAGIC + one + rest,
        MAGIC + one + two + rest + rest,
        whole[:-1],
        MAGIC,
        b"",
        whole.replace(MAGIC, b"x" * len(MAGIC)),
    ):
        with pytest.raises(NotOpened):
            unseal(io.BytesIO(wrong), key, io.BytesIO())
    with pytest.raises(NotOpened):
        unseal(io.BytesIO(whole), b"j" * 32, io.BytesIO())
