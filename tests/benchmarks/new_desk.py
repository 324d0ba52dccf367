"""The desk of the benchmark of a new device, in a process of its own: so its memory is its own.

``python -m tests.benchmarks.new_desk`` reads what it needs as JSON from its standard input and tells what it took on its standard output.
"""

from __future__ import annotations

import asyncio
import json
import re
import ssl
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Engine as SqlEngine
from sqlalchemy import text

from desktop.services.replica import DeskReplica
from sync.client.bootstrap import Bootstrap
from sync.client.engine import Engine
from sync.client.http_line import HttpLine, Identity
from tests.desk import TestDesk


@dataclass(frozen=True, slots=True)
class Given:
    """A desk's file, paired already: where the server is, who the desk is to it (`key`: private, hex), whom it trusts (a PEM file)."""

    path: str
    url: str
    trust: str
    tenant: str
    key: str


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of wall and processor time, and the most megabytes; which rows are there at the end, by table."""

    hot: float
    hot_worked: float
    hot_peak: int
    archive: float
    archive_worked: float
    archive_peak: int
    rows: dict[str, int]


def peak(*, reset: bool = False) -> int:
    """The most resident megabytes of this process since the last reset (Linux)."""
    if reset:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    found = re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text(encoding="ascii"))
    return int(found[1]) // 1024 if found else 0


async def begin(given: Given) -> Took:
    desk = TestDesk(Path(given.path))
    own = desk.database.desk
    key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(given.key))
    line = HttpLine(
        given.url, Identity(given.tenant, own.device.hex, key), ssl.create_default_context(cafile=given.trust)
    )
    replica = DeskReplica(desk.database)
    bootstrap = Bootstrap(replica, line, given.tenant, own.shop.hex)
    engine = Engine(replica, line, clock=time.monotonic, jitter=lambda: 0.5, bootstrap=bootstrap)
    peak(reset=True)
    started, worked = time.perf_counter(), time.process_time()
    await engine.round()
    hot, hot_worked, hot_peak = time.perf_counter() - started, time.process_time() - worked, peak()
    started, worked = time.perf_counter(), time.process_time()
    while await bootstrap.archive():
        pass
    archive, archive_worked = time.perf_counter() - started, time.process_time() - worked
    rows = {
        name: desk.on_writer(lambda engine, name=name: count(engine, name)) for name in ("customer", "invoice_line")
    }  # type: ignore[misc]  # the table of this turn
    await line.close()
    desk.database.close()
    return Took(hot, hot_worked, hot_peak, archive, archive_worked, peak(), rows)


def count(engine: SqlEngine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text(f'SELECT count(*) FROM "{table}"')).scalar_one())


if __name__ == "__main__":
    print(json.dumps(asdict(asyncio.run(begin(Given(**json.load(sys.stdin)))))))
