"""Backups by the clock while the program runs, and the reserve made again once there is room.

One worker thread does the copying; the event loop only waits. What was made or went wrong is handed to `report`, which the
shell shows; nothing here stops the counter.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from desktop.clock import Clock
from desktop.database.backup import Backup, Reason, back_up, list_backups, read_mark
from desktop.database.backup_plan import close_due, hourly_due
from desktop.database.opening import OpenPlace
from desktop.errors import PultError

#: Seconds between two looks at whether a backup is due.
INTERVAL = 300.0


class BackupService:
    """Makes the hourly backup when something changed, and the one at the close of the day when asked."""

    def __init__(
        self,
        opened: OpenPlace,
        clock: Clock,
        report: Callable[[Backup | PultError], None],
        *,
        interval: float = INTERVAL,
    ) -> None:
        """`interval`: seconds between two looks. `report` is called in the event loop."""
        self._opened = opened
        self._clock = clock
        self._report = report
        self._interval = interval
        self._stopping = threading.Event()
        self._executor: ThreadPoolExecutor | None = None
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to look every `interval` seconds, the first time at once."""
        self._stopping.clear()
        self._executor = ThreadPoolExecutor(1, thread_name_prefix="backup")
        self._task = asyncio.get_running_loop().create_task(self._run(), name="backups")

    async def back_up_at_close(self) -> Backup | None:
        """The backup of the day's close; None when the last one already holds this state. Raises as `back_up`."""
        return await self._in_worker(lambda: self._work(close=True))

    async def shutdown(self) -> None:
        """Breaks off a backup in the making (nothing of it is left) and ends the worker thread."""
        self._stopping.set()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        if self._executor is not None:
            executor, self._executor = self._executor, None
            executor.shutdown(wait=True)

    async def _run(self) -> None:
        while True:
            try:
                made = await self._in_worker(lambda: self._work(close=False))
                if made is not None:
                    self._report(made)
            except PultError as error:
                self._report(error)
            await asyncio.sleep(self._interval)

    async def _in_worker(self, work: Callable[[], Backup | None]) -> Backup | None:
        if self._executor is None:
            raise RuntimeError("the backup service has not been started")
        return await asyncio.get_running_loop().run_in_executor(self._executor, work)

    def _work(self, *, close: bool) -> Backup | None:
        """In the worker thread: the reserve, then the backup if it is due."""
        opened, now = self._opened, self._clock.now()
        opened.reserve.ensure()
        mark = read_mark(opened.place, opened.key)
        made_at, last_mark = self._last()
        due = close_due(last_mark, mark) if close else hourly_due(made_at, last_mark, now, mark)
        if not due:
            return None
        return back_up(
            opened.place,
            opened.key,
            opened.key_file,
            Reason.CLOSE if close else Reason.HOURLY,
            now,
            zone=opened.database.desk.zone,
            cancelled=self._stopping.is_set,
        )

    def _last(self) -> tuple[datetime | None, str | None]:
        made = list_backups(self._opened.place)
        return (made[-1].facts.made_at, made[-1].facts.mark) if made else (None, None)
