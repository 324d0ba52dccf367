"""How long a backup of a salon takes, and putting it back: 100,000 rows of 10,000 operations, each written and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop.ids import new_id
from sync.server import tables
from sync.server.backup import back_up, export, restore
from sync.server.sqlite_store import SqliteStore
from tests.benchmarks.report import Row, timed
from tests.sync.server.books import TENANT, Books
from tests.sync.server.writer import Written, customer

pytestmark = pytest.mark.benchmark
PUSHES, OPERATIONS, ROWS = 200, 50, 10
PASSPHRASE = "hruška v češnjevem soku"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "server")
    made.make_tenant(TENANT, "Salon", 1)
    books = Books(made)
    writer = books.writer()
    for n in range(PUSHES):
        rows = [[Written("customer", new_id().hex, customer(n)) for _ in range(ROWS)] for _ in range(OPERATIONS)]
        books.push(*(writer.operation(one) for one in rows))
    assert books.count(tables.row) == PUSHES * OPERATIONS * ROWS
    yield made
    made.close()


def test_a_salon_of_100_000_rows_is_backed_up_and_put_back(
    store: SqliteStore, tmp_path: Path, report: Callable[[Row], None]
) -> None:
    handed_out = timed(lambda: export(store, TENANT, tmp_path / "salon.zip"), times=1, warm_up=0)
    backed_up = timed(lambda: back_up(store, tmp_path / "backup", PASSPHRASE, 1), times=1, warm_up=0)
    other = SqliteStore(tmp_path / "other")
    put_back = timed(lambda: list(restore(other, tmp_path / "backup", PASSPHRASE)), times=1, warm_up=0)
    other.close()
    size = f"{(tmp_path / 'salon.zip').stat().st_size / 1e6:.1f} MB"
    for name, timing in (("export", handed_out), ("backup", backed_up), ("restore", put_back)):
        report(Row(f"{name} of 100,000 rows, with the check", timing, facts=(size,)))
