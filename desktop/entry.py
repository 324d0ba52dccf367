"""What people type, made clean at the door: lines, blocks of text, e-mail addresses, whole numbers.

Every use case passes typed text through here, so that no table holds a control character, a half surrogate or a name of ten
megabytes. Refusals name the field and carry a code of the family ``entry.*``; what was typed stays with the view.

Control characters and invisible direction marks are taken out without a word, because nobody types them on purpose (they
come from scanners and pasted text). A NUL is refused: it is the mark of a broken source, not of a slip.
"""

from __future__ import annotations

import re
import unicodedata
from datetime import date

from desktop.errors import InvalidInput

LINE = 120  # characters of a name, a mark, a street
BLOCK = 10_000  # characters of a note

_DIRECTION_MARKS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C, 0xFEFF)))
_SPACES = re.compile(r"\s+")
_BLANK_LINES = re.compile(r"\n{3,}")
_EMAIL = re.compile(r"[^\s@<>(),;:\"\[\]\\]{1,64}@[^\s@<>(),;:\"\[\]\\.]+(?:\.[^\s@<>(),;:\"\[\]\\.]+)+")


def line(typed: str, field: str, *, required: bool = False, maximum: int = LINE) -> str:
    """One line of text: NFC, runs of white space as one space, no control characters; "" when nothing was typed.

    Raises `InvalidInput`: ``entry.too_long`` (values `maximum`, `length`), ``entry.nul``, ``entry.not_text``,
    ``entry.required``.
    """
    _guard(typed, field, maximum)
    clean = _SPACES.sub(" ", _printable(unicodedata.normalize("NFC", typed))).strip()
    return _finish(clean, field, required=required, maximum=maximum)


def block(typed: str, field: str, *, required: bool = False, maximum: int = BLOCK) -> str:
    """Text of several lines: as `line`, but line ends stay (as ``\\n``, at most one blank line in a row)."""
    _guard(typed, field, maximum)
    text = unicodedata.normalize("NFC", typed).replace("\r\n", "\n").replace("\r", "\n")
    lines = (_SPACES.sub(" ", _printable(one)).rstrip() for one in text.split("\n"))
    return _finish(_BLANK_LINES.sub("\n\n", "\n".join(lines)).strip(), field, required=required, maximum=maximum)


def email(typed: str, field: str = "email") -> str:
    """An e-mail address in lower case, or "" when nothing was typed; raises ``entry.email`` for what cannot be one."""
    address = line(typed, field, maximum=254).lower()
    if address and not _EMAIL.fullmatch(address):
        raise InvalidInput(field, "entry.email", typed=address)
    return address


def whole(value: int, field: str, minimum: int, maximum: int) -> int:
    """A whole number between two bounds, both allowed; raises ``entry.out_of_range`` with `minimum` and `maximum`."""
    if isinstance(value, bool) or not isinstance(value, int):
        raise InvalidInput(field, "entry.not_whole")
    if not minimum <= value <= maximum:
        raise InvalidInput(field, "entry.out_of_range", minimum=minimum, maximum=maximum)
    return value


def past_day(day: date | None, field: str, today: date) -> date | None:
    """A day that lies behind us, at most 130 years (a birthday); raises ``entry.day_out_of_range``."""
    if day is None:
        return None
    if day > today or day.year < today.year - 130:
        raise InvalidInput(field, "entry.day_out_of_range", day=day)
    return day


def _guard(typed: str, field: str, maximum: int) -> None:
    """Looks at the raw text before any work is spent on it: ten megabytes are refused at once."""
    if not isinstance(typed, str):
        raise InvalidInput(field, "entry.not_text")
    if len(typed) > 4 * maximum + 1000:
        raise InvalidInput(field, "entry.too_long", maximum=maximum, length=len(typed))
    if "\x00" in typed:
        raise InvalidInput(field, "entry.nul")
    if any("\ud800" <= letter <= "\udfff" for letter in typed):
        raise InvalidInput(field, "entry.not_text")


def _printable(text: str) -> str:
    """Without control characters (white space counts as space) and direction marks; joiners stay: emoji need them."""
    return "".join(
        " " if letter.isspace() else letter
        for letter in text
        if letter.isspace() or (unicodedata.category(letter) != "Cc" and letter not in _DIRECTION_MARKS)
    )


def _finish(clean: str, field: str, *, required: bool, maximum: int) -> str:
    if len(clean) > maximum:
        raise InvalidInput(field, "entry.too_long", maximum=maximum, length=len(clean))
    if required and not clean:
        raise InvalidInput(field, "entry.required")
    return clean
