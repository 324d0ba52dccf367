"""The core of the backend without the network: 20,000 customers pushed, changed and pulled, from and to the bytes of the wire."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from sqlalchemy import Column, MetaData, Table, Text, insert

from desktop.ids import new_id
from sync.manifest import Value
from sync.operations import Kind
from sync.server import tables
from sync.server.bulk import add_all
from sync.server.judge import Judge
from sync.server.postgres_store import PostgresStore
from sync.server.pulling import pull
from sync.server.sqlite_store import SqliteStore
from sync.server.store import Store
from sync.wire import MOST_ROWS, Outcome, Page, Push, Pushed
from tests.benchmarks.report import Row, Timing, readable
from tests.sync.backend import MANIFEST
from tests.sync.server.writer import Writer, Written, customer

CUSTOMERS = 20_000
NOW = 1_800_000_000_000
TENANT = "a" * 32
SHOP = "1" * 32

_read_push = msgspec.json.Decoder(Push)
_read_page = msgspec.json.Decoder(Page)


@pytest.fixture(params=["SQLCipher, FULL", "PostgreSQL"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store
    if request.param == "PostgreSQL":
        made = PostgresStore(request.getfixturevalue("new_postgres")())
    else:
        made = SqliteStore(tmp_path / "server")
    made.make_tenant(TENANT, "Salon Ana", NOW)
    yield made
    made.close()


def pushes(writer: Writer, rows: list[Written], rows_a_operation: int, operations_a_push: int) -> list[bytes]:
    """The bodies of the pushes that carry the rows."""
    operations = [writer.operation(rows[at : at + rows_a_operation]) for at in range(0, len(rows), rows_a_operation)]
    return [
        msgspec.json.encode(Push(1, tuple(operations[at : at + operations_a_push])))
        for at in range(0, len(operations), operations_a_push)
    ]


def pushed(store: Store, judge: Judge, device: str, bodies: list[bytes]) -> tuple[Timing, str]:
    """Each push takes a transaction; one sample is all of them. With the processor time that this process spent on a row."""
    started, worked = time.perf_counter(), time.process_time()
    for body in bodies:
        push = _read_push.decode(body)
        verdicts = store.tenant(TENANT, lambda c, push=push: judge.judge(c, device, push.operations, NOW))
        msgspec.json.encode(Pushed(tuple(verdicts), push.operations[-1].n, NOW))
        assert all(one.outcome is Outcome.TAKEN for one in verdicts)
    spent = (time.process_time() - worked) / CUSTOMERS
    return Timing((time.perf_counter() - started,)), f"processor {readable(spent)} a row"


def floor(store: Store, bodies: list[bytes]) -> Timing:
    """The same bytes cut into as many rows, written as they are by one statement a push."""
    rows = CUSTOMERS // len(bodies)
    table = Table("floor", MetaData(), Column("id", Text, primary_key=True), Column("value", Text))
    store.tenant(TENANT, table.create)
    cut = [(body[: len(body) // rows * rows].decode("latin-1"), len(body) // rows) for body in bodies]
    given = [
        [{"id": new_id().hex, "value": text[n * size : (n + 1) * size]} for n in range(rows)] for text, size in cut
    ]
    started = time.perf_counter()
    for some in given:
        store.tenant(TENANT, lambda c, some=some: add_all(c, table, some))
    spent = time.perf_counter() - started
    store.tenant(TENANT, table.drop)
    return Timing((spent,))


def pulled(store: Store) -> tuple[Timing, int]:
    """Everything of the tenant's scope, page by page, as bytes."""
    started = time.perf_counter()
    cursor, more, rows = 0, True, 0
    while more:
        page = store.read(TENANT, lambda c, cursor=cursor: pull(c, TENANT, "", cursor, NOW, MOST_ROWS))
        msgspec.json.encode(page)
        cursor, more, rows = page.cursor, page.more, rows + len(page.rows)
    return Timing((time.perf_counter() - started,)), rows


def test_pushing_and_pulling_customers(
    store: Store, report: Callable[[Row], None], request: pytest.FixtureRequest
) -> None:
    judge = Judge(TENANT, MANIFEST)
    where = request.node.callspec.params["store"]
    ids = [new_id().hex for _ in range(CUSTOMERS)]
    notes: dict[str, Value] = {"notes": "Kava z mlekom."}
    made = [Written("customer", row, customer(n)) for n, row in enumerate(ids)]
    changed = [Written("customer", row, notes, Kind.UPDATE) for row in ids]
    again = [Written("customer", new_id().hex, customer(n)) for n in range(CUSTOMERS)]
    for what, rows, size, count in (
        ("new, operations of 500 rows", made, 500, 4),
        ("changed, operations of 500 rows", changed, 500, 4),
        ("new, one row an operation", again, 1, 500),
        ("changed, one row an operation", changed, 1, 500),
    ):
        writer = Writer(SHOP, NOW)
        row = {"tenant": TENANT, "device": writer.device, "shop": SHOP, "n": 0, "hash": ""}
        store.tenant(TENANT, lambda c, row=row: c.execute(insert(tables.device), row))
        bodies = pushes(writer, rows, size, count)
        least = floor(store, bodies)
        timing, spent = pushed(store, judge, writer.device, bodies)
        report(
            Row(
                f"push of {CUSTOMERS} customers, {what}",
                timing,
                least,
                "the bytes alone, written",
                count=CUSTOMERS,
                facts=(spent, where),
            )
        )
    timing, rows_seen = pulled(store)
    assert rows_seen == 2 * CUSTOMERS
    report(Row(f"pull of {rows_seen} customers", timing, count=rows_seen, facts=(where,)))
