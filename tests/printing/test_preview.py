"""The paper on the screen: black on white, in its cells, and its codes can be read off it."""

from pathlib import Path

import pytest
import zxingcpp
from PIL import Image as Pillow
from PySide6.QtGui import QColor, QImage, QPalette
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot

from printing.document import Document, Text
from printing.layout import Paper, layout
from printing.preview import MARGIN, PaperView, paper_size
from printing.text import to_text
from tests.printing.papers import FURS_CODE, every_block
from tests.printing.test_layout import LATIN2, LOGO, PAPERS


def shot(view: PaperView) -> Pillow.Image:
    image = view.grab().toImage().convertToFormat(QImage.Format.Format_Grayscale8)
    data = bytes(image.constBits())
    rows = [data[y * image.bytesPerLine() : y * image.bytesPerLine() + image.width()] for y in range(image.height())]
    return Pillow.frombytes("L", (image.width(), image.height()), b"".join(rows))


@pytest.mark.parametrize("columns", PAPERS)
@pytest.mark.parametrize("scale", [0.625, 1.0, 1.5])
def test_the_codes_can_be_read_off_the_screen(qtbot: QtBot, columns: int, scale: float) -> None:
    view = PaperView(scale=scale)
    qtbot.addWidget(view)
    grid = layout(every_block(), PAPERS[columns], {"logo": LOGO})
    view.set_grid(grid)
    read = {code.format: code.text for code in zxingcpp.read_barcodes(shot(view))}
    assert read[zxingcpp.QRCode] == FURS_CODE
    assert read[zxingcpp.EAN13] == "4006381333931"
    width, height = paper_size(grid)
    assert (view.width(), view.height()) == (round(width * scale), round(height * scale))


def test_black_on_white_in_a_dark_theme_and_inside_its_cells(qtbot: QtBot) -> None:
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    before = application.palette()
    dark = QPalette(QColor(20, 20, 20))
    dark.setColor(QPalette.ColorRole.WindowText, QColor(240, 240, 240))
    application.setPalette(dark)
    try:
        view = PaperView(scale=1.0)
        qtbot.addWidget(view)
        view.set_grid(layout(Document((Text("Č" * 32), Text("g" * 16, wide=2, high=2))), Paper(32, 384, LATIN2)))
        picture = shot(view)
    finally:
        application.setPalette(before)
    assert picture.getpixel((2, 2)) == 255
    ink = picture.point([255 if value < 128 else 0 for value in range(256)]).getbbox()
    assert ink is not None
    left, top, right, bottom = ink
    assert left >= MARGIN - 1
    assert right <= MARGIN + 384 + 1
    assert left < MARGIN + 12
    assert right > MARGIN + 384 - 12
    assert top >= MARGIN - 1
    assert bottom <= MARGIN + 30 + 48


def test_it_is_read_to_those_who_cannot_see_it(qtbot: QtBot) -> None:
    view = PaperView()
    qtbot.addWidget(view)
    grid = layout(every_block(), PAPERS[48], {"logo": LOGO})
    view.set_grid(grid)
    assert view.accessibleName() == "Račun"
    assert view.accessibleDescription() == to_text(grid)
    view.set_grid(None)
    assert view.accessibleDescription() == ""
    assert view.sizeHint().isEmpty()


def test_a_screenshot_can_be_kept(qtbot: QtBot, tmp_path: Path) -> None:
    view = PaperView(scale=1.0)
    qtbot.addWidget(view)
    view.set_grid(layout(every_block(), PAPERS[42], {"logo": LOGO}))
    assert view.grab().save(str(tmp_path / "paper.png"))
