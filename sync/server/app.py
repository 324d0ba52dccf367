"""The backend as a web application: `docs/sync-protocol.md` in HTTP.

The handlers only hand on: blocking work runs in threads, a few at a time. Errors leave in the protocol's own words.
"""

from __future__ import annotations

import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar

import anyio
import msgspec
from litestar import Litestar, MediaType, Request, Response, get, post, put
from litestar.config.compression import CompressionConfig
from litestar.connection import ASGIConnection
from litestar.datastructures import ResponseHeader
from litestar.exceptions import HTTPException
from litestar.openapi import OpenAPIConfig
from litestar.params import JSONBody, QueryParameter
from litestar.response import ServerSentEvent, ServerSentEventMessage

from sync import wire
from sync.errors import UnknownTenant, Unlawful
from sync.manifest import Manifest
from sync.server.attempts import Attempts
from sync.server.codec import MOST_UNPACKED, Packing, Strict, Unpacking
from sync.server.described import Description
from sync.server.exchange import Exchange
from sync.server.faults import code_of
from sync.server.limits import Buckets, Turns
from sync.server.measures import Measures
from sync.server.pairing import Pairing
from sync.server.pokes import Pokes
from sync.server.proving import Caller, Proving
from sync.server.snapshot_routes import snapshot_routes
from sync.server.snapshots import Snapshots
from sync.server.store import Store

_log = logging.getLogger("sync.server")
R = TypeVar("R")

_THREADS: Final = 8
_MOST_WAITING: Final = 200
_STATUS: Final[Mapping[str, int]] = {
    "malformed": 400, "unknown_token": 401, "unknown_device": 401, "revoked": 401, "foreign_scope": 403, "own_device": 403,
    "unknown_code": 404, "unknown_path": 404, "no_snapshot": 404, "unknown_snapshot": 404, "unknown_row": 404, "too_old": 410,
    "too_large": 413, "too_many": 429, "busy": 503, "full": 503,
}  # fmt: skip
_CONFLICT: Final = 409
#: What is said of a code and of a proof that is wrong.
_GUESSED: Final = frozenset({"unknown_code", "unknown_device", "unknown_token"})
#: Wrong proofs a minute, from one address and from all: a house may have many desks that were forgotten here, and each proof asks the data.
MOST_PROOFS: Final = 60
MOST_PROOFS_OF_ALL: Final = 2_000
#: Who has no token yet may ask for these, and the operator; everything else is closed before its body is read.
OPEN: Final = frozenset({"/v1/hello", "/v1/look", "/v1/pair", "/v1/nonce", "/v1/token", "/health", wire.OPENAPI})


@dataclass
class Backend:
    """What the handlers hand on to."""

    store: Store
    now: Callable[[], int]
    version: str
    measures: Measures

    def __post_init__(self) -> None:
        self.proving = Proving(self.store, self.now)
        self.pairing = Pairing(self.store, self.now)
        self.exchange = Exchange(self.store, self.now)
        self.snapshots = Snapshots(self.store, self.now)
        self.pokes = Pokes()
        self.attempts = Attempts(time.monotonic)
        self.proofs = Attempts(time.monotonic, MOST_PROOFS, MOST_PROOFS_OF_ALL)
        self.buckets = Buckets(time.monotonic)
        self.turns = Turns()
        self._threads = anyio.CapacityLimiter(_THREADS)

    async def work(self, job: Callable[..., R], *given: Any) -> R:
        """Runs blocking work in a thread. Raises `Unlawful` ``busy`` when too much waits already."""
        if self._threads.statistics().tasks_waiting >= _MOST_WAITING:
            raise Unlawful("busy")
        return await anyio.to_thread.run_sync(job, *given, limiter=self._threads)

    async def caller(self, request: Request[Any, Any, Any]) -> Caller:
        caller = self.proving.caller(request.headers.get("authorization", ""))
        request.state.tenant, request.state.device = caller.tenant, caller.device
        self.buckets.take(caller.tenant)
        return caller

    def guard(self, connection: ASGIConnection[Any, Any, Any, Any], _handler: object) -> None:
        """Raises `Unlawful` ``unknown_token`` for a request that is not open and not proved."""
        if connection.scope["path"].rstrip("/") not in OPEN:
            self.proving.caller(connection.headers.get("authorization", ""))

    async def welcome(self, request: Request[Any, Any, Any]) -> Caller:
        """The caller, if its device is not revoked."""
        caller = await self.caller(request)
        await self.work(self.exchange.counters, caller)
        return caller

    async def guarded(
        self, attempts: Attempts, request: Request[Any, Any, Any], job: Callable[..., R], *given: Any
    ) -> R:
        """Work for somebody who is not known yet, which must not be tried at will: a code, a proof."""
        address = request.client.host if request.client is not None else ""
        attempts.check(address)
        try:
            return await self.work(job, *given)
        except Unlawful as error:
            if error.code in _GUESSED:
                attempts.failed(address)
            raise


