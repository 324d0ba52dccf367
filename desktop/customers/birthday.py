"""Birthdays, which people often tell without the year."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from desktop.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Birthday:
    """A day and month, with the year when it is known."""

    day: int
    month: int
    year: int | None = None


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
