"""Printer families: paper, characters and what their firmware can do. Data from manuals and two independent printer databases.

A table number that is wrong prints wrong letters, so nothing here is guessed: families whose Latin-2 tables are not known for sure have
none, and the test strip (`Profile.candidates`) lets a person choose the line that reads right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from printing.charset import Charset, CodeTable
from printing.layout import Paper

CutKind = Literal["partial", "full", "none"]


@dataclass(frozen=True, slots=True)
class Profile:
    """A printer family. `name` identifies it in settings.

    `native_qr`: the firmware draws QR codes (GS ( k) and chooses the smallest version; else they are sent as pictures.
    `answers`: it answers status questions; if not, a print can only be handed over, never confirmed.
    `kick_on` and `kick_off` are the drawer pulse in milliseconds, 2 to 510. `candidates` are the other sets of code tables worth trying.
    """

    name: str
    columns: int
    dots: int
    charset: Charset
    candidates: tuple[Charset, ...] = ()
    native_qr: bool = True
    native_bars: bool = True
    cut: CutKind = "partial"
    answers: bool = True
    kick_on: int = 100
    kick_off: int = 100
    dots_per_mm: int = 8
    cell_height: int = 24
    spacing: int = 30
    paper: Paper = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        paper = Paper(self.columns, self.dots, self.charset, self.cell_height, self.spacing, self.dots_per_mm)
        object.__setattr__(self, "paper", paper)

    @property
    def charsets(self) -> tuple[Charset, ...]:
        """The sets of code tables: first the one in use, then the others worth trying."""
        return (self.charset, *(charset for charset in self.candidates if charset != self.charset))

    def adjusted(
        self, *, columns: int | None = None, dots: int | None = None, charset: Charset | None = None
    ) -> Profile:
        """This family with what a trial print has shown of one printer; its other charsets stay candidates."""
        return replace(
            self,
            columns=self.columns if columns is None else columns,
            dots=self.dots if dots is None else dots,
            charset=self.charset if charset is None else charset,
            candidates=self.charsets,
        )


def _tables(*pairs: tuple[str, int]) -> Charset:
    return Charset(tuple(CodeTable(codec, number) for codec, number in pairs))


# A set that begins with CP1250 has all our letters and the euro sign; CP852 lacks the euro sign, which CP858 adds.
_CP1250_EPSON = _tables(("cp1250", 45), ("cp852", 18), ("cp858", 19))
_CP852 = _tables(("cp852", 18), ("cp858", 19))
_WEST = _tables(("cp858", 19), ("cp1252", 16))

EPSON_80 = Profile("epson-tm-80", 48, 576, _CP1250_EPSON, (_CP852, _WEST))
EPSON_42 = replace(EPSON_80, name="epson-tm-42", columns=42, dots=512)
EPSON_58 = replace(EPSON_80, name="epson-tm-58", columns=32, dots=384)
XPRINTER_80 = Profile("xprinter-80", 48, 576, _CP852, (_CP1250_EPSON, _WEST))

PROFILES: Mapping[str, Profile] = {
    profile.name: profile
    for profile in (
        EPSON_80,
        EPSON_42,
        EPSON_58,
        Profile("epson-tm-t88ii", 42, 512, _tables(("cp1250", 45), ("cp852", 18)), (_CP852, _WEST), native_qr=False),
        Profile("epson-tm-t88iii", 42, 512, _WEST, (_CP852,), native_qr=False),
        Profile("epson-tm-t88iv", 42, 512, _CP852, (_CP1250_EPSON, _WEST), native_qr=False),
        Profile(
            "epson-tm-u220",
            40,
            400,
            _tables(),
            native_qr=False,
            native_bars=False,
            dots_per_mm=6,
            cell_height=9,
            spacing=12,
        ),
        Profile("bixolon-80", 48, 576, _tables(("cp1250", 47), ("cp852", 18), ("cp858", 19)), (_CP852, _CP1250_EPSON)),
        Profile("bixolon-legacy", 42, 512, _tables(("cp858", 19)), (_CP852,), native_qr=False),
        Profile("citizen-80", 48, 576, _tables(("cp852", 18), ("cp858", 19)), (_tables(("cp852", 6), ("cp858", 2)),)),
        Profile("star-escpos-80", 48, 576, _CP852, (_WEST,)),
        XPRINTER_80,
        replace(XPRINTER_80, name="fujitsu-80"),
        Profile(
            "pos-58",
            32,
            384,
            _CP852,
            (_tables(("cp1250", 72)), _tables(("cp852", 54), ("cp858", 53)), _WEST),
            native_qr=False,
            cut="none",
        ),
        Profile(
            "pos-80",
            48,
            576,
            _CP852,
            (_tables(("cp1250", 72)), _tables(("cp852", 54), ("cp858", 53)), _WEST),
            native_qr=False,
        ),
        Profile("rongta-80", 48, 576, _tables(("cp1250", 30), ("cp852", 18), ("cp858", 19)), (_CP852,)),
        Profile(
            "wincor-th230", 44, 576, _tables(("cp852", 2), ("cp858", 6)), (_tables(("cp1250", 17)),), native_qr=False
        ),
        Profile(
            "kefar-80",
            48,
            576,
            _tables(("cp1250", 50), ("cp852", 13), ("cp858", 14)),
            (_tables(("cp852", 13), ("cp858", 14)),),
        ),
    )
}
