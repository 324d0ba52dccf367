"""Grid to screen: the paper as a widget, black on white whatever the theme, every character in its cell."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QColor, QFont, QFontDatabase, QFontMetricsF, QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from printing.bitmap import Bitmap
from printing.grid import BarSymbol, CutMark, Grid, Line, Picture, QrSymbol, Span
from printing.text import to_text

#: White dots on each side of what is printed.
MARGIN = 32
_BLACK = QColor(0, 0, 0)
_WHITE = QColor(255, 255, 255)
_GREY = QColor(160, 160, 160)


class PaperView(QWidget):
    """Shows one grid. `family` is a monospaced font family; by default the system's. `scale` is logical pixels per printer dot."""

    def __init__(self, family: str = "", scale: float = 0.625, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._family = family or QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()
        self._scale = scale
        self._grid: Grid | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_grid(self, grid: Grid | None) -> None:
        """Shows another paper, or an empty place. Screen readers are given its text."""
        self._grid = grid
        self.setAccessibleName(grid.title if grid is not None else "")
        self.setAccessibleDescription(to_text(grid) if grid is not None else "")
        self.updateGeometry()
        self.setFixedSize(self.sizeHint())
        self.update()

    def grid_shown(self) -> Grid | None:
        """The paper that is shown."""
        return self._grid

    def set_scale(self, scale: float) -> None:
        """Logical pixels per dot, 0.1 to 4."""
        self._scale = min(max(scale, 0.1), 4.0)
        self.set_grid(self._grid)

    def sizeHint(self) -> QSize:
        if self._grid is None:
            return QSize(0, 0)
        width, height = paper_size(self._grid)
        return QSize(round(width * self._scale), round(height * self._scale))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._grid is None:
            return
        with QPainter(self) as painter:
            paint(painter, self._grid, self._family, self._scale)


def paper_size(grid: Grid) -> tuple[int, int]:
    """Width and height of the paper in dots, with its margins."""
    return grid.dots + 2 * MARGIN, sum(grid.height(item) for item in grid.items) + 2 * MARGIN


def paint(painter: QPainter, grid: Grid, family: str, scale: float) -> None:
    """Paints the paper at the painter's origin, `scale` logical pixels per dot."""
    width, height = paper_size(grid)
    painter.fillRect(QRectF(0, 0, width * scale, height * scale), _WHITE)
    painter.setRenderHints(QPainter.RenderHint.TextAntialiasing | QPainter.RenderHint.SmoothPixmapTransform)
    letters = _Letters(grid, family)
    y = MARGIN
    for item in grid.items:
        if isinstance(item, Line):
            for span in item.spans:
                letters.draw(painter, span, y, scale)
        elif isinstance(item, QrSymbol):
            _modules(painter, item.pattern, MARGIN + item.x, y + item.quiet, item.module, item.module, scale)
        elif isinstance(item, BarSymbol):
            _modules(painter, item.pattern, MARGIN + item.x, y, item.module, item.height, scale)
        elif isinstance(item, Picture):
            place = QRectF(MARGIN + item.x, y, item.bitmap.width, item.bitmap.height)
            painter.drawImage(_scaled(place, scale), _image(item.bitmap))
        elif isinstance(item, CutMark):
            painter.setPen(_GREY)
            middle = (y + grid.spacing / 2) * scale
            painter.drawLine(QPointF(0, middle), QPointF(width * scale, middle))
        y += grid.height(item)


class _Letters:
    """One font, sized so that a character fills its cell."""

    def __init__(self, grid: Grid, family: str) -> None:
        self._cell = grid.cell
        self._fonts = {}
        for bold in (False, True):
            font = QFont(family)
            font.setStyleHint(QFont.StyleHint.Monospace)
            font.setKerning(False)
            font.setBold(bold)
            font.setPixelSize(100)
            font.setPixelSize(max(int(grid.cell[1] * 100 / QFontMetricsF(font).height()), 4))
            metrics = QFontMetricsF(font)
            self._fonts[bold] = (font, metrics.horizontalAdvance("M") or 1.0, metrics)

    def draw(self, painter: QPainter, span: Span, y: int, scale: float) -> None:
        width, height = self._cell
        style = span.style
        font, advance, metrics = self._fonts[style.bold]
        x = MARGIN + span.column * width
        ink = _BLACK
        if style.invert:
            cells = QRectF(x, y, len(span.text) * width * style.wide, height * style.high)
            painter.fillRect(_scaled(cells, scale), _BLACK)
            ink = _WHITE
        baseline = (height + metrics.ascent() - metrics.descent()) / 2
        painter.save()
        painter.translate(x * scale, y * scale)
        painter.scale(scale * style.wide * width / advance, scale * style.high)
        painter.setFont(font)
        painter.setPen(ink)
        painter.drawText(QPointF(0, baseline), span.text)
        painter.restore()


def _modules(painter: QPainter, pattern: Bitmap, x: int, y: int, wide: int, high: int, scale: float) -> None:
    """Black runs as rectangles on whole pixels, so that a code on the screen can be read by a telephone."""
    for row in range(pattern.height):
        column = 0
        while column < pattern.width:
            start = column
            while column < pattern.width and pattern.dot(column, row):
                column += 1
            if column > start:
                run = QRectF(x + start * wide, y + row * high, (column - start) * wide, high)
                painter.fillRect(_scaled(run, scale).toRect(), _BLACK)
            column += 1


def _image(bitmap: Bitmap) -> QImage:
    image = QImage(bitmap.rows, bitmap.width, bitmap.height, bitmap.stride, QImage.Format.Format_Mono)
    image.setColorTable([_WHITE.rgb(), _BLACK.rgb()])
    return image.convertToFormat(QImage.Format.Format_RGB32)  # a copy: it outlives the bytes


def _scaled(place: QRectF, scale: float) -> QRectF:
    return QRectF(place.x() * scale, place.y() * scale, place.width() * scale, place.height() * scale)
