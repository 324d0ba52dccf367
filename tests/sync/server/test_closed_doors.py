"""Every endpoint without a token, with one that is not genuine, and with another tenant's: nothing opens, nothing shows."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID

import httpx
import msgspec
import pytest_asyncio
from litestar.routes import HTTPRoute

from desktop.ids import new_id
from sync.client.http_line import HttpLine
from sync.operations import Operation
from sync.server.app import OPEN as APP_OPEN
from sync.server.app import build_app
from sync.server.proving import Proving
from sync.server.snapshots import Snapshots
from sync.server.sqlite_store import SqliteStore
from sync.server.store import Store
from sync.snapshot import listed
from sync.wire import MARK, OPENAPI, AllowDeletes, Envelope, Push, Revoke, State, StateRow
from tests.sync.backend import MANIFEST
from tests.sync.server.running import RunningServer
from tests.sync.server.test_archive import contents
from tests.sync.server.world import SHOP, TENANT, World, code_of
from tests.sync.server.writer import Writer, Written, customer

OTHER, OTHER_SALON, OTHER_SHOP = "b" * 32, "d" * 32, "e" * 32
NAME = "Koprivnikar"
#: Who has no token yet, and the operator, may come here.
OPEN = {"/v1/hello", "/v1/look", "/v1/pair", "/v1/nonce", "/v1/token", "/health"}
#: What another tenant's device is told that asks with the ids of this one. Each new endpoint has its word here, or the test fails.
TOLD = {
    ("GET", "/v1/body"): (404, "unknown_row"),
    ("GET", "/v1/devices"): (200, "its own"),
    ("GET", "/v1/pokes"): (200, "its own"),
    ("GET", "/v1/pull"): (403, "foreign_scope"),
    ("GET", "/v1/snapshot"): (403, "foreign_scope"),
    ("GET", "/v1/snapshot/{identity}/{n}"): (404, "unknown_snapshot"),
    ("POST", "/v1/allow-deletes"): (401, "unknown_device"),
    ("POST", "/v1/code"): (200, "its own"),
    ("POST", "/v1/push"): (409, "wrong_device"),
    ("POST", "/v1/revoke"): (401, "unknown_device"),
    ("POST", "/v1/state"): (200, "its own"),
    ("PUT", "/v1/manifest"): (200, "its own"),
}


class Doors(World):
    """A server with the salon of `Koprivnikar` and, beside it, a device of another tenant."""

    writer: Writer
    row: str
    snapshot: str
    operation: Operation
    victim: HttpLine
    stranger: HttpLine
    http: httpx.AsyncClient

    def endpoints(self) -> list[tuple[str, str]]:
        """Methods and paths of all endpoints, with the names of what a path asks for."""
        routes = [one for one in build_app(self.server.backend).routes if isinstance(one, HTTPRoute)]
        pairs = [(method, one.path_format) for one in routes for method in one.methods]
        return sorted({one for one in pairs if one[0] not in ("OPTIONS", "HEAD") and not one[1].startswith(OPENAPI)})

    def closed(self) -> list[tuple[str, str]]:
        return [one for one in self.endpoints() if one[1] not in OPEN]

    def body(self, path: str) -> msgspec.Struct | None:
        """A body that would be right if it came from the victim's own device."""
        envelope = Envelope(**{name: getattr(self.operation, name) for name in Envelope.__struct_fields__})
        stamp = self.operation.clock, self.operation.device, self.operation.id
        bodies: dict[str, msgspec.Struct] = {
            "/v1/manifest": MANIFEST,
            "/v1/push": Push(1, (self.operation,)),
            "/v1/state": State(1, (StateRow("customer", self.row, customer(1), {"*": stamp}),), (envelope,)),  # type: ignore[dict-item]  # as it is on the wire
            "/v1/revoke": Revoke(self.writer.device),
            "/v1/allow-deletes": AllowDeletes(self.writer.device),
        }
        return bodies.get(path)

    def query(self, path: str) -> str:
        queries = {
            "/v1/pull": f"?scope={SHOP}&cursor=0",
            "/v1/snapshot": f"?shop={SHOP}",
            "/v1/body": f"?collection=customer&row={self.row}",
        }
        return queries.get(path, "")

    async def ask(self, method: str, path: str, token: str) -> tuple[int, str]:
        """Status and text of an answer; of a stream what comes in its first part."""
        body = self.body(path)
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        content = None if body is None else msgspec.json.encode(body)
        place = path.replace("{identity}", self.snapshot).replace("{n}", "0")
        assert "{" not in place, path
        async with self.http.stream(method, place + self.query(path), content=content, headers=headers) as reply:
            assert reply.headers[MARK] == "1", path
            stream = reply.headers["content-type"].startswith("text/event-stream")
            told = await anext(reply.aiter_text()) if stream else (await reply.aread()).decode(errors="replace")
            return reply.status_code, told


