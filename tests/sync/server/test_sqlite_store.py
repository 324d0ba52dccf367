"""The store on SQLite: encrypted, one file a tenant, nothing half-done, gone when erased."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, insert, select, update

from sync.errors import UnknownTenant
from sync.server import sqlite_store, tables
from sync.server.sqlite_store import SqliteStore

A, B = "a" * 32, "b" * 32


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


def test_work_that_fails_leaves_nothing(store: SqliteStore) -> None:
    def work(connection: Connection) -> None:
        add_shop(connection)
        raise RuntimeError("halfway")

    with pytest.raises(RuntimeError):
        store.tenant(A, work)
    assert store.read(A, names) == []


def test_a_tenant_that_nobody_made_or_that_was_erased_is_unknown(store: SqliteStore, tmp_path: Path) -> None:
    with pytest.raises(UnknownTenant):
        store.read(B, names)
    store.tenant(A, add_shop)
    store.erase_tenant(A)
    assert store.tenants() == []
    assert list((tmp_path / "server" / "tenants").iterdir()) == []
    for attempt in (lambda: store.read(A, names), lambda: store.erase_tenant(A)):
        with pytest.raises(UnknownTenant):
            attempt()


def test_a_reader_sees_one_state_while_others_write(store: SqliteStore) -> None:
    def work(connection: Connection) -> tuple[list[str], list[str]]:
        before = names(connection)
        store.tenant(A, add_shop)
        return before, names(connection)

    assert store.read(A, work) == ([], [])
    assert store.read(A, names) == ["Ljubljana"]


def test_writers_of_one_tenant_come_one_after_the_other(store: SqliteStore) -> None:
    store.tenant(A, lambda c: c.execute(insert(tables.scope), {"tenant": A, "scope": "", "counter": 0}))

    def bump(connection: Connection) -> None:
        counter = connection.execute(select(tables.scope.c.counter)).scalar_one()
        connection.execute(update(tables.scope).values(counter=counter + 1))

    threads = [threading.Thread(target=lambda: [store.tenant(A, bump) for _ in range(20)]) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert store.read(A, lambda c: c.execute(select(tables.scope.c.counter)).scalar_one()) == 160


def test_more_tenants_than_files_may_be_open_at_once(store: SqliteStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_store, "MOST_OPEN", 3)
    ids = [f"{n:032x}" for n in range(10)]
    for one in ids:
        store.make_tenant(one, one, 1)
        store.tenant(
            one, lambda c, one=one: c.execute(insert(tables.shop), {"tenant": one, "shop": one, "name": f"T{one}"})
        )
    assert [store.read(one, names) for one in ids] == [[f"T{one}"] for one in ids]
    assert len(store._open) <= 4


def test_another_key_opens_nothing(store: SqliteStore, tmp_path: Path) -> None:
    store.close()
    with pytest.raises(Exception, match="not a database"):
        SqliteStore(tmp_path / "server", "0" * 64)
