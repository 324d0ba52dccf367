"""Text folded for searching and for sorting: blind to case and accents, with đ, ß and their like.

SQLite's own tokenizers fold č š ž ć é ü but not đ, ß, ł or ø, so text is folded here, on both sides: what is indexed by
`search_form` (registered on every connection as an SQL function) and what is typed by `typed_words`.
"""

from __future__ import annotations

import functools
import re
import unicodedata

_LETTERS = str.maketrans(
    {"đ": "d", "ł": "l", "ø": "o", "æ": "ae", "œ": "oe", "ı": "i", "ð": "d", "þ": "th", "ß": "ss", "ħ": "h", "ŧ": "t"}
)
#: The first letter behind the Latin alphabets.
_BEYOND = "\u0250"
#: A second common spelling of a letter: it is indexed beside the plain one.
_SECOND = str.maketrans({"đ": "dj", "ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"})
_WORD = re.compile(r"[^\W_]+")
#: Letters that stand behind their plain one in the Slovenian and Croatian alphabets; "{" sorts behind "z".
_BEHIND = {"č": "c{", "ć": "c{{", "đ": "d{{", "š": "s{", "ž": "z{"}


def fold(text: str) -> str:
    """Lower case, without accents, ligatures spelled out: ``"Đurđević, Straße"`` is ``"durdevic, strasse"``."""
    if not text or max(text) < _BEYOND:
        return text.translate(_latin())  # no mark of these letters stands alone: each folds for itself
    return _fold(text)


def _fold(text: str) -> str:
    spelled = unicodedata.normalize("NFC", text).casefold().translate(_LETTERS)
    plain = "".join(letter for letter in unicodedata.normalize("NFKD", spelled) if not unicodedata.combining(letter))
    # Compatibility forms bring capitals and the letters above back (a squared TEL, a small ligature).
    return plain.casefold().translate(_LETTERS)


@functools.cache
def _latin() -> dict[int, str]:
    """How each letter of the Latin alphabets folds."""
    return {code: _fold(chr(code)) for code in range(ord(_BEYOND))}


def words(text: str) -> tuple[str, ...]:
    """The folded words of a text: runs of letters and digits, in order."""
    return tuple(_WORD.findall(fold(text)))


def search_form(text: str | None) -> str:
    """What the word index holds of a text: its folded words and, where a letter has a second spelling, that one too."""
    if not text:
        return ""
    if text.isascii():
        return " ".join(dict.fromkeys(_WORD.findall(text.lower())))
    composed = unicodedata.normalize("NFC", text).casefold()
    second = composed.translate(_SECOND)
    return " ".join(dict.fromkeys((*words(text), *(words(second) if second != composed else ()))))


def typed_words(text: str) -> tuple[tuple[str, ...], ...]:
    """The words that a person typed for a search, each with the spellings to look for (one, or two for đ and umlauts)."""
    found = []
    for typed in _WORD.findall(unicodedata.normalize("NFC", text)):
        for spellings in zip(words(typed), words(_second_spelling(typed)), strict=False):
            found.append(tuple(dict.fromkeys(spellings)))
    return tuple(found)


def match_expression(text: str, most_words: int = 6) -> str:
    """The FTS5 expression for what was typed: every word as a prefix, in any order; "" when there is no word in it.

    Words are quoted, so that a hyphen, ``AND`` or a quotation mark is text and never syntax.
    """
    terms = []
    for spellings in typed_words(text[:200])[:most_words]:
        alternatives = " OR ".join(f'"{word}"*' for word in spellings)
        terms.append(f"({alternatives})" if len(spellings) > 1 else alternatives)
    return " AND ".join(terms)


def sort_form(text: str | None) -> str:
    """A key that sorts names as the Slovenian alphabet does (c č ć d đ … s š … z ž), blind to case and other accents."""
    composed = unicodedata.normalize("NFC", text or "").casefold()
    if not composed or max(composed) < _BEYOND:
        return composed.translate(_latin_behind()).strip()
    return "".join(_BEHIND.get(letter) or fold(letter) for letter in composed).strip()


@functools.cache
def _latin_behind() -> dict[int, str]:
    """What each letter of the Latin alphabets sorts by."""
    return _latin() | {ord(letter): behind for letter, behind in _BEHIND.items()}


def _second_spelling(text: str) -> str:
    return unicodedata.normalize("NFC", text).casefold().translate(_SECOND)
