"""Days, names of days and months, and decimals as a language writes them. Source: Unicode CLDR through Babel. No Qt.

Babel is imported when something is first written: the window is painted before.
"""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from babel import Locale

_REGIONS = {"en": "en_GB"}  # the euro's English: the day before the month, weeks from Monday
_WITH_MONTH_NAMES = frozenset({"en"})  # 3/4/2026 would be two days to two readers


class Dates:
    """One language's way of writing days and numbers. `language` is a code that CLDR knows: ``sl``, ``en``, ``de``, ``hr``."""

    def __init__(self, language: str) -> None:
        self._language = language

    @cached_property
    def _locale(self) -> Locale:
        from babel import Locale

        return Locale.parse(_REGIONS.get(self._language, self._language))

    def _by(self, skeleton: str, day: date) -> str:
        from babel.dates import format_skeleton

        return str(format_skeleton(skeleton, day, locale=self._locale))

    def day(self, day: date) -> str:
        """A date: ``20. 11. 2026``, ``20 Nov 2026``, ``20.11.2026``."""
        return self._by("yMMMd" if self._language in _WITH_MONTH_NAMES else "yMd", day)

    def short_day(self, day: date) -> str:
        """A day near at hand, without the year: ``20. 11.``, ``20 Nov``."""
        return self._by("MMMd" if self._language in _WITH_MONTH_NAMES else "Md", day)

    def heading(self, day: date) -> str:
        """A day as a heading: ``Sobota, 21. november``, ``Saturday, 21 November``."""
        return f"{self.weekdays()[day.weekday()]}, {self._by('MMMMd', day)}"

    def weekday_and_day(self, day: date) -> str:
        """A day of these weeks: ``Ned., 22.``, ``Sun 22``."""
        return _capital(self._by("Ed", day))

    def months(self) -> list[str]:
        """The names of the twelve months, as headings."""
        names = self._locale.months["stand-alone"]["wide"]
        return [_capital(names[month]) for month in range(1, 13)]

    def weekdays(self) -> list[str]:
        """The names of the days from Monday, as headings."""
        names = self._locale.days["stand-alone"]["wide"]
        return [_capital(names[weekday]) for weekday in range(7)]

    def weekday_letters(self) -> list[str]:
        """The letters of the days from Monday, for a narrow column."""
        names = self._locale.days["stand-alone"]["narrow"]
        return [names[weekday].upper() for weekday in range(7)]

    def decimal(self, value: float, places: int = 1) -> str:
        """A number with at most so many places: ``2,5``, ``2.5``, ``3``."""
        from babel.numbers import format_decimal

        return str(format_decimal(value, format=f"#,##0.{'#' * places}", locale=self._locale))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
