"""What is promised of a store, on SQLite and on PostgreSQL: whole work or none, one state for a reader, tenants apart."""

from __future__ import annotations

import threading
from contextlib import suppress

import pytest
from sqlalchemy import Connection, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from sync.errors import UnknownTenant
from sync.server import tables
from sync.server.store import Store
from tests.sync.server.books import TENANT as A
from tests.sync.server.books import Books, customer, series, visit

B = "b" * 32


def add_shop(connection: Connection) -> None:
    connection.execute(insert(tables.shop), {"tenant": A, "shop": "1" * 32, "name": "Ljubljana"})


def names(connection: Connection) -> list[str]:
    return list(connection.execute(select(tables.shop.c.name)).scalars())


def test_work_that_fails_leaves_nothing(store: Store) -> None:
    def work(connection: Connection) -> None:
        add_shop(connection)
        raise RuntimeError("halfway")

    with pytest.raises(RuntimeError):
        store.tenant(A, work)
    assert store.read(A, names) == []
    store.tenant(A, add_shop)
    assert store.read(A, names) == ["Ljubljana"]


def test_a_tenant_that_nobody_made_or_that_was_erased_is_unknown(store: Store) -> None:
    for attempt in (lambda: store.read(B, names), lambda: store.tenant(B, names), lambda: store.erase_tenant(B)):
        with pytest.raises(UnknownTenant):
            attempt()
    store.make_tenant(B, "Salon Bor", 1)
    store.erase_tenant(A)
    assert store.tenants() == [B]
    with pytest.raises(UnknownTenant):
        store.read(A, names)


def test_nothing_of_an_erased_tenant_is_left_and_everything_of_the_others(store: Store) -> None:
    store.make_tenant(B, "Salon Bor", 1)
    for tenant in (A, B):
        books = Books(store, tenant)
        rows = [customer("1" * 32), visit("2" * 32, 9), series("3" * 32, "S")]
        books.push(books.writer().operation(rows))
    store.erase_tenant(A)
    store.make_tenant(A, "Another", 1)
    for tenant, left in ((A, 0), (B, 1)):
        for table in (tables.device, tables.operation, tables.place, tables.name):
            count = select(func.count()).select_from(table).where(table.c.tenant == tenant)
            assert store.read(tenant, lambda c, count=count: c.execute(count).scalar()) == left, table.name
        count = select(func.count()).select_from(tables.row).where(tables.row.c.tenant == tenant)
        assert store.read(tenant, lambda c, count=count: c.execute(count).scalar()) == 3 * left


def test_a_reader_sees_one_state_while_others_write(store: Store) -> None:
    def work(connection: Connection) -> tuple[list[str], list[str]]:
        before = names(connection)
        store.tenant(A, add_shop)
        return before, names(connection)

    assert store.read(A, work) == ([], [])
    assert store.read(A, names) == ["Ljubljana"]


def test_writers_of_one_tenant_come_one_after_the_other(store: Store) -> None:
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


def test_what_only_reads_cannot_write(store: Store) -> None:
    with suppress(DBAPIError):  # one database refuses, the other forgets
        store.read(A, add_shop)
    assert store.read(A, names) == []


def test_an_error_of_the_database_shows_no_contents(store: Store) -> None:
    store.tenant(A, add_shop)
    with pytest.raises(DBAPIError) as failed:
        store.tenant(A, add_shop)
    assert "sync_shop" in str(failed.value)
    assert "Ljubljana" not in str(failed.value)


def test_a_store_whose_tables_are_gone_says_so(store: Store) -> None:
    store.check()
    store.central(lambda c: tables.tenant.drop(c))
    with pytest.raises(DBAPIError):
        store.check()
