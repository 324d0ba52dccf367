"""The store on SQLite: encrypted, one file a tenant, gone when erased."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest
from sqlalchemy import Connection, insert, select

from sync.errors import UnknownTenant
from sync.server import sqlite_store, tables
from sync.server.sqlite_store import SqliteStore

A = "a" * 32


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "server")
    made.make_tenant(A, "Salon Ana", 1)
    yield made
    made.close()


def add_shop(connection: Connection) -> None:
    connection.execute(insert(tables.shop), {"tenant": A, "shop": "1" * 32, "name": "Ljubljana"})


def names(connection: Connection) -> list[str]:
    return list(connection.execute(select(tables.shop.c.name)).scalars())


def test_what_was_written_is_there_after_a_new_start_and_nothing_of_it_can_be_read_from_the_files(
    store: SqliteStore, tmp_path: Path
) -> None:
    store.tenant(A, add_shop)
    store.close()
    again = SqliteStore(tmp_path / "server")
    assert again.read(A, names) == ["Ljubljana"]
    for path in (tmp_path / "server").rglob("*.db*"):
        assert b"Ljubljana" not in path.read_bytes()
        assert b"SQLite format" not in path.read_bytes()[:32]
    again.close()


def test_no_file_of_an_erased_tenant_is_left(store: SqliteStore, tmp_path: Path) -> None:
    store.tenant(A, add_shop)
    store.erase_tenant(A)
    assert store.tenants() == []
    assert list((tmp_path / "server" / "tenants").iterdir()) == []
    for attempt in (lambda: store.read(A, names), lambda: store.erase_tenant(A)):
        with pytest.raises(UnknownTenant):
            attempt()


def test_more_tenants_than_files_may_be_open_at_once(
    store: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite_store, "MOST_OPEN", 3)
    ids = [f"{n:032x}" for n in range(10)]
    for one in ids:
        store.make_tenant(one, one, 1)
        store.tenant(
            one, lambda c, one=one: c.execute(insert(tables.shop), {"tenant": one, "shop": one, "name": f"T{one}"})
        )
    assert [store.read(one, names) for one in ids] == [[f"T{one}"] for one in ids]
    assert opened(tmp_path) == {f"{one}.db" for one in ids[-3:]} | {"server.db"}


def test_who_reads_goes_beside_who_writes(store: SqliteStore) -> None:
    begun, over = threading.Event(), threading.Event()

    def write_slowly(connection: Connection) -> None:
        add_shop(connection)
        begun.set()
        assert over.wait(20)

    with ThreadPoolExecutor(4) as pool:
        writing = pool.submit(store.tenant, A, write_slowly)
        assert begun.wait(20)
        assert [one.result(20) for one in [pool.submit(store.read, A, names) for _ in range(3)]] == [[], [], []]
        over.set()
        writing.result(20)
    assert store.read(A, names) == ["Ljubljana"]


def opened(folder: Path) -> set[str]:
    """The database files that this process holds open."""
    return {
        name
        for one in psutil.Process().open_files()
        if one.path.startswith(str(folder)) and (name := Path(one.path).name).endswith(".db")
    }


def test_files_that_nobody_uses_are_closed_but_not_one_that_somebody_works_with(tmp_path: Path) -> None:
    now = 0.0
    store = SqliteStore(tmp_path / "server", clock=lambda: now)
    ids = [f"{n:032x}" for n in range(4)]
    for one in ids:
        store.make_tenant(one, one, 1)
        store.read(one, names)
    now = sqlite_store.IDLE_SECONDS - 1
    store.read(ids[1], names)

    def work(connection: Connection) -> set[str]:
        nonlocal now
        now += 2
        store.read(ids[3], names)
        some = opened(tmp_path)
        now *= 3
        store.read(ids[3], names)
        return some ^ opened(tmp_path)

    assert store.read(ids[2], work) == {f"{ids[1]}.db"}
    now *= 3
    store.read(ids[0], names)
    assert opened(tmp_path) == {f"{ids[0]}.db", "server.db"}
    assert [store.read(one, names) for one in ids] == [[]] * 4
    store.close()
    assert opened(tmp_path) == set()


def test_another_key_opens_nothing(store: SqliteStore, tmp_path: Path) -> None:
    store.close()
    with pytest.raises(Exception, match="not a database"):
        SqliteStore(tmp_path / "server", "0" * 64)
