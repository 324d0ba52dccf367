"""Sealing, submitting and verifying: beside one RSA-2048 signature, and one by one over mutual TLS to the stand-in."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from sqlalchemy import Connection, Engine, create_engine, event, func, select, update

from fiscal.journal import pending_count
from fiscal.port import Confirmation
from fiscal.slovenia.certificate import Credential, read_pkcs12
from fiscal.slovenia.client import FursClient
from fiscal.slovenia.code import receipt_code
from fiscal.slovenia.environment import Endpoint, Mode
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from fiscal.slovenia.trust import Anchors
from fiscal.slovenia.verify import verify_journal
from fiscal.slovenia.zoi import protect
from fiscal.submitter import Submitter
from fiscal.tables import journal, metadata, outbox
from tests.benchmarks.report import Row, Timing, timed
from tests.fiscal.world import DEVICE, SHOP, Drafts

DRAIN = 500


@dataclass(frozen=True)
class Desk:
    """A desk with its certificate, a durable database and the address of a stand-in in a process of its own."""

    engine: Engine
    url: str
    anchors: Anchors
    credential: Credential
    file: bytes

    def register(self) -> SlovenianRegister:
        settings = RegisterSettings(Mode.PRACTICE, SHOP, DEVICE, self.credential.facts.tax_number)
        return SlovenianRegister(settings, [self.credential])


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    command = [sys.executable, "-m", "fiscal.slovenia.standin", "--folder", str(tmp_path), "--password", "geslo"]
    process = subprocess.Popen([*command, "--accept-any-premise"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    process.stdout.readline()
    engine = create_engine(f"sqlite:///{tmp_path / 'fiscal.db'}")

    @event.listens_for(engine, "connect")
    def connect(connection: object, record: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]  # sqlite3's connection
        connection.execute("PRAGMA journal_mode=WAL")  # type: ignore[attr-defined]  # sqlite3's connection
        connection.execute("PRAGMA synchronous=FULL")  # type: ignore[attr-defined]  # sqlite3's connection

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    metadata.create_all(engine)
    process.stdout.readline()
    process.stdout.readline()
    file = (tmp_path / "client.p12").read_bytes()
    anchors = Anchors.from_pem((tmp_path / "ca.pem").read_bytes(), Mode.PRACTICE)
    yield Desk(engine, url, anchors, read_pkcs12(file, "geslo"), file)
    engine.dispose()
    process.terminate()
    process.wait(10)
    process.stdout.close()


def test_sealing(desk: Desk, report: Callable[[Row], None]) -> None:
    key = desk.credential.key
    signature = timed(lambda: key.sign(b"x" * 60, PKCS1v15(), hashes.SHA256()), times=300)
    moment = datetime.fromisoformat("2026-11-21T10:00:00")

    def code() -> None:
        receipt_code(zoi=protect(key, "x" * 60).zoi, tax_number="10000038", wall_time=moment)

    report(Row("ZOI and code", timed(code, times=300), signature, "RSA-2048 signature", ratio=1.2))
    register, drafts, samples = desk.register(), Drafts(), []
    for _ in range(300):
        with desk.engine.begin() as connection:
            draft = drafts()
            samples += timed(lambda draft=draft: register.seal(connection, draft), times=1, warm_up=0).samples  # type: ignore[misc]  # bound now
    report(Row("seal with journal and outbox row", Timing(tuple(samples)), signature, "RSA-2048 signature", ratio=2.0))
    report(Row("a certificate loaded", timed(lambda: read_pkcs12(desk.file, "geslo"), times=10), p50=0.1))


def test_draining_and_verifying(desk: Desk, report: Callable[[Row], None]) -> None:
    register, drafts = desk.register(), Drafts()
    for _ in range(DRAIN):
        with desk.engine.begin() as connection:
            register.seal(connection, drafts())
    with desk.engine.begin() as connection:
        connection.execute(update(outbox).values(next_try_at=0))
    drained = timed(lambda: asyncio.run(_drain(desk)), times=1, warm_up=0)
    with desk.engine.connect() as connection:
        assert pending_count(connection) == (0, 0)
        rows = connection.execute(select(func.count()).select_from(journal)).scalar_one()
        facts = ("WAL", "synchronous FULL", "stand-in in a process of its own")
        report(Row(f"{DRAIN} receipts drained one by one", drained, p50=DRAIN / 100, count=DRAIN, facts=facts))

        def verify() -> None:
            assert list(verify_journal(connection, desk.anchors, Mode.PRACTICE.signer)) == []

        report(Row(f"{rows} journal rows verified", timed(verify, times=3), p50=rows * 120e-6, count=rows))


async def _drain(desk: Desk) -> None:
    thread = ThreadPoolExecutor(1)
    told: list[Confirmation] = []
    done = asyncio.Event()

    def run(work: Callable[[Connection], object]) -> object:
        with desk.engine.begin() as connection:
            return work(connection)

    def transact(work: Callable[[Connection], object]) -> Awaitable[object]:
        return asyncio.get_running_loop().run_in_executor(thread, run, work)

    def tell(known: Confirmation) -> None:
        told.append(known)
        if len(told) == DRAIN:
            done.set()

    def clock() -> datetime:
        return datetime.now(UTC)

    client = FursClient(Endpoint(desk.url, Mode.PRACTICE), [desk.credential], desk.anchors, clock)
    submitter = Submitter(transact, client, clock, tell)
    submitter.start()
    await done.wait()
    await submitter.shutdown()
    await client.aclose()
    thread.shutdown()
