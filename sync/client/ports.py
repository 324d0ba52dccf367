"""What the engine asks of the device's data and of the line to the backend."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from sync.errors import SyncError
from sync.manifest import Manifest
from sync.operations import Operation
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


class Unreachable(SyncError):
    """The backend did not answer, or not in its own words; trying again later may help."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the device is to the server."""

    tenant: str
    device: str
    key: Ed25519PrivateKey


class Replica(Protocol):
    """The data of this device. Each call is one transaction; none of them waits for the line."""

    @property
    def scopes(self) -> tuple[str, ...]:
        """The scopes that this device holds, the tenant's ("") first."""
        ...

    @property
    def manifest(self) -> Manifest:
        """What this program knows of the data."""
        ...

    async def next_state(self) -> State | None:
        """The next part of what this device held before it was paired; None when all of it is up."""
        ...

    async def state_sent(self, taken: StateTaken) -> None:
        """The part that `next_state` gave last is up: goes on behind it, and keeps what was left out."""
        ...

    async def pending(self, most: int) -> tuple[Operation, ...]:
        """The earliest operations that the backend has not judged, at most `most`."""
        ...

    async def waiting(self) -> int:
        """How many operations the backend has not judged."""
        ...

    async def acknowledge(self, pushed: Pushed) -> None:
        """Notes the backend's words."""
        ...

    async def cursor(self, scope: str) -> int:
        """How far a scope was pulled."""
        ...

    async def apply(self, page: Page) -> None:
        """Takes a page and moves the cursor with it; a long page may go in several transactions."""
        ...

    async def horizon(self, scope: str) -> int:
        """The horizon that the last page of a scope told; 0 where none came."""
        ...

    async def start_over(self) -> None:
        """Forgets how far everything was pulled: the server has dropped what this device never heard of."""
        ...

    async def let_go(self) -> None:
        """Where this device started over and everything came: what did not come goes, pending and refused work excepted."""
        ...


class Line(Protocol):
    """The way to the backend. Raises `Unreachable`, and `Unlawful` with the backend's code."""

    async def push(self, push: Push) -> Pushed: ...

    async def send_state(self, state: State) -> StateTaken: ...

    async def pull(self, scope: str, cursor: int, most: int, horizon: int = 0) -> Page: ...

    async def offer(self, manifest: Manifest) -> Offered: ...

    def pokes(self) -> AsyncIterator[Poke]: ...


class Backend(Line, Protocol):
    """All that a device asks of a backend. Raises as `Line`."""

    async def look(self, code: str) -> Looked: ...

    async def pair(self, asked: Pair) -> Paired: ...

    async def devices(self) -> Devices: ...

    async def code(self) -> NewCode: ...

    async def revoke(self, device: str) -> Devices: ...

    async def allow_deletes(self, device: str) -> Allowed: ...

    async def snapshot(self, shop: str) -> Snapshot: ...

    async def chunk(self, snapshot: str, n: int) -> bytes: ...

    async def close(self) -> None: ...