def build_app(backend: Backend) -> Litestar:
    """The application around a backend, whose store its caller closes."""

    @get("/v1/hello", summary="Who is there")
    async def hello() -> wire.Hello:
        return wire.Hello(wire.PROTOCOL, backend.version, backend.now())

    @get("/health", summary="Whether the server can reach its data")
    async def health() -> dict[str, str]:
        await backend.work(backend.store.check)
        return {"status": "ok"}

    @post("/v1/look", dto=Strict[wire.Look], return_dto=None, status_code=200, summary="Where a pairing code leads")
    async def look(request: Request[Any, Any, Any], data: JSONBody[wire.Look]) -> wire.Looked:
        return await backend.guarded(backend.attempts, request, backend.pairing.look, data.code)

    @post("/v1/pair", dto=Strict[wire.Pair], return_dto=None, status_code=200, summary="Pairs a device by a code")
    async def pair(request: Request[Any, Any, Any], data: JSONBody[wire.Pair]) -> wire.Paired:
        return await backend.guarded(backend.attempts, request, backend.pairing.pair, data)

    @post("/v1/nonce", dto=Strict[wire.AskNonce], return_dto=None, status_code=200, summary="Something to sign")
    async def nonce(data: JSONBody[wire.AskNonce]) -> wire.Nonce:
        return backend.proving.nonce(data.tenant, data.device)

    @post("/v1/token", dto=Strict[wire.Prove], return_dto=None, status_code=200, summary="A token for a signature")
    async def token(request: Request[Any, Any, Any], data: JSONBody[wire.Prove]) -> wire.Token:
        return await backend.guarded(backend.proofs, request, backend.proving.token, data)

    @put("/v1/manifest", dto=Strict[Manifest], return_dto=None, summary="Offers a newer manifest")
    async def manifest(request: Request[Any, Any, Any], data: JSONBody[Manifest]) -> wire.Offered:
        return await backend.work(backend.exchange.offer, await backend.caller(request), data)

    @post("/v1/push", dto=Strict[wire.Push], return_dto=None, status_code=200, summary="Operations to be judged")
    async def push(request: Request[Any, Any, Any], data: JSONBody[wire.Push]) -> wire.Pushed:
        caller = await backend.caller(request)
        with backend.turns.of(caller.tenant, caller.device):
            pushed, counters = await backend.work(backend.exchange.push, caller, data)
        backend.pokes.tell(caller.tenant, counters)
        backend.measures.pushed(pushed.verdicts)
        return pushed

    @post("/v1/state", dto=Strict[wire.State], return_dto=None, status_code=200, summary="What a device held before")
    async def state(request: Request[Any, Any, Any], data: JSONBody[wire.State]) -> wire.StateTaken:
        caller = await backend.caller(request)
        with backend.turns.of(caller.tenant, caller.device):
            taken, counters = await backend.work(backend.exchange.take_state, caller, data)
        backend.pokes.tell(caller.tenant, counters)
        return taken

    @get("/v1/pull", summary="What changed behind a cursor")
    async def pull(
        request: Request[Any, Any, Any],
        of: Annotated[str, QueryParameter(name="scope", pattern="^([0-9a-f]{32})?$", max_length=32)] = "",
        cursor: Annotated[int, QueryParameter(ge=0, le=2**63 - 1)] = 0,
        most: Annotated[int, QueryParameter(ge=1, le=wire.MOST_ROWS)] = wire.MOST_ROWS,
        horizon: Annotated[int, QueryParameter(ge=0, le=2**63 - 1)] = 0,
    ) -> wire.Page:
        caller = await backend.caller(request)
        page = await backend.work(backend.exchange.pull, caller, of, cursor, most, horizon)
        backend.measures.pulled(len(page.rows))
        return page

    @get("/v1/devices", summary="The devices and shops of the salon")
    async def devices(request: Request[Any, Any, Any]) -> wire.Devices:
        caller = await backend.welcome(request)
        return await backend.work(backend.pairing.devices, caller.tenant)

    @post("/v1/code", status_code=200, summary="A one-time code for another device")
    async def code(request: Request[Any, Any, Any]) -> wire.NewCode:
        caller = await backend.welcome(request)
        return await backend.work(backend.pairing.make_code, caller.tenant)

    @post("/v1/revoke", dto=Strict[wire.Revoke], return_dto=None, status_code=200, summary="Revokes a device")
    async def revoke(request: Request[Any, Any, Any], data: JSONBody[wire.Revoke]) -> wire.Devices:
        caller = await backend.welcome(request)
        await backend.work(backend.pairing.revoke, caller.tenant, data.device)
        return await backend.work(backend.pairing.devices, caller.tenant)

    @post(
        "/v1/allow-deletes",
        dto=Strict[wire.AllowDeletes],
        return_dto=None,
        status_code=200,
        summary="Another device may delete many rows for an hour",
    )
    async def allow_deletes(request: Request[Any, Any, Any], data: JSONBody[wire.AllowDeletes]) -> wire.Allowed:
        caller = await backend.welcome(request)
        return await backend.work(backend.exchange.allow_deletes, caller, data.device)

    @get(
        "/v1/pokes",
        summary="Server-sent events: `poke` with a `Poke`, as soon as something changes",
        media_type="text/event-stream",
    )
    async def pokes(request: Request[Any, Any, Any]) -> ServerSentEvent:
        caller = await backend.caller(request)
        counters = await backend.work(backend.exchange.counters, caller)
        return ServerSentEvent(_events(backend, caller, counters))

    return Litestar(
        [
            hello,
            health,
            look,
            pair,
            nonce,
            token,
            manifest,
            push,
            state,
            pull,
            devices,
            code,
            revoke,
            allow_deletes,
            pokes,
            *snapshot_routes(backend),
        ],
        guards=[backend.guard],
        middleware=[backend.measures.middleware, Unpacking],
        compression_config=CompressionConfig(
            backend="zstd", compression_facade=Packing, brotli_gzip_fallback=False, exclude="^/v1/(pokes$|snapshot/)"
        ),
        exception_handlers={Exception: _tell},
        response_headers=[ResponseHeader(name=wire.MARK, value="1")],
        openapi_config=OpenAPIConfig(
            "Pult sync",
            backend.version,
            path=wire.OPENAPI,
            render_plugins=[Description(path="/")],
            create_examples=False,
        ),
        request_max_body_size=MOST_UNPACKED,
        logging_config=None,
    )


