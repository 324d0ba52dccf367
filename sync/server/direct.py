"""The backend in this process, without HTTP: for rehearsals and whoever wants to try the engine. Needs no web server installed."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from sync.client.ports import Identity, Unreachable
from sync.errors import Unlawful
from sync.manifest import Manifest
from sync.server.exchange import Exchange
from sync.server.pairing import Pairing
from sync.server.pokes import Pokes
from sync.server.proving import Caller
from sync.server.snapshots import Snapshots
from sync.server.store import Store
from sync.snapshot import Snapshot
from sync.wire import (
    Allowed,
    Devices,
    Looked,
    NewCode,
    Offered,
    Page,
    Pair,
    Paired,
    Poke,
    Push,
    Pushed,
    State,
    StateTaken,
)

R = TypeVar("R")


class DirectBackend:
    """The judge, the pull and the pairing on a store, which its owner closes. `now`: milliseconds since 1970."""

    def __init__(self, store: Store, now: Callable[[], int] = lambda: time.time_ns() // 1_000_000) -> None:
        self.store = store
        self.exchange, self.pairing, self.pokes = Exchange(store, now), Pairing(store, now), Pokes()
        self.snapshots = Snapshots(store, now)

    def connect(self, _url: str, identity: Identity | None, _trust: object) -> DirectLine:
        """A line of a device; for where an `sync.client.http_line.HttpLine` would be opened."""
        return DirectLine(self, identity)


class DirectLine:
    """A `sync.client.ports.Backend`; each call does its work in a thread, as over a network nothing waits for it."""

    def __init__(self, backend: DirectBackend, identity: Identity | None) -> None:
        self._backend = backend
        self._identity = identity

    async def close(self) -> None:
        """Nothing is open."""

    async def look(self, code: str) -> Looked:
        return await _work(self._backend.pairing.look, code)

    async def pair(self, asked: Pair) -> Paired:
        return await _work(self._backend.pairing.pair, asked)

    async def push(self, push: Push) -> Pushed:
        pushed, counters = await _work(self._backend.exchange.push, self._caller(), push)
        self._backend.pokes.tell(self._caller().tenant, counters)
        return pushed

    async def send_state(self, state: State) -> StateTaken:
        taken, counters = await _work(self._backend.exchange.take_state, self._caller(), state)
        self._backend.pokes.tell(self._caller().tenant, counters)
        return taken

    async def pull(self, scope: str, cursor: int, most: int, horizon: int = 0) -> Page:
        return await _work(self._backend.exchange.pull, self._caller(), scope, cursor, most, horizon)

    async def offer(self, manifest: Manifest) -> Offered:
        return await _work(self._backend.exchange.offer, self._caller(), manifest)

    async def devices(self) -> Devices:
        return await _work(self._backend.pairing.devices, self._caller().tenant)

    async def code(self) -> NewCode:
        return await _work(self._backend.pairing.make_code, self._caller().tenant)

    async def revoke(self, device: str) -> Devices:
        await _work(self._backend.pairing.revoke, self._caller().tenant, device)
        return await self.devices()

    async def allow_deletes(self, device: str) -> Allowed:
        return await _work(self._backend.exchange.allow_deletes, self._caller(), device)

    async def snapshot(self, shop: str) -> Snapshot:
        found: Snapshot | None = await _work(self._backend.snapshots.latest, self._caller(), shop)
        return found if found is not None else await _work(self._backend.snapshots.make, self._caller().tenant, shop)

    async def chunk(self, snapshot: str, n: int) -> bytes:
        return await _work(self._backend.snapshots.chunk, self._caller(), snapshot, n)

    async def pokes(self) -> AsyncIterator[Poke]:
        caller = self._caller()
        counters = await _work(self._backend.exchange.counters, caller)
        async for poke in self._backend.pokes.listen(caller.tenant, counters):
            if poke is not None:
                yield poke
        raise Unreachable("the backend ended")

    def _caller(self) -> Caller:
        if self._identity is None:
            raise Unlawful("unknown_device")
        return Caller(self._identity.tenant, self._identity.device)


async def _work(job: Callable[..., R], *given: Any) -> R:
    return await asyncio.get_running_loop().run_in_executor(None, job, *given)
