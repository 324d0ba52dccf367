"""Grid to ESC/POS bytes. The only place that writes commands of a receipt; nothing here looks at a printer.

Every document begins with a full reset and names all it relies on: Kanji mode off (clones start in GB18030), international set 0 (other
sets replace # $ @ and more), line spacing and a code table. Text bytes are 20 to 7E and the codes of the selected table, never a control.
Command names as in the ESC/POS reference.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby

from printing.bitmap import Bitmap, enlarge
from printing.charset import Charset, CodeTable
from printing.errors import DocumentError
from printing.grid import PLAIN, BarSymbol, CutMark, Grid, Line, Picture, QrSymbol, Style
from printing.profiles import Profile

#: Rows of one raster command: some printers print garbage where a picture comes in one large piece.
STRIP_ROWS = 128

_ALIGN = {"left": b"\x1ba\x00", "centre": b"\x1ba\x01", "right": b"\x1ba\x02"}
_QR_LEVEL = {"L": b"0", "M": b"1", "Q": b"2", "H": b"3"}
_BAR_KIND = {"ean13": 67, "ean8": 68, "code39": 69, "code128": 73}


def encode(grid: Grid, profile: Profile) -> bytes:
    """The bytes that print this grid, which was laid out for this profile's paper."""
    stream = _Stream(profile)
    for item in grid.items:
        if isinstance(item, Line):
            stream.line(item)
        elif isinstance(item, QrSymbol):
            stream.qr(item)
        elif isinstance(item, Picture):
            stream.raster(item.bitmap, item.align)
        elif isinstance(item, BarSymbol):
            stream.bars(item)
        elif isinstance(item, CutMark):
            stream.cut()
    return bytes(stream.out)


def drawer_kick(profile: Profile, pin: int = 2) -> bytes:
    """The pulse (ESC p) that opens the drawer at connector pin 2 or 5. Raises ValueError for another pin."""
    if pin not in (2, 5):
        raise ValueError(f"no drawer at pin {pin}")
    on, off = (max(1, min(255, milliseconds // 2)) for milliseconds in (profile.kick_on, profile.kick_off))
    return bytes((0x1B, 0x70, 0 if pin == 2 else 1, on, off))


class _Stream:
    """The bytes so far and the modes that they leave the printer in."""

    def __init__(self, profile: Profile) -> None:
        self._profile = profile
        self._charset: Charset = profile.charset
        self._table: CodeTable | None = None
        self._style = PLAIN
        self.out = bytearray(b"\x1b@\x1c.\x1bR\x00\x1b2")
        if self._charset.tables:
            self._select(self._charset.tables[0])

    def line(self, line: Line) -> None:
        column = 0
        for span in line.spans:
            if span.column > column:
                self._mode(PLAIN)
                self.out += b" " * (span.column - column)
            self._mode(span.style)
            self._text(span.text)
            column = span.column + len(span.text) * span.style.wide
        self.out += b"\n"
        self._mode(PLAIN)

    def qr(self, symbol: QrSymbol) -> None:
        self._feed(symbol.quiet)
        if not (self._profile.native_qr and symbol.native):
            self.raster(enlarge(symbol.pattern, symbol.module), symbol.align)
        else:
            try:
                data = symbol.data.encode("ascii")
            except UnicodeEncodeError:
                data = symbol.data.encode()
            self.out += _ALIGN[symbol.align]
            for body in (
                b"1A2\x00",
                b"1C" + bytes((symbol.module,)),
                b"1E" + _QR_LEVEL[symbol.level],
                b"1P0" + data,
                b"1Q0",
            ):
                self.out += b"\x1d(k" + len(body).to_bytes(2, "little") + body
            self.out += _ALIGN["left"]
        self._feed(symbol.quiet)

    def bars(self, symbol: BarSymbol) -> None:
        if not self._profile.native_bars:
            line = enlarge(symbol.pattern, symbol.module)
            row = line.rows[: line.stride]
            self.raster(Bitmap(line.width, symbol.height, row * symbol.height), symbol.align)
            return
        data = symbol.data.encode("ascii")
        if symbol.kind == "code128":
            # Code set B; the printer takes { as its own escape.
            data = b"{B" + data.replace(b"{", b"{{")
        if len(data) > 255:
            raise DocumentError("barcode too long")
        self.out += _ALIGN[symbol.align]
        self.out += bytes((0x1D, 0x68, symbol.height, 0x1D, 0x77, symbol.module, 0x1D, 0x48, 0))
        self.out += bytes((0x1D, 0x6B, _BAR_KIND[symbol.kind], len(data))) + data
        self.out += _ALIGN["left"]

    def raster(self, bitmap: Bitmap, align: str) -> None:
        stride = bitmap.stride
        self.out += _ALIGN[align]
        for top in range(0, bitmap.height, STRIP_ROWS):
            rows = min(STRIP_ROWS, bitmap.height - top)
            self.out += b"\x1dv0\x00" + stride.to_bytes(2, "little") + rows.to_bytes(2, "little")
            self.out += bitmap.rows[top * stride : (top + rows) * stride]
        self.out += _ALIGN["left"]

    def cut(self) -> None:
        kind = self._profile.cut
        if kind == "none":
            self.out += b"\x1bd\x04"
        else:
            # Function B feeds to the knife by itself; it is taken only at the start of a line, where we always are.
            self.out += b"\x1dV" + (b"B" if kind == "partial" else b"A") + b"\x00"

    def _feed(self, dots: int) -> None:
        while dots > 0:
            step = min(dots, 255)
            self.out += bytes((0x1B, 0x4A, step))
            dots -= step

    def _mode(self, style: Style) -> None:
        now = self._style
        if style is now or style == now:
            return
        if style.bold != now.bold:
            self.out += b"\x1bE\x01" if style.bold else b"\x1bE\x00"
        if style.invert != now.invert:
            self.out += b"\x1dB\x01" if style.invert else b"\x1dB\x00"
        if style.wide != now.wide or style.high != now.high:
            self.out += bytes((0x1D, 0x21, (style.wide - 1) << 4 | style.high - 1))
        self._style = style

    def _text(self, text: str) -> None:
        if text.isascii():
            self.out += text.encode("ascii")
            return
        if self._table is not None:
            try:
                self.out += text.encode(self._table.codec)  # mostly the whole line fits the selected table
            except UnicodeEncodeError:
                pass
            else:
                return
        for table, characters in self._runs(text):
            if table is not None and table != self._table:
                self._select(table)
            self.out += characters

    def _runs(self, text: str) -> Iterator[tuple[CodeTable | None, bytes]]:
        """The text as bytes, cut where the table must change. ASCII fits every table."""
        for table, group in groupby(map(self._place, text), key=lambda place: place[0]):
            yield table, bytes(byte for _, byte in group)

    def _place(self, character: str) -> tuple[CodeTable | None, int]:
        if " " <= character <= "~":
            return None, ord(character)
        # The selected table first: fewer switches.
        if self._table is not None and (byte := self._table.byte(character)) is not None:
            return self._table, byte
        place = self._charset.place(character)
        if place is None:
            raise DocumentError(f"the grid was not laid out for this printer: U+{ord(character):04X}")
        return place

    def _select(self, table: CodeTable) -> None:
        self.out += bytes((0x1B, 0x74, table.number))
        self._table = table
