"""Snapshots on both stores: two servers that make one at once, and nothing left of an erased tenant."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Connection, func, select

from sync.errors import Unlawful
from sync.operations import Kind
from sync.server import tables
from sync.server.exchange import Exchange
from sync.server.pairing import Pairing
from sync.server.proving import Caller
from sync.server.snapshots import Snapshots
from sync.server.store import Store
from sync.snapshot import listed, opened
from sync.wire import Pair, Push
from tests.sync.backend import MANIFEST, NOW
from tests.sync.server.test_snapshot_command import SALON, SHOP, TENANT, fill
from tests.sync.server.writer import Writer, Written, customer


class Interrupted:
    """A store on which something else happens before its n-th transaction that writes to a tenant."""

    def __init__(self, store: Store, n: int, happens: Callable[[], object]) -> None:
        self._store, self._left, self._happens = store, n, happens

    def tenant(self, tenant: str, work: Callable[[Connection], Any]) -> Any:
        self._left -= 1
        if self._left == 0:
            self._happens()
        return self._store.tenant(tenant, work)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


def left(store: Store) -> tuple[int, int]:
    """How many snapshots and parts there are."""

    def count(connection: Connection) -> tuple[int, int]:
        snapshots, chunks = (
            connection.execute(select(func.count()).select_from(one)).scalar_one()
            for one in (tables.snapshot, tables.chunk)
        )
        return snapshots, chunks

    return store.read(TENANT, count)


def device(store: Store) -> Caller:
    own = select(tables.device.c.device).where(tables.device.c.shop == SHOP)
    return Caller(TENANT, store.read(TENANT, lambda c: c.execute(own).scalar_one()))


@pytest.mark.parametrize("moment", range(1, 8))
def test_two_servers_that_make_one_at_once_leave_one_whole_snapshot(empty_store: Store, moment: int) -> None:
    """Five parts and two transactions around them: the other server comes before each of them once."""
    fill(empty_store)
    other = Snapshots(empty_store, lambda: NOW, least_rows=1, chunk_rows=7)
    interrupted: Any = Interrupted(empty_store, moment, lambda: other.make(TENANT, SHOP))
    own = Snapshots(interrupted, lambda: NOW, least_rows=1, chunk_rows=7)
    if moment > 2:  # the other one took the parts that were there for leftovers
        with pytest.raises(Unlawful, match="busy"):
            own.make(TENANT, SHOP)
    else:
        own.make(TENANT, SHOP)
    caller = device(empty_store)
    found = other.latest(caller, SHOP)
    assert found is not None
    listing = listed(found)
    chunks = [opened(other.chunk(caller, listing.snapshot, n), one) for n, one in enumerate(listing.chunks)]
    assert sum(one.count for one in chunks) == 30
    assert left(empty_store) == (1, 5)


def test_nothing_of_the_snapshots_of_an_erased_tenant_is_left(empty_store: Store) -> None:
    fill(empty_store)
    Snapshots(empty_store, lambda: NOW, least_rows=1, chunk_rows=7).make(TENANT, SHOP)
    assert left(empty_store) == (1, 5)
    empty_store.erase_tenant(TENANT)
    empty_store.make_tenant(TENANT, "Salon Ana", NOW)
    assert left(empty_store) == (0, 0)


def test_a_snapshot_stands_while_desks_write_and_the_rest_comes_by_the_pull(empty_store: Store) -> None:
    fill(empty_store)
    caller, exchange = device(empty_store), Exchange(empty_store, lambda: NOW)
    told = exchange.pull(caller, "", 0)
    writer = Writer(SHOP, NOW + 1_000)

    def join() -> None:
        pairing = Pairing(empty_store, lambda: NOW)
        code = pairing.make_code(TENANT).code
        pairing.pair(
            Pair(code=code, device=writer.device, key="1" * 64, name="y", salon=SALON, practice=True, shop=SHOP,
                 shop_name="", n=0, hash="", manifest=MANIFEST)
        )  # fmt: skip

    def write() -> None:
        rows = [Written("customer", f"{n:032x}", customer(n + 1), Kind.UPDATE) for n in range(0, 30, 3)]
        exchange.push(Caller(TENANT, writer.device), Push(1, (writer.operation(rows),)))

    join()
    interrupted: Any = Interrupted(empty_store, 3, write)
    snapshots = Snapshots(interrupted, lambda: NOW, least_rows=1, chunk_rows=7)
    listing = listed(snapshots.make(TENANT, SHOP))
    rows = {
        row: dict(zip(some.fields, values, strict=True))
        for n, one in enumerate(listing.chunks)
        for some in opened(snapshots.chunk(caller, listing.snapshot, n), one).rows
        for row, values in zip(some.ids, some.values, strict=True)
    }
    assert len(rows) < len(told.rows) == 30
    rows |= {one.row: one.values for one in exchange.pull(caller, "", listing.cursors[""]).rows}
    assert rows == {one.row: one.values for one in exchange.pull(caller, "", 0).rows}
