"""A running server with one tenant, and lines of devices to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop.customers.customers import CustomerEntry
from desktop.ids import new_id
from sync.client.http_line import HttpLine
from sync.client.ports import Identity
from sync.errors import Unlawful
from sync.server.pairing import Pairing
from sync.wire import Pair
from tests.sync.backend import MANIFEST
from tests.sync.server.running import RunningServer

TENANT = "7" * 32
SALON, SHOP = "5" * 32, "6" * 32
ANA = CustomerEntry("Ana", "Čeh", town="Celje")


@dataclass
class World:
    """A running server with one tenant."""

    server: RunningServer
    lines: list[HttpLine]

    def code(self, tenant: str = TENANT) -> str:
        return Pairing(self.server.store, self.server._now).make_code(tenant).code

    def line(self, identity: Identity | None = None) -> HttpLine:
        made = HttpLine(self.server.url, identity, self.server.trust)
        self.lines.append(made)
        return made

    async def paired(self, device: UUID | None = None, shop: str = SHOP, **changed: Any) -> HttpLine:
        """A line of a device that was paired just now."""
        key, identity = Ed25519PrivateKey.generate(), (device or new_id()).hex
        asked = msgspec.structs.replace(request(self.code(), identity, key, shop), **changed)
        paired = await self.line().pair(asked)
        return self.line(Identity(paired.tenant, identity, key))


def request(code: str, device: str, key: Ed25519PrivateKey, shop: str = SHOP) -> Pair:
    public = key.public_key().public_bytes_raw().hex()
    return Pair(code, device, public, "Recepcija", SALON, True, shop, "Ljubljana", 0, "", MANIFEST)


async def code_of(awaitable: Any) -> str:
    with pytest.raises(Unlawful) as refused:
        await awaitable
    return refused.value.code
