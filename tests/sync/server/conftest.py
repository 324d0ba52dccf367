"""Both stores: what is promised of a store is tested on each."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sync.server.postgres_store import PostgresStore
from sync.server.sqlite_store import SqliteStore
from sync.server.store import Store
from tests.sync.server.books import TENANT, Books


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store
    if request.param == "postgres":
        made = PostgresStore(request.getfixturevalue("new_postgres")())
    else:
        made = SqliteStore(tmp_path / "server")
    made.make_tenant(TENANT, "Salon Ana", 1)
    yield made
    made.close()


@pytest.fixture
def books(store: Store) -> Books:
    return Books(store)
