"""The backend over HTTPS on the loopback: pairing, proving, pushing, pulling, poking, and what it answers to what is wrong."""

from __future__ import annotations

import asyncio
import json

import httpx
import msgspec
import pytest
import zstandard
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from prometheus_client import generate_latest
from sqlalchemy import Engine

from desktop.customers.customers import CustomerEntry, add_customer
from desktop.database.state import begin_pairing
from desktop.database.state import paired as note_paired
from desktop.services.replica import DeskReplica
from sync.client.ports import Identity, Unreachable
from sync.errors import Unlawful
from sync.manifest import Field, FieldType, Manifest
from sync.proof import words_to_sign
from sync.server.pairing import Pairing
from sync.wire import MARK, Outcome, Paired, Poke, Prove, Push, Shop
from tests.desk import TestDesk
from tests.sync.backend import MANIFEST, outgoing
from tests.sync.server.world import ANA, SALON, SHOP, TENANT, World, code_of, request


async def test_a_code_shows_where_it_leads_and_pairs_one_device_only(world: World) -> None:
    code, key = world.code(), Ed25519PrivateKey.generate()
    line = world.line()
    assert (await line.hello()).protocol == 1
    looked = await line.look(code)
    assert (looked.name, looked.salon, looked.practice, looked.shops) == ("Salon Ana", None, None, ())
    first = request(code, "1" * 32, key)
    assert (await line.pair(first)).salon == SALON
    assert isinstance(await line.pair(first), Paired), "the answer was lost: the same device hears it again"
    assert await code_of(line.pair(request(code, "2" * 32, key))) == "unknown_code"
    assert await code_of(line.look(code)) == "unknown_code"
    looked = await line.look(world.code())
    assert (looked.salon, looked.practice, looked.shops) == (SALON, True, (Shop(SHOP, "Ljubljana"),))


async def test_a_code_is_too_old_after_half_an_hour(world: World) -> None:
    code = world.code()
    world.server.shift = 31 * 60_000
    assert await code_of(world.line().look(code)) == "unknown_code"


async def test_codes_cannot_be_guessed(world: World) -> None:
    line = world.line()
    for n in range(10):
        assert await code_of(line.look(f"{n:08d}")) == "unknown_code"
    with pytest.raises(Unreachable, match="too_many"):
        await line.look(world.code())


async def test_a_device_of_other_books_is_refused(world: World) -> None:
    await world.paired()
    asked = msgspec.structs.replace(request(world.code(), "3" * 32, Ed25519PrivateKey.generate()), salon="9" * 32)
    assert await code_of(world.line().pair(asked)) == "foreign_salon"
    asked = msgspec.structs.replace(request(world.code(), "3" * 32, Ed25519PrivateKey.generate()), practice=False)
    assert await code_of(world.line().pair(asked)) == "practice_differs"


async def test_what_is_pushed_is_pulled_by_another_device_of_the_same_shop(world: World, desk: TestDesk) -> None:
    desk.write(add_customer, ANA)
    shop = desk.database.desk.shop.hex
    here = await world.paired(desk.database.desk.device, shop)
    there = await world.paired(shop=shop)
    operations = outgoing(desk)
    pushed = await here.push(Push(1, tuple(operations)))
    assert [one.outcome for one in pushed.verdicts] == [Outcome.TAKEN] * len(operations)
    again = await here.push(Push(1, tuple(operations)))
    assert (again.verdicts, again.last) == (pushed.verdicts, pushed.last), "pushed again it gets the same words"
    page = await there.pull("", 0, 1000)
    assert "Čeh" in [row.values.get("last_name") for row in page.rows]
    assert not (await there.pull("", page.cursor, 1000)).rows


async def test_a_scope_of_another_shop_and_another_tenant_stay_closed(world: World) -> None:
    line = await world.paired()
    assert await code_of(line.pull("8" * 32, 0, 10)) == "foreign_scope"
    world.server.store.make_tenant("b" * 32, "Drugi", 1)
    stranger = Identity("b" * 32, line._identity.device, line._identity.key) if line._identity else None
    assert await code_of(world.line(stranger).pull("", 0, 10)) == "unknown_device"
    nobody = Identity("c" * 32, "1" * 32, Ed25519PrivateKey.generate())
    assert await code_of(world.line(nobody).pull("", 0, 10)) == "unknown_device"


async def test_a_key_that_is_not_the_devices_gets_no_token(world: World) -> None:
    line = await world.paired()
    assert line._identity is not None
    thief = Identity(TENANT, line._identity.device, Ed25519PrivateKey.generate())
    assert await code_of(world.line(thief).pull("", 0, 10)) == "unknown_device"


