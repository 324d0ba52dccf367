"""A new desk of a salon of ten years, over HTTPS: how long until people can work, how long until all of it is there.

The desk is a process of its own. ``PULT_NEW_DEVICE=100000x1000000`` sets how many customers and invoices there are; a small salon
without it.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from sync.snapshot import listed
from tests.benchmarks.big_salon import BigSalon
from tests.benchmarks.new_desk import Given, Took, peak
from tests.benchmarks.report import Row, Timing
from tests.sync.new_device import TENANT, HostedSalon, Newcomer
from tests.sync.server.running import make_certificate

_SIZES = os.environ.get("PULT_NEW_DEVICE", "2000x5000")
ROOT = Path(__file__).parents[2]


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
        took = await begin(salon, await salon.join(), tmp_path)
        hot = sum(one.rows for one in listing.chunks[: listing.hot])
        facts = (f"processor {took.hot_worked:.1f} s", f"{took.hot_peak} MB")
        report(Row(f"new device, hot part of {hot:,} rows", Timing((took.hot,)), p50=10.0, count=hot, facts=facts))
        facts = (f"processor {took.archive_worked:.1f} s", f"{took.archive_peak} MB")
        what = f"new device, archive of {rows - hot:,} rows"
        report(Row(what, Timing((took.archive,)), p50=120.0, count=rows - hot, facts=facts))
        assert took.rows == {"customer": customers, "invoice_line": 2 * invoices}
    finally:
        await salon.close()


async def begin(salon: HostedSalon, new: Newcomer, folder: Path) -> Took:
    """Lets a desk that is paired begin in a process of its own."""
    identity = new.line._identity
    assert identity is not None
    new.desk.database.close()
    trust, _ = make_certificate(folder)
    given = Given(str(new.desk.path), salon.server.url, str(trust), TENANT, identity.key.private_bytes_raw().hex())
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "tests.benchmarks.new_desk",
        env=environment,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    told, _ = await child.communicate(json.dumps(asdict(given)).encode())
    assert child.returncode == 0
    return Took(**json.loads(told))