async def _events(backend: Backend, caller: Caller, counters: Mapping[str, int]) -> AsyncGenerator[Any, None]:
    with backend.measures.listening():
        async for poke in backend.pokes.listen(caller.tenant, counters):
            if poke is None:
                yield ServerSentEventMessage(comment="here")
            else:
                yield ServerSentEventMessage(event="poke", data=msgspec.json.encode(poke).decode())


def _tell(request: Request[Any, Any, Any], error: Exception) -> Response[wire.Told]:
    """An error in the protocol's own words."""
    headers = {wire.MARK: "1"}
    if (fault := code_of(error)) is not None:
        _log.log(
            logging.ERROR if fault == "full" else logging.WARNING, "the data is out of reach: %s", fault, exc_info=error
        )
        error = Unlawful(fault)
    match error:
        case Unlawful():
            values: dict[str, str | int | None] = {
                name: value for name, value in error.values.items() if isinstance(value, str | int)
            }
            told, status = wire.Told(error.code, values), _STATUS.get(error.code, _CONFLICT)
            if "retry_after" in values:
                headers["Retry-After"] = str(values["retry_after"])
            elif status == 503:
                headers["Retry-After"] = "1"
        case UnknownTenant():
            told, status = wire.Told("unknown_device"), 401
        case HTTPException() if error.status_code == 404:
            told, status = wire.Told("unknown_path"), 404
        case HTTPException() if error.status_code < 500:
            told, status = wire.Told("malformed", {"reason": str(error.detail)[:300]}), error.status_code
        case _:
            _log.error("a request failed", exc_info=error, extra={"path": request.url.path})
            told, status = wire.Told("broken"), 500  # ours: the log says where
    request.state.code = told.code
    return Response(told, status_code=status, headers=headers, media_type=MediaType.JSON)
