"""What people type is made clean or refused with a code, whatever it is."""

from __future__ import annotations

import unicodedata
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop.entry import block, email, line, past_day, whole
from desktop.errors import InvalidInput

ANY_TEXT = st.text(st.characters())


def refusal(call: object, *args: object, **kwargs: object) -> tuple[str, str]:
    with pytest.raises(InvalidInput) as caught:
        call(*args, **kwargs)  # type: ignore[operator]  # any of the functions under test
    return caught.value.field, caught.value.code


@pytest.mark.parametrize(
    ("typed", "clean"),
    [
        ("  Ana   Novak ", "Ana Novak"),
        ("Ana\x1b@\x07 Novak\x9b", "Ana@ Novak"),
        ("Ana\tNovak\r\n", "Ana Novak"),
        ("Z\u030cana", "\u017dana"),
        ("\u202eAna\u202c", "Ana"),
        ("\U0001f469\u200d\U0001f9b0 Eva \U0001f600", "\U0001f469\u200d\U0001f9b0 Eva \U0001f600"),
        ("", ""),
    ],
)
def test_a_line_is_made_clean(typed: str, clean: str) -> None:
    assert line(typed, "name") == clean


def test_what_cannot_be_kept_is_refused_with_the_field() -> None:
    assert refusal(line, "a" * 10_000_000, "name") == ("name", "entry.too_long")
    assert refusal(line, "a" * 121, "name") == ("name", "entry.too_long")
    assert refusal(line, "Ana\x00", "name") == ("name", "entry.nul")
    assert refusal(line, "Ana\ud800", "name") == ("name", "entry.not_text")
    assert refusal(line, 5, "name") == ("name", "entry.not_text")
    assert refusal(line, " \x07 ", "name", required=True) == ("name", "entry.required")


@given(ANY_TEXT)
def test_a_line_is_clean_and_stays_so(typed: str) -> None:
    try:
        clean = line(typed, "name")
    except InvalidInput:
        return
    assert len(clean) <= 120
    assert clean == clean.strip()
    assert not any(unicodedata.category(letter) in ("Cc", "Cs") for letter in clean)
    assert line(clean, "name") == clean


@given(ANY_TEXT)
def test_a_block_keeps_its_lines_and_nothing_else(typed: str) -> None:
    try:
        clean = block(typed, "notes")
    except InvalidInput:
        return
    assert not any(unicodedata.category(letter) == "Cc" for letter in clean.replace("\n", ""))
    assert "\n\n\n" not in clean
    assert block(clean, "notes") == clean


def test_a_block_keeps_line_ends() -> None:
    assert block("one\r\ntwo\rthree\n\n\n\nfour ", "notes") == "one\ntwo\nthree\n\nfour"


def test_addresses() -> None:
    assert email(" Nusa.Zagar@Primer.SI ") == "nusa.zagar@primer.si"
    assert email("") == ""
    for wrong in ("nusa", "nusa@", "@primer.si", "nusa@primer", "a b@primer.si", "nusa@primer..si", "a,b@c.si"):
        assert refusal(email, wrong) == ("email", "entry.email")


def test_numbers_and_days_have_bounds() -> None:
    assert whole(5, "n", 0, 10) == 5
    assert refusal(whole, -1, "n", 0, 10) == ("n", "entry.out_of_range")
    assert refusal(whole, 11, "n", 0, 10) == ("n", "entry.out_of_range")
    assert refusal(whole, 1.0, "n", 0, 10) == ("n", "entry.not_whole")
    assert refusal(whole, True, "n", 0, 10) == ("n", "entry.not_whole")
    today = date(2026, 11, 20)
    assert past_day(None, "birthday", today) is None
    assert past_day(today, "birthday", today) == today
    assert refusal(past_day, date(2026, 11, 21), "birthday", today) == ("birthday", "entry.day_out_of_range")
    assert refusal(past_day, date(1, 1, 1), "birthday", today) == ("birthday", "entry.day_out_of_range")
