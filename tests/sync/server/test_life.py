"""The life of a server: its end with streams open, a certificate that is renewed, a log that is not kept for ever, labels that do not grow."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import re
import signal
import ssl
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop.ids import new_id
from sync.client.http_line import HttpLine, Identity
from sync.client.ports import Unreachable
from sync.server.__main__ import open_store
from sync.server.certificates import KeyFiles, keep_renewed
from sync.server.log import LOG_DAYS, set_up_log
from sync.server.pairing import Pairing
from sync.server.serving import now
from tests.sync.server.running import make_certificate
from tests.sync.server.world import TENANT, World, request

ROOT = Path(__file__).parents[3]
STREAMS = 100


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """`pult-server serve` as a process over TLS, with few files allowed at first, and its address."""
    data = str(tmp_path / "server")
    store = open_store(data)
    store.make_tenant(TENANT, "Salon Ana", 1)
    store.close()
    certificate, key = make_certificate(tmp_path)
    words = [sys.executable, "-m", "sync.server", "--data", data, "serve", "--port", "0"]
    # uvicorn names its port only in a log that is not written: the process says which socket it listens on
    process = subprocess.Popen(
        [*words, "--log-folder", str(tmp_path), "--certificate", str(certificate), "--key", str(key)],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        preexec_fn=_few_files if sys.platform != "win32" else None,
    )
    try:
        yield process, f"https://127.0.0.1:{_port(process)}"
    finally:
        process.kill()
        process.wait()


def _few_files() -> None:
    import resource

    resource.setrlimit(resource.RLIMIT_NOFILE, (64, resource.getrlimit(resource.RLIMIT_NOFILE)[1]))


def _port(process: subprocess.Popen[bytes]) -> int:
    import time

    import psutil

    while process.poll() is None:
        for one in psutil.Process(process.pid).net_connections("tcp"):
            if one.status == psutil.CONN_LISTEN:
                return int(one.laddr.port)
        time.sleep(0.05)
    raise RuntimeError("the server did not start")


async def test_a_server_that_is_told_to_stop_ends_its_streams_and_itself(
    served: tuple[subprocess.Popen[bytes], str], tmp_path: Path
) -> None:
    """A hundred streams are more than the files that the process may open at its start: it raises its limit."""
    process, url = served
    store, trust = open_store(str(tmp_path / "server")), ssl.create_default_context(cafile=str(tmp_path / "server.pem"))
    device, key = new_id().hex, Ed25519PrivateKey.generate()
    Pairing(store, now).pair(request(Pairing(store, now).make_code(TENANT).code, device, key))
    store.close()
    lines = [HttpLine(url, Identity(TENANT, device, key), trust) for _ in range(STREAMS)]
    streams = [line.pokes() for line in lines]
    for start in range(0, STREAMS, 20):
        await asyncio.gather(*(anext(one) for one in streams[start : start + 20]))
        await asyncio.gather(*(anext(one) for one in streams[start : start + 20]))  # both scopes, as they stand
    ends = [asyncio.ensure_future(anext(one)) for one in streams]
    process.send_signal(signal.SIGTERM)
    status = await asyncio.to_thread(process.wait, 30)
    over = await asyncio.gather(*ends, return_exceptions=True)
    assert status in (0, -signal.SIGTERM)
    log = [json.loads(one) for one in (tmp_path / "pult-server.log").read_text().splitlines()]
    torn = [one["message"] for one in log if one["level"] == "ERROR"]
    assert [one for one in torn if not one.startswith("Cancel 0 running")] == []  # only connections were left open
    assert {type(one) for one in over} == {Unreachable}
    for line in lines:
        await line.close()
    store = open_store(str(tmp_path / "server"))
    assert len(Pairing(store, now).devices(TENANT).devices) == 1
    store.close()


async def test_a_renewed_certificate_is_shown_to_the_next_connection(world: World, tmp_path: Path) -> None:
    (tmp_path / "renewed").mkdir()
    context = world.server._server.config.ssl
    assert context is not None
    certificate, key = tmp_path / "server.pem", tmp_path / "server.key.pem"
    before = certificate.read_bytes()
    open_stream = (await world.paired()).pokes()
    await anext(open_stream)
    await anext(open_stream)
    watching = asyncio.create_task(keep_renewed(context, KeyFiles(certificate, key), 0.02))
    await asyncio.sleep(0.1)
    renewed = [one.read_bytes() for one in make_certificate(tmp_path / "renewed")]
    certificate.write_bytes(renewed[0])
    # half of it is there: they do not belong together
    await asyncio.sleep(0.3)
    assert await shown(world) == serial(before)
    key.write_bytes(renewed[1])
    async with asyncio.timeout(20):
        while await shown(world) != serial(renewed[0]):
            await asyncio.sleep(0.05)
    world.server.backend.pokes.tell(TENANT, {"": 7})
    assert (await anext(open_stream)).seq == 7, "who was there before stays"
    await open_stream.aclose()
    watching.cancel()


async def shown(world: World) -> int:
    """The number of the certificate that a new connection is shown."""
    trust = ssl.create_default_context()
    trust.check_hostname, trust.verify_mode = False, ssl.CERT_NONE
    _, writer = await asyncio.open_connection("127.0.0.1", world.server.port, ssl=trust)
    der = writer.get_extra_info("ssl_object").getpeercert(binary_form=True)
    writer.transport.abort()
    return x509.load_der_x509_certificate(der).serial_number


def serial(pem: bytes) -> int:
    return x509.load_pem_x509_certificate(pem).serial_number


def test_no_log_file_is_kept_longer_than_a_year_also_when_few_are_written(tmp_path: Path) -> None:
    today = datetime.now(UTC).date()
    ages = {
        age: tmp_path / f"pult-server.log.{today - timedelta(days=age)}" for age in (1, LOG_DAYS, LOG_DAYS + 1, 900)
    }
    other = tmp_path / f"other.log.{today - timedelta(days=900)}"

    def write() -> None:
        for path in (*ages.values(), other):
            path.write_text("{}")

    root = logging.getLogger()
    before = root.handlers[:], root.level
    write()
    try:
        set_up_log(tmp_path)
        [handler] = root.handlers
        assert {age for age, path in ages.items() if path.exists()} == {1, LOG_DAYS}
        write()
        handler.doRollover()  # type: ignore[attr-defined]  # what it does at midnight
        handler.close()
    finally:
        root.handlers[:] = before[0]
        root.setLevel(before[1])
    assert {age for age, path in ages.items() if path.exists()} == {1, LOG_DAYS}
    assert other.exists()


async def test_what_is_measured_does_not_grow_with_what_is_asked_for(world: World) -> None:
    line = await world.paired()
    await line.devices()
    for n in range(5):
        for path in (f"/v1/snapshot/{n:032x}/{n}", f"/v1/no-such-{n}", f"/no/such/{n}"):
            token = f"Bearer {line._token}"
            await world.line()._http.get(path, headers={"Authorization": token})
    paths = {
        sample.labels["path"]
        for metric in world.server.backend.measures.registry.collect()
        for sample in metric.samples
        if "path" in sample.labels
    }
    assert [one for one in paths if re.search(r"[0-9a-f]{32}|such", one)] == []
    assert paths >= {"/v1/snapshot/{identity}/{n}", "/v1/pair"}
