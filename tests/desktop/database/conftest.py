"""An open practice database, and a directory that other users can reach."""

import tempfile
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


@pytest.fixture
def public_directory() -> Iterator[Path]:
    """A directory that a child which gave up its rights can walk into; pytest keeps its own for one user alone."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)
