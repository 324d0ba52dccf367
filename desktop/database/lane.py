"""A lane: one thread that runs jobs in the order of their urgency, then of their arrival.

What a person waits for overtakes work in the background; work in the background therefore comes in slices of at most 20 ms.
"""

from __future__ import annotations

import itertools
import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from enum import IntEnum
from typing import TypeVar

R = TypeVar("R")


class Urgency(IntEnum):
    PERSON = 0
    SERVICE = 1
    BACKGROUND = 2
    STOP = 3


class Lane:
    """One named worker thread; jobs submitted after `close` are refused with `RuntimeError`."""

    def __init__(self, name: str) -> None:
        self._jobs: queue.PriorityQueue[tuple[int, int, Callable[[], None] | None]] = queue.PriorityQueue()
        self._order = itertools.count()
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def submit(self, job: Callable[[], R], urgency: Urgency = Urgency.PERSON) -> Future[R]:
        """Queues a job; its result or exception comes with the future. Cancelling a running job does not stop it."""
        if self._closed:
            raise RuntimeError("the lane is closed")
        future: Future[R] = Future()

        def run() -> None:
            if not future.set_running_or_notify_cancel():
                return
            try:
                result = job()
            except BaseException as error:  # noqa: BLE001 - handed to whoever waits
                future.set_exception(error)
            else:
                future.set_result(result)

        self._jobs.put((urgency, next(self._order), run))
        return future

    def has_waiting(self, urgency: Urgency) -> bool:
        """Whether a job that is more urgent than `urgency` waits."""
        with self._jobs.mutex:
            return bool(self._jobs.queue) and self._jobs.queue[0][0] < urgency

    def close(self) -> None:
        """Runs what is queued, then ends the thread and waits for it."""
        if not self._closed:
            self._closed = True
            self._jobs.put((Urgency.STOP, next(self._order), None))
        self._thread.join()

    def _run(self) -> None:
        while True:
            _, _, job = self._jobs.get()
            if job is None:
                return
            job()
