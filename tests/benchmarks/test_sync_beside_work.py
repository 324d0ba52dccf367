"""What a checkout waits while a pull of 100,000 rows is written: a page is one transaction, and a person's work goes between pages."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine

from desktop.database.incoming import Incoming
from desktop.database.outgoing import Outgoing
from desktop.ids import new_id
from desktop.sales.check_out import CheckOut, check_out
from desktop.sales.issuing import Paid
from desktop.schema import SCHEMA
from desktop.services.replica import DeskReplica
from desktop.sync_manifest import PLACES, build_manifest
from fiscal.port import Means
from sync.operations import Operation
from sync.wire import MOST_ROWS, Page
from tests.benchmarks.moving_customers import bring_customers, pages_of
from tests.benchmarks.report import Row, Timing
from tests.desk import TestDesk
from tests.desktop.salon import PRINTER, Salon, exempt, service

pytestmark = pytest.mark.benchmark
ROWS = 100_000
KNOWN = 5_000
PAUSE = 0.03


@pytest.fixture
def operations(desk: TestDesk) -> list[Operation]:
    """Operations of a desk that added some customers."""
    desk.write(bring_customers, KNOWN)
    device = desk.database.desk.device

    def read(engine: Engine) -> list[Operation]:
        with engine.connect() as connection:
            return Outgoing(SCHEMA, PLACES).operations(connection, device, 0, 500)

    return desk.on_writer(read)


def pages(operations: list[Operation], most: int) -> Iterator[Page]:
    """The customers again and again, under new ids, until there are enough rows."""
    for _ in range(ROWS // KNOWN):
        for page in pages_of(operations, most):
            rows = tuple(msgspec.structs.replace(row, row=new_id().hex) for row in page.rows)
            yield msgspec.structs.replace(page, rows=rows)


@pytest.mark.parametrize("most", [250, 500, 2000])
def test_a_checkout_beside_a_pull(
    salon: Salon, operations: list[Operation], report: Callable[[Row], None], most: int
) -> None:
    database = salon.desk.database
    incoming = Incoming(SCHEMA, build_manifest(SCHEMA), database.feed_state, database.desk.device, {})
    alone = Timing(tuple(charge(salon) for _ in range(30)))
    over = threading.Event()
    rate: list[float] = []

    def pull() -> None:
        waiting = list(pages(operations, most))
        started = time.perf_counter()
        for page in waiting:
            database.run_on_writer(lambda engine, page=page: write(engine, page)).result()  # type: ignore[misc]  # the page of this turn
        rate.append(ROWS / (time.perf_counter() - started))
        over.set()

    def write(engine: Engine, page: Page) -> None:
        with engine.begin() as connection:
            incoming.apply(connection, page)

    thread = threading.Thread(target=pull)
    thread.start()
    samples = []
    while not over.wait(PAUSE):
        samples.append(charge(salon))
    thread.join()
    beside = Timing(tuple(samples))
    report(
        Row(
            f"checkout beside a pull of {ROWS:,} rows in pages of {most}",
            beside,
            floor=alone,
            floor_name="alone",
            facts=(f"longest {max(samples) * 1000:.0f} ms of {len(samples)}", f"pull {rate[0]:,.0f} rows/s"),
        )
    )


def test_a_checkout_beside_the_long_pages_of_an_engine(
    salon: Salon, operations: list[Operation], report: Callable[[Row], None]
) -> None:
    """Pages as an engine takes them: a transaction ends where somebody wants to write."""
    replica = DeskReplica(salon.desk.database)
    alone = Timing(tuple(charge(salon) for _ in range(30)))
    over = threading.Event()
    rate: list[float] = []

    async def take(waiting: list[Page]) -> None:
        for page in waiting:
            await replica.apply(page)

    def pull() -> None:
        waiting = list(pages(operations, MOST_ROWS))
        started = time.perf_counter()
        asyncio.run(take(waiting))
        rate.append(ROWS / (time.perf_counter() - started))
        over.set()

    thread = threading.Thread(target=pull)
    thread.start()
    samples = []
    while not over.wait(PAUSE):
        samples.append(charge(salon))
    thread.join()
    report(
        Row(
            f"checkout beside a pull of {ROWS:,} rows by the engine",
            Timing(tuple(samples)),
            floor=alone,
            floor_name="alone",
            facts=(f"longest {max(samples) * 1000:.0f} ms of {len(samples)}", f"pull {rate[0]:,.0f} rows/s"),
        )
    )


def charge(salon: Salon) -> float:
    """Seconds from the order to the durable invoice."""
    bill: Any = salon.bill(service(), exempt(), service("Masaža", 30_00, 2200))
    request = CheckOut(bill.id, bill.priced.total_cents, (Paid(Means.CASH, bill.priced.total_cents),))
    started = time.perf_counter()
    salon.desk.write(check_out, request, salon.register, PRINTER)
    return time.perf_counter() - started
