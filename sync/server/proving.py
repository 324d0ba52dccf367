"""Who is asking: nonces for a device to sign, tokens for the minutes after that.

Both carry their own proof (HMAC-SHA-256 with a secret of the server), so that nothing of them is stored and any process of the server
takes them. A token says who somebody is, not what they may: whether the device is still welcome is asked of its row at each request.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from sqlalchemy import Connection, bindparam, insert, select

from sync.errors import UnknownTenant, Unlawful
from sync.proof import words_to_sign
from sync.server import tables
from sync.server.store import Store
from sync.wire import Nonce, Prove, Token

TOKEN_SECONDS: Final = 15 * 60
NONCE_SECONDS: Final = 60

_DEVICE = select(tables.device).where(
    tables.device.c.tenant == bindparam("tenant"), tables.device.c.device == bindparam("device")
)


@dataclass(frozen=True, slots=True)
class Caller:
    """A device that has proved itself."""

    tenant: str
    device: str


@dataclass(frozen=True, slots=True)
class KnownDevice:
    """What the server knows of a device; `revoked_at` in milliseconds since 1970."""

    shop: str
    key: str
    n: int
    revoked_at: int | None


class Proving:
    """`now`: milliseconds since 1970."""

    def __init__(self, store: Store, now: Callable[[], int]) -> None:
        self._store, self._now = store, now
        self._secret = store.central(_secret)

    def nonce(self, tenant: str, device: str) -> Nonce:
        """Something to sign; given to whoever asks, known device or not."""
        head = f"{self._now() + NONCE_SECONDS * 1000}.{secrets.token_hex(16)}"
        return Nonce(f"{head}.{self._sign('nonce', tenant, device, head)}")

    def token(self, asked: Prove) -> Token:
        """Raises `Unlawful`: ``unknown_token`` for an old or foreign nonce, ``unknown_device`` for a wrong signature or device."""
        head, _, proof = asked.nonce.rpartition(".")
        expected = self._sign("nonce", asked.tenant, asked.device, head)
        if not hmac.compare_digest(proof.encode(), expected.encode()) or not self._is_valid(head.partition(".")[0]):
            raise Unlawful("unknown_token")
        try:
            known = self._store.read(asked.tenant, lambda c: device_of(c, asked.tenant, asked.device))
        except UnknownTenant:
            known = None
        if known is None:
            raise Unlawful("unknown_device", device=asked.device)
        try:
            key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(known.key))
            key.verify(bytes.fromhex(asked.signature), words_to_sign(asked.tenant, asked.device, asked.nonce))
        except (InvalidSignature, ValueError) as error:
            raise Unlawful("unknown_device", device=asked.device) from error
        head = f"{asked.tenant}.{asked.device}.{self._now() + TOKEN_SECONDS * 1000}"
        return Token(f"{head}.{self._sign('token', head)}", TOKEN_SECONDS, self._now())

    def caller(self, authorization: str) -> Caller:
        """Who shows this header. Raises `Unlawful` ``unknown_token``."""
        scheme, _, token = authorization.partition(" ")
        head, _, proof = token.strip().rpartition(".")
        parts = head.split(".")
        genuine = hmac.compare_digest(proof.encode(), self._sign("token", head).encode())
        if scheme.lower() != "bearer" or not genuine or len(parts) != 3 or not self._is_valid(parts[2]):
            raise Unlawful("unknown_token")
        return Caller(parts[0], parts[1])

    def _is_valid(self, until: str) -> bool:
        return until.isdecimal() and self._now() < int(until)

    def _sign(self, *words: str) -> str:
        return hmac.new(self._secret, "\n".join(words).encode(), hashlib.sha256).hexdigest()


def device_of(connection: Connection, tenant: str, device: str) -> KnownDevice | None:
    """What is known of a device of a tenant."""
    found = connection.execute(_DEVICE, {"tenant": tenant, "device": device}).first()
    return None if found is None else KnownDevice(found.shop, found.key, found.n, found.revoked_at)


def welcome(connection: Connection, caller: Caller) -> KnownDevice:
    """The device of a caller. Raises `Unlawful` ``unknown_device`` and ``revoked``."""
    known = device_of(connection, caller.tenant, caller.device)
    if known is None:
        raise Unlawful("unknown_device", device=caller.device)
    if known.revoked_at is not None:
        raise Unlawful("revoked", device=caller.device)
    return known


def _secret(connection: Connection) -> bytes:
    """The server's secret for tokens, made at the first start."""
    own = tables.secret
    found: str | None = connection.execute(select(own.c.value).where(own.c.name == "token")).scalar()
    if found is None:
        found = secrets.token_hex(32)
        connection.execute(insert(own), {"name": "token", "value": found})
    return bytes.fromhex(found)
