"""Merging rows: the order in which changes arrive never decides what stands in the end."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from sync.manifest import Collection, DataClass, Field, FieldType, Scope, Value
from sync.merge import RowState, Stamp, merge

TEXT = Field(FieldType.TEXT)
CUSTOMER = Collection(
    "customer",
    DataClass.MERGEABLE,
    Scope.TENANT,
    {"name": TEXT, "phone": TEXT, "street": TEXT, "town": TEXT},
    groups={"address": ("street", "town")},
)
UNITS = (("name",), ("phone",), ("street", "town"), ("later",))
WORDS = some.sampled_from(["a", "b", "c", None])
STAMPS = some.builds(Stamp, some.integers(1, 6), some.sampled_from(["1" * 32, "2" * 32]))


@some.composite
def written(draw: some.DrawFn) -> tuple[Stamp, dict[str, Value]]:
    """A change of some fields; a group is written whole."""
    units = draw(some.lists(some.sampled_from(UNITS), min_size=1, unique=True))
    return draw(STAMPS), {field: draw(WORDS) for unit in units for field in unit}


#: One device writes one thing at one clock: of two changes with one stamp, only one is real.
CHANGES = some.lists(written(), min_size=1, max_size=5, unique_by=lambda change: change[0])


def played(first: RowState, changes: list[tuple[Stamp, dict[str, Value]]]) -> RowState:
    row = first
    for stamp, values in changes:
        row = merge(CUSTOMER, row, values, stamp).row
    return row


def seen(row: RowState) -> tuple[dict[str, Value], dict[str, Stamp]]:
    units = {CUSTOMER.unit_of(field) for field in row.values}
    return row.values, {unit: row.stamp_of(CUSTOMER, unit) for unit in units}


FIRST = merge(CUSTOMER, None, {"name": "Ana", "phone": None, "street": "x", "town": "y"}, Stamp(0, "1" * 32)).row


@given(CHANGES, some.randoms())
def test_the_order_of_arrival_does_not_matter(changes: list[tuple[Stamp, dict[str, Value]]], dice: object) -> None:
    other = list(changes)
    dice.shuffle(other)  # type: ignore[attr-defined]  # a random.Random of hypothesis
    assert seen(played(FIRST, changes)) == seen(played(FIRST, other))


@given(CHANGES)
def test_a_change_that_comes_twice_changes_nothing(changes: list[tuple[Stamp, dict[str, Value]]]) -> None:
    once = played(FIRST, changes)
    assert seen(played(once, changes)) == seen(once)
    assert all(not merge(CUSTOMER, once, values, stamp).taken for stamp, values in changes)


@given(CHANGES)
def test_every_field_shows_what_was_written_last(changes: list[tuple[Stamp, dict[str, Value]]]) -> None:
    row = played(FIRST, changes)
    for unit in UNITS:
        for field in unit:
            writes = sorted(
                ((stamp, values[field]) for stamp, values in changes if field in values), key=lambda write: write[0]
            )
            assert row.values.get(field) == (writes[-1][1] if writes else FIRST.values.get(field))


def test_different_fields_of_one_row_edited_on_two_desks_are_both_kept() -> None:
    here = merge(CUSTOMER, FIRST, {"name": "Ana Novak"}, Stamp(5, "1" * 32)).row
    both = merge(CUSTOMER, here, {"phone": "+38641555283"}, Stamp(4, "2" * 32))
    assert both.row.values["name"] == "Ana Novak"
    assert both.row.values["phone"] == "+38641555283"
    assert both.lost == {}


def test_a_group_is_one_value() -> None:
    here = merge(CUSTOMER, FIRST, {"street": "Nova 1", "town": "Celje"}, Stamp(5, "1" * 32)).row
    late = merge(CUSTOMER, here, {"street": "Stara 2", "town": "y"}, Stamp(4, "2" * 32))
    assert (late.row.values["street"], late.row.values["town"]) == ("Nova 1", "Celje")
    assert late.lost == {"street": "Nova 1", "town": "Celje"}
