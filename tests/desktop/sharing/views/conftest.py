"""Two desks of one salon, and a screen on the first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.access import Actor
from tests.desk import TestDesk
from tests.desktop.screen import Screen, screen_of
from tests.sync.salon_of_desks import Salon

__all__ = ["screen_of"]


@pytest.fixture
def desks(tmp_path: Path) -> Iterator[Salon]:
    made = Salon(tmp_path, 2)
    yield made
    made.close()


@pytest.fixture
def screen(desks: Salon, screen_of: Callable[[TestDesk, Actor], Screen]) -> Screen:
    return screen_of(desks.desks[0], desks.desks[0].owner)
