"""An open practice database for the tests of this folder."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.database.opening import OpenPlace
from tests.desktop.database.places import make


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenPlace]:
    made = make(tmp_path / "pult")
    yield made
    made.close()
