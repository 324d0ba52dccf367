"""The sharing end to end: two desks on real encrypted files, a server of its own in a process of its own, TLS and proving on.

20,000 customers pushed and pulled, a round without news, and how long a change takes to the other desk. Beside them Anki's own sync of
20,000 notes (without TLS) and a bare request on the same line. PouchDB, measured elsewhere on the same kind of machine: 3,400/s and 3,200/s.
"""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from desktop.customers.customers import CustomerEntry, add_customer
from desktop.database.door import Changes
from desktop.database.new_file import Stamp, make_file
from desktop.database.secrets import FileSecrets
from desktop.database.version import HEAD
from desktop.ids import new_id
from desktop.schema import SCHEMA
from desktop.services.pairing import look
from desktop.services.sharing import Sharing
from desktop.sharing.pairing import PairingEntry
from tests.benchmarks.anki_sync import measure_anki
from tests.benchmarks.moving_customers import bring_customers
from tests.benchmarks.report import Row, Timing, as_installed
from tests.desk import KEY, START, TestDesk
from tests.sync.server.running import make_certificate

pytestmark = pytest.mark.benchmark
CUSTOMERS = 20_000
ROOT = Path(__file__).parents[2]


class ServerProcess:
    """`pult-server` as its operator runs it, with one tenant."""

    def __init__(self, folder: Path) -> None:
        self.data = folder / "server"
        certificate, key = make_certificate(folder)
        self.trust = certificate.read_text()
        self.environment = as_installed(folder / "compiled") | {"PYTHONPATH": str(ROOT)}
        self.tenant = self.run("tenant", "create", "Salon")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        words = ["serve", "--port", str(self.port), "--certificate", str(certificate), "--key", str(key)]
        log = (folder / "server.log").open("w")
        self.process = subprocess.Popen(self.command(*words), env=self.environment, stderr=log, cwd=ROOT)
        log.close()
        for _ in range(1000):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    break
            time.sleep(0.02)

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "sync.server", "--data", str(self.data), *words]

    def run(self, *words: str) -> str:
        done = subprocess.run(
            self.command(*words), env=self.environment, capture_output=True, text=True, check=True, cwd=ROOT
        )
        return done.stdout.strip()

    def entry(self) -> PairingEntry:
        return PairingEntry(f"https://127.0.0.1:{self.port}", self.run("code", self.tenant), "Desk", self.trust)

    def peak_megabytes(self) -> float:
        return psutil.Process(self.process.pid).memory_info().rss / 1e6

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


@dataclass
class Desk:
    """A desk that is paired and whose loop a benchmark turns by hand."""

    desk: TestDesk
    sharing: Sharing

    async def round(self) -> None:
        engine = self.sharing._engine
        assert engine is not None
        await engine.round()


@asynccontextmanager
async def paired(
    server: ServerProcess, folder: Path, salon: tuple[object, object], *, loop: bool
) -> AsyncIterator[Desk]:
    """A desk on an empty file of its own; `loop`: its engine goes round by itself."""
    folder.mkdir()
    stamp = Stamp(new_id(), "practice", *salon, new_id(), "Europe/Ljubljana", HEAD, START)  # type: ignore[arg-type]  # ids
    make_file(folder / "pult.db", KEY, SCHEMA, stamp)
    desk = TestDesk(folder / "pult.db")
    sharing = Sharing(desk.database, FileSecrets(folder / "secrets", KEY), lambda _status: None, jitter=lambda: 0.5)
    entry = server.entry()
    await sharing.pair(desk.owner, entry, await look(entry))
    await sharing.agreed(60)
    if not loop and sharing._engine is not None:
        await sharing._engine.shutdown()
    try:
        yield Desk(desk, sharing)
    finally:
        await sharing.shutdown()
        desk.database.close()


async def took(job: Callable[[], Awaitable[object]]) -> float:
    started = time.perf_counter()
    await job()
    return time.perf_counter() - started


async def measure(folder: Path, report: Callable[[Row], None]) -> None:
    server = ServerProcess(folder)
    salon = new_id(), new_id()
    notes = measure_anki(ROOT / "build" / "anki", folder / "anki", CUSTOMERS)
    anki = "Anki's own sync of as many notes"
    try:
        async with (
            paired(server, folder / "a", salon, loop=False) as here,
            paired(server, folder / "b", salon, loop=False) as there,
        ):
            line = here.sharing._line
            assert line is not None
            bare = Timing(tuple([await took(line.devices) for _ in range(30)]))
            here.desk.write(bring_customers, CUSTOMERS)
            engine = here.sharing._engine
            assert engine is not None
            pushed = await took(engine._push)
            pulled = await took(there.round)
            assert len(there.desk.read(all_customers)) == CUSTOMERS
            await here.round()
            idle = Timing(tuple([await took(here.round) for _ in range(30)]))
            memory = f"server {server.peak_megabytes():.0f} MB"
        for what, spent, least, other, facts in (
            ("pushed", pushed, 12_000, notes and notes.push, ()),
            ("pulled", pulled, 20_000, notes and notes.pull, (memory,)),
        ):
            beside = Timing((other,)) if other else None
            budget = CUSTOMERS / least
            report(
                Row(f"20,000 customers {what}", Timing((spent,)), beside, anki, 1, budget, count=CUSTOMERS, facts=facts)
            )
        report(Row("a round without news", idle, floor=bare, floor_name="one request on the same line", p50=0.020))
        async with (
            paired(server, folder / "c", salon, loop=True) as here,
            paired(server, folder / "d", salon, loop=True) as there,
        ):
            seen = [await visible(here, there) for _ in range(20)]
        report(
            Row(
                "one change visible on the other desk",
                Timing(tuple(seen)),
                floor=bare,
                floor_name="one request",
                p50=0.150,
            )
        )
    finally:
        server.stop()


async def visible(here: Desk, there: Desk) -> float:
    """Seconds from a commit on one desk to its announcement on the other."""
    await asyncio.sleep(0.3)
    arrived = threading.Event()

    def hear(changes: Changes) -> None:
        if changes.operation is None and "customer" in changes.rows:
            arrived.set()

    deaf = there.desk.database.subscribe(hear)
    await here.desk.database.write(here.desk.owner, add_customer, CustomerEntry("Ana", "Novak"))
    started = time.perf_counter()
    await asyncio.get_running_loop().run_in_executor(None, arrived.wait, 20)
    deaf()
    return time.perf_counter() - started


def all_customers(session, action):  # type: ignore[no-untyped-def]  # a count, of this benchmark alone
    from sqlalchemy import text

    return session.execute(text("SELECT id FROM customer WHERE deleted_at IS NULL")).all()


def test_sharing_over_a_server_of_its_own(tmp_path: Path, report: Callable[[Row], None]) -> None:
    asyncio.run(measure(tmp_path, report))
