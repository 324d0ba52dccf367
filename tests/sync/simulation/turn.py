"""Whose turn it is: where ids, salts and the wall clock come from while a desk works.

The programs of all desks run in one process here; each has its own `IdSource`, fed by the clock of its own computer, and everything
that is random comes from the dice of the history.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch

from sqlalchemy import Engine

from desktop.clock import cut
from desktop.ids import IdSource
from tests.sync.simulation.newer import manifest_of
from tests.sync.simulation.virtual_time import InlineLane

START = datetime(2026, 11, 20, 8, 0, tzinfo=UTC)


class DeskClock:
    """The clock of a desk's computer: virtual time, and how far it is off (seconds)."""

    def __init__(self, seconds: Any, offset: float = 0.0) -> None:
        self._seconds = seconds
        self.offset = offset

    def now(self) -> datetime:
        return cut(START + timedelta(seconds=self._seconds() + self.offset))


class Turn:
    """Stands for `time`, `secrets` and the id source of `desktop.ids`."""

    def __init__(self, dice: random.Random, clock: DeskClock) -> None:
        self._dice = dice
        self.clock = clock
        self.ids = IdSource()

    def time_ns(self) -> int:
        return round(self.clock.now().timestamp() * 1000) * 1_000_000

    def randbits(self, bits: int) -> int:
        return self._dice.getrandbits(bits)

    def next(self) -> Any:
        return self.ids.next()


class Compiled:
    """What SQLAlchemy has compiled, kept from one database to the next: most of a history's time would go into compiling the same
    statements for each of its engines."""

    def __init__(self) -> None:
        self._kept: Any = None

    def lend(self, engine: Engine) -> None:
        """Gives an engine the dialect and the compiled statements of the first one."""
        self._kept = self._kept or engine
        engine.dialect = self._kept.dialect
        engine._compiled_cache = self._kept._compiled_cache


async def _at_once(body: Callable[..., Any], *args: Any) -> Any:
    """What would go to a thread of its own."""
    return body(*args)


@contextmanager
def in_turn(turn: Turn) -> Iterator[None]:
    """Everything that makes ids or opens a database asks the turn, and databases work without threads."""
    with (
        patch.multiple("desktop.ids", time=turn, secrets=turn, _source=turn),
        patch("desktop.database.database.Lane", InlineLane),
        patch("desktop.services.replica.build_manifest", manifest_of),
        patch("sync.client.bootstrap.asyncio.to_thread", _at_once),
    ):
        yield
