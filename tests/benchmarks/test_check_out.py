"""Checking out a bill of three lines, durable on the encrypted file, beside one RSA-2048 signature and one fsynced commit."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text

from desktop.sales.check_out import CheckOut, check_out
from desktop.sales.issuing import Paid
from fiscal.port import Means
from fiscal.slovenia.zoi import protect
from tests.benchmarks.report import Row, Timing, timed
from tests.desktop.salon import PRINTER, Salon, exempt, service

pytestmark = pytest.mark.benchmark
SALES = 200


def test_check_out(salon: Salon, sealing: Any, report: Callable[[Row], None]) -> None:
    def floor_commit(engine: Any) -> Timing:
        with engine.begin() as connection:
            connection.execute(text("CREATE TABLE floor(x INTEGER PRIMARY KEY, y TEXT)"))

        def once() -> None:
            protect(sealing.key, f"{time.perf_counter()}")
            with engine.begin() as connection:
                connection.execute(text("INSERT INTO floor(y) VALUES ('x')"))

        return timed(once, times=SALES, warm_up=20)

    floor = salon.desk.on_writer(floor_commit)
    bills = [
        salon.bill(service(), exempt(), service("Masaža", 30_00, 2200)) for _ in range(SALES + 20)
    ]  # charged one by one below
    waiting = iter(bills)

    def sell() -> None:
        bill = next(waiting)
        request = CheckOut(bill.id, bill.priced.total_cents, (Paid(Means.CASH, bill.priced.total_cents),))
        salon.desk.write(check_out, request, salon.register, PRINTER)

    timing = timed(sell, times=SALES, warm_up=20)

    def facts(engine: Any) -> str:
        with engine.connect() as connection:
            journal = connection.execute(text("PRAGMA journal_mode")).scalar()
            synchronous = connection.execute(text("PRAGMA synchronous")).scalar()
        size = salon.desk.path.stat().st_size / 1024 / 1024
        return f"journal {journal}, synchronous {synchronous}, {size:.1f} MiB"

    report(
        Row(
            "check_out of 3 lines",
            timing,
            floor=floor,
            floor_name="RSA-2048 signature and fsynced commit",
            ratio=6,
            p95=0.015,
            facts=(salon.desk.on_writer(facts),),
        )
    )
