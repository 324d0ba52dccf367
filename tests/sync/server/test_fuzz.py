"""Requests that are made up from the server's own OpenAPI, right and wrong ones: none breaks it, every answer is in its own words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
import requests
import schemathesis
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, select

from desktop.ids import new_id
from sync.client.http_line import HttpLine
from sync.client.ports import Identity
from sync.operations import operation_hash
from sync.server import tables
from sync.server.attempts import Attempts
from sync.server.pairing import Pairing
from sync.server.postgres_store import PostgresStore
from sync.server.sqlite_store import SqliteStore
from sync.server.store import Store
from sync.wire import MARK, Push
from tests.sync.backend import MANIFEST
from tests.sync.server.running import RunningServer
from tests.sync.server.world import SALON, TENANT, request

ROOT = Path(__file__).parents[3]
_SALON: dict[str, Any] = {"salon": SALON, "practice": True, "manifest": msgspec.to_builtins(MANIFEST)}
#: Where a request that is right in its form must get through, so that more than the form is looked at.
DEEP = {"POST /v1/look", "POST /v1/pair", "POST /v1/push", "POST /v1/state", "GET /v1/pull"}
MOST_TURNS = 20
MODES = (schemathesis.GenerationMode.POSITIVE, schemathesis.GenerationMode.NEGATIVE)


def documented_codes() -> set[str]:
    """Every word that the protocol writes as code."""
    return set(re.findall(r"`([a-z_]+)`", (ROOT / "docs" / "sync-protocol.md").read_text(encoding="utf-8")))


@pytest.fixture(params=["sqlite", "postgres"])
def server(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[RunningServer]:
    store: Store
    if request.param == "postgres":
        store = PostgresStore(request.getfixturevalue("new_postgres")())
    else:
        store = SqliteStore(tmp_path / "server")
    store.make_tenant(TENANT, "Salon Ana", 1)
    running = RunningServer(store, tmp_path)
    hours = iter(range(0, 10**9, 3600))
    running.backend.attempts = Attempts(lambda: float(next(hours)))  # who guesses codes is stopped elsewhere
    yield running
    running.stop()
    store.close()


@dataclass
class Caller:
    """A device that was paired just now, with its token."""

    server: RunningServer
    device: str
    token: str

    def sensible(self, path: str, body: dict[str, Any]) -> dict[str, Any]:
        """The body with what an endpoint looks at first made right, so that the rest of it is looked at too."""
        if path in ("/v1/look", "/v1/pair"):
            code = Pairing(self.server.store, self.server._now).make_code(TENANT).code
            return {**body, "code": code, **(_SALON if path == "/v1/pair" else {})}
        if path != "/v1/push":
            return body
        found = self.server.store.read(TENANT, lambda c: device_of_row(c, self.device))
        try:
            [made, *_] = msgspec.convert({**body, "manifest": 1}, Push, strict=False).operations
        except msgspec.ValidationError:
            return body
        changes = [
            msgspec.structs.replace(one, collection=MANIFEST.collections[n % len(MANIFEST.collections)].name)
            for n, one in enumerate(made.changes, self.server.backend.now())
        ]
        made = msgspec.structs.replace(
            made, device=self.device, n=found[0] + 1, previous_hash=found[1], changes=tuple(changes)
        )
        rows = [(c.n, c.collection, c.row, c.kind.value, c.fields, c.hash) for c in changes]
        made = msgspec.structs.replace(made, hash=operation_hash(msgspec.structs.asdict(made), rows))
        sensible: dict[str, Any] = msgspec.to_builtins(Push(1, (made,)))
        return sensible


def device_of_row(connection: Connection, device: str) -> tuple[int, str]:
    own = tables.device.c
    n, digest = connection.execute(select(own.n, own.hash).where(own.device == device)).one()
    return n, digest


async def newcomer(server: RunningServer) -> Caller:
    key, device = Ed25519PrivateKey.generate(), new_id().hex
    pairing = Pairing(server.store, server._now)
    line = HttpLine(server.url, None, server.trust)
    paired = await line.pair(request(pairing.make_code(TENANT).code, device, key))
    await line.close()
    line = HttpLine(server.url, Identity(paired.tenant, device, key), server.trust)
    await line.devices()
    await line.close()
    return Caller(server, device, line._token)


def test_no_request_breaks_the_server(server: RunningServer, tmp_path: Path, pytestconfig: pytest.Config) -> None:
    codes = documented_codes()
    session = requests.Session()
    session.trust_env = False
    session.verify = str(tmp_path / "server.pem")
    described = session.get(f"{server.url}/v1/openapi.json").json()
    operations = [one.ok() for one in schemathesis.openapi.from_dict(described).get_all_operations()]
    assert len(operations) == sum(len(methods) for methods in described["paths"].values())
    examples: int = pytestconfig.getoption("--fuzz-examples")
    for one in operations:
        wanted = {200, 400} if one.label in DEEP else set[int]()
        ask_all(session, asyncio.run(newcomer(server)), one, examples, codes, wanted)


def ask_all(
    session: requests.Session, caller: Caller, operation: Any, examples: int, codes: set[str], wanted: set[int]
) -> None:
    """Asks as often as `examples` says, and goes on until every status of `wanted` was seen: chance may not have made one that is right.

    Every answer has the server's mark, and an error a code of the protocol.
    """
    seen: set[int] = set()
    right, wrong = (operation.as_strategy(generation_mode=mode) for mode in MODES)

    @given(
        st.one_of(st.tuples(right, st.booleans()), st.tuples(wrong, st.just(False)), st.tuples(right, st.just(True)))
    )
    @settings(max_examples=examples, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None)
    def ask(made: tuple[schemathesis.Case, bool]) -> None:
        case, sensible = made
        if sensible and isinstance(case.body, dict):
            case.body = caller.sensible(operation.path, case.body)
        told = case.as_transport_kwargs(caller.server.url, {"Authorization": f"Bearer {caller.token}"})
        with session.request(**told, stream=True, timeout=20) as reply:
            assert reply.headers[MARK] == "1"
            assert reply.status_code < 500, reply.text
            seen.add(reply.status_code)
            if reply.status_code >= 400:
                assert reply.json()["code"] in codes, reply.text

    for n in range(MOST_TURNS):
        seed(n)(ask)()
        if wanted <= seen:
            return
    raise AssertionError(f"{operation.label}: only {seen} of {wanted}")
