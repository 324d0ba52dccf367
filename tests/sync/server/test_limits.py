"""What is too much, and what happens when the data is out of reach: told in the protocol's words, with when to come again."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
import sqlcipher3.dbapi2 as sqlcipher
from sqlalchemy import create_engine, select

from desktop.ids import new_id
from sync.client.http_line import HttpLine
from sync.client.ports import Unreachable
from sync.errors import Unlawful
from sync.server import tables
from sync.server.limits import Buckets
from sync.server.log import set_up_log
from sync.server.postgres_store import PostgresStore
from sync.server.proving import Caller
from sync.server.sqlite_store import SqliteStore
from sync.wire import Push, Pushed
from tests.sync.server.running import RunningServer
from tests.sync.server.test_http import raw
from tests.sync.server.world import SHOP, TENANT, World
from tests.sync.server.writer import Writer, Written, customer


def test_a_tenant_may_ask_in_bursts_and_then_steadily_and_the_others_do_not_notice() -> None:
    now = 0.0
    buckets = Buckets(lambda: now, per_second=2, at_once=4)
    for _ in range(4):
        buckets.take("a")
    with pytest.raises(Unlawful) as refused:
        buckets.take("a")
    assert (refused.value.code, refused.value.values) == ("too_many", {"retry_after": 1})
    buckets.take("b")
    now = 0.5
    buckets.take("a")
    with pytest.raises(Unlawful):
        buckets.take("a")
    now = 100.0
    for _ in range(4):
        buckets.take("a")
    with pytest.raises(Unlawful):
        buckets.take("a")


def test_tenants_that_have_been_quiet_take_no_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sync.server.limits._TIDY_FROM", 10)
    now = 0.0
    buckets = Buckets(lambda: now)
    for n in range(100):
        now += 1.0
        buckets.take(str(n))
    assert len(buckets._left) <= 11


@pytest_asyncio.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    store = SqliteStore(tmp_path / "server")
    store.make_tenant(TENANT, "Salon Ana", 1)
    made = World(RunningServer(store, tmp_path), [])
    yield made
    for line in made.lines:
        await line.close()
    await asyncio.to_thread(made.server.stop)
    store.close()


async def device(world: World) -> tuple[HttpLine, Writer]:
    """A device that was paired just now, and what writes its operations."""
    own = new_id()
    line = await world.paired(own)
    await line.devices()
    return line, Writer(SHOP, world.server._now(), own.hex)


def add(name: str = "Ana", size: int = 0) -> Written:
    return Written("customer", new_id().hex, {**customer(1), "first_name": name, "notes": "x" * size})


async def test_who_asks_too_often_is_told_when_to_come_again(world: World) -> None:
    line, _ = await device(world)
    world.server.backend.buckets = Buckets(lambda: 0.0, at_once=3)
    replies = [await raw(world, "GET", "/v1/devices", authorization=f"Bearer {line._token}") for _ in range(4)]
    assert [one.status_code for one in replies] == [200, 200, 200, 429]
    assert (replies[3].json()["code"], replies[3].headers["retry-after"]) == ("too_many", "1")


async def test_a_second_push_of_a_device_does_not_wait_for_the_first(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    line, writer = await device(world)
    other, other_writer = await device(world)
    begun, go_on = threading.Event(), threading.Event()
    push = world.server.backend.exchange.push

    def slow(caller: Caller, given: Push) -> tuple[Pushed, dict[str, int]]:
        if caller.device == writer.device:
            begun.set()
            assert go_on.wait(20)
        return push(caller, given)

    monkeypatch.setattr(world.server.backend.exchange, "push", slow)
    operation = Push(1, (writer.operation([add()]),))
    first = asyncio.create_task(line.push(operation))
    assert await asyncio.to_thread(begun.wait, 20)
    with pytest.raises(Unreachable, match="too_many"):
        await line.push(operation)
    assert (await other.push(Push(1, (other_writer.operation([add()]),)))).last == 1
    go_on.set()
    assert (await first).last == 1
    assert (await line.push(operation)).last == 1


async def test_a_full_disk_is_told_and_logged_and_what_was_there_is_still_read(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    line, writer = await device(world)
    await line.push(Push(1, (writer.operation([add()]),)))
    store = world.server.store
    assert isinstance(store, SqliteStore)
    store._open[TENANT].write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1"))  # as many as it has
    big = Push(1, (writer.operation([add(size=900_000)]),))
    reply = await raw(world, "POST", "/v1/push", msgspec.json.encode(big), authorization=f"Bearer {line._token}")
    assert (reply.status_code, reply.json()["code"]) == (503, "full")
    assert int(reply.headers["retry-after"]) > 0
    assert any("full" in one.getMessage() and one.levelno == logging.ERROR for one in caplog.records)
    assert len((await line.pull("", 0, 10)).rows) == 1
    store._open[TENANT].write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1000000"))
    assert (await line.push(big)).last == 2


async def test_a_database_that_is_locked_is_busy(world: World) -> None:
    line, writer = await device(world)
    store = world.server.store
    assert isinstance(store, SqliteStore)
    store._open[TENANT].write(lambda c: c.exec_driver_sql("PRAGMA busy_timeout = 50"))
    key = store._server.read(
        lambda c: c.execute(select(tables.secret.c.value).where(tables.secret.c.name == f"key:{TENANT}")).scalar_one()
    )
    stranger = sqlcipher.connect(str(store._folder / "tenants" / f"{TENANT}.db"), isolation_level=None)
    stranger.execute(f"PRAGMA key = \"x'{key}'\"")
    stranger.execute("BEGIN IMMEDIATE")
    push = Push(1, (writer.operation([add()]),))
    with pytest.raises(Unreachable, match="busy"):
        await line.push(push)
    assert not (await line.pull("", 0, 10)).rows, "who reads does not wait"
    stranger.execute("ROLLBACK")
    stranger.close()
    assert (await line.push(push)).last == 1


@pytest.fixture
def closing(new_postgres: Callable[[], str], postgres_server: str) -> Iterator[tuple[str, Callable[[bool], None]]]:
    """A database, and what shuts and opens it."""
    url = new_postgres()
    name = url.rpartition("/")[2].partition("?")[0]
    engine = create_engine(postgres_server, isolation_level="AUTOCOMMIT")

    def shut(closed: bool) -> None:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"ALTER DATABASE {name} ALLOW_CONNECTIONS {not closed}")
            if closed:
                connection.exec_driver_sql(
                    f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'"
                )

    yield url, shut
    engine.dispose()


async def test_a_database_that_is_away_is_told_by_health_and_every_request_and_comes_back(
    tmp_path: Path, closing: tuple[str, Callable[[bool], None]]
) -> None:
    url, shut = closing
    store = PostgresStore(url)
    store.make_tenant(TENANT, "Salon Ana", 1)
    world = World(RunningServer(store, tmp_path), [])
    try:
        line, writer = await device(world)
        push = msgspec.json.encode(Push(1, (writer.operation([add()]),)))
        token = f"Bearer {line._token}"
        shut(True)
        for method, path, body in (
            ("GET", "/health", b""),
            ("POST", "/v1/push", push),
            ("GET", "/v1/pull", b""),
            ("GET", "/v1/devices", b""),
            ("POST", "/v1/look", b'{"code": "12345678"}'),
        ):
            reply = await raw(world, method, path, body, authorization=token)
            assert (reply.status_code, reply.json()["code"]) == (503, "busy"), path
            assert int(reply.headers["retry-after"]) > 0
        shut(False)
        assert (await raw(world, "GET", "/health")).status_code == 200
        assert (await raw(world, "POST", "/v1/push", push, authorization=token)).json()["last"] == 1
    finally:
        for line in world.lines:
            await line.close()
        await asyncio.to_thread(world.server.stop)
        store.close()


@pytest.fixture
def log_file(tmp_path: Path) -> Iterator[Path]:
    """The server's log, written as in its own process."""
    root = logging.getLogger()
    others = [logging.getLogger(one) for one in ("uvicorn.error", "uvicorn.access", "httpx", "httpcore")]
    before, levels = (root.handlers[:], root.level), [one.level for one in others]
    set_up_log(tmp_path / "log")
    root.setLevel(logging.DEBUG)  # whoever turns everything on gets no contents either
    for one in others[2:]:
        one.setLevel(logging.WARNING)  # the client's
    yield tmp_path / "log" / "pult-server.log"
    for handler in root.handlers:
        handler.close()
    root.handlers[:] = before[0]
    root.setLevel(before[1])
    for one, level in zip(others, levels, strict=True):
        one.setLevel(level)


