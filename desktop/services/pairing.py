"""Pairing with a backend over the line: looking where a code leads, and asking to be taken in."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from desktop.database.create import Identity
from desktop.errors import InvalidInput, Refused, TemporaryFault
from desktop.sharing.pairing import Pairing, PairingEntry, check_entry
from sync.client.ports import Backend, Unreachable
from sync.client.ports import Identity as Proof
from sync.errors import Unlawful
from sync.manifest import Manifest
from sync.wire import Looked, Pair

R = TypeVar("R")
#: Opens a line to a server: its address, who the device is (None before it is paired), what is trusted.
Connect = Callable[[str, Proof | None, ssl.SSLContext], Backend]


def over_https(url: str, proof: Proof | None, trust: ssl.SSLContext) -> Backend:
    """A line over HTTPS."""
    from sync.client.http_line import HttpLine  # late: a desk that keeps its books alone needs no httpx

    return HttpLine(url, proof, trust)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A desk that wants to be taken in.

    Attributes:
        identity: tenant, shop and device in its database.
        practice: whether that is a practice database.
        last: number and hash of its last operation, (0, "") for none.
    """

    identity: Identity
    practice: bool
    shop_name: str
    key: Ed25519PrivateKey
    manifest: Manifest
    last: tuple[int, str] = (0, "")


async def look(entry: PairingEntry, connect: Connect = over_https) -> Looked:
    """Where a code leads. Raises `InvalidInput` of `check_entry`, `Refused` and `TemporaryFault` (``sharing.*``)."""
    checked = check_entry(entry)
    line = connect(checked.url, None, await trust_of(checked.trust))
    try:
        return await said(line.look(checked.code))
    finally:
        await line.close()


async def ask_to_pair(
    entry: PairingEntry, salon_name: str, desk: Candidate, connect: Connect = over_https
) -> tuple[Pairing, int]:
    """Uses the code; how the desk is paired then, and behind which operation its outbox begins.

    Asked again after a lost answer it gives the same. Raises as `look`.
    """
    checked = check_entry(entry)
    asked = Pair(
        code=checked.code,
        device=desk.identity.device_id.hex,
        key=desk.key.public_key().public_bytes_raw().hex(),
        name=checked.desk,
        salon=desk.identity.tenant_id.hex,
        practice=desk.practice,
        shop=desk.identity.shop_id.hex,
        shop_name=desk.shop_name[:200],
        n=desk.last[0],
        hash=desk.last[1],
        manifest=desk.manifest,
    )
    line = connect(checked.url, None, await trust_of(checked.trust))
    try:
        paired = await said(line.pair(asked))
    finally:
        await line.close()
    pairing = Pairing(checked.url, paired.tenant, salon_name, checked.desk, checked.trust, server_key=paired.server_key)
    return pairing, paired.n


async def said(asked: Awaitable[R]) -> R:
    """What the backend answers; what it refuses and its silence as errors of this program."""
    try:
        return await asked
    except Unreachable as error:
        code = "too_many" if str(error) == "too_many" else "unreachable"
        raise TemporaryFault(f"sharing.{code}", reason=str(error)) from error
    except Unlawful as error:
        raise Refused(f"sharing.{error.code}", **error.values) from error


async def trust_of(pem: str) -> ssl.SSLContext:
    """What a server's certificate is checked against, "" for what this system trusts. Raises `InvalidInput` ``sharing.trust``."""
    making = partial(ssl.create_default_context, cadata=pem or None)
    try:
        return await asyncio.get_running_loop().run_in_executor(None, making)  # reads all that the system trusts, 25 ms
    except ssl.SSLError as error:
        raise InvalidInput("trust", "sharing.trust") from error
