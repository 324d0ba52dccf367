"""The paper as a picture, by Pillow alone."""

import subprocess
import sys
from io import BytesIO
from pathlib import Path

import pytest
import zxingcpp
from PIL import Image as Pillow

from printing.document import Document, Row, Text
from printing.grid import Line
from printing.layout import layout
from printing.png import MARGIN, PngPainter
from tests.printing.papers import FURS_CODE, LETTERS, every_block
from tests.printing.test_layout import LOGO, PAPERS

FONTS = Path(__file__).parents[2] / "resources" / "fonts"


@pytest.fixture
def painter() -> PngPainter:
    return PngPainter(FONTS / "DejaVuSansMono.ttf", FONTS / "DejaVuSansMono-Bold.ttf")


@pytest.mark.parametrize("columns", PAPERS)
def test_the_picture_has_the_papers_dots_and_its_codes(painter: PngPainter, columns: int) -> None:
    grid = layout(every_block(), PAPERS[columns], {"logo": LOGO})
    with Pillow.open(BytesIO(painter.paint(grid))) as picture:
        height = sum(grid.height(item) for item in grid.items)
        assert picture.size == (grid.dots + 2 * MARGIN, height + 2 * MARGIN)
        read = {code.format: code.text for code in zxingcpp.read_barcodes(picture)}
        assert read[zxingcpp.QRCode] == FURS_CODE
        assert read[zxingcpp.EAN13] == "4006381333931"
        logo = picture.crop((MARGIN + (grid.dots - 64) // 2, MARGIN, MARGIN + (grid.dots + 64) // 2, MARGIN + 24))
        dots = [[logo.getpixel((x, y)) == 0 for x in range(64)] for y in range(24)]
        assert dots == [[LOGO.dot(x, y) for x in range(64)] for y in range(24)]


def test_every_letter_has_a_shape_of_its_own_and_stays_in_its_cell(painter: PngPainter) -> None:
    shapes = {}
    for letter in sorted(set("".join(LETTERS.values()) + "0123456789€") - {" "}):
        picture = painter.picture(layout(Document((Text(letter),)), PAPERS[48]))
        ink = picture.point([255 if value < 200 else 0 for value in range(256)]).getbbox()
        assert ink is not None, letter
        assert ink[0] >= MARGIN
        assert ink[2] <= MARGIN + 12
        assert ink[1] >= MARGIN
        assert ink[3] <= MARGIN + 24
        shapes[picture.tobytes()] = letter
    assert len(shapes) == len(set("".join(LETTERS.values()) + "0123456789€") - {" "})


def test_amounts_end_at_the_right_edge(painter: PngPainter) -> None:
    for wide in (1, 2):
        grid = layout(Document((Row("", "8.888,88", wide=2 if wide == 2 else 1),)), PAPERS[32])
        picture = painter.picture(grid)
        ink = picture.point([255 if value < 200 else 0 for value in range(256)]).getbbox()
        assert ink is not None
        assert MARGIN + 384 - 4 * wide <= ink[2] <= MARGIN + 384
        (line,) = grid.items
        assert isinstance(line, Line)


def test_it_needs_no_qt_and_the_package_loads_little() -> None:
    """What imports must not bring: Qt, the database, python-escpos; and the root logger stays as it was."""
    program = (
        "import logging, sys; before = list(logging.getLogger().handlers)\n"
        "import printing.rendering, printing.text, printing.transports.address, printing.status\n"
        "heavy = {'PIL', 'zxingcpp', 'sqlalchemy', 'escpos', 'PySide6', 'asyncio'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "import printing.png, printing.spool, printing.spooler, printing.virtual\n"
        "heavy = {'escpos', 'PySide6'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
        "assert logging.getLogger().handlers == before\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=Path(__file__).parents[2], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
