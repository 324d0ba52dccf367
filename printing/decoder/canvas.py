"""A sheet as a picture at the printer's true dots, one pixel a dot, black on white."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from printing.decoder.machine import Model, PrintedLine, Sheet

if TYPE_CHECKING:
    from PIL import Image
    from PIL.ImageFont import FreeTypeFont

#: White dots on each side: paper is wider than what is printed on it.
EDGE = 32


def draw(sheet: Sheet, model: Model, font: Path | None = None) -> Image.Image:
    """The sheet as a Pillow picture of mode L. Without a font file the letters are drawn as bars."""
    from PIL import Image, ImageFont

    height = sum(line.height for line in sheet.lines)
    picture = Image.new("L", (model.dots + 2 * EDGE, height + 2 * EDGE), 255)
    face = None if font is None else ImageFont.truetype(str(font), model.character_height * 4 // 5)
    y = EDGE
    for line in sheet.lines:
        if line.dots is not None:
            picture.paste(line.dots, (EDGE + line.x, y))
        else:
            _letters(picture, line, y, model, face)
        y += line.height
    return picture


def _letters(picture: Image.Image, line: PrintedLine, y: int, model: Model, face: FreeTypeFont | None) -> None:
    from PIL import Image, ImageDraw, ImageOps

    width, height = model.dots // model.columns, model.character_height
    x = EDGE
    for cell in line.cells:
        tile = Image.new("L", (width, height), 255)
        pen = ImageDraw.Draw(tile)
        if cell.character != " ":
            if face is None:
                pen.rectangle((1, height // 3, width - 2, height * 3 // 4), fill=0)
            else:
                pen.text(
                    (0, height * 4 // 5), cell.character, fill=0, font=face, anchor="ls", stroke_width=int(cell.bold)
                )
        if cell.invert:
            tile = ImageOps.invert(tile)
        picture.paste(tile.resize((width * cell.wide, height * cell.high)), (x, y))
        x += width * cell.wide
