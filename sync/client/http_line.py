"""The line to the backend over HTTPS: proves the device by its key, packs what it sends, believes nothing but the server's own words.

A reply without the server's mark (a login page of a hotel, a proxy's error) and every error of the server itself counts as no answer.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator
from typing import Any, Final, TypeVar, cast

import httpx
import msgspec
import zstandard
from httpx_sse import EventSource, SSEError

from sync.client.ports import Identity, Unreachable
from sync.errors import Unlawful
from sync.manifest import Manifest
from sync.proof import words_to_sign
from sync.snapshot import Body, Snapshot
from sync.wire import (
    MARK,
    AllowDeletes,
    Allowed,
    AskNonce,
    Devices,
    Hello,
    Look,
    Looked,
    NewCode,
    Nonce,
    Offered,
    Page,
    Pair,
    Paired,
    Poke,
    Prove,
    Push,
    Pushed,
    Revoke,
    State,
    StateTaken,
    Token,
    Told,
)

R = TypeVar("R")
PATIENCE: Final = 30.0
_CONNECT: Final = 5.0
#: The server says that it lives every 20 seconds.
_SILENCE: Final = httpx.Timeout(30.0, connect=_CONNECT, read=50.0)
_PACK_FROM: Final = 1_000
_packer = zstandard.ZstdCompressor(level=3)


class HttpLine:
    """A `sync.client.ports.Line` to one server. Raises `Unreachable`, and `Unlawful` with the server's code.

    Args:
        url: of the server, ``https://…``; ``http://`` only for a server on this machine.
        identity: None before the device is paired: then it may say hello, look and pair.
        trust: what the server's certificate is checked against; None: what this system trusts.
        patience: seconds of silence in an answer after which it counts as none.
    """

    def __init__(
        self, url: str, identity: Identity | None, trust: ssl.SSLContext | None = None, patience: float = PATIENCE
    ) -> None:
        self._identity = identity
        self._token = ""
        self._http = httpx.AsyncClient(
            base_url=url.rstrip("/"),
            verify=trust if trust is not None else ssl.create_default_context(),
            timeout=httpx.Timeout(patience, connect=min(_CONNECT, patience)),
            follow_redirects=False,
            headers={"Accept-Encoding": "zstd", "Content-Type": "application/json"},
            limits=httpx.Limits(max_connections=4),
        )

    async def close(self) -> None:
        """Lets the connections go."""
        await self._http.aclose()

    async def hello(self) -> Hello:
        """Who answers there."""
        return await self._ask("GET", "/v1/hello", Hello)

    async def look(self, code: str) -> Looked:
        """Where a pairing code leads."""
        return await self._ask("POST", "/v1/look", Looked, Look(code))

    async def pair(self, asked: Pair) -> Paired:
        """Pairs this device."""
        return await self._ask("POST", "/v1/pair", Paired, asked)

    async def push(self, push: Push) -> Pushed:
        return await self._proved("POST", "/v1/push", Pushed, push)

    async def send_state(self, state: State) -> StateTaken:
        return await self._proved("POST", "/v1/state", StateTaken, state)

    async def snapshot(self, shop: str) -> Snapshot:
        return await self._proved("GET", f"/v1/snapshot?shop={shop}", Snapshot)

    async def chunk(self, snapshot: str, n: int) -> bytes:
        """A part of a snapshot as the server sends it; whether it is right, its list says."""
        return await self._proved("GET", f"/v1/snapshot/{snapshot}/{n}", bytes)

    async def body(self, collection: str, row: str) -> Body:
        """A field that a snapshot left out."""
        return await self._proved("GET", f"/v1/body?collection={collection}&row={row}", Body)

    async def pull(self, scope: str, cursor: int, most: int, horizon: int = 0) -> Page:
        asked = f"scope={scope}&cursor={cursor}&most={most}&horizon={horizon}"
        return await self._proved("GET", f"/v1/pull?{asked}", Page)

    async def offer(self, manifest: Manifest) -> Offered:
        return await self._proved("PUT", "/v1/manifest", Offered, manifest)

    async def devices(self) -> Devices:
        """The devices and shops of the salon."""
        return await self._proved("GET", "/v1/devices", Devices)

    async def code(self) -> NewCode:
        """A one-time code for another device."""
        return await self._proved("POST", "/v1/code", NewCode)

    async def revoke(self, device: str) -> Devices:
        """A device is not welcome any more; those that there are then."""
        return await self._proved("POST", "/v1/revoke", Devices, Revoke(device))

    async def allow_deletes(self, device: str) -> Allowed:
        """Another device may delete many rows, for an hour."""
        return await self._proved("POST", "/v1/allow-deletes", Allowed, AllowDeletes(device))

    async def pokes(self) -> AsyncIterator[Poke]:
        """What the server says as soon as something changes, until the line breaks (`Unreachable`)."""
        await self._prove_once()
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Accept": "text/event-stream",
            "Accept-Encoding": "identity",
        }
        try:
            async with self._http.stream("GET", "/v1/pokes", headers=headers, timeout=_SILENCE) as reply:
                if reply.status_code != 200:
                    await reply.aread()
                    _understand(reply, Told)
                async for event in EventSource(reply).aiter_sse():
                    if event.event == "poke":
                        yield _decode(event.data.encode(), Poke)
        except (httpx.HTTPError, SSEError) as error:
            raise Unreachable(type(error).__name__) from error
        except Unlawful as error:
            if error.code == "unknown_token":
                self._token = ""  # the next try proves itself anew
                raise Unreachable(error.code) from error
            raise
        raise Unreachable("the stream ended")

    async def _proved(self, method: str, path: str, kind: type[R], body: msgspec.Struct | None = None) -> R:
        """A request under a token; an old token is renewed once."""
        fresh = await self._prove_once()
        try:
            return await self._ask(method, path, kind, body)
        except Unlawful as error:
            if error.code != "unknown_token" or fresh:
                raise
        self._token = ""
        await self._prove_once()
        return await self._ask(method, path, kind, body)

    async def _prove_once(self) -> bool:
        """Gets a token where there is none; whether it had to."""
        if self._token:
            return False
        own = self._identity
        if own is None:
            raise Unlawful("unknown_device")
        nonce = (await self._ask("POST", "/v1/nonce", Nonce, AskNonce(own.tenant, own.device))).nonce
        signature = own.key.sign(words_to_sign(own.tenant, own.device, nonce)).hex()
        proof = Prove(own.tenant, own.device, nonce, signature)
        self._token = (await self._ask("POST", "/v1/token", Token, proof)).token
        return True

    async def _ask(self, method: str, path: str, kind: type[R], body: msgspec.Struct | None = None) -> R:
        content, headers = b"" if body is None else msgspec.json.encode(body), {}
        if len(content) >= _PACK_FROM:
            content, headers = _packer.compress(content), {"Content-Encoding": "zstd"}
        if self._token:
            headers["Authorization"] = f"Bearer {self._token}"
        try:
            reply = await self._http.request(method, path, content=content or None, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise Unreachable(type(error).__name__) from error
        return _understand(reply, kind)


def _understand(reply: httpx.Response, kind: type[R]) -> R:
    """The reply as a structure; raises what the server says went wrong."""
    if reply.headers.get(MARK) != "1":
        raise Unreachable(f"not the server's own words (status {reply.status_code})")
    if reply.status_code == 200 and kind is bytes:
        return cast("R", reply.content)
    if reply.status_code == 200:
        return _decode(reply.content, kind)
    told = _decode(reply.content, Told)
    if reply.status_code >= 500 or reply.status_code == 429:
        raise Unreachable(told.code)
    values: dict[str, Any] = told.values
    raise Unlawful(told.code, **values)


def _decode(content: bytes, kind: type[R]) -> R:
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unreachable("an answer that cannot be read") from error
