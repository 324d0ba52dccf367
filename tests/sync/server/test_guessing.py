"""Codes and proofs are not tried at will, and who tries does not stand in the way of others."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import msgspec
import pytest
import pytest_asyncio

from sync.errors import Unlawful
from sync.server.app import MOST_PROOFS
from sync.server.attempts import MOST, MOST_OF_ALL, WINDOW_SECONDS, Attempts
from sync.server.store import Store
from sync.wire import AskNonce, Look, Nonce, Prove
from tests.sync.server.running import RunningServer
from tests.sync.server.world import TENANT, World

SOMEBODY, OTHER = "192.0.2.1", "192.0.2.2"


def fill(attempts: Attempts, addresses: list[str]) -> None:
    for one in addresses:
        attempts.check(one)
        attempts.failed(one)


def refused(attempts: Attempts, address: str) -> bool:
    try:
        attempts.check(address)
    except Unlawful as error:
        return error.code == "too_many" and error.values == {"retry_after": WINDOW_SECONDS}
    return False


@pytest.mark.parametrize(
    ("addresses", "same", "other"),
    [
        (["192.0.2.7"], "192.0.2.7", "192.0.2.8"),
        (["::ffff:192.0.2.7"], "192.0.2.7", "::ffff:192.0.2.8"),
        ([f"2001:db8:0:1::{n:x}" for n in range(MOST)], "2001:db8:0:1:ffff::1", "2001:db8:0:2::1"),
        (["fe80::1%eth0"], "fe80::2", "fe80:0:0:1::2"),
        (["a name"], "a name", "another"),
        ([""], "", "192.0.2.7"),
    ],
)
def test_an_address_waits_and_with_it_its_house_but_nobody_else(addresses: list[str], same: str, other: str) -> None:
    now = 0.0
    attempts = Attempts(lambda: now)
    fill(attempts, (addresses * MOST)[:MOST])
    assert (refused(attempts, same), refused(attempts, other)) == (True, False)
    now = WINDOW_SECONDS
    assert not refused(attempts, same)


def test_all_together_have_a_limit_too() -> None:
    attempts = Attempts(lambda: 0.0)
    fill(attempts, [f"192.0.2.{n}" for n in range(MOST_OF_ALL)])
    assert refused(attempts, "198.51.100.1")


@pytest_asyncio.fixture
async def world(empty_store: Store, tmp_path: Path) -> AsyncIterator[World]:
    """A server behind a proxy on the loopback, which tells where its callers are."""
    empty_store.make_tenant(TENANT, "Salon Ana", 1)
    made = World(RunningServer(empty_store, tmp_path, proxies="127.0.0.1"), [])
    yield made
    for line in made.lines:
        await line.close()
    await asyncio.to_thread(made.server.stop)


class Asking:
    """A stranger at an address, as the proxy tells it."""

    def __init__(self, world: World, address: str) -> None:
        self._http = httpx.AsyncClient(
            base_url=world.server.url, verify=world.server.trust, headers={"X-Forwarded-For": address}
        )

    async def ask(self, path: str, body: msgspec.Struct) -> tuple[int, str]:
        reply = await self._http.post(path, content=msgspec.json.encode(body))
        return reply.status_code, reply.json().get("code", "")

    async def prove(self, device: str) -> tuple[int, str]:
        """A proof that is right but for its signature."""
        reply = await self._http.post("/v1/nonce", content=msgspec.json.encode(AskNonce(TENANT, device)))
        nonce = msgspec.json.decode(reply.content, type=Nonce).nonce
        return await self.ask("/v1/token", Prove(TENANT, device, nonce, "0" * 128))

    async def close(self) -> None:
        await self._http.aclose()


async def test_wrong_proofs_are_slowed_by_address_and_a_desk_elsewhere_is_not(world: World) -> None:
    desk = await world.paired()
    assert desk._identity is not None
    attacker, other = Asking(world, OTHER), Asking(world, SOMEBODY)
    told = [await attacker.prove(desk._identity.device) for _ in range(MOST_PROOFS + 1)]
    assert told == [(401, "unknown_device")] * MOST_PROOFS + [(429, "too_many")]
    assert (await other.prove("9" * 32)) == (401, "unknown_device")
    await desk.devices()  # proves itself
    for one in (attacker, other):
        await one.close()


async def test_wrong_codes_are_slowed_by_address_and_somebody_elsewhere_is_not(world: World) -> None:
    attacker = Asking(world, OTHER)
    told = [await attacker.ask("/v1/look", Look(f"{n:08d}")) for n in range(MOST)]
    assert told == [(404, "unknown_code")] * MOST
    right = world.code()
    assert await attacker.ask("/v1/look", Look(right)) == (429, "too_many")
    assert (await world.line().look(right)).name == "Salon Ana"
    await attacker.close()


async def test_who_is_no_proxy_cannot_say_that_he_is_elsewhere(empty_store: Store, tmp_path: Path) -> None:
    server = RunningServer(empty_store, tmp_path, proxies="192.0.2.9")
    strangers = [Asking(World(server, []), f"192.0.2.{n}") for n in range(MOST + 1)]
    told = [await one.ask("/v1/look", Look("00000000")) for one in strangers]
    for one in strangers:
        await one.close()
    await asyncio.to_thread(server.stop)
    assert [status for status, _ in told] == [404] * MOST + [429]
