"""Birthdays as people type them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from desktop.customers.birthday import Birthday, read_birthday, write_birthday
from desktop.errors import InvalidInput

BIRTHDAYS = some.builds(Birthday, some.integers(1, 31), some.integers(1, 12), some.none() | some.integers(1900, 2026))


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("", None),
        ("  ", None),
        ("12. 3. 1985", Birthday(12, 3, 1985)),
        ("12.3.1985", Birthday(12, 3, 1985)),
        ("12.3.", Birthday(12, 3)),
        ("12. 3", Birthday(12, 3)),
        ("12/3/1985", Birthday(12, 3, 1985)),
        ("1985-03-12", Birthday(12, 3, 1985)),
        ("12 3 1985", Birthday(12, 3, 1985)),
    ],
)
def test_what_people_type_is_understood(typed: str, read: Birthday | None) -> None:
    assert read_birthday(typed) == read


@pytest.mark.parametrize("typed", ["marec", "12.3.85", "12", "12.3.1985.4", "1985", "12,3", "\x00", "9" * 1000])
def test_what_is_no_birthday_is_refused_at_its_field(typed: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_birthday(typed)
    assert (refused.value.field, refused.value.code) == ("birthday", "customers.birthday")


@given(BIRTHDAYS)
def test_what_is_shown_is_read_back(birthday: Birthday) -> None:
    assert read_birthday(write_birthday(birthday)) == birthday


def test_nothing_is_shown_as_nothing() -> None:
    assert write_birthday(None) == ""