@pytest_asyncio.fixture
async def doors(empty_store: Store, tmp_path: Path) -> AsyncIterator[Doors]:
    empty_store.make_tenant(TENANT, "Salon Koprivnikar", 1)
    empty_store.make_tenant(OTHER, "Other", 1)
    made = Doors(RunningServer(empty_store, tmp_path), [])
    made.http = httpx.AsyncClient(base_url=made.server.url, verify=made.server.trust, timeout=20)
    device = new_id()
    made.victim = await made.paired(device, name=f"Recepcija {NAME}", shop_name=f"Trg {NAME}")
    made.writer, made.row = Writer(SHOP, made.server._now(), device.hex), new_id().hex
    made.operation = made.writer.operation([Written("customer", made.row, {**customer(1), "last_name": NAME})])
    await made.victim.push(Push(1, (made.operation,)))
    made.server.backend.snapshots = Snapshots(empty_store, made.server._now, least_rows=1)
    made.snapshot = listed(await made.victim.snapshot(SHOP)).snapshot
    assert len(await made.victim.chunk(made.snapshot, 0)) > 50
    made.stranger = await made.paired(shop=OTHER_SHOP, code=made.code(OTHER), salon=OTHER_SALON)
    await made.stranger.devices()
    yield made
    await made.http.aclose()
    for line in made.lines:
        await line.close()
    await asyncio.to_thread(made.server.stop)


async def test_no_endpoint_is_forgotten_here(doors: Doors) -> None:
    """Whoever adds one says what a stranger is told, and with which of the victim's ids to ask."""
    assert set(TOLD) == set(doors.closed())
    assert {path for path in APP_OPEN if path != OPENAPI} == OPEN
    described = (await doors.http.get(OPENAPI)).json()["paths"]
    assert {(method.upper(), path) for path, methods in described.items() for method in methods} == set(
        doors.endpoints()
    )
    for method, path in doors.closed():
        told = described[path][method.lower()]
        assert ("requestBody" in told) == (doors.body(path) is not None), path
        asked = {one["name"] for one in told.get("parameters", ()) if one["in"] == "query"}
        named = set(re.findall(r"[?&](\w+)=", doors.query(path)))
        assert {one for one in asked if one not in ("cursor", "most", "horizon")} <= named, path


async def test_nothing_opens_without_a_genuine_token(doors: Doors, tmp_path: Path) -> None:
    good = doors.victim._token
    head, _, proof = good.rpartition(".")
    tenant, device, until = head.split(".")
    elsewhere = SqliteStore(tmp_path / "elsewhere")
    foreign = Proving(elsewhere, doors.server._now)
    elsewhere.close()
    wrong = {
        "none": "",
        "of nobody": "x",
        "signed by another server": f"{head}.{foreign._sign('token', head)}",
        "for a longer time": f"{tenant}.{device}.{int(until) + 1}.{proof}",
        "for another tenant": f"{OTHER}.{device}.{until}.{proof}",
        "for another device": f"{tenant}.{'1' * 32}.{until}.{proof}",
        "cut off": good[:-1],
        "a nonce": f"{head}.{doors.server.backend.proving._sign('nonce', head)}",
    }
    asked = doors.closed()
    assert len(asked) >= 12
    for method, path in asked:
        for what, token in wrong.items():
            status, told = await doors.ask(method, path, token)
            assert (status, '"code":"unknown_token"' in told) == (401, True), (path, what, told)
    doors.server.shift = 16 * 60_000
    for method, path in asked:
        assert (await doors.ask(method, path, good))[0] == 401, path


async def test_another_tenants_device_is_shown_nothing_and_changes_nothing(doors: Doors) -> None:
    before, devices = contents(doors.server.store, TENANT), await doors.victim.devices()
    assert NAME in str(before["sync_row"])
    secrets = [TENANT, SHOP, doors.writer.device, NAME, "5" * 32]
    for method, path in doors.closed():
        status, told = await doors.ask(method, path, doors.stranger._token)
        sent = f"{path}{doors.query(path)} {doors.body(path)}"  # a refusal may name what was asked for
        assert [one for one in secrets if one in told and one not in sent] == [], (path, told)
        said = msgspec.json.decode(told)["code"] if status >= 400 else "its own"
        assert (status, said) == TOLD[method, path], (path, told)
    assert contents(doors.server.store, TENANT) == before
    assert await doors.victim.devices() == devices
    code = msgspec.json.decode((await doors.ask("POST", "/v1/code", doors.stranger._token))[1])["code"]
    assert (await doors.stranger.look(code)).name == "Other"


async def test_a_snapshot_of_another_shop_of_the_salon_is_closed_too(doors: Doors) -> None:
    neighbour = await doors.paired(shop=OTHER_SHOP)
    assert await code_of(neighbour.snapshot(SHOP)) == "foreign_scope"
    assert await code_of(neighbour.chunk(doors.snapshot, 0)) == "unknown_snapshot"


async def test_a_token_of_a_device_that_was_moved_to_another_tenant_does_not_follow(doors: Doors) -> None:
    """One device id at two tenants: each token opens its own."""
    assert doors.victim._identity is not None
    twin = await doors.paired(
        UUID(hex=doors.victim._identity.device), OTHER_SHOP, code=doors.code(OTHER), salon=OTHER_SALON
    )
    assert NAME not in str((await twin.pull("", 0, 100)).rows)
    assert NAME in str((await doors.victim.pull("", 0, 100)).rows)
