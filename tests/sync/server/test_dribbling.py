"""Who sends a byte now and then, or a head without an end, or takes no answer, does not hold the server: on bare sockets over TLS."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from sync.server.connection import PatientConnection
from sync.server.sqlite_store import SqliteStore
from tests.sync.server.running import RunningServer
from tests.sync.server.world import TENANT, World


class Hurried(PatientConnection):
    SECONDS = 1.0
    MOST_HEAD = 8 * 1024
    LEAST = 2_000


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = SqliteStore(tmp_path / "server")
    store.make_tenant(TENANT, "Salon Ana", 1)
    made = World(RunningServer(store, tmp_path, connection=Hurried), [])
    yield made
    for line in made.lines:
        await line.close()
    await asyncio.to_thread(made.server.stop)
    store.close()


async def opened(world: World) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", world.server.port, ssl=world.server.trust)


async def dribble(writer: asyncio.StreamWriter, parts: Iterator[bytes]) -> None:
    for part in parts:
        writer.write(part)
        await writer.drain()
        await asyncio.sleep(0.05)


async def end_of(world: World, parts: Iterator[bytes]) -> bytes:
    """What comes back until the server ends the connection, which it does though the other side goes on for minutes."""
    reader, writer = await opened(world)
    sending = asyncio.create_task(dribble(writer, parts))
    try:
        async with asyncio.timeout(20):
            return await reader.read()
    except (ConnectionError, ssl.SSLError):
        return b""
    finally:
        sending.cancel()
        writer.transport.abort()
        await asyncio.gather(sending, return_exceptions=True)


def first_then(first: bytes, rest: bytes) -> Iterator[bytes]:
    yield first
    while True:
        yield rest


PUSH = b"POST /v1/look HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 900000\r\n\r\n"


@pytest.mark.parametrize(
    "parts",
    [
        first_then(b"", b""),
        first_then(b"GET /v1/hello HTTP/1.1\r\n", b"x"),
        first_then(b"GET /v1/hello HTTP/1.1\r\nHost: x\r\n", b"a: b\r\n"),
        first_then(b"GET /v1/hello HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n", b"a: b\r\n"),
        first_then(PUSH, b" "),
        first_then(PUSH.replace(b"/v1/look", b"/v1/push"), b" "),
        first_then(PUSH.replace(b"Content-Length: 900000", b"Transfer-Encoding: chunked"), b"1\r\n \r\n"),
    ],
    ids=["nothing", "a line", "a head", "a second head", "a body", "a body that is refused at once", "chunks"],
)
async def test_who_dribbles_is_cut_off(world: World, parts: Iterator[bytes]) -> None:
    await end_of(world, parts)
    assert (await world.line().hello()).protocol == 1


@pytest.mark.parametrize("name", [b"a: ", b"", b"GET /"])
async def test_a_head_without_an_end_is_not_kept(world: World, name: bytes) -> None:
    """More than any head has, as fast as it goes: cut off before the time is over."""
    start = b"" if name == b"GET /" else b"GET /v1/hello HTTP/1.1\r\nHost: x\r\n"
    reader, writer = await opened(world)

    async def send() -> None:
        writer.write(start + name)
        for _ in range(100_000):
            writer.write(b"x" * 1_000 + (b"" if name else b": y\r\n"))
            await writer.drain()
        await reader.readexactly(1_000_000)

    with pytest.raises((ConnectionError, ssl.SSLError, asyncio.IncompleteReadError)):
        await asyncio.wait_for(send(), 20)
    writer.transport.abort()


async def test_who_takes_no_answer_is_cut_off(world: World) -> None:
    """Requests one behind the other, of which no answer is ever read, until nothing more fits in between."""
    reader, writer = await opened(world)
    writer.transport.pause_reading()  # type: ignore[attr-defined]  # of a socket

    async def send() -> None:
        while True:
            writer.write(b"GET /v1/openapi.json HTTP/1.1\r\nHost: x\r\n\r\n" * 100)
            await writer.drain()
            await asyncio.sleep(0.02)

    with pytest.raises((ConnectionError, ssl.SSLError)):
        await asyncio.wait_for(send(), 30)
    assert (await world.line().hello()).protocol == 1
    writer.transport.abort()
    del reader


async def test_a_body_that_comes_steadily_and_a_stream_without_news_are_left_alone(world: World) -> None:
    line = await world.paired()
    poked = line.pokes()
    await anext(poked)
    reader, writer = await opened(world)
    body = b'{"code": "00000000"}' + b" " * 99_980
    writer.write(PUSH.replace(b"900000", str(len(body)).encode()))
    for start in range(0, len(body), 5_000):
        writer.write(body[start : start + 5_000])
        await writer.drain()
        await asyncio.sleep(0.1)
    assert b"404" in await reader.readline()
    writer.transport.abort()
    waiting = asyncio.ensure_future(anext(poked))
    await asyncio.sleep(3.5)  # some looks long
    made = world.server.backend.pokes
    assert made.count == 1
    made.tell(TENANT, {"": 7, "6" * 32: 7})
    async with asyncio.timeout(20):
        assert (await waiting).seq in (0, 7)
    await poked.aclose()
