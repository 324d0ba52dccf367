"""Which characters a printer has, and what stands for those it has not.

A printer has ASCII and an ordered list of code tables; each character is taken from the first table that has it. Everything else
is replaced before anything is measured, so that a replacement can never break a column: first by a harmless equal (typographic
quotes, dashes, EUR for the euro sign), then by the plain letter (c for č), last by a question mark. Only the latter two lose
something, and `Charset.lost` says so, for a warning somebody sees.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field

#: Replacements that lose nothing a reader needs.
_EQUAL = {
    "€": "EUR", "‘": "'", "’": "'", "‚": "'", "‛": "'", "“": '"', "”": '"', "„": '"', "‟": '"', "«": '"', "»": '"', "‹": "'",
    "›": "'", "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-", "…": "...", "•": "*", "·": "*", "×": "x",
    "÷": "/", "⁄": "/", "´": "'", "ʼ": "'", "′": "'", "″": '"', "№": "No.", "™": "(TM)", "©": "(c)", "®": "(R)", "½": "1/2",
    "¼": "1/4", "¾": "3/4",
}  # fmt: skip
#: Letters that do not come apart into a base letter and a mark.
_PLAIN = {
    "đ": "d", "Đ": "D", "ß": "ss", "ẞ": "SS", "ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE",
    "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ı": "i", "ħ": "h", "Ħ": "H", "ĸ": "k", "ŋ": "n", "Ŋ": "N",
}  # fmt: skip
#: Controls that separate words; they become a space. All other controls vanish.
_SEPARATORS = "\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u2028\u2029"


@dataclass(frozen=True, slots=True)
class CodeTable:
    """A code table of a printer: Python's `codec` for it and the `number` that ``ESC t`` selects it by (0 to 255)."""

    codec: str
    number: int

    def byte(self, character: str) -> int | None:
        """The byte of a character (128 to 255), or None where the table has it not."""
        try:
            encoded = character.encode(self.codec)
        except UnicodeEncodeError:
            return None
        return encoded[0] if len(encoded) == 1 and encoded[0] >= 0x80 else None


class _Replacements(dict[int, str | None]):
    """The map for `str.translate`; asks the charset once per character."""

    def __init__(self, charset: Charset) -> None:
        super().__init__()
        self._charset = charset

    def __missing__(self, code: int) -> str | None:
        replacement = self[code] = self._charset.replacement(chr(code))
        return replacement


@dataclass(frozen=True)
class Charset:
    """The characters of a printer: ASCII and `tables`, preferred ones first."""

    tables: tuple[CodeTable, ...] = ()
    _replacements: _Replacements = field(init=False, repr=False, compare=False)
    _places: dict[str, tuple[CodeTable, int] | None] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_replacements", _Replacements(self))

    def place(self, character: str) -> tuple[CodeTable, int] | None:
        """The table and byte of a character beyond ASCII, or None if the printer has it not."""
        try:
            return self._places[character]
        except KeyError:
            pass
        found = None
        for table in self.tables:
            if (byte := table.byte(character)) is not None:
                found = (table, byte)
                break
        self._places[character] = found
        return found

    def has(self, character: str) -> bool:
        """Whether the printer prints this character as it is."""
        return " " <= character <= "~" or (self._visible(character) and self.place(character) is not None)

    def fit(self, text: str) -> str:
        """The text in characters that this printer has, in composed form, without any control or invisible character."""
        if text.isascii() and text.isprintable():
            return text
        return unicodedata.normalize("NFC", text).translate(self._replacements)

    def lost(self, text: str) -> frozenset[str]:
        """The characters of the text that the paper shows as another letter or as a question mark."""
        if text.isascii():
            return frozenset()
        return frozenset(
            c
            for c in unicodedata.normalize("NFC", text)
            if ord(c) > 0x7F and self._visible(c) and not self.has(c) and c not in _EQUAL and not c.isspace()
        )

    @staticmethod
    def _visible(character: str) -> bool:
        # Cc controls, Cf formats (bidi controls, zero-width, soft hyphen), Mn/Me marks that found no letter.
        return unicodedata.category(character) not in ("Cc", "Cf", "Mn", "Me", "Zl", "Zp")

    def replacement(self, character: str) -> str | None:
        """What stands for a character: itself, other characters, or None for nothing."""
        if character in _SEPARATORS:
            return " "
        if not self._visible(character):
            return None
        if character.isspace():
            return " "
        if self.has(character):
            return character
        if character in _EQUAL:
            return _EQUAL[character]
        if character in _PLAIN:
            return _PLAIN[character]
        apart = unicodedata.normalize("NFKD", character)
        plain = "".join(_PLAIN.get(c, c) for c in apart if self._visible(c))
        if plain and plain != character and all(" " <= c <= "~" for c in plain):
            return plain
        return "?"
