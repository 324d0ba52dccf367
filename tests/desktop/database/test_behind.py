"""Derived rows written behind many source rows are those that the triggers write at each row, and those of a rebuild."""

from __future__ import annotations

import random
import shutil
from collections.abc import Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any, Final

import pytest
from sqlalchemy import Connection, Engine

from desktop.database.behind import Behind
from desktop.database.synced_table import SyncedTable
from desktop.database.verify import check_derived
from desktop.ids import new_id
from desktop.schema import SCHEMA
from tests.desk import TestDesk

_FIRST: Final = ("Ana", "Špela", "Đuro", "", "Jörg")
_LAST: Final = ("Novak", "Žagar-Čeh", "Đurđević", "Weiß", "")
_CUSTOMERS: Final = SyncedTable(SCHEMA.table("customer"))
_PHONES: Final = SyncedTable(SCHEMA.table("customer_phone"))
_EMPTY: Final = {
    "birth_day": None, "birth_month": None, "birth_year": None, "email": "", "language": "sl", "notes": "", "alert": "",
    "street": "", "post_code": "", "town": "", "country": "SI", "since": "2020-01-01",
}  # fmt: skip


@pytest.fixture
def two(empty_database: Path, tmp_path: Path) -> Iterator[list[TestDesk]]:
    desks = []
    for name in ("behind", "at each row"):
        path = tmp_path / f"{name}.db"
        shutil.copy(empty_database, path)
        desks.append(TestDesk(path))
    yield desks
    for one in desks:
        one.database.close()


def history(seed: int) -> list[tuple[str, Any]]:
    """Batches of new customers and of new numbers, some of customers that come later or never, changes and deletions between."""
    dice = random.Random(seed)
    future = [new_id().bytes for _ in range(400)]
    known: list[bytes] = []
    phones: list[bytes] = []
    steps: list[tuple[str, Any]] = []
    for _ in range(12):
        new = [future.pop() for _ in range(dice.choice((0, 1, 9, 41)))]
        known += new
        deleted = {one: 5 if dice.random() < 0.2 else None for one in new}
        rows = [
            (
                one,
                {
                    "first_name": dice.choice(_FIRST),
                    "last_name": dice.choice(_LAST),
                    **_EMPTY,
                    "deleted_at": deleted[one],
                },
            )
            for one in new
        ]
        steps.append(("customer", rows))
        numbers = [
            (
                new_id().bytes,
                {
                    "customer_id": dice.choice([*known, *future[-30:]]).hex(),
                    "number": f"+3864{dice.randrange(10**7):07}",
                    "position": dice.randrange(3),
                    "deleted_at": 5 if dice.random() < 0.2 else None,
                },
            )
            for _ in range(dice.choice((0, 1, 30, 90)))
        ]
        phones += [one for one, _ in numbers]
        steps.append(("customer_phone", numbers))
        for one in dice.sample(known, min(len(known), 5)):
            change = {"last_name": dice.choice(_LAST), "deleted_at": dice.choice((None, 7))}
            steps.append(("change customer", (one, change)))
        for one in dice.sample(phones, min(len(phones), 5)):
            change = {"number": f"+3863{dice.randrange(10**7):07}", "deleted_at": dice.choice((None, 7))}
            steps.append(("change phone", (one, change)))
    return steps


def play(desk: TestDesk, steps: list[tuple[str, Any]], behind: Behind | None) -> None:
    state = desk.database.feed_state

    def write(engine: Engine) -> None:
        for kind, given in steps:
            with engine.begin() as connection:
                state.begin(new_id().bytes, new_id().bytes, 1, "replay")
                try:
                    match kind:
                        case "change customer":
                            _CUSTOMERS.update(connection, *given)
                        case "change phone":
                            _PHONES.update(connection, *given)
                        case _:
                            table = _CUSTOMERS if kind == "customer" else _PHONES
                            with behind.rows(connection, state, kind) if behind else nullcontext():
                                table.insert(connection, given)
                finally:
                    state.end()

    desk.on_writer(write)


def found(desk: TestDesk) -> dict[str, list[Any]]:
    """What the search holds: its rows, and each term of both indexes with the customer that has it."""

    def read(engine: Engine) -> dict[str, list[Any]]:
        with engine.connect() as connection:
            return {
                "rows": _all(connection, "SELECT hex(customer_id), sort_form, numbers FROM customer_search ORDER BY 1"),
                "customer_words": _terms(connection, "customer_words"),
                "customer_digits": _terms(connection, "customer_digits"),
            }

    return desk.on_writer(read)


def _terms(connection: Connection, index: str) -> list[Any]:
    connection.exec_driver_sql(f"CREATE VIRTUAL TABLE temp.terms USING fts5vocab(main, {index}, instance)")
    found = _all(
        connection,
        "SELECT t.term, hex(s.customer_id) FROM terms t LEFT JOIN customer_search s ON s.row = t.doc ORDER BY 1, 2",
    )
    connection.exec_driver_sql("DROP TABLE temp.terms")
    return found


def _all(connection: Connection, query: str) -> list[Any]:
    return [tuple(row) for row in connection.exec_driver_sql(query)]


@pytest.mark.parametrize("seed", range(6))
def test_what_follows_many_rows_is_what_the_triggers_write(two: list[TestDesk], seed: int) -> None:
    steps = history(seed)
    play(two[0], steps, Behind(SCHEMA))
    play(two[1], steps, None)
    here, there = (found(one) for one in two)
    assert here == there
    assert all(len(one) > 20 for one in here.values())

    def rebuild(engine: Engine) -> list[Any]:
        with engine.begin() as connection:
            findings = list(check_derived(connection, SCHEMA))
            for derived in SCHEMA.derived:
                SCHEMA.rebuild(connection, derived)
            return findings

    assert two[0].on_writer(rebuild) == []
    assert found(two[0]) == here


def test_outside_of_it_and_after_a_failure_the_triggers_write_each_row(two: list[TestDesk]) -> None:
    desk, behind = two[0], Behind(SCHEMA)
    row = (new_id().bytes, {"first_name": "Ana", "last_name": "Novak", **_EMPTY, "deleted_at": None})
    with pytest.raises(Exception, match="UNIQUE"):
        play(desk, [("customer", [row, row])], behind)
    assert found(desk)["rows"] == []
    play(desk, [("customer", [row])], None)
    assert found(desk)["rows"] == [(row[0].hex().upper(), "novak ana", "")]
