"""How many conflicts wait, kept true for the rail."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QWidget

from desktop.access import Permission
from desktop.sharing.conflicts import TABLES, count_conflicts
from desktop.shell.context import ViewContext


class ConflictBadge:
    """Counts anew a moment after something changed that can make or settle a conflict, and tells `show`."""

    def __init__(self, context: ViewContext, owner: QWidget, show: Callable[[int], None]) -> None:
        self._context, self._show = context, show
        self._wait = QTimer(owner, singleShot=True, interval=200)
        self._wait.timeout.connect(lambda: context.spawn(self._count()))
        context.changed.connect(self._changed)

    def look(self) -> None:
        """Counts a moment later, once."""
        self._wait.start()

    def stop(self) -> None:
        """Another person comes: this one's count is no longer asked for."""
        self._context.changed.disconnect(self._changed)
        self._wait.stop()

    def _changed(self, changes: object) -> None:
        name = str(getattr(changes, "name", ""))
        if name == "sales.check_out":
            return  # a bill that was charged is refused here: the second receipt comes from elsewhere
        if TABLES & set(getattr(changes, "rows", {})) or name.startswith("sync."):
            self.look()

    async def _count(self) -> None:
        if self._context.may(Permission.BOOK):
            self._show(await self._context.read(count_conflicts))
