"""A new desk of a salon of ten years, over HTTPS: how long until people can work, how long until all of it is there.

``PULT_NEW_DEVICE=100000x1000000`` sets how many customers and invoices there are; a small salon without it.
"""

from __future__ import annotations

import asyncio
import os
import re
import time
from collections.abc import Callable
from pathlib import Path

from sync.snapshot import listed
from tests.benchmarks.big_salon import BigSalon
from tests.benchmarks.report import Row, Timing
from tests.sync.new_device import TENANT, HostedSalon

_SIZES = os.environ.get("PULT_NEW_DEVICE", "2000x5000")


def peak(*, reset: bool = False) -> int:
    """The most resident megabytes of this process since the last reset (Linux): the desk's and the server's together."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) // 1024 if found else 0


async def test_a_new_device(tmp_path: Path, report: Callable[[Row], None]) -> None:
    customers, invoices = map(int, _SIZES.split("x"))
    salon = HostedSalon(tmp_path, least_rows=1, chunk_rows=5_000)
    try:
        await salon.join(with_snapshot=False)
        big = BigSalon(salon.server.store, TENANT, salon.shop.hex, salon.server._now())
        rows = await asyncio.to_thread(big.fill, customers, invoices)
        peak(reset=True)
        started = time.perf_counter()
        made = await asyncio.to_thread(salon.snapshots.make, TENANT, salon.shop.hex)
        spent = time.perf_counter() - started
        listing = listed(made)
        sizes = f"{sum(one.size for one in listing.chunks) / 1e6:.1f} MB in {len(listing.chunks)} parts"
        report(Row(f"snapshot of {rows:,} rows made", Timing((spent,)), count=rows, facts=(sizes, f"{peak()} MB")))
        new = await salon.join()
        peak(reset=True)
        started = time.perf_counter()
        await new.engine.round()
        spent = time.perf_counter() - started
        hot = sum(one.rows for one in listing.chunks[: listing.hot])
        memory = f"{peak()} MB with the server's"
        report(Row(f"new device, hot part of {hot:,} rows", Timing((spent,)), p50=10.0, count=hot, facts=(memory,)))
        started = time.perf_counter()
        while await new.bootstrap.archive():
            pass
        spent = time.perf_counter() - started
        memory = f"{peak()} MB with the server's"
        what = f"new device, archive of {rows - hot:,} rows"
        report(Row(what, Timing((spent,)), p50=120.0, count=rows - hot, facts=(memory,)))
        assert new.table("SELECT count(*) FROM customer") == [(customers,)]
        assert new.table("SELECT count(*) FROM invoice_line") == [(2 * invoices,)]
    finally:
        await salon.close()
