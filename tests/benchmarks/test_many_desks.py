"""Many desks at one server: 500 of 100 tenants hold a stream of pokes open over TLS, and each pushes five changes every ten seconds.

Who is poked pulls, as an engine does. The load comes over bare sockets, because an HTTP library would be
slower than the server. ``--desks-seconds`` says for how long (60 for the real figure).
"""

from __future__ import annotations

import asyncio
import json
import random
import ssl
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop.ids import new_id
from sync.proof import words_to_sign
from sync.server.pairing import Pairing
from sync.server.proving import Proving
from sync.server.sqlite_store import SqliteStore
from sync.wire import Pair, Prove, Push
from tests.benchmarks.report import Row, Timing
from tests.benchmarks.test_sharing import ServerProcess
from tests.sync.server.books import BOOKS, customer
from tests.sync.server.writer import Writer

pytestmark = pytest.mark.benchmark
TENANTS, DESKS_EACH, EVERY, CHANGES = 100, 5, 10.0, 5


def now() -> int:
    return time.time_ns() // 1_000_000


def pair_all(data: Path) -> list[dict[str, str]]:
    """Pairs all desks past HTTP; what each needs to speak to the server."""
    store = SqliteStore(data)
    pairing, proving = Pairing(store, now), Proving(store, now)
    found = []
    for _ in range(TENANTS):
        tenant, salon, shop = new_id().hex, new_id().hex, new_id().hex
        store.make_tenant(tenant, "Salon", now())
        for _ in range(DESKS_EACH):
            key, device = Ed25519PrivateKey.generate(), new_id().hex
            code = pairing.make_code(tenant).code
            public = key.public_key().public_bytes_raw().hex()
            pairing.pair(Pair(code, device, public, "Desk", salon, True, shop, "Shop", 0, "", BOOKS))
            nonce = proving.nonce(tenant, device).nonce
            signature = key.sign(words_to_sign(tenant, device, nonce)).hex()
            token = proving.token(Prove(tenant, device, nonce, signature)).token
            found.append({"device": device, "shop": shop, "token": token})
    store.close()
    return found


class BareDesk:
    """A desk over bare sockets: one connection for the stream of pokes, one for requests."""

    def __init__(self, told: dict[str, str], port: int, trust: ssl.SSLContext, took: list[float]) -> None:
        self._port, self._trust, self._took = port, trust, took
        self._head = f"Host: 127.0.0.1\r\nAuthorization: Bearer {told['token']}\r\n"
        self._writer = Writer(told["shop"], now(), told["device"])
        self._shop = told["shop"]
        self._turn = asyncio.Lock()
        self._cursor: dict[str, int] = {}
        self.busy = 0

    async def live(self, until: float) -> None:
        await asyncio.sleep(random.uniform(0, EVERY))  # opening 1,000 TLS connections at once is another benchmark
        self._reader, self._out = await asyncio.open_connection("127.0.0.1", self._port, ssl=self._trust)
        listening = asyncio.create_task(self._listen())
        while time.monotonic() < until:
            await self._push()
            await asyncio.sleep(EVERY)
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
        self._out.close()

    async def _push(self) -> None:
        operation = self._writer.operation([customer(new_id().hex, f"Ana {n}") for n in range(CHANGES)])
        body = msgspec.json.encode(Push(1, (operation,)))
        started = time.perf_counter()
        await self._ask(f"POST /v1/push HTTP/1.1\r\nContent-Length: {len(body)}\r\n", body)
        self._took.append(time.perf_counter() - started)

    async def _listen(self) -> None:
        reader, out = await asyncio.open_connection("127.0.0.1", self._port, ssl=self._trust)
        out.write(f"GET /v1/pokes HTTP/1.1\r\n{self._head}\r\n".encode())
        while line := await reader.readline():
            if line.startswith(b"data: {"):
                poke = json.loads(line[6:])
                if poke["seq"] > self._cursor.get(poke["scope"], 0):
                    await self._pull(poke["scope"])
        out.close()

    async def _pull(self, scope: str) -> None:
        path = f"/v1/pull?scope={scope}&cursor={self._cursor.get(scope, 0)}&most=250"
        reply = await self._ask(f"GET {path} HTTP/1.1\r\n", b"")
        self._cursor[scope] = json.loads(reply)["cursor"]

    async def _ask(self, head: str, body: bytes) -> bytes:
        """The body of an answer; a server that is busy is asked again, as it says."""
        async with self._turn:
            while True:
                self._out.write(f"{head}{self._head}\r\n".encode() + body)
                answer = await self._reader.readuntil(b"\r\n\r\n")
                length = next(int(o[15:]) for o in answer.split(b"\r\n") if o.lower().startswith(b"content-length:"))
                told = await self._reader.readexactly(length)
                if answer.startswith(b"HTTP/1.1 200"):
                    return told
                assert answer.startswith((b"HTTP/1.1 503", b"HTTP/1.1 429")), answer
                self.busy += 1
                await asyncio.sleep(1)


async def load(told: list[dict[str, str]], port: int, trust: Path, seconds: float) -> tuple[list[float], int]:
    """The times of all pushes, and how often the server was busy."""
    took: list[float] = []
    context = ssl.create_default_context(cafile=str(trust))
    desks = [BareDesk(one, port, context, took) for one in told]
    until = time.monotonic() + seconds
    await asyncio.gather(*(one.live(until) for one in desks))
    return took, sum(one.busy for one in desks)


def test_500_desks(tmp_path: Path, report: Callable[[Row], None], pytestconfig: pytest.Config) -> None:
    told = pair_all(tmp_path / "server")
    server = ServerProcess(tmp_path)
    seconds = pytestconfig.getoption("--desks-seconds")
    try:
        took, busy = asyncio.run(load(told, server.port, tmp_path / "server.pem", seconds))
        memory = f"server {server.peak_megabytes():.0f} MB"
    finally:
        server.stop()
    rate = f"{len(took)} pushes in {seconds:.0f} s, {busy} times busy"
    report(Row("push of five changes, 500 desks on 100 tenants", Timing(tuple(took)), p95=0.250, facts=(rate, memory)))
