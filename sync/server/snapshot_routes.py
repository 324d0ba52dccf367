"""What a new device asks for: the list of a snapshot, its parts, and the bodies that it did without."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Annotated, Any, Final

from litestar import MediaType, Request, Response, get
from litestar.handlers import HTTPRouteHandler
from litestar.params import FromPath, QueryParameter

from sync.errors import Unlawful
from sync.snapshot import Body, Snapshot
from sync.wire import MARK

if TYPE_CHECKING:
    from sync.server.app import Backend

#: How many seconds a device waits for a snapshot that is being made before it is told to come back.
_PATIENCE: Final = 20.0
_ID: Final = "^[0-9a-f]{32}$"


class Making:
    """Snapshots that are being made, one for all devices of a shop that ask for it meanwhile."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._running: dict[tuple[str, str], asyncio.Task[Snapshot]] = {}

    async def make(self, tenant: str, shop: str) -> Snapshot:
        """A new snapshot. Raises `Unlawful` ``busy`` when it takes long; it is being made all the same."""
        key = tenant, shop
        task = self._running.get(key)
        if task is None:
            task = asyncio.create_task(self._backend.work(self._backend.snapshots.make, tenant, shop), name="snapshot")
            self._running[key] = task
            task.add_done_callback(lambda _done: self._running.pop(key))
        try:
            return await asyncio.wait_for(asyncio.shield(task), _PATIENCE)
        except TimeoutError as error:
            raise Unlawful("busy") from error


def snapshot_routes(backend: Backend) -> list[HTTPRouteHandler]:
    """The handlers, for `sync.server.app.build_app`."""
    making = Making(backend)

    @get("/v1/snapshot", summary="The signed list of a snapshot of a shop, which is made if there is none")
    async def snapshot(
        request: Request[Any, Any, Any],
        of: Annotated[str, QueryParameter(name="shop", pattern=_ID)],
    ) -> Snapshot:
        caller = await backend.caller(request)
        found = await backend.work(backend.snapshots.latest, caller, of)
        return found if found is not None else await making.make(caller.tenant, of)

    @get("/v1/snapshot/{identity:str}/{n:int}", summary="A part of a snapshot, packed", media_type="application/zstd")
    async def chunk(request: Request[Any, Any, Any], identity: FromPath[str], n: FromPath[int]) -> Response[bytes]:
        caller = await backend.caller(request)
        packed = await backend.work(backend.snapshots.chunk, caller, identity, n)
        return Response(packed, headers={MARK: "1"}, media_type="application/zstd")

    @get("/v1/body", summary="A field that a snapshot left out", media_type=MediaType.JSON)
    async def body(
        request: Request[Any, Any, Any],
        collection: Annotated[str, QueryParameter(max_length=63)],
        row: Annotated[str, QueryParameter(pattern=_ID)],
    ) -> Body:
        return await backend.work(backend.snapshots.body, await backend.caller(request), collection, row)

    return [snapshot, chunk, body]
