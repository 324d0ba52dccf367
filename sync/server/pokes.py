"""Who listens for changes: each paired device may hold a stream open, and is told which scope moved and how far."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from typing import Final

from sync.wire import Poke

HEARTBEAT_SECONDS: Final = 20.0


class Pokes:
    """The listeners of this process, by tenant. Lives in the event loop."""

    def __init__(self) -> None:
        self._listeners: dict[str, set[_Listener]] = {}
        self._over = False

    @property
    def count(self) -> int:
        return sum(len(one) for one in self._listeners.values())

    def tenants(self) -> list[str]:
        """The tenants that somebody listens for."""
        return list(self._listeners)

    def tell(self, tenant: str, counters: Mapping[str, int]) -> None:
        """The counters of some scopes of a tenant as they stand now; who has heard of them is not woken again."""
        for listener in self._listeners.get(tenant, ()):
            listener.hear(counters)

    async def listen(self, tenant: str, counters: Mapping[str, int]) -> AsyncIterator[Poke | None]:
        """The moves of the scopes in `counters`, at first how they stand; None when it is time to show that the line lives."""
        listener = _Listener(set(counters))
        self._listeners.setdefault(tenant, set()).add(listener)
        listener.hear(counters)
        try:
            while not self._over:
                heard = await listener.next()
                if not heard and not self._over:
                    yield None
                for scope, seq in heard.items():
                    yield Poke(scope, seq)
        finally:
            listeners = self._listeners[tenant]
            listeners.discard(listener)
            if not listeners:
                del self._listeners[tenant]

    def shutdown(self) -> None:
        """Ends every stream."""
        self._over = True
        for listeners in self._listeners.values():
            for listener in listeners:
                listener.woken.set()


class _Listener:
    """One stream: what it has not been told yet."""

    def __init__(self, scopes: set[str]) -> None:
        self._scopes = scopes
        self._known: dict[str, int] = {}
        self._news: dict[str, int] = {}
        self.woken = asyncio.Event()

    def hear(self, counters: Mapping[str, int]) -> None:
        for scope in self._scopes & counters.keys():
            if counters[scope] > self._known.get(scope, -1):
                self._known[scope] = self._news[scope] = counters[scope]
                self.woken.set()

    async def next(self) -> dict[str, int]:
        """What is new; nothing after a while without news."""
        with suppress(TimeoutError):
            await asyncio.wait_for(self.woken.wait(), HEARTBEAT_SECONDS)
        self.woken.clear()
        news, self._news = self._news, {}
        return news
