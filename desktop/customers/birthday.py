"""Birthdays, which people often tell without the year."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from desktop.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Birthday:
    """A day and month, with the year when it is known."""

    day: int
    month: int
    year: int | None = None


def read_birthday(typed: str, field: str = "birthday") -> Birthday | None:
    """A birthday as it is typed: ``12. 3. 1985``, ``12.3.``, ``12/3/1985`` or ``1985-03-12``; None for nothing.

    The day comes before the month, as everywhere where Pult works. Raises `InvalidInput` ``customers.birthday``.
    """
    text = typed.strip()
    if not text:
        return None
    if found := re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text):
        year, month, day = map(int, found.groups())
        return Birthday(day, month, year)
    if found := re.fullmatch(r"(\d{1,2})[./ ]+(\d{1,2})(?:[./ ]+(\d{4}))?[. ]*", text):
        return Birthday(int(found[1]), int(found[2]), int(found[3]) if found[3] else None)
    raise InvalidInput(field, "customers.birthday")


def write_birthday(birthday: Birthday | None) -> str:
    """A birthday as `read_birthday` reads it: ``12. 3. 1985``, ``12. 3.``, or nothing."""
    if birthday is None:
        return ""
    year = "" if birthday.year is None else f" {birthday.year}"
    return f"{birthday.day}. {birthday.month}.{year}"


def check_birthday(typed: Birthday | None, today: date) -> Birthday | None:
    """The birthday if there can be one: 29 February needs a leap year or none; at most 130 years back.

    Raises `InvalidInput` ``customers.birthday``.
    """
    if typed is None:
        return None
    try:
        day = date(2000 if typed.year is None else typed.year, typed.month, typed.day)
    except (ValueError, OverflowError) as error:
        raise InvalidInput("birthday", "customers.birthday") from error
    if typed.year is not None and (day > today or typed.year < today.year - 130):
        raise InvalidInput("birthday", "customers.birthday")
    return typed


def stored_birthday(day: int | None, month: int | None, year: int | None) -> Birthday | None:
    """A birthday out of its three columns."""
    return None if day is None or month is None else Birthday(day, month, year)
