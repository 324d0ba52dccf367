"""An event loop whose time passes only by sleeping: when nobody has anything to do, it is at once the time of who waits first.

Nothing outside is waited for, so a history depends on its seed alone: no wall clock, no sockets, no threads.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from desktop.database.lane import Urgency

R = TypeVar("R")


class Standstill(Exception):
    """Everybody waits for something that nobody will do."""


class VirtualLoop(asyncio.BaseEventLoop):
    """Runs callbacks in the order of their virtual time; `time` begins at 0 seconds."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._clock_resolution = 1e-6
        self._selector = self

    def time(self) -> float:
        return self._now

    def select(self, timeout: float | None) -> list[object]:
        """What the base asks a selector: there are no events; the time that it would have waited has passed."""
        if timeout is None:
            raise Standstill
        self._now += max(0.0, timeout)
        return []

    def _process_events(self, _events: list[object]) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """Nobody sleeps who would have to be woken."""


def run(story: Coroutine[Any, Any, R]) -> R:
    """Runs a story to its end in a loop of its own; what it left running is cancelled."""
    loop = VirtualLoop()
    try:
        return loop.run_until_complete(story)
    finally:
        loop.run_until_complete(_end(asyncio.all_tasks(loop)))
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


async def _end(tasks: set[asyncio.Task[Any]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class InlineLane:
    """A `desktop.database.lane.Lane` without a thread: a job runs where it is submitted, one after the other."""

    def __init__(self, _name: str) -> None:
        self._closed = False

    def submit(self, job: Any, _urgency: Urgency = Urgency.PERSON) -> Future[Any]:
        if self._closed:
            raise RuntimeError("the lane is closed")
        future: Future[Any] = Future()
        try:
            future.set_result(job())
        except Exception as error:  # noqa: BLE001 - handed to whoever waits
            future.set_exception(error)
        return future

    def has_waiting(self, urgency: Urgency) -> bool:
        return False

    def close(self) -> None:
        self._closed = True