async def test_an_old_token_is_renewed_without_a_word_and_a_revoked_device_is_refused_at_once(world: World) -> None:
    line = await world.paired()
    await line.pull("", 0, 10)
    world.server.shift = 16 * 60_000
    await line.pull("", 0, 10)
    assert line._identity is not None
    Pairing(world.server.store, world.server._now).revoke(TENANT, line._identity.device)
    assert await code_of(line.pull("", 0, 10)) == "revoked"


async def test_a_paired_device_makes_codes_sees_the_devices_and_revokes_one(world: World) -> None:
    line = await world.paired()
    assert line._identity is not None
    code = (await line.code()).code
    assert (await world.line().look(code)).salon == SALON
    other = await world.paired()
    assert other._identity is not None
    await other.pull("", 0, 10)
    told = await line.devices()
    assert [one.id for one in told.devices] == [line._identity.device, other._identity.device]
    assert told.shops == (Shop(SHOP, "Ljubljana"),)
    told = await line.revoke(other._identity.device)
    assert [one.revoked_at is None for one in told.devices] == [True, False]
    for attempt in (other.pull("", 0, 10), other.code(), other.devices(), other.revoke(line._identity.device)):
        assert await code_of(attempt) == "revoked"
    assert await code_of(line.revoke("f" * 32)) == "unknown_device"


async def test_a_nonce_is_good_for_a_minute_and_for_its_device(world: World) -> None:
    line = await world.paired()
    other = await world.paired()
    assert line._identity is not None
    assert other._identity is not None
    nonce = world.server.backend.proving.nonce(TENANT, line._identity.device).nonce
    proof = Prove(
        TENANT,
        other._identity.device,
        nonce,
        other._identity.key.sign(words_to_sign(TENANT, other._identity.device, nonce)).hex(),
    )
    with pytest.raises(Unlawful, match="unknown_token"):
        world.server.backend.proving.token(proof)
    world.server.shift = 61_000
    proof = Prove(
        TENANT,
        line._identity.device,
        nonce,
        line._identity.key.sign(words_to_sign(TENANT, line._identity.device, nonce)).hex(),
    )
    with pytest.raises(Unlawful, match="unknown_token"):
        world.server.backend.proving.token(proof)


async def test_another_device_hears_of_a_push_at_once(world: World, desk: TestDesk) -> None:
    desk.write(add_customer, ANA)
    shop = desk.database.desk.shop.hex
    here, there = await world.paired(desk.database.desk.device, shop), await world.paired(shop=shop)
    heard: asyncio.Queue[Poke] = asyncio.Queue()

    async def listen() -> None:
        async for poke in there.pokes():
            heard.put_nowait(poke)

    task = asyncio.create_task(listen())
    async with asyncio.timeout(20):
        assert {(await heard.get()).seq for _ in range(2)} == {0}
        await here.push(Push(1, tuple(outgoing(desk))))
        poke = await heard.get()
        assert poke.seq == (await there.pull(poke.scope, 0, 1000)).cursor
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_the_server_stops_while_somebody_listens(world: World) -> None:
    line = await world.paired()
    stream = line.pokes()
    await anext(stream)
    await asyncio.to_thread(world.server.stop)
    await anext(stream)  # the second scope, heard before
    with pytest.raises(Unreachable):
        await anext(stream)


async def test_a_newer_manifest_is_taken_and_one_that_takes_away_is_not(world: World) -> None:
    line = await world.paired()
    [first, *rest] = MANIFEST.collections
    more = msgspec.structs.replace(first, fields={**first.fields, "later": Field(FieldType.TEXT)})
    newer = Manifest(2, (more, *rest))
    assert (await line.offer(MANIFEST)).version == 1
    assert (await line.offer(newer)).fingerprint == newer.fingerprint()
    assert (await line.offer(MANIFEST)).version == 2, "an older program keeps the newer manifest"
    assert await code_of(line.offer(Manifest(3, tuple(rest)))) == "manifest_differs"
    assert await code_of(line.offer(Manifest(2, MANIFEST.collections))) == "manifest_differs"


async def raw(world: World, method: str, path: str, content: bytes = b"", **headers: str) -> httpx.Response:
    async with httpx.AsyncClient(base_url=world.server.url, verify=world.server.trust) as http:
        return await http.request(method, path, content=content, headers=headers)


