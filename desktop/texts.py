"""Sentences for people: catalogues by language and room, with placeholders and plurals. No Qt.

A catalogue is ``resources/translations/<language>/<room>.toml``; a key is the room and the path inside the file, joined by
dots: ``sales.refused.empty_bill``. Values fill ``{placeholders}``. A plural entry is a table of CLDR categories (``one``, ``two``,
``few``, ``other``); the value ``count`` chooses. Rooms are read when they are first asked.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date, datetime, time
from enum import Enum
from functools import cached_property
from importlib import resources
from typing import Any

from desktop.dates import Dates
from desktop.errors import InvalidInput, PultError, Refused

LANGUAGES = ("sl", "en")
FALLBACK = "en"
_PLURALS = frozenset({"zero", "one", "two", "few", "many", "other"})
_MINUS = "\N{MINUS SIGN}"


class MissingText(LookupError):
    """A key that no catalogue holds: a bug, and loud."""


class Texts:
    """The sentences of one language; what it lacks is said in the fallback language. `dates` writes days and decimals."""

    def __init__(self, language: str) -> None:
        self.language = language if language in LANGUAGES else FALLBACK
        self.dates = Dates(self.language)
        self._rooms: dict[tuple[str, str], Mapping[str, Any]] = {}

    def say(self, key: str, **values: object) -> str:
        """The sentence of a key, filled; raises `MissingText` when no language has it."""
        found = self._find(key)
        if isinstance(found, Mapping):
            count = values.get("count")
            if not found.keys() <= _PLURALS or not isinstance(count, int):
                raise MissingText(key)
            found = found.get(self._plural(count), found.get("other", ""))
        if not isinstance(found, str):
            raise MissingText(key)
        return found.format(**{name: self.show(value) for name, value in values.items()}) if values else found

    def has(self, key: str) -> bool:
        """Whether some language has the key."""
        try:
            self._find(key)
        except MissingText:
            return False
        return True

    def refusal(self, error: PultError) -> str:
        """The sentence of a refusal or fault: ``<room>.refused.<code>``; amounts in cents are shown as money."""
        room, _, code = error.code.partition(".")
        family = "refused" if isinstance(error, Refused) else "fault"
        values = {name: self._amount(name, value) for name, value in error.values.items()}
        for key in (f"{room}.{family}.{code}", f"{room}.refused.{code}", f"{room}.fault.{code}"):
            if self.has(key):
                return self.say(key, **values)
        field = f" ({error.field})" if isinstance(error, InvalidInput) else ""
        raise MissingText(f"{room}.{family}.{code}{field}")

    def show(self, value: object) -> str:
        """A value inside a sentence: days, times and instants as people here write them, also several of them."""
        match value:
            case datetime():
                return f"{self.day(value.date())} {value:%H:%M}"
            case date():
                return self.day(value)
            case time():
                return f"{value:%H:%M}"
            case Enum():
                return str(value.value)
            case tuple():
                return ", ".join(self.show(one) for one in value) or "–"
            case _:
                return str(value)

    def day(self, day: date) -> str:
        """A date: ``20. 11. 2026`` in Slovenian, ``20 Nov 2026`` in English."""
        return self.dates.day(day)

    def money(self, cents: int, *, unit: bool = True) -> str:
        """An amount of euros: ``1.284,50 €`` in Slovenian, ``1,284.50 €`` in English; the minus is a real one."""
        euros, rest = divmod(abs(cents), 100)
        text = f"{euros:,}.{rest:02d}"
        if self.language != "en":
            text = text.translate(str.maketrans(",.", ".,"))
        return f"{_MINUS if cents < 0 else ''}{text}{' €' if unit else ''}"

    def rate(self, basis_points: int) -> str:
        """A rate: ``9,5 %``."""
        whole, rest = divmod(basis_points, 100)
        text = f"{whole}.{rest:02d}".rstrip("0").rstrip(".") if rest else str(whole)
        return f"{text if self.language == 'en' else text.replace('.', ',')} %"

    def quantity(self, thousandths: int) -> str:
        """A quantity: ``2`` or ``0,5``."""
        sign = _MINUS if thousandths < 0 else ""
        whole, rest = divmod(abs(thousandths), 1000)
        text = f"{whole}.{rest:03d}".rstrip("0") if rest else str(whole)
        return sign + (text if self.language == "en" else text.replace(".", ","))

    def _amount(self, name: str, value: object) -> object:
        return self.money(value) if name.endswith("cents") and isinstance(value, int) else value

    def _find(self, key: str) -> str | Mapping[str, Any]:
        room, *path = key.split(".")
        for language in dict.fromkeys((self.language, FALLBACK)):
            found: Any = self._room(language, room)
            for step in path:
                found = found.get(step) if isinstance(found, Mapping) else None
            if isinstance(found, str | Mapping):
                return found
        raise MissingText(key)

    def _room(self, language: str, room: str) -> Mapping[str, Any]:
        if (language, room) not in self._rooms:
            file = resources.files("resources").joinpath("translations", language, f"{room}.toml")
            self._rooms[language, room] = tomllib.loads(file.read_text("utf-8")) if file.is_file() else {}
        return self._rooms[language, room]

    def _plural(self, count: int) -> str:
        return str(self._rule(count))

    @cached_property
    def _rule(self) -> Any:
        from babel import Locale  # late: only plural sentences need it

        return Locale(self.language).plural_form
