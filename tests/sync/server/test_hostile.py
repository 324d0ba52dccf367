"""What no program of ours sends: bytes that a database cannot hold, ids that are almost ids, one code for two."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop.ids import new_id
from sync.errors import Unlawful
from sync.operations import Operation
from sync.wire import Look, Pair, Prove
from tests.sync.backend import MANIFEST
from tests.sync.server.world import SALON, TENANT, World, code_of, request
from tests.sync.server.writer import Writer, Written


@pytest.mark.parametrize(
    "changed",
    [
        {"name": "Recep\x00cija"},
        {"shop_name": "Ljub\x00ljana"},
        {"device": "1" * 32 + "\n"},
        {"code": "12345678\n"},
        {"manifest": {"version": 2**31, "collections": []}},
    ],
)
async def test_a_pairing_with_such_a_value_is_malformed(world: World, changed: dict[str, Any]) -> None:
    asked = msgspec.to_builtins(request(world.code(), "1" * 32, Ed25519PrivateKey.generate())) | changed
    reply = await world.line()._http.post("/v1/pair", content=msgspec.json.encode(asked))
    assert (reply.status_code, reply.json()["code"]) == (400, "malformed")


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        (Pair, "hash"),
        (Pair, "key"),
        (Pair, "salon"),
        (Look, "code"),
        (Prove, "signature"),
        (Operation, "id"),
        (Operation, "hash"),
    ],
)
def test_no_id_and_no_digest_ends_with_a_line_break(kind: Any, name: str) -> None:
    right = {
        Pair: request("12345678", "1" * 32, Ed25519PrivateKey.generate()),
        Look: Look("12345678"),
        Prove: Prove("1" * 32, "2" * 32, "n", "0" * 128),
        Operation: Writer("1" * 32, 1).operation([Written("customer", "1" * 32, {})]),
    }[kind]
    plain = msgspec.to_builtins(right)
    if name == "hash" and kind is Pair:
        plain["hash"] = "0" * 64
    assert msgspec.convert(plain, kind)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(plain | {name: plain[name] + "\n"}, kind)


async def test_of_two_devices_that_bring_one_code_at_once_one_is_paired(world: World) -> None:
    code = world.code()
    asked = [request(code, new_id().hex, Ed25519PrivateKey.generate()) for _ in range(6)]
    said = await asyncio.gather(*(world.line().pair(one) for one in asked), return_exceptions=True)
    refused = [one.code for one in said if isinstance(one, Unlawful)]
    assert refused == ["unknown_code"] * 5, said
    assert len(world.server.backend.pairing.devices(TENANT).devices) == 1


async def test_a_code_that_was_refused_to_one_device_is_good_for_the_next(world: World) -> None:
    await world.paired()
    code = world.code()
    wrong = msgspec.structs.replace(request(code, "3" * 32, Ed25519PrivateKey.generate()), salon="9" * 32)
    assert await code_of(world.line().pair(wrong)) == "foreign_salon"
    right = await world.line().pair(request(code, "4" * 32, Ed25519PrivateKey.generate()))
    assert right.salon == SALON


def test_a_manifest_has_a_version_that_every_database_can_hold() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(msgspec.to_builtins(MANIFEST) | {"version": 2**31}, type(MANIFEST))
