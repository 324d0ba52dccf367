"""A desk on a real encrypted database, with a clock that tests set."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

import pytest
from sqlalchemy import Engine

from desktop.access import PERMISSIONS, Actor, Role
from desktop.database.database import Database
from desktop.database.door import Changes
from desktop.database.new_file import Stamp, make_file
from desktop.database.version import HEAD
from desktop.ids import new_id
from desktop.schema import SCHEMA

R = TypeVar("R")
KEY = bytes(range(32))
START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class TestClock:
    """A clock that stands still until it is set or moved."""

    __test__ = False

    def __init__(self, start: datetime = START) -> None:
        self.time = start

    def now(self) -> datetime:
        return self.time

    def set(self, time: datetime) -> None:
        self.time = time.astimezone(UTC)

    def move(self, **by: float) -> None:
        self.time += timedelta(**by)


class TestDesk:
    """An open database with actors of every role.

    Attributes:
        database: the open `Database`.
        clock: the clock that it asks; at first Friday, 20 November 2026, 9:00 in Ljubljana.
        changes: what was announced so far.
    """

    __test__ = False

    def __init__(self, path: Path) -> None:
        self.path = path
        self.clock = TestClock()
        self.changes: list[Changes] = []
        self.owner = self.actor(Role.OWNER)
        self.manager = self.actor(Role.MANAGER)
        self.reception = self.actor(Role.RECEPTION)
        self.practitioner = self.actor(Role.PRACTITIONER)
        self.open()

    def open(self) -> None:
        self.database = Database(self.path, KEY, SCHEMA, self.clock)
        self.database.subscribe(self.changes.append)

    def reopen(self) -> None:
        """Closes and opens the file, as a restart does."""
        self.database.close()
        self.open()

    @staticmethod
    def actor(role: Role, identity: UUID | None = None) -> Actor:
        return Actor(identity or new_id(), f"Test {role.value}", PERMISSIONS[role])

    @property
    def shop(self) -> UUID:
        return self.database.desk.shop

    def write(self, use_case: Callable[..., R], *args: Any, actor: Actor | None = None, **kwargs: Any) -> R:
        """Runs a use case as one operation, by the owner unless another actor is named."""
        return self.database.write_now(actor or self.owner, use_case, *args, **kwargs)

    def read(self, use_case: Callable[..., R], *args: Any, actor: Actor | None = None, **kwargs: Any) -> R:
        """Runs a reading use case."""
        return self.database.read_now(actor or self.owner, use_case, *args, **kwargs)

    def on_writer(self, job: Callable[[Engine], R]) -> R:
        """Runs raw SQL work on the writer's engine, outside the door."""
        return self.database.run_on_writer(job).result()


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A freshly made database file; copy it, do not open it."""
    path = tmp_path_factory.mktemp("template") / "pult.db"
    stamp = Stamp(new_id(), "practice", new_id(), new_id(), new_id(), "Europe/Ljubljana", HEAD, START)
    make_file(path, KEY, SCHEMA, stamp)
    return path


@pytest.fixture
def desk(empty_database: Path, tmp_path: Path) -> Iterator[TestDesk]:
    """A desk on a fresh database of its own."""
    path = tmp_path / "pult.db"
    shutil.copy(empty_database, path)
    made = TestDesk(path)
    yield made
    made.database.close()
