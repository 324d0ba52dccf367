"""One PostgreSQL database with very many tenants, some of them active: how long a push of five changes and a pull take then.

`--tenants 100000` for the size that `docs/scaling.md` tells of. Through everything of the server but HTTP.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from hashlib import md5
from typing import Final

import msgspec
import pytest
from sqlalchemy import create_engine, text

from desktop.ids import new_id
from sync.operations import Operation
from sync.server.exchange import Exchange
from sync.server.postgres_store import PostgresStore
from sync.server.proving import Caller
from sync.wire import Outcome, Push
from tests.benchmarks.report import Row, Timing
from tests.sync.backend import MANIFEST
from tests.sync.server.writer import Writer, Written, customer

ACTIVE: Final = 1_000
ROUNDS: Final = 3
CHANGES: Final = 5
#: As many as the server has.
THREADS: Final = 8
CUSTOMERS: Final = 10
NOW: Final = 1_800_000_000_000
SHOP: Final = "1" * 32

_FILL: Final = (
    "INSERT INTO sync_tenant SELECT md5('tenant' || n), 'Salon ' || n, 1 FROM generate_series(1, :tenants) n",
    "INSERT INTO sync_salon (tenant, salon, practice, manifest_version, manifest) "
    "SELECT tenant, tenant, 0, 1, :manifest FROM sync_tenant",
    "INSERT INTO sync_shop SELECT tenant, :shop, 'Ljubljana' FROM sync_tenant",
    "INSERT INTO sync_device (tenant, device, shop, n, hash) "
    "SELECT md5('tenant' || n), md5('device' || n), :shop, 0, '' FROM generate_series(1, :tenants) n",
    "INSERT INTO sync_scope SELECT tenant, '', :customers FROM sync_tenant",
    "INSERT INTO sync_scope SELECT tenant, :shop, 0 FROM sync_tenant",
    'INSERT INTO sync_row (tenant, collection, "row", scope, seq, "values", stamps) '
    "SELECT tenant, 'customer', md5(tenant || n), '', n, :customer, :stamps "
    "FROM sync_tenant, generate_series(1, :customers) n",
)


@pytest.fixture
def tenants(pytestconfig: pytest.Config) -> int:
    return int(pytestconfig.getoption("--tenants"))


@pytest.fixture
def store(new_postgres: Callable[[], str], tenants: int) -> Iterator[PostgresStore]:
    """A store with the tenants, each with a device and a few customers."""
    url = new_postgres()
    made = PostgresStore(url)
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    values = {
        "tenants": tenants,
        "manifest": msgspec.json.encode(MANIFEST).decode(),
        "shop": SHOP,
        "customers": CUSTOMERS,
        "customer": msgspec.json.encode(customer(1)).decode(),
        "stamps": '{"*":[1,"' + "d" * 32 + '","' + "e" * 32 + '"]}',
    }
    with engine.connect() as connection:
        for statement in _FILL:
            connection.execute(text(statement), {name: values[name] for name in values if f":{name}" in statement})
        connection.execute(text("VACUUM ANALYZE"))
    yield made
    made.close()
    engine.dispose()


def name(kind: str, n: int) -> str:
    return md5(f"{kind}{n}".encode()).hexdigest()  # as the database makes them


def test_pushing_and_pulling_among_many_tenants(
    store: PostgresStore, tenants: int, report: Callable[[Row], None]
) -> None:
    exchange = Exchange(store, lambda: NOW)
    every = max(1, tenants // ACTIVE)
    writers = {n: Writer(SHOP, NOW, name("device", n)) for n in range(1, tenants + 1, every)}
    pushes: list[float] = []
    pulls: list[float] = []
    guard = threading.Lock()

    def turn(job: tuple[int, tuple[Operation, ...]]) -> None:
        n, operations = job
        caller = Caller(name("tenant", n), name("device", n))
        started = time.perf_counter()
        pushed, _counters = exchange.push(caller, Push(1, operations))
        between = time.perf_counter()
        page = exchange.pull(caller, "", CUSTOMERS)
        ended = time.perf_counter()
        assert {one.outcome for one in pushed.verdicts} == {Outcome.TAKEN}
        assert len(page.rows) >= CHANGES
        with guard:
            pushes.append(between - started)
            pulls.append(ended - between)

    started = time.perf_counter()
    with ThreadPoolExecutor(THREADS) as threads:
        for _ in range(ROUNDS):
            jobs = [
                (n, tuple(one.operation([Written("customer", new_id().hex, customer(n))]) for _ in range(CHANGES)))
                for n, one in writers.items()
            ]
            list(threads.map(turn, jobs))
    spent = time.perf_counter() - started
    where = f"PostgreSQL, {tenants:,} tenants, {len(writers):,} active, {THREADS} at once, {len(pushes) / spent:,.0f} of both a second"
    report(Row(f"push of {CHANGES} changes among many tenants", Timing(tuple(pushes)), facts=(where,)))
    report(Row("pull among many tenants", Timing(tuple(pulls)), facts=(where,)))
