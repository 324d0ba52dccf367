"""A desk of a history: a file, a clock, and a program that runs on them until it dies."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, TypeVar
from unittest.mock import patch
from uuid import UUID

from sqlalchemy import Connection, event

from desktop.access import Actor
from desktop.appointments import undo as appointments
from desktop.clock import Clock
from desktop.database.connection import make_engine
from desktop.database.database import Database
from desktop.database.schema import Schema
from desktop.database.state import begin_pairing, paired
from desktop.sales import undo as sales
from desktop.services.replica import DeskReplica
from sync.client.bootstrap import Bootstrap
from sync.client.engine import Condition, Engine, Standing
from sync.wire import Page, Pair, Pushed
from tests.desk import KEY
from tests.sync.backend import TENANT
from tests.sync.simulation.backend import VirtualBackend
from tests.sync.simulation.dice import Moments
from tests.sync.simulation.network import Network, VirtualLine
from tests.sync.simulation.turn import Compiled, DeskClock, Turn

R = TypeVar("R")
_COMPILED: Final = Compiled()
PERIOD: Final = 90.0


class Death(BaseException):
    """The program ends at once, as if it were killed: what was not committed is gone."""


class Fuse:
    """Kills the program when it has run some more statements (`left`), or before it commits once more after some (`commits`); 0: the
    next one, None: not at all. `page`: the commits are counted from the next page on that brings rows. `killed` is told."""

    def __init__(self, killed: Callable[[], None]) -> None:
        self.left: int | None = None
        self.commits: int | None = None
        self.page: int | None = None
        self._killed = killed

    def disarm(self) -> None:
        self.left = self.commits = self.page = None

    def light(self, page: Page) -> None:
        """A page came."""
        if self.page is not None and page.rows:
            self.commits, self.page = self.page, None

    def commit(self, *_args: Any) -> None:
        """Before each commit of something that was written."""
        if self.commits is not None:
            self.commits -= 1
            if self.commits < 0:
                self.commits = None
                self._killed()
                raise Death

    def burn(self, *_args: Any) -> None:
        if self.left is None:
            return
        if self.left <= 0:
            self.left = None
            self._killed()
            raise Death
        self.left -= 1


class VirtualDatabase(Database):
    """A database that one thread reads and writes through one connection, without waiting for the disk: both cost a short history more
    than all else. Salts come from the dice."""

    def __init__(self, path: Path, schema: Schema, clock: Clock, dice: random.Random, fuse: Fuse) -> None:
        self._dice, self._fuse = dice, fuse
        super().__init__(path, KEY, schema, clock)

    def _open_writer(self, path: Path, key: bytes) -> Any:
        desk, door, engine = super()._open_writer(path, key)
        _COMPILED.lend(engine)
        raw: Any = engine.raw_connection()
        self._raw = raw.driver_connection
        self._raw.execute("PRAGMA synchronous = OFF").fetchall()
        self._raw.create_function("randomblob", 1, self._dice.randbytes)
        event.listen(engine, "before_cursor_execute", self._fuse.burn)
        event.listen(engine, "commit", self._fuse.commit)
        return desk, door, engine

    def _open_reader(self, path: Path, key: bytes) -> Any:
        engine = make_engine(self._raw, writes=False)
        _COMPILED.lend(engine)
        return engine

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        """What a query gives."""
        return [tuple(row) for row in self._raw.execute(query, values)]


class WatchedReplica(DeskReplica):
    """Tells of every page that was taken, and may die right after a commit."""

    def __init__(self, database: Database, taken: Callable[[Page], None], fuse: Fuse) -> None:
        super().__init__(database)
        self._taken, self._fuse = taken, fuse

    async def acknowledge(self, pushed: Pushed) -> None:
        await super().acknowledge(pushed)
        self._fuse.burn()

    async def apply(self, page: Page) -> None:
        self._fuse.light(page)
        await super().apply(page)
        self._taken(page)
        self._fuse.burn()


class VirtualDesk:
    """One desk. `ids` are the dice of its ids and salts, `moments` those of its waits and its line; `watch` is told after each page;
    `told` gets lines for the trace."""

    def __init__(
        self,
        name: str,
        path: Path,
        schema: Schema,
        actor: Actor,
        clock: DeskClock,
        ids: random.Random,
        moments: Moments,
        told: Callable[[str], None],
        watch: Callable[[VirtualDesk, Page], None],
    ) -> None:
        self.name, self.path, self.schema, self.clock = name, path, schema, clock
        self._ids, self._moments, self._told, self._watch = ids, moments, told, watch
        self.actor = actor
        self.fuse = Fuse(self._fall)
        self.engine: Engine | None = None
        #: The number of the operation up to which everything goes up as state; None while the desk works alone.
        self.since: int | None = 0
        #: What the engine met that nobody had foreseen.
        self.bugs: list[Exception] = []
        self.open()

    def open(self) -> None:
        """A new process: nothing is remembered but what the file holds."""
        self.turn = Turn(self._ids, self.clock)
        self.fuse.disarm()
        self._fallen = False
        self.database = VirtualDatabase(self.path, self.schema, self.clock, self._ids, self.fuse)
        self.device = self.database.desk.device.hex
        self.shop = self.database.desk.shop
        self.replica = WatchedReplica(self.database, lambda page: self._watch(self, page), self.fuse)

    def pair(self, backend: VirtualBackend) -> None:
        """A person types a code in: from now on the desk shares. Until then it works alone."""
        self.fuse.disarm()
        n, digest = self._alone(lambda connection: begin_pairing(connection, UUID(hex=self.device)))
        manifest, own = self.replica.manifest, self.database.desk
        asked = Pair(
            "", self.device, "0" * 64, self.name, own.tenant.hex, True, own.shop.hex, "Trgovina", n, digest, manifest
        )
        answer = backend.pair(asked)
        self._alone(lambda connection: paired(connection, answer.n, answer.server_key))
        self.since = answer.n

    def _alone(self, body: Callable[[Connection], R]) -> R:
        def job(engine: Any) -> R:
            with engine.begin() as connection:
                return body(connection)

        return self.database.run_on_writer(job).result()

    def start(self, network: Network, seconds: Callable[[], float]) -> None:
        line = VirtualLine(network, self.device, self._moments, lambda line: self._told(f"{self.name} {line}"))
        self.engine = Engine(
            self.replica,
            line,
            clock=seconds,
            jitter=lambda: self._moments.at("wait").random(),
            on_standing=self._tell,
            period=PERIOD,
            bootstrap=Bootstrap(self.replica, line, TENANT, self.shop.hex),
        )
        self.engine.start()

    def _tell(self, standing: Standing) -> None:
        self._told(f"{self.name} {standing.condition.value} {standing.pending} {standing.code}")
        error = sys.exc_info()[1]
        if standing.code == "broken" and isinstance(error, Exception):
            self.bugs.append(error)

    @property
    def alone(self) -> bool:
        """Whether the desk has not been paired yet."""
        return self.since is None

    @property
    def uploading(self) -> bool:
        """Whether what it held before it was paired is on its way."""
        return bool(self.database.rows("SELECT 1 FROM sync_upload"))

    @property
    def standing(self) -> Standing:
        return Standing(Condition.STARTING) if self.engine is None else self.engine.standing

    @property
    def stopped(self) -> str | None:
        """Why the engine stopped for good, None while it runs."""
        return self.standing.code if self.standing.condition is Condition.STOPPED else None

    @property
    def dead(self) -> bool:
        """Whether the program died on its own, by its fuse. Raises what else ended it."""
        for task in self.engine._tasks if self.engine is not None else ():
            error = task.exception() if task.done() and not task.cancelled() else None
            if isinstance(error, Exception):
                raise error
        return self._fallen

    def wake(self) -> None:
        if self.engine is not None:
            self.engine.wake()

    def _fall(self) -> None:
        """Nothing of the program runs on."""
        self._fallen = True
        if self.engine is not None:
            for task in self.engine._tasks:
                task.cancel()

    async def die(self) -> None:
        """The process ends wherever it is."""
        if self.engine is not None:
            await self.engine.shutdown()
        self.database.close()

    def write(self, use_case: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        """Runs a use case of a person at this desk."""
        with patch("desktop.ids._source", self.turn), patch.multiple("desktop.ids", time=self.turn, secrets=self.turn):
            return self.database.write_now(self.actor, use_case, *args, **kwargs)

    def undo(self, operation: UUID) -> None:
        """Takes back an operation, by the rules of the program."""
        rules = {**appointments.RULES, **sales.RULES}
        with patch("desktop.ids._source", self.turn), patch.multiple("desktop.ids", time=self.turn, secrets=self.turn):
            self.database.undo_now(self.actor, operation, rules)

    def read(self, use_case: Callable[..., R], *args: Any) -> R:
        return self.database.read_now(self.actor, use_case, *args)

    def image(self) -> bytes:
        """The file as a backup has it now."""
        self.database.rows("PRAGMA wal_checkpoint(TRUNCATE)")
        return self.path.read_bytes()

    def ids(self, table: str) -> list[bytes]:
        """Rows of a table that are not deleted, in a fixed order."""
        return [row[0] for row in self.database.rows(f'SELECT id FROM "{table}" WHERE deleted_at IS NULL ORDER BY id')]

    def last_operation(self) -> tuple[str, int, int]:
        """Id, number and clock of the last operation of this device; ("", 0, 0) when there is none."""
        found = self.database.rows(
            "SELECT id, n, clock FROM operation WHERE device = ? ORDER BY n DESC LIMIT 1", bytes.fromhex(self.device)
        )
        return (found[0][0].hex(), found[0][1], found[0][2]) if found else ("", 0, 0)

    def own_operations(self) -> set[str]:
        """Ids of what this device wrote since it was paired, as its file has it: what it has to push."""
        query = "SELECT id FROM operation WHERE device = ? AND n > ?"
        return {row[0].hex() for row in self.database.rows(query, bytes.fromhex(self.device), self.since or 0)}

    def operations_alone(self) -> set[str]:
        """Ids of what this device wrote before it was paired: what goes up as state."""
        query = "SELECT id FROM operation WHERE device = ? AND n <= ?"
        return {row[0].hex() for row in self.database.rows(query, bytes.fromhex(self.device), self.since or 0)}

    def query(self, body: Callable[[Connection], Mapping[str, Any] | list[Any]]) -> Any:
        """Runs reading SQL on a connection of SQLAlchemy."""

        def job(engine: Any) -> Any:
            with engine.connect() as connection:
                return body(connection)

        return self.database.run_on_reader(job).result()