@pytest.mark.parametrize(
    ("content", "headers", "status", "code"),
    [
        (b"{", {}, 400, "malformed"),
        (b'{"code": 12345678}', {}, 400, "malformed"),
        (b'{"code": "1234"}', {}, 400, "malformed"),
        (b'{"code": "12345678", "more": 1}', {}, 400, "malformed"),
        (b"\xff\xfe", {}, 400, "malformed"),
        (b"[" * 100_000, {}, 400, "malformed"),
        (b"no zstd", {"content-encoding": "zstd"}, 400, "malformed"),
        (zstandard.compress(b'{"code": "12345678"}')[:-3], {"content-encoding": "zstd"}, 400, "malformed"),
        (zstandard.compress(b" " * 1_000_001), {"content-encoding": "zstd"}, 413, "too_large"),
        (b" " * 1_000_001, {}, 413, "too_large"),
        (b"{}", {"content-encoding": "br"}, 400, "malformed"),
        (zstandard.compress(b'{"code": "12345678"}'), {"content-encoding": "zstd"}, 404, "unknown_code"),
    ],
)
async def test_a_bad_body_gets_a_code_and_nothing_else(
    world: World, content: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    reply = await raw(world, "POST", "/v1/look", content, **headers)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.headers[MARK] == "1"


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/v1/pull", 401, "unknown_token"),
        ("GET", "/v1/pokes", 401, "unknown_token"),
        ("POST", "/v1/push", 401, "unknown_token"),
        ("GET", "/nowhere", 404, "unknown_path"),
        ("GET", "/v1/nowhere", 404, "unknown_path"),
        ("DELETE", "/v1/push", 405, "malformed"),
    ],
)
async def test_a_bad_request_gets_a_code(world: World, method: str, path: str, status: int, code: str) -> None:
    reply = await raw(world, method, path)
    assert (reply.status_code, reply.json()["code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/v1/push", b"", 400, "malformed"),
        ("GET", "/v1/pull?cursor=-1", b"", 400, "malformed"),
        ("GET", "/v1/pull?cursor=x", b"", 400, "malformed"),
        ("GET", "/v1/pull?scope=../x", b"", 400, "malformed"),
        ("POST", "/v1/push", b" " * 4_000_001, 413, "too_large"),
        ("POST", "/v1/push", zstandard.compress(b" " * 40_000_000), 413, "too_large"),
        ("POST", "/v1/push", zstandard.compress(b" " * 30_000_000), 400, "malformed"),
        ("PUT", "/v1/manifest", b" " * 1_000_001, 413, "too_large"),
    ],
)
async def test_a_bad_request_of_a_device_gets_a_code(
    world: World, method: str, path: str, body: bytes, status: int, code: str
) -> None:
    line = await world.paired()
    await line.devices()
    packed = {"content-encoding": "zstd"} if body.startswith(b"\x28\xb5") else {}
    headers = packed | {"authorization": f"Bearer {line._token}"}
    reply = await raw(world, method, path, body, **headers)
    assert (reply.status_code, reply.json()["code"]) == (status, code)


async def test_nothing_is_read_of_a_body_before_the_token_is_proved(world: World) -> None:
    reply = await raw(world, "POST", "/v1/push", b" " * 4_000_001)
    assert (reply.status_code, reply.json()["code"]) == (401, "unknown_token")


async def test_the_openapi_describes_every_request_and_its_body(world: World) -> None:
    told = (await raw(world, "GET", "/v1/openapi.json")).json()
    assert set(told["paths"]) >= {
        "/v1/push",
        "/v1/pull",
        "/v1/pair",
        "/v1/look",
        "/v1/nonce",
        "/v1/token",
        "/v1/manifest",
        "/v1/pokes",
    }
    body = told["paths"]["/v1/push"]["post"]["requestBody"]["content"]["application/json"]["schema"]
    assert "Push" in json.dumps(body)
    assert "operations" in json.dumps(told["components"]["schemas"])


async def test_the_health_is_told_and_the_measures_count(world: World) -> None:
    assert (await raw(world, "GET", "/health")).json() == {"status": "ok"}

    def told() -> str:
        return generate_latest(world.server.backend.measures.registry).decode()

    async with asyncio.timeout(10):  # a request is counted when its answer is out
        while 'pult_requests_total{path="/health",status="200"} 1.0' not in told():
            await asyncio.sleep(0.01)


async def test_state_goes_up_over_the_line_and_others_are_poked(world: World, desk: TestDesk) -> None:
    desk.write(add_customer, ANA)
    n, digest = desk.on_writer(lambda engine: pair_late(engine, desk))
    shop = desk.database.desk.shop.hex
    here = await world.paired(desk.database.desk.device, shop, n=n, hash=digest)
    there = await world.paired(shop=shop)
    replica = DeskReplica(desk.database)
    state = await replica.next_state()
    assert state is not None
    assert not (await here.send_state(state)).notes
    page = await there.pull("", 0, 1000)
    assert "Čeh" in [row.values.get("last_name") for row in page.rows]
    desk.write(add_customer, CustomerEntry("Maja", "Kos"))
    pushed = await here.push(Push(1, await replica.pending(10)))
    assert [(one.n, one.outcome) for one in pushed.verdicts] == [(n + 1, Outcome.TAKEN)]


def pair_late(engine: Engine, desk: TestDesk) -> tuple[int, str]:
    with engine.begin() as connection:
        head = begin_pairing(connection, desk.database.desk.device)
        note_paired(connection, head[0])
        return head
