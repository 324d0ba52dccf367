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
from sync.server.app import build_app
from sync.server.proving import Proving
from sync.server.sqlite_store import SqliteStore
from sync.wire import MARK, OPENAPI, AllowDeletes, Envelope, Push, Revoke, State, StateRow
from tests.sync.backend import MANIFEST
from tests.sync.server.running import RunningServer
from tests.sync.server.world import SHOP, TENANT, World
from tests.sync.server.writer import Writer, Written, customer

OTHER, OTHER_SALON, OTHER_SHOP = "b" * 32, "d" * 32, "e" * 32
NAME = "Koprivnikar"
#: Who has no token yet, and the operator, may come here.
OPEN = {"/v1/hello", "/v1/look", "/v1/pair", "/v1/nonce", "/v1/token", "/health"}


class Doors(World):
    """A server with the salon of `Koprivnikar` and, beside it, a device of another tenant."""

    writer: Writer
    row: str
    operation: Operation
    victim: HttpLine
    stranger: HttpLine
    http: httpx.AsyncClient

    def endpoints(self) -> list[tuple[str, str]]:
        """Methods and paths of all endpoints, with the victim's ids where a path asks for one."""
        routes = [one for one in build_app(self.server.backend).routes if isinstance(one, HTTPRoute)]
        paths = [(one, re.sub(r"{[^}]*}", self.row, re.sub(r"{[^}]*:int}", "0", one.path))) for one in routes]
        pairs = [(method, path) for one, path in paths for method in one.methods]
        return sorted({one for one in pairs if one[0] not in ("OPTIONS", "HEAD") and not one[1].startswith(OPENAPI)})

    def body(self, path: str) -> msgspec.Struct | None:
        """A body that would be right if it came from the victim's own device."""
        envelope = Envelope(**{name: getattr(self.operation, name) for name in Envelope.__struct_fields__})
        stamp = self.operation.clock, self.operation.device, self.operation.id
        bodies: dict[str, msgspec.Struct] = {
            "/v1/manifest": MANIFEST,
            "/v1/push": Push(1, (self.operation,)),
            "/v1/state": State(1, (StateRow("customer", self.row, {}, {"*": stamp}),), (envelope,)),  # type: ignore[dict-item]  # as it is on the wire
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
        async with self.http.stream(method, path + self.query(path), content=content, headers=headers) as reply:
            assert reply.headers[MARK] == "1", path
            stream = reply.headers["content-type"].startswith("text/event-stream")
            told = await anext(reply.aiter_text()) if stream else (await reply.aread()).decode(errors="replace")
            return reply.status_code, told


@pytest_asyncio.fixture
async def doors(tmp_path: Path) -> AsyncIterator[Doors]:
    store = SqliteStore(tmp_path / "server")
    store.make_tenant(TENANT, "Salon Koprivnikar", 1)
    store.make_tenant(OTHER, "Other", 1)
    made = Doors(RunningServer(store, tmp_path), [])
    made.http = httpx.AsyncClient(base_url=made.server.url, verify=made.server.trust, timeout=20)
    device = new_id()
    made.victim = await made.paired(device, name=f"Recepcija {NAME}", shop_name=f"Trg {NAME}")
    made.writer, made.row = Writer(SHOP, made.server._now(), device.hex), new_id().hex
    made.operation = made.writer.operation([Written("customer", made.row, {**customer(1), "last_name": NAME})])
    await made.victim.push(Push(1, (made.operation,)))
    made.stranger = await made.paired(shop=OTHER_SHOP, code=made.code(OTHER), salon=OTHER_SALON)
    await made.stranger.devices()
    yield made
    await made.http.aclose()
    for line in made.lines:
        await line.close()
    await asyncio.to_thread(made.server.stop)
    store.close()


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
    asked = [one for one in doors.endpoints() if one[1] not in OPEN]
    assert {"/v1/push", "/v1/pull", "/v1/state", "/v1/devices", "/v1/pokes"} <= {path for _, path in asked}
    for method, path in asked:
        for what, token in wrong.items():
            status, told = await doors.ask(method, path, token)
            assert (status, '"code":"unknown_token"' in told) == (401, True), (path, what, told)
    doors.server.shift = 16 * 60_000
    for method, path in asked:
        assert (await doors.ask(method, path, good))[0] == 401, path


async def test_another_tenants_device_is_shown_nothing_and_changes_nothing(doors: Doors) -> None:
    before = (await doors.victim.pull("", 0, 100)).rows, await doors.victim.devices()
    assert NAME in str(before[0])
    secrets = [TENANT, SHOP, doors.writer.device, NAME, "5" * 32]
    refused = {}
    for method, path in doors.endpoints():
        if path in OPEN:
            continue
        status, told = await doors.ask(method, path, doors.stranger._token)
        sent = f"{path}{doors.query(path)} {doors.body(path)}"  # a refusal may name what was asked for
        assert [one for one in secrets if one in told and one not in sent] == [], (path, told)
        refused[path] = status
    assert [refused[one] for one in ("/v1/pull", "/v1/snapshot", "/v1/body")] == [403, 403, 404]
    assert refused["/v1/push"] == 409, "the operations are of another device"
    assert refused["/v1/revoke"] in (401, 404), "the device is none of this tenant"
    after = (await doors.victim.pull("", 0, 100)).rows, await doors.victim.devices()
    assert (after[0], [one.revoked_at for one in after[1].devices]) == (before[0], [None])


async def test_a_token_of_a_device_that_was_moved_to_another_tenant_does_not_follow(doors: Doors) -> None:
    """One device id at two tenants: each token opens its own."""
    assert doors.victim._identity is not None
    twin = await doors.paired(
        UUID(hex=doors.victim._identity.device), OTHER_SHOP, code=doors.code(OTHER), salon=OTHER_SALON
    )
    assert NAME not in str((await twin.pull("", 0, 100)).rows)
    assert NAME in str((await doors.victim.pull("", 0, 100)).rows)
