"""The compiled checks say of every change exactly what the manifest says."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import Unlawful
from sync.manifest import LARGEST_INTEGER, Collection, DataClass, Field, FieldType, Scope
from sync.operations import Change, Kind
from sync.server.checks import Checks

COLLECTION = Collection(
    "note",
    DataClass.MERGEABLE,
    Scope.TENANT,
    {
        "person": Field(FieldType.ID, required=True),
        "day": Field(FieldType.INTEGER),
        "from": Field(FieldType.INTEGER),
        "text": Field(FieldType.TEXT, required=True),
        "picture": Field(FieldType.BLOB),
    },
    groups={"time": ("day", "from")},
)
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.sampled_from(["", "0" * 32, "0" * 32 + "\n", "0" * 31 + "F", "ab", "abc", "AB", "ab\n", "ß"]),
    st.sampled_from([0, -LARGEST_INTEGER - 1, -LARGEST_INTEGER - 2, LARGEST_INTEGER, LARGEST_INTEGER + 1]),
)


def said(check: Any, *arguments: Any) -> tuple[str, dict[str, object]] | None:
    try:
        check(*arguments)
    except Unlawful as error:
        return error.code, error.values
    return None


@given(st.dictionaries(st.sampled_from([*COLLECTION.fields, "newer"]), VALUES))
def test_of_every_change_the_same_is_said(values: dict[str, Any]) -> None:
    change = Change(1, "note", "1" * 32, Kind.UPDATE, "0" * 64, None, values)
    assert said(Checks(COLLECTION).check, change, "") == said(COLLECTION.check, values)


@pytest.mark.parametrize("name", ["person", "text"])
def test_a_new_row_has_every_field_that_is_required(name: str) -> None:
    values: dict[str, Any] = {"person": "0" * 32, "text": ""}
    assert said(Checks(COLLECTION).check, Change(1, "note", "1" * 32, Kind.INSERT, "0" * 64, None, values), "") is None
    del values[name]
    missing = Change(1, "note", "1" * 32, Kind.INSERT, "0" * 64, None, values)
    assert said(Checks(COLLECTION).check, missing, "") == ("value_missing", {"collection": "note", "field": name})
    deleted = Change(1, "note", "1" * 32, Kind.DELETE, "0" * 64, None, None)
    assert said(Checks(COLLECTION).check, deleted, "") == ("deleted", {"collection": "note"})
