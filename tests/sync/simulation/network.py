"""The network of a history: what is sent arrives late, twice, much later than anybody waits for it, or never; and so does the answer.

A request goes on without the program that sent it: what has left a desk that dies may still arrive.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import msgspec

from sync.client.ports import Unreachable
from sync.manifest import Manifest
from sync.snapshot import Snapshot
from sync.wire import Offered, Page, Poke, Push, Pushed, State, StateTaken
from tests.sync.simulation.backend import VirtualBackend, error_of
from tests.sync.simulation.dice import Moments

PATIENCE = 10.0


@dataclass
class Weather:
    """How bad it is: chances from 0 to 1; `latency`: mean seconds of a way."""

    latency: float = 0.05
    lost: float = 0.0
    answer_lost: float = 0.0
    twice: float = 0.0
    overdue: float = 0.0


CALM = Weather()


class Network:
    """`cut` holds the devices that reach nobody. `violations`: what a repeated request must not have done."""

    def __init__(self, loop: asyncio.AbstractEventLoop, backend: VirtualBackend) -> None:
        self._loop, self.backend = loop, backend
        self.weather = CALM
        self.cut: set[str] = set()
        self.up = True
        self.requests = 0
        self.violations: list[Exception] = []

    async def request(self, device: str, dice: random.Random, call: Callable[[], Any]) -> Any:
        """Sends a request and waits for its answer. Raises `Unreachable`, and `Unlawful` of the backend."""
        weather = self.weather
        self.requests += 1
        answer: asyncio.Future[Any] = self._loop.create_future()
        draws = [dice.random() for _ in range(4)]
        there = self.way(dice)
        if draws[0] < weather.overdue:
            there += PATIENCE * (1 + 5 * dice.random())
        if draws[1] < weather.twice:
            self._loop.call_later(there + PATIENCE * dice.random(), self._arrive, device, call, None, 0.0)
        back = self.way(dice) if draws[2] >= weather.answer_lost else PATIENCE * 100
        if draws[3] >= weather.lost and device not in self.cut:
            self._loop.call_later(there, self._arrive, device, call, answer, back)
        try:
            async with asyncio.timeout(PATIENCE):
                found = await answer
        except TimeoutError:
            raise Unreachable("no answer") from None
        if isinstance(found, Exception):
            raise found
        return found

    def way(self, dice: random.Random) -> float:
        """How long something is on its way."""
        return dice.expovariate(1 / self.weather.latency)

    def reaches(self, device: str) -> bool:
        return self.up and device not in self.cut

    def _arrive(self, device: str, call: Callable[[], Any], answer: asyncio.Future[Any] | None, back: float) -> None:
        if not self.reaches(device):
            return
        try:
            found = error_of(call)
        except Exception as error:  # noqa: BLE001 - a server that fails is a finding, not the end of the loop
            self.violations.append(error)
            return
        if answer is not None:
            self._loop.call_later(back, _settle, answer, found)


class VirtualLine:
    """A `sync.client.ports.Line` of one desk. What it sends and gets goes through the form of the wire.

    `moments` are its own: whom a server tells first of those that listen is nobody's to decide.
    """

    def __init__(self, network: Network, device: str, moments: Moments, told: Callable[[str], None]) -> None:
        self._network, self._device, self._moments, self._told = network, device, moments, told

    async def _request(self, what: str, call: Callable[[], Any]) -> Any:
        return await self._network.request(self._device, self._moments.at(what), call)

    async def push(self, push: Push) -> Pushed:
        sent = msgspec.json.encode(push)
        numbers = f"{push.operations[0].n}-{push.operations[-1].n}"

        def call() -> bytes:
            got = msgspec.json.decode(sent, type=Push)
            return msgspec.json.encode(self._network.backend.push(self._device, got))

        self._told(f"push {numbers}")
        answer = msgspec.json.decode(await self._request("push", call), type=Pushed)
        self._told(f"pushed {answer.last} {[one.outcome.value for one in answer.verdicts]}")
        return answer

    async def pull(self, scope: str, cursor: int, most: int, horizon: int = 0) -> Page:
        def call() -> bytes:
            return msgspec.json.encode(self._network.backend.pull(self._device, scope, cursor, most, horizon))

        page = msgspec.json.decode(await self._request(f"pull {scope}", call), type=Page)
        self._told(f"pulled {scope[-4:]} {cursor}-{page.cursor} {len(page.rows)} {page.more}")
        return page

    async def offer(self, manifest: Manifest) -> Offered:
        sent = msgspec.json.encode(manifest)

        def call() -> bytes:
            return msgspec.json.encode(
                self._network.backend.offer(self._device, msgspec.json.decode(sent, type=Manifest))
            )

        self._told(f"offers manifest {manifest.version}")
        return msgspec.json.decode(await self._request("offer", call), type=Offered)

    async def send_state(self, state: State) -> StateTaken:
        sent = msgspec.json.encode(state)

        def call() -> bytes:
            got = msgspec.json.decode(sent, type=State)
            return msgspec.json.encode(self._network.backend.take_state(self._device, got))

        self._told(f"sends state {len(state.rows)}")
        answer = msgspec.json.decode(await self._request("state", call), type=StateTaken)
        self._told(f"sent state {len(answer.lost)} {sorted(one.code for one in answer.notes)}")
        return answer

    async def snapshot(self, shop: str) -> Snapshot:
        def call() -> bytes:
            return msgspec.json.encode(self._network.backend.snapshot(self._device, shop))

        self._told("asks for a snapshot")
        return msgspec.json.decode(await self._request("snapshot", call), type=Snapshot)

    async def chunk(self, snapshot: str, n: int) -> bytes:
        found: bytes = await self._request(f"chunk {n}", lambda: self._network.backend.chunk(self._device, snapshot, n))
        self._told(f"got part {n}")
        return found

    async def pokes(self) -> AsyncIterator[Poke]:
        """A stream that breaks with the line; a desk that is cut off notices it by the silence."""
        listening = await self._request("listen", lambda: self._network.backend.listen(self._device))
        async for poke in listening:
            if not self._network.reaches(self._device):
                break
            if poke is not None:
                await asyncio.sleep(self._network.way(self._moments.at("poke")))
                yield poke
        raise Unreachable("the stream ended")


def _settle(answer: asyncio.Future[Any], found: Any) -> None:
    if not answer.done():
        answer.set_result(found)
