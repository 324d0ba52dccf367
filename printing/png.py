"""Grid to a picture at the printer's true dots, by Pillow and a monospaced font. Needs no Qt."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

from printing.bitmap import Bitmap, enlarge
from printing.grid import BarSymbol, Grid, Line, Picture, QrSymbol, Span

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFont import FreeTypeFont

#: White dots around the printable area.
MARGIN = 24


class PngPainter:
    """Paints grids with one monospaced font (a TrueType or OpenType file) and, for bold text, another."""

    def __init__(self, font: Path, bold: Path | None = None) -> None:
        self._files = (font, bold or font)
        self._fonts: dict[tuple[bool, int, int], FreeTypeFont] = {}

    def paint(self, grid: Grid) -> bytes:
        """The grid as a PNG, black on white, one pixel a dot, with a white margin of `MARGIN` dots."""
        picture = self.picture(grid)
        file = BytesIO()
        picture.save(file, "PNG")
        return file.getvalue()

    def picture(self, grid: Grid) -> Image.Image:
        """The same as a Pillow picture of mode L."""
        from PIL import Image

        height = sum(grid.height(item) for item in grid.items)
        sheet = Image.new("L", (grid.dots + 2 * MARGIN, height + 2 * MARGIN), 255)
        y = MARGIN
        for item in grid.items:
            if isinstance(item, Line):
                for span in item.spans:
                    self._span(sheet, span, y, grid)
            elif isinstance(item, QrSymbol):
                _stamp(sheet, enlarge(item.pattern, item.module), MARGIN + item.x, y + item.quiet)
            elif isinstance(item, BarSymbol):
                bars = enlarge(item.pattern, item.module)
                _stamp(
                    sheet, Bitmap(bars.width, item.height, bars.rows[: bars.stride] * item.height), MARGIN + item.x, y
                )
            elif isinstance(item, Picture):
                _stamp(sheet, item.bitmap, MARGIN + item.x, y)
            y += grid.height(item)
        return sheet

    def _span(self, sheet: Image.Image, span: Span, y: int, grid: Grid) -> None:
        from PIL import Image, ImageDraw, ImageOps

        width, height = grid.cell
        cells = len(span.text)
        tile = Image.new("L", (max(cells * width, 1), height), 255)
        draw = ImageDraw.Draw(tile)
        font, rise = self._font(span.style.bold, width, height)
        for number, character in enumerate(span.text):
            if character != " ":
                draw.text((number * width, rise), character, fill=0, font=font, anchor="ls")
        if span.style.wide > 1 or span.style.high > 1:
            tile = tile.resize((tile.width * span.style.wide, tile.height * span.style.high), Image.Resampling.BICUBIC)
        if span.style.invert:
            tile = ImageOps.invert(tile)
        sheet.paste(tile, (MARGIN + span.column * width, y))

    def _font(self, bold: bool, width: int, height: int) -> tuple[FreeTypeFont, int]:
        """The largest size whose characters fit the cell, and the baseline in the cell."""
        from PIL import ImageFont

        key = (bold, width, height)
        if key not in self._fonts:
            size = height
            font = ImageFont.truetype(str(self._files[bold]), size)
            while size > 6 and (font.getlength("M") > width or sum(font.getmetrics()) > height + height // 4):
                size -= 1
                font = ImageFont.truetype(str(self._files[bold]), size)
            self._fonts[key] = font
        font = self._fonts[key]
        ascent, descent = font.getmetrics()
        return font, (height + ascent - descent) // 2


def _stamp(sheet: Image.Image, bitmap: Bitmap, x: int, y: int) -> None:
    from PIL import Image, ImageOps

    dots = Image.frombytes("1", (bitmap.width, bitmap.height), bitmap.rows)
    sheet.paste(ImageOps.invert(dots.convert("L")), (x, y))
