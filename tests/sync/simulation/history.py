"""One history: a salon, its people, its network and everything that goes wrong, all of it decided by one seed."""

from __future__ import annotations

import asyncio
import hashlib
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from desktop.schema import SCHEMA
from sync.client.engine import Condition
from sync.manifest import DataClass
from sync.wire import Page
from tests.sync.salon_of_desks import new_file
from tests.sync.simulation.backend import Violation, VirtualBackend
from tests.sync.simulation.desk import Death, VirtualDesk
from tests.sync.simulation.dice import Moments, dice
from tests.sync.simulation.faults import DAYS, Faults
from tests.sync.simulation.meant import Meant, fields_of
from tests.sync.simulation.network import CALM, Network, Weather
from tests.sync.simulation.newer import MANIFEST, NEWER
from tests.sync.simulation.people import People
from tests.sync.simulation.prepared import PLACES, Prepared, prepared
from tests.sync.simulation.turn import DeskClock, Turn, in_turn
from tests.sync.simulation.virtual_time import run

STEPS: Final = 24
#: Mean seconds from one step to the next: most often as busy as a bell tower, so that work crosses on its way; or so slowly that
#: clocks that are ahead are overtaken.
BETWEEN: Final = (6.0, 6.0, 6.0, 6.0, 45.0)
#: How long it may take, in virtual seconds, until all agree after the last fault is over.
BOUND: Final = 1_200.0
#: More than any history needs: somebody asks for ever.
MOST_REQUESTS: Final = 2_000


