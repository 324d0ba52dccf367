"""What shows on paper whether a printer is set up right: a page for its width, letters and codes, and a strip for its code tables.

No sentences, so no language: the numbers on the paper are what a person tells back.
"""

from __future__ import annotations

from printing.document import Column, Cut, Document, Qr, Row, Rule, Space, Table, Text
from printing.profiles import Profile

LETTERS = "ČŠŽĆĐ čšžćđ ÄÖÜß äöü €"
#: Sixty digits, as on a Slovenian receipt: version 2, level M.
_DIGITS = "0123456789" * 6


def trial_page(profile: Profile) -> Document:
    """A ruler (its last digit must stand at the paper's edge, on one line), all letters and sizes, amounts, a QR code and a cut."""
    ruler = "".join(str(column % 10) for column in range(1, profile.columns + 1))
    tens = "".join(f"{column:>10}" for column in range(10, profile.columns + 1, 10))
    return Document(
        (
            Text(f"{profile.name}  {profile.columns} / {profile.dots}"),
            Text(tens),
            Text(ruler),
            Rule(),
            Text(LETTERS),
            Text(LETTERS, bold=True),
            Text(LETTERS, invert=True),
            Text(LETTERS, wide=2, high=2),
            Rule(),
            Row("1 x 1.234,50", "1.234,50"),
            Row("EUR", "1.234,50", bold=True, wide=2, high=2),
            Table(
                (Column(), Column("right"), Column("right")), (("22 %", "100,00", "22,00"), ("9,5 %", "10,00", "0,95"))
            ),
            Qr(_DIGITS, version=2),
            Cut(),
        ),
        title=profile.name,
    )


def trial_strip(profile: Profile) -> tuple[Document, ...]:
    """One line per set of code tables, numbered from 1, to be printed in order; the last one cuts.

    The person names the number of the line that reads right; set `number - 1` of `Profile.charsets` is then the one to use.
    """
    last = len(profile.charsets) - 1
    return tuple(
        Document(
            (Text(f"{number + 1}: {LETTERS}"), *((Space(2), Cut()) if number == last else ())),
            title=profile.name,
            tables=number,
        )
        for number in range(last + 1)
    )
