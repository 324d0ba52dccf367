"""The desk's part of the sync, on the real encrypted file: operations read for the wire, and pages of unknown rows written.

Beside them the floors of the same run: the same rows by one bare executemany, and with the triggers that a row must pass.
"""

from __future__ import annotations

import gc
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, text

from desktop.database.connection import FeedState
from desktop.database.incoming import Incoming
from desktop.database.outgoing import Outgoing
from desktop.ids import new_id
from desktop.schema import SCHEMA
from desktop.sync_manifest import PLACES, build_manifest
from sync.operations import Operation
from sync.wire import MOST_OPERATIONS
from tests.benchmarks.moving_customers import bring_customers, pages_of
from tests.benchmarks.report import Row, Timing, timed
from tests.desk import TestDesk

pytestmark = pytest.mark.benchmark
CUSTOMERS = 20_000
PAGE = 2_000


@pytest.fixture
def source(desk: TestDesk) -> TestDesk:
    """A desk with customers that nobody else knows."""
    desk.write(bring_customers, CUSTOMERS)
    return desk


@pytest.fixture
def fresh(empty_database: Path, tmp_path: Path) -> Iterator[Callable[[], TestDesk]]:
    """Makes desks on empty files; they are closed at the end."""
    made: list[TestDesk] = []

    def make() -> TestDesk:
        path = tmp_path / f"fresh{len(made)}.db"
        shutil.copy(empty_database, path)
        made.append(TestDesk(path))
        return made[-1]

    yield make
    for one in made:
        one.database.close()


def read_all(desk: TestDesk, outgoing: Outgoing) -> list[Operation]:
    device = desk.database.desk.device

    def read(engine: Engine) -> list[Operation]:
        found: list[Operation] = []
        with engine.connect() as connection:
            while some := outgoing.operations(connection, device, found[-1].n if found else 0, MOST_OPERATIONS):
                found += some
        return found

    return desk.on_writer(read)


def measured(runs: int, desk: Callable[[], TestDesk], body: Callable[[TestDesk], None]) -> Timing:
    """The time of a body on a desk of its own, several times."""
    samples = []
    for _ in range(runs):
        one = desk()
        gc.collect()
        started = time.perf_counter()
        body(one)
        samples.append(time.perf_counter() - started)
    return Timing(tuple(samples))


def test_operations_for_the_wire(source: TestDesk, report: Callable[[Row], None]) -> None:
    outgoing = Outgoing(SCHEMA, PLACES)

    def floor(engine: Engine) -> Timing:
        query = text(
            'SELECT r.n, r."table", r."row", r.kind, r.hash, r.fields, v.new FROM operation_row r'
            " JOIN operation_value v ON v.operation = r.operation AND v.n = r.n"
        )
        with engine.connect() as connection:
            return timed(lambda: connection.execute(query).all(), times=5)

    timing = timed(lambda: read_all(source, outgoing), times=5)
    assert sum(len(one.changes) for one in read_all(source, outgoing)) == CUSTOMERS
    report(
        Row(
            "20,000 new rows read for the wire",
            timing,
            floor=source.on_writer(floor),
            floor_name="their rows of the feed by one query",
            p50=CUSTOMERS / 40_000,
            count=CUSTOMERS,
        )
    )


def test_pages_of_unknown_rows(source: TestDesk, fresh: Callable[[], TestDesk], report: Callable[[Row], None]) -> None:
    manifest = build_manifest(SCHEMA)
    operations = read_all(source, Outgoing(SCHEMA, PLACES))
    pages = list(pages_of(operations, PAGE))

    def apply(desk: TestDesk) -> None:
        database = desk.database
        incoming = Incoming(SCHEMA, manifest, database.feed_state, database.desk.device, {})
        for page in pages:
            desk.on_writer(lambda engine, page=page: in_transaction(engine, lambda c: incoming.apply(c, page)))  # type: ignore[misc]  # the page of this turn

    timing = measured(3, fresh, apply)
    report(
        Row(
            f"20,000 unknown rows written in pages of {PAGE:,}",
            timing,
            floor=measured(3, fresh, lambda desk: bare(desk, operations, ("feed_", "derived_"))),
            floor_name="bare executemany",
            p50=CUSTOMERS / 25_000,
            count=CUSTOMERS,
            facts=(
                f"with derived triggers {measured(3, fresh, lambda desk: bare(desk, operations, ('feed_',))).p50:.3f} s",
                f"with all triggers {measured(3, fresh, lambda desk: bare(desk, operations, ())).p50:.3f} s",
            ),
        )
    )


def bare(desk: TestDesk, operations: list[Operation], without: tuple[str, ...]) -> None:
    """The same customers in one statement, without the triggers of some names: a lower bound, and no way to work."""
    names = [column.name for column in SCHEMA.table("customer").columns]
    rows = [
        (bytes.fromhex(change.row), *((change.values or {}).get(name) for name in names if name != "id"))
        for one in operations
        for change in one.changes
    ]
    order = ["id", *(name for name in names if name != "id")]
    state: FeedState = desk.database.feed_state

    def insert(connection: Connection) -> None:
        triggers = connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).scalars().all()
        for trigger in triggers:
            if trigger.startswith(without):
                connection.execute(text(f'DROP TRIGGER "{trigger}"'))
        columns, marks = ", ".join(f'"{name}"' for name in order), ", ".join("?" for _ in order)
        state.begin(new_id().bytes, new_id().bytes, 1, "remote")
        try:
            connection.exec_driver_sql(f"INSERT INTO customer ({columns}) VALUES ({marks})", rows)
        finally:
            state.end()

    desk.on_writer(lambda engine: in_transaction(engine, insert))


def in_transaction(engine: Engine, job: Callable[[Connection], object]) -> None:
    with engine.begin() as connection:
        job(connection)
