"""Verification from outside: derived tables are compared in a copy, the rooms' checks see the same snapshot."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Column, Connection, Engine, Integer, MetaData, Table, text

from desktop.database.classes import DataClass, Scope
from desktop.database.derived import Derived
from desktop.database.inspection import Check, verify_place
from desktop.database.opening import OpenPlace, make_place
from desktop.database.place import Place
from desktop.database.schema import Schema
from desktop.database.verify import Finding
from desktop.errors import FinalFault
from desktop.schema import SCHEMA
from tests.desk import TestClock
from tests.desktop.database.places import LJUBLJANA, write


def with_counter() -> Schema:
    """The schema and a derived table that counts settings."""
    metadata = MetaData()
    Table(
        "setting_count",
        metadata,
        Column("id", Integer, primary_key=True),
        Column("n", Integer),
        info={"data_class": DataClass.DERIVED, "scope": Scope.DEVICE},
    )
    counted = Derived(
        "setting_count",
        triggers={
            "derived_setting_count": "AFTER INSERT ON setting BEGIN"
            " INSERT OR REPLACE INTO setting_count SELECT 1, count(*) FROM setting; END"
        },
        rebuild=("DELETE FROM setting_count", "INSERT INTO setting_count SELECT 1, count(*) FROM setting"),
        compare="SELECT * FROM setting_count",
    )
    return Schema((*SCHEMA.metadatas, metadata), (*SCHEMA.derived, counted))


COUNTED = with_counter()


@pytest.fixture
def counted(tmp_path: Path) -> Iterator[OpenPlace]:
    opened = make_place(Place(tmp_path), "practice", schema=COUNTED, zone=LJUBLJANA, clock=TestClock())
    write(opened, "a", 1)
    write(opened, "b", 2)
    yield opened
    opened.close()


def findings(opened: OpenPlace, *checks: Check) -> list[str]:
    return [finding.code for finding in verify_place(opened.place, opened.key, opened.key_file, COUNTED, checks)]


def test_a_derived_table_that_drifted_is_found_and_not_touched(counted: OpenPlace) -> None:
    assert findings(counted) == []

    def drift(engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("UPDATE setting_count SET n = 7"))

    counted.database.run_on_writer(drift).result()
    assert findings(counted) == ["database.derived_wrong"]
    assert findings(counted) == ["database.derived_wrong"], "the first look changed the file"


def test_checks_of_rooms_are_asked_on_the_same_snapshot(counted: OpenPlace) -> None:
    def too_many(connection: Connection) -> Iterator[Finding]:
        write(counted, "c", 3)  # the window goes on working
        n = connection.execute(text("SELECT count(*) FROM setting")).scalar()
        if n == 2:
            yield Finding("test.two", "setting")

    assert findings(counted, too_many) == ["test.two"]


def test_a_file_of_another_revision_is_not_judged(counted: OpenPlace) -> None:
    def mark(engine: Engine) -> None:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = '0999'"))

    counted.database.run_on_writer(mark).result()
    with pytest.raises(FinalFault) as fault:
        findings(counted)
    assert fault.value.code == "database.newer"
