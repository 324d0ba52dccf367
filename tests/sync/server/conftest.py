"""Both stores: what is promised of a store, and of the server on it, is tested on each."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from sync.server.postgres_store import PostgresStore
from sync.server.sqlite_store import SqliteStore
from sync.server.store import Store
from tests.sync.server import books as small
from tests.sync.server import world as served
from tests.sync.server.running import RunningServer


@pytest.fixture(params=["sqlite", "postgres"])
def empty_store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A store without tenants."""
    made: Store
    if request.param == "postgres":
        made = PostgresStore(request.getfixturevalue("new_postgres")())
    else:
        made = SqliteStore(tmp_path / "server")
    yield made
    made.close()


@pytest.fixture
def store(empty_store: Store) -> Store:
    empty_store.make_tenant(small.TENANT, "Salon Ana", 1)
    return empty_store


@pytest.fixture
def books(store: Store) -> small.Books:
    return small.Books(store)


@pytest_asyncio.fixture
async def world(empty_store: Store, tmp_path: Path) -> AsyncIterator[served.World]:
    """A server over HTTPS with one tenant."""
    empty_store.make_tenant(served.TENANT, "Salon Ana", 1)
    made = served.World(RunningServer(empty_store, tmp_path), [])
    yield made
    for line in made.lines:
        await line.close()
    await asyncio.to_thread(made.server.stop)
