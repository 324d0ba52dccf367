"""A laid-out document: lines on the cells of one paper, and objects measured in dots. What every backend reads.

A cell is one character of the printer's font A. A line never holds more cells than the paper has columns; a character of double width
takes two.
"""

from __future__ import annotations

import msgspec

from printing.bitmap import Bitmap
from printing.document import Align, BarcodeKind, ErrorCorrection


class Style(msgspec.Struct, frozen=True, gc=False):
    """How characters look: `wide` and `high` are 1 or 2."""

    bold: bool = False
    invert: bool = False
    wide: int = 1
    high: int = 1


PLAIN = Style()


class Span(msgspec.Struct, frozen=True, gc=False):
    """Characters of one style from cell `column` on. `align` says which edge counts where doubling cannot be shown."""

    column: int
    text: str
    style: Style = PLAIN
    align: Align = "left"

    @property
    def end(self) -> int:
        """The cell after the last."""
        return self.column + len(self.text) * self.style.wide


class Line(msgspec.Struct, frozen=True):
    """A line of spans in order of their columns, none over another; no spans: an empty line."""

    spans: tuple[Span, ...] = ()

    @property
    def width(self) -> int:
        """Cells up to the end of the last span."""
        return self.spans[-1].end if self.spans else 0

    @property
    def high(self) -> int:
        """1, or 2 where a character is of double height."""
        return max((span.style.high for span in self.spans), default=1)


class QrSymbol(msgspec.Struct, frozen=True, gc=False):
    """A QR code of `pattern.width` modules, each `module` dots wide; `quiet` dots stay free all around; `x` dots from the left.

    `native` says that a printer which chooses the smallest version itself comes to the same code.
    """

    data: str
    level: ErrorCorrection
    pattern: Bitmap
    module: int
    quiet: int
    x: int
    align: Align
    native: bool

    @property
    def version(self) -> int:
        return (self.pattern.width - 17) // 4

    @property
    def size(self) -> int:
        """Dots on a side, without the quiet zone."""
        return self.pattern.width * self.module


class BarSymbol(msgspec.Struct, frozen=True, gc=False):
    """A linear barcode: `pattern` is one dot high, a module is `module` dots wide, the bars are `height` dots high."""

    kind: BarcodeKind
    data: str
    pattern: Bitmap
    module: int
    height: int
    x: int
    align: Align

    @property
    def width(self) -> int:
        """Dots from the first bar to the last."""
        return self.pattern.width * self.module


class Picture(msgspec.Struct, frozen=True, gc=False):
    """A picture at `x` dots from the left."""

    key: str
    bitmap: Bitmap
    x: int
    align: Align


class CutMark(msgspec.Struct, frozen=True, gc=False):
    """Where the paper is cut."""


Item = Line | QrSymbol | BarSymbol | Picture | CutMark


class Grid(msgspec.Struct, frozen=True):
    """Items from top to bottom on paper of `columns` cells and `dots` dots.

    `cell` is a character's width and height in dots, `spacing` the height of a plain line. `lost` are the characters that the paper
    shows as another letter or a question mark, in code point order: a person should be told.
    """

    columns: int
    dots: int
    cell: tuple[int, int]
    spacing: int
    items: tuple[Item, ...]
    title: str = ""
    locale: str = "sl"
    lost: str = ""

    def height(self, item: Item) -> int:
        """Dots that an item takes: a line its spacing (or its characters' height where that is more), a code its quiet zone, too."""
        if isinstance(item, Line):
            return max(self.spacing, self.cell[1] * item.high)
        if isinstance(item, QrSymbol):
            return item.size + 2 * item.quiet
        if isinstance(item, BarSymbol):
            return item.height
        return item.bitmap.height if isinstance(item, Picture) else self.spacing