class History:
    """Plays one seed. `trace`: what happened, line by line; the same for the same seed."""

    def __init__(self, seed: int, folder: Path, loop: asyncio.AbstractEventLoop) -> None:
        self.seed, self._folder, self._loop = seed, folder, loop
        self.dice = dice(seed, "salon")
        self.salon: Prepared = prepared()
        self.trace: list[str] = []
        self.meant = Meant()
        self.violations: list[Exception] = []
        #: Desks whose file was put back or copied, and devices of which two programs may be at work.
        self.restored: set[str] = set()
        self.cloned: set[str] = set()
        self._loop.set_exception_handler(lambda _loop, context: self._failed(context))
        mixed = self.dice.random() < 0.4
        page = self.dice.choice((1, 3, 20, 2_000, 2_000))
        #: "moved": to a new server, where each desk is paired at its own time; "alone": the salon's only desk is paired late.
        self.kind = self.dice.choice(("shared",) * 6 + ("moved",) * 2 + ("alone",))
        tables = self.salon.backend if self.kind == "shared" else self.salon.empty
        self.backend = VirtualBackend(tables, loop.time, page, self._backend_dies)
        self._dying = False
        self.network = Network(loop, self.backend)
        many = 1 if self.kind == "alone" else self.dice.choice((2, 2, 2, 3, 3, 4, 5))
        chosen = sorted(self.dice.sample(range(len(PLACES)), many))
        self._newcomers = [*self.salon.newcomers][: self.dice.choice((0, 0, 1)) if self.kind != "alone" else 2]
        #: Clocks that are all behind: then edits are told apart by the counter of their clocks, and by the device.
        self._behind = -DAYS * self.dice.random() if self.dice.random() < 0.2 else 0.0
        self.desks = [self._desk(n, mixed and self.dice.random() < 0.5) for n in chosen]
        self.people = People(self.salon, self.dice, self.meant)

    def _desk(self, n: int, newer: bool) -> VirtualDesk:
        image = (self.salon.newer_files if newer else self.salon.files)[n]
        offset = self.dice.choice((0.0, 0.0, self.dice.uniform(-90, 90), self.dice.uniform(-DAYS, DAYS)))
        desk = self.opened(f"desk{n}", image, newer, self._behind or offset)
        if self.kind != "shared":
            desk.since = None
        return desk

    def opened(self, name: str, image: bytes, newer: bool, offset: float) -> VirtualDesk:
        """A program that begins to run on a file of its own."""
        path = self._folder / f"{name}.db"
        path.write_bytes(image)
        clock, moments = DeskClock(self._loop.time, offset), Moments(self._loop.time, self.seed, name)
        self.say(f"{name} newer={newer} off {offset:.3f}")
        ids = dice(self.seed, name, "ids")
        schema = NEWER if newer else SCHEMA
        return VirtualDesk(name, path, schema, self.salon.owner, clock, ids, moments, self.say, self._seen)

    def say(self, line: str) -> None:
        self.trace.append(f"{self._loop.time():.6f} {line}")

    def _failed(self, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if not isinstance(error, Death):
            self.violations.append(error if isinstance(error, Exception) else Violation(context["message"]))

    def _backend_dies(self) -> bool:
        dying, self._dying = self._dying, False
        return dying

    async def play(self) -> None:
        """The whole history, up to where everybody has come to rest."""
        for desk in self.desks:
            if not desk.alone:
                self.start(desk)
        weather: list[float] = [self.dice.choice((0.0, 0.05, 0.25, 0.4)) for _ in range(4)]
        self.network.weather = Weather(self.dice.choice((0.02, 0.5, 3.0)), *weather)
        faults, between = Faults(self), self.dice.choice(BETWEEN)
        for step in range(STEPS):
            self._throw(faults, step)
            await asyncio.sleep(self.dice.expovariate(1 / between))
            await self.wake_the_dead()
            self.pair_some(0.15)
            self.let_join(0.3 if self.kind == "alone" else 0.1)
            if self.dice.random() < 0.25:
                self.say(await faults.happen())
            else:
                await self.somebody_works(self.dice.choice(self.desks))
        await self.heal()
        await self.rest()

    def _throw(self, faults: Faults, step: int) -> None:
        """Dice for this step alone: what came of the steps before does not change what is thrown."""
        self.dice = self.people.dice = faults.dice = dice(self.seed, "step", step)

    def pair_some(self, chance: float) -> None:
        """Desks that work alone are paired, some of them; the first one brings the salon."""
        for desk in self.desks:
            if desk.alone and self.dice.random() < chance:
                self._dying = False  # somebody stands there until it has gone well
                desk.pair(self.backend)
                self.say(f"{desk.name} is paired behind {desk.since}")
                self.start(desk)

    def let_join(self, chance: float) -> None:
        """A new device comes to the salon, perhaps, as soon as it is on the server."""
        if not self._newcomers or self.dice.random() >= chance or all(desk.alone for desk in self.desks):
            return
        device, shop = self._newcomers.pop(), self.dice.choice(self.salon.shops)
        path = self._folder / f"{device.hex}.new"
        new_file(path, self.salon.tenant, shop, device)
        desk = self.opened(f"new{len(self._newcomers)}", path.read_bytes(), False, 0.0)
        self._dying = False
        desk.pair(self.backend)
        self.desks.append(desk)
        self.start(desk)

    async def somebody_works(self, desk: VirtualDesk) -> None:
        if not self.people.know(desk):
            self.say(f"{desk.name} is empty")
            return
        try:
            self.say(f"{desk.name} {self.people.act(desk)}")
        except Death:
            self.say(f"{desk.name} died at work")
            await self.restart(desk)
        if self.dice.random() < 0.6:
            desk.wake()

    def start(self, desk: VirtualDesk) -> None:
        desk.start(self.network, self._loop.time)

    async def restart(self, desk: VirtualDesk, image: bytes | None = None) -> None:
        """The process ends and a new one begins, on another state of the file if there is one."""
        await desk.die()
        if image is not None:
            for path in self._folder.glob(f"{desk.path.name}*"):
                path.unlink()
            desk.path.write_bytes(image)
        desk.open()
        if not desk.alone:
            self.start(desk)

    async def wake_the_dead(self) -> None:
        for desk in self.desks:
            if desk.dead:
                self.say(f"{desk.name} is started again")
                await self.restart(desk)

    async def heal(self) -> None:
        """The faults are over; whoever was put back or copied works on, as people do who notice nothing."""
        self.network.weather, self.network.up, self._dying = CALM, True, False
        self.network.cut.clear()
        for desk in self.desks:
            desk.fuse.disarm()
        await self.wake_the_dead()
        self.pair_some(1.0)
        for desk in self.desks:
            if desk.name in self.restored or desk.device in self.cloned:
                (self.people.edit if self.people.know(desk) else self.people.setting)(desk)
        self.say("healed")

    async def rest(self) -> None:
        """Until all agree. Raises `Violation` when that takes longer than it may."""
        end = self._loop.time() + BOUND
        while not all(desk.stopped or self._agreed(desk) for desk in self.desks):
            if self._loop.time() > end or self.network.requests > MOST_REQUESTS:
                stuck = [desk.name for desk in self.desks if not desk.stopped and not self._agreed(desk)]
                raise Violation(f"stuck: {stuck}")
            self.require_none_failed()
            await asyncio.sleep(10)
            await self.wake_the_dead()
        self.say("at rest")

    def require_none_failed(self) -> None:
        """Raises `Violation` for the first thing that went wrong on its own."""
        bugs = [bug for desk in self.desks for bug in desk.bugs]
        for error in (*self.violations, *self.network.violations, *bugs):
            raise error if isinstance(error, Violation) else Violation(repr(error)) from error

    def arrived(self) -> set[str]:
        """Operations that the backend has: it judged them, or what was left of them came as state."""
        return {
            *self.backend.judged,
            *self.backend.uploaded,
            *(one for desk in self.desks for one in desk.operations_alone()),
        }

    def _agreed(self, desk: VirtualDesk) -> bool:
        """Everything is judged and everything is pulled, and the status light says so."""
        standing, counters = desk.standing, self.backend.counters()
        cursors = dict(desk.database.rows("SELECT scope, cursor FROM sync_cursor"))
        return (
            standing.condition is Condition.AGREED
            and standing.pending == 0
            and not desk.database.rows("SELECT 1 FROM sync_snapshot")
            and desk.own_operations() <= self.backend.judged.keys()
            and all(cursors.get(scope, 0) == counters.get(scope, 0) for scope in ("", desk.shop.hex))
        )

    def _seen(self, desk: VirtualDesk, page: Page) -> None:
        """After each page: what this desk wrote and the backend has not judged is seen, unless somebody wrote later."""
        acknowledged = dict(desk.database.rows("SELECT name, value FROM sync_progress")).get("acknowledged", 0)
        pending = self.meant.pending(desk.device, max(acknowledged, page.judged))
        for row in page.rows:
            for (table, identity, unit), edit in pending.items():
                if (table, identity) != (row.collection, row.row) or edit.operation not in desk.own_operations():
                    continue
                stamp = row.stamps.get(unit, row.stamps["*"])
                names = ", ".join(fields_of(table, unit))
                [shown] = desk.database.rows(f'SELECT {names} FROM "{table}" WHERE id = ?', bytes.fromhex(identity))
                if (edit.clock, edit.device, edit.operation) > tuple(stamp) and shown != edit.value:
                    self.violations.append(Violation(f"{desk.name}: a pull took {edit} away and shows {shown}"))

    def close(self) -> None:
        for desk in self.desks:
            desk.database.close()
        self.backend.close()


@dataclass(frozen=True, slots=True)
class Played:
    """What came of a history."""

    trace: tuple[str, ...]
    digest: str


def told(rows: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """What stands at the end, without what is written on receipts and in their journal: seals and ids there are others in each process."""
    ledgers = {one.name: one.hashed for one in MANIFEST.collections if one.data_class is DataClass.LEDGER}
    ledgers["member"] = True  # the salt of a PIN
    return {
        name: some if name not in ledgers else sorted(some) if ledgers[name] else len(some)
        for name, some in rows.items()
    }


def play(seed: int, check: Callable[[History], None]) -> Played:
    """Plays the history of a seed and checks its end. Raises `Violation`, or whatever the code under test raised."""

    async def story() -> Played:
        history = History(seed, Path(folder), asyncio.get_running_loop())
        try:
            await history.play()
            history.require_none_failed()
            check(history)
            rows = json.dumps(told(history.backend.rows()), sort_keys=True)
            digest = hashlib.sha256("\n".join([*history.trace, rows]).encode()).hexdigest()
            return Played(tuple(history.trace), digest)
        finally:
            for desk in history.desks:
                await desk.die()
            history.backend.close()

    prepared()
    turn = Turn(dice(seed, "turn"), DeskClock(lambda: 0.0))
    with tempfile.TemporaryDirectory(prefix="pult-history-") as folder, in_turn(turn):
        return run(story())
