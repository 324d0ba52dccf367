"""Days and decimals as four languages write them, and in the sentences of the window."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

import pytest

from desktop.dates import Dates
from desktop.texts import Texts

SATURDAY, MAY = date(2026, 11, 21), date(2027, 5, 3)


@pytest.mark.parametrize(
    ("language", "day", "short", "heading", "near", "number"),
    [
        ("sl", "21. 11. 2026", "21. 11.", "Sobota, 21. november", "Sob., 21.", "2,5"),
        ("en", "21 Nov 2026", "21 Nov", "Saturday, 21 November", "Sat 21", "2.5"),
        ("de", "21.11.2026", "21.11.", "Samstag, 21. November", "Sa., 21.", "2,5"),
        ("hr", "21. 11. 2026.", "21. 11.", "Subota, 21. studenoga", "Sub, 21.", "2,5"),
    ],
)
def test_each_language_writes_days_its_own_way(
    language: str, day: str, short: str, heading: str, near: str, number: str
) -> None:
    dates = Dates(language)
    assert dates.day(SATURDAY) == day
    assert dates.short_day(SATURDAY) == short
    assert dates.heading(SATURDAY) == heading
    assert dates.weekday_and_day(SATURDAY) == near
    assert (dates.decimal(2.5), dates.decimal(3), dates.decimal(0)) == (number, "3", "0")


def test_names_begin_on_monday_and_in_january() -> None:
    assert Dates("sl").weekdays()[0] == "Ponedeljek"
    assert Dates("sl").weekday_letters() == ["P", "T", "S", "Č", "P", "S", "N"]
    assert Dates("en").weekdays()[6] == "Sunday"
    assert (Dates("de").months()[2], Dates("hr").months()[0]) == ("März", "Siječanj")


def test_sentences_show_days_times_and_lists_in_their_language() -> None:
    slovenian, english = Texts("sl"), Texts("en")
    assert (slovenian.show(MAY), english.show(MAY)) == ("3. 5. 2027", "3 May 2027")
    assert english.show(datetime(2027, 5, 3, 9, 5, tzinfo=UTC)) == "3 May 2027 09:05"
    assert slovenian.show((time(8, 30), datetime(2027, 5, 3, 9, 5, tzinfo=UTC))) == "08:30, 3. 5. 2027 09:05"
    assert slovenian.show(()) == "–"