async def test_no_log_line_holds_contents_or_secrets(log_file: Path, world: World) -> None:
    line, writer = await device(world)
    code, wrong = world.code(), "86420135"
    canaries = ["Kanarček", "kanarcek@example.com", code, wrong, line._token, line._token.rpartition(".")[2]]
    row = {**customer(1), "first_name": canaries[0], "email": canaries[1]}
    good = Push(1, (writer.operation([Written("customer", new_id().hex, row)]),))
    await line.push(good)
    await line.pull("", 0, 10)
    await world.line().look(code)
    with pytest.raises(Unlawful):
        await world.line().look(wrong)
    other = await world.paired(name=canaries[0], shop_name=canaries[0])
    with pytest.raises(Unlawful, match="wrong_device"):
        await other.push(good)
    bad = msgspec.json.encode(good).replace(b'"n":1', f'"n":"{canaries[0]}"'.encode(), 1)
    token = f"Bearer {line._token}"
    for path, body in (("/v1/push", bad), ("/v1/push", canaries[0].encode()), (f"/v1/{canaries[1]}", b"{}")):
        assert (await raw(world, "POST", path, body, authorization=token)).status_code >= 400
    await raw(world, "GET", f"/v1/pull?scope={canaries[1]}", authorization=token)
    store = world.server.store
    assert isinstance(store, SqliteStore)
    store._open[TENANT].write(lambda c: c.exec_driver_sql("PRAGMA max_page_count = 1"))
    big = Push(1, (writer.operation([Written("customer", new_id().hex, {**row, "notes": canaries[0] * 90_000})]),))
    with pytest.raises(Unreachable, match="full"):
        await line.push(big)
    store._open[TENANT].write(lambda c: c.exec_driver_sql("DROP TABLE sync_row"))
    with pytest.raises(Unreachable, match="broken"):
        await line.push(big)
    await asyncio.to_thread(world.server.stop)
    written = log_file.read_text(encoding="utf-8")
    codes = {msgspec.json.decode(one).get("code") for one in written.splitlines()}
    assert codes >= {"unknown_code", "wrong_device", "malformed", "full", "broken"}
    assert [one for one in (*canaries, "access", "scope") if one in written] == []
