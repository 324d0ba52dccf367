"""Keeps the tasks that views start: errors are reported, and closing cancels what is still on its way."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any


class Tasks:
    """The tasks of one window. `report` gets the exception of a task that failed. `closed`: nothing may be started any more."""

    def __init__(self, report: Callable[[BaseException], None]) -> None:
        self._report = report
        self._running: set[asyncio.Task[Any]] = set()
        self.closed = False

    def spawn(self, work: Coroutine[Any, Any, Any]) -> asyncio.Task[Any]:
        """Starts work on the running loop and keeps it until it ends; after the shutdown it is cancelled before its first step."""
        task = asyncio.get_event_loop().create_task(work)
        if self.closed:  # a timer or a change that came late
            task.cancel()
        self._running.add(task)
        task.add_done_callback(self._ended)
        return task

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._running.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._report(error)

    async def shutdown(self) -> None:
        """Cancels what is on its way and waits for it."""
        self.closed = True
        running = list(self._running)
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
