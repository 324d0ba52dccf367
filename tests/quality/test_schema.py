"""No column uses a type that SQLite cannot keep: ids become text, zones vanish, and cents turn into floats."""

from collections.abc import Iterable, Sequence

import pytest
from sqlalchemy import Boolean, Column, DateTime, Enum, Float, Integer, Interval, MetaData, Numeric, Table, Time, Uuid
from sqlalchemy.types import REAL, TIMESTAMP, TypeDecorator, TypeEngine

from desktop.database.types import Day, Id, Instant, Json, WallTime
from desktop.schema import SCHEMA

FORBIDDEN = (Uuid, Numeric, Float, DateTime, Time, Interval)


def stored_type(kind: TypeEngine[object]) -> TypeEngine[object]:
    """What is really stored under our own column types."""
    return stored_type(kind.impl_instance) if isinstance(kind, TypeDecorator) else kind


def lossy_columns(tables: Iterable[Table]) -> list[str]:
    return [
        f"{table.name}.{column.name}: {column.type!r}"
        for table in tables
        for column in table.columns
        if isinstance(stored_type(column.type), FORBIDDEN)
    ]


def test_the_schema_keeps_what_it_is_given() -> None:
    tables = list(SCHEMA.tables())
    assert len(tables) > 5
    assert lossy_columns(tables) == []


class Wrapped(TypeDecorator[object]):
    """A forbidden type in disguise."""

    impl = DateTime(timezone=True)
    cache_ok = True


@pytest.mark.parametrize(
    "kind", [Uuid(), Numeric(10, 2), Float(), REAL(), DateTime(timezone=True), TIMESTAMP(), Time(), Wrapped()]
)
def test_a_lossy_type_is_found(kind: TypeEngine[object]) -> None:
    assert len(lossy_columns([Table("t", MetaData(), Column("c", kind))])) == 1


def test_our_own_types_are_kept() -> None:
    kinds: Sequence[TypeEngine[object]] = [
        Id(),
        Instant(),
        Day(),
        WallTime(),
        Json(),
        Integer(),
        Boolean(),
        Enum("a", "b"),
    ]
    columns = [Column(f"c{index}", kind) for index, kind in enumerate(kinds)]
    assert lossy_columns([Table("t", MetaData(), *columns)]) == []
