"""What goes wrong in a history while people work: lines, processes, files and clocks."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

from tests.sync.simulation.desk import VirtualDesk
from tests.sync.simulation.newer import NEWER

if TYPE_CHECKING:
    from tests.sync.simulation.history import History

DAYS: Final = 10 * 86_400.0


class Faults:
    """What goes wrong while people work."""

    def __init__(self, history: History) -> None:
        self._history, self.dice = history, history.dice
        self._images: dict[str, bytes] = {}
        self._kinds: tuple[Callable[[], Any], ...] = (
            self._cut, self._cut, self._join, self._join, self._crash, self._fuse, self._fuse, self._fuse, self._clock,
            self._backend_down, self._backend_dies, self._back_up, self._back_up, self._restore, self._clone,
        )  # fmt: skip

    async def happen(self) -> str:
        found = self.dice.choice(self._kinds)()
        return str(await found if asyncio.iscoroutine(found) else found)

    def _some(self) -> VirtualDesk:
        return self.dice.choice(self._history.desks)

    def _cut(self) -> str:
        desk = self._some()
        self._history.network.cut.add(desk.device)
        return f"{desk.name} is cut off"

    def _join(self) -> str:
        self._history.network.cut.clear()
        return "all are joined"

    async def _crash(self) -> str:
        desk = self._some()
        await self._history.restart(desk)
        return f"{desk.name} crashed"

    def _fuse(self) -> str:
        """It dies in the middle of what it does next, right after a commit, or while it takes what a pull brought."""
        desk = self._some()
        if self.dice.random() < 0.3:
            desk.fuse.page = self.dice.randrange(2)
            return f"{desk.name} has {desk.fuse.page} commits left from its next page on"
        if self.dice.random() < 0.5:
            desk.fuse.commits = self.dice.randrange(4)
            return f"{desk.name} has {desk.fuse.commits} commits left"
        desk.fuse.left = self.dice.choice((0, self.dice.randrange(8), self.dice.randrange(60)))
        return f"{desk.name} has {desk.fuse.left} statements left"

    def _clock(self) -> str:
        desk = self._some()
        desk.clock.offset = self.dice.choice((0.0, desk.clock.offset - 3_600, DAYS, self.dice.uniform(-DAYS, DAYS)))
        return f"the clock of {desk.name} is off {desk.clock.offset:.3f}"

    async def _backend_down(self) -> str:
        self._history.network.up = False
        self._history.backend.restart()
        await asyncio.sleep(self.dice.uniform(0, 30))
        self._history.network.up = True
        return "the backend was started again"

    def _backend_dies(self) -> str:
        self._history._dying = True
        return "the backend dies in the next push"

    def _back_up(self) -> str:
        desk = self._some()
        if desk.alone:  # its file would know nothing of the pairing
            return "nothing is backed up"
        self._images[desk.name] = desk.image()
        return f"{desk.name} is backed up"

    async def _restore(self) -> str:
        desk, history = self._some(), self._history
        image = self._images.get(desk.name)
        if image is None or desk.device in history.cloned or history.restored:
            return "nothing is put back"
        history.restored.add(desk.name)
        await history.restart(desk, image)
        return f"{desk.name} is put back"

    def _clone(self) -> str:
        desk, history = self._some(), self._history
        if history.cloned or desk.alone or desk.name in history.restored or self.dice.random() < 0.5:
            return "nothing is copied"
        history.cloned.add(desk.device)
        clone = history.opened(f"{desk.name}copy", desk.image(), desk.schema is NEWER, desk.clock.offset)
        clone.since = desk.since
        history.desks.append(clone)
        history.start(clone)
        return f"{desk.name} is copied"
