"""Phone numbers: any typed form is one stored form."""

from __future__ import annotations

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.customers.phones import format_phone, read_phone, searched_digits
from desktop.errors import InvalidInput


@pytest.mark.parametrize(
    ("typed", "country", "stored"),
    [
        ("041 555 283", "SI", "+38641555283"),
        ("041/555-283", "SI", "+38641555283"),
        ("41555283", "SI", "+38641555283"),
        ("+386 (0)41 555 283", "SI", "+38641555283"),
        ("00386 41 555 283", "SI", "+38641555283"),
        ("01 234 56 78", "SI", "+38612345678"),
        ("0664 1234567", "AT", "+436641234567"),
        ("+39 06 1234 5678", "SI", "+390612345678"),
        ("٠٤١ ٥٥٥ ٢٨٣", "SI", "+38641555283"),
    ],
)
def test_any_form_is_stored_as_one(typed: str, country: str, stored: str) -> None:
    assert read_phone(typed, country) == stored


@pytest.mark.parametrize(
    "typed", ["", "12", "041", "klic", "041 FRIZER", "9" * 30, "+999 123", "041\x00555283", "1" * 10_000_000]
)
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(InvalidInput) as caught:
        read_phone(typed, "SI", "phones")
    assert caught.value.field == "phones"
    assert caught.value.code in ("customers.phone", "entry.required", "entry.nul", "entry.too_long")


def test_numbers_are_shown_as_the_country_writes_them() -> None:
    assert format_phone("+38641555283", "SI") == "041 555 283"
    assert format_phone("+38641555283", "AT") == "+386 41 555 283"
    assert format_phone("damaged", "SI") == "damaged"


MOBILE = st.sampled_from(["30", "31", "40", "41", "51", "64", "68", "70", "71"]).flatmap(
    lambda start: st.integers(0, 999_999).map(lambda rest: f"{start}{rest:06}")
)


@given(
    MOBILE,
    st.sampled_from(["0", "+386 ", "00386", "00 386 (0)", "+386(0)"]),
    st.lists(st.integers(1, 7), max_size=4),
    st.data(),
)
def test_signs_and_spaces_do_not_matter(number: str, start: str, cuts: list[int], data: st.DataObject) -> None:
    typed = number
    for cut in sorted(set(cuts), reverse=True):
        typed = typed[:cut] + data.draw(st.sampled_from([" ", "-", "/", ".", "  "])) + typed[cut:]
    stored = read_phone(start + typed, "SI")
    assert stored == f"+386{number}"
    assert read_phone(stored, "AT") == stored
    assert read_phone(format_phone(stored, "SI"), "SI") == stored
    assert searched_digits(f"0{typed}") in stored


@given(st.text(max_size=60))
def test_anything_is_a_number_or_a_refusal(typed: str) -> None:
    try:
        stored = read_phone(typed, "SI")
    except InvalidInput:
        return
    assert phonenumbers.is_possible_number(phonenumbers.parse(stored, None))
