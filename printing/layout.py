"""Document to grid: replaces what the printer cannot print, then measures, wraps and aligns. Pure; the same input, the same grid.

Order matters: replacements come first (EUR is wider than the euro sign), measuring after. Amounts are never wrapped: one that does
not fit beside its text gets a line of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from printing.bitmap import Bitmap, shrink
from printing.charset import Charset
from printing.document import Align, Banner, Barcode, Block, Cut, Document, Image, Qr, Row, Rule, Space, Table, Text
from printing.errors import DocumentError
from printing.grid import PLAIN, BarSymbol, CutMark, Grid, Item, Line, Picture, QrSymbol, Span, Style
from printing.table import table_lines
from printing.wrapping import wrap

_NO_IMAGES: Mapping[str, Bitmap] = {}


@dataclass(frozen=True, slots=True)
class Paper:
    """The printable area of one printer: `columns` cells of font A across `dots` dots, and its characters.

    `cell_height` and `spacing` are dots (24 and 30 on common printers), `dots_per_mm` is 8 at 203 dpi. 58 mm paper prints 384 dots and
    32 columns, 80 mm paper 576 and 48, many TM-T88 512 and 42.
    """

    columns: int
    dots: int
    charset: Charset = field(default_factory=Charset)
    cell_height: int = 24
    spacing: int = 30
    dots_per_mm: int = 8

    def __post_init__(self) -> None:
        if self.columns < 16 or self.dots < self.columns * 4:
            raise ValueError(f"no paper: {self.columns} columns on {self.dots} dots")


def layout(document: Document, paper: Paper, images: Mapping[str, Bitmap] = _NO_IMAGES) -> Grid:
    """The document on this paper. `images` are the pictures that `Image` blocks name; one that is missing prints nothing.

    Raises DocumentError where a QR code or barcode cannot be made from its data or fits no paper of this width.
    """
    items: list[Item] = []
    lost: set[str] = set()
    for block in document.blocks:
        items.extend(_block(block, paper, images, lost))
    return Grid(
        columns=paper.columns,
        dots=paper.dots,
        cell=(paper.dots // paper.columns, paper.cell_height),
        spacing=paper.spacing,
        items=tuple(items),
        title=document.title,
        locale=document.locale,
        lost="".join(sorted(lost)),
    )


def _block(block: Block, paper: Paper, images: Mapping[str, Bitmap], lost: set[str]) -> Iterator[Item]:
    charset = paper.charset

    def fit(text: str) -> str:
        if text.isascii() and text.isprintable():
            return text
        if (fitted := charset.fit(text)) != text:
            lost.update(charset.lost(text))
        return fitted

    if isinstance(block, Row):
        yield from _row(block, fit(block.left), fit(block.right), paper.columns)
    elif isinstance(block, Text):
        yield from _text(
            block, [fit(block.text)] if isinstance(block.text, str) else [fit(run.text) for run in block.text], paper
        )
    elif isinstance(block, Table):
        yield from table_lines(block, [[fit(cell) for cell in row] for row in block.rows], paper.columns)
    elif isinstance(block, Rule):
        character = fit(block.character)[:1]
        yield Line((Span(0, (character if character.strip() else "-") * paper.columns),))
    elif isinstance(block, Space):
        yield from (Line(),) * block.lines
    elif isinstance(block, Banner):
        yield from _banner(fit(block.text), paper)
    elif isinstance(block, Qr):
        yield _qr(block, paper)
    elif isinstance(block, Barcode):
        yield from _barcode(block, paper)
    elif isinstance(block, Image):
        if (bitmap := images.get(block.key)) is not None:
            yield _picture(block, bitmap, paper)
    elif isinstance(block, Cut):
        yield CutMark()


def _row(row: Row, left: str, right: str, columns: int) -> Iterator[Line]:
    wide = row.wide
    cells = columns // wide
    right = right.strip()
    if wide == 2 and right and row.indent + len(left) + 1 + len(right) > cells:
        wide, cells = 1, columns  # a total on one line reads better than a wide one on two
    style = _style(row.bold, False, wide, row.high)
    indent = min(row.indent, cells // 2)
    room = cells - indent - (len(right) + 1 if right else 0)
    if right and left and len(left) <= room and left[-1] != " ":  # the common case, kept short
        yield Line(
            (Span(indent * wide, left, style), Span(columns - len(right) * wide, right, style, "right")),
        )
        return
    apart = bool(right) and len(left) > room and room < max(6, cells // 4)
    if apart:
        room = cells - indent
    start = indent * wide
    lines = [Span(start, text, style) for text in (left[a:b] for a, b in wrap(left, room)) if text]
    if not right:
        yield from (Line((span,)) for span in lines or [Span(0, "", style)])
        return
    # Nothing that somebody calls an amount is longer than the paper; should it be, it is cut into whole lines, none lost.
    parts = [right[i : i + cells] for i in range(0, len(right), cells)]
    amounts = [Span(columns - len(part) * wide, part, style, "right") for part in parts]
    if apart or len(parts) > 1:
        yield from (Line((span,)) for span in (*lines, *amounts))
        return
    yield from (Line((span,)) for span in lines[:-1])
    yield Line((*lines[-1:], *amounts))


def _text(block: Text, texts: Sequence[str], paper: Paper) -> Iterator[Line]:
    whole = "".join(texts)
    slices = wrap(whole, paper.columns // block.wide)
    if isinstance(block.text, str):
        style = _style(block.bold, block.invert, block.wide, block.high)
        for start, end in slices:
            yield _aligned(((whole[start:end], style),), block.align, paper.columns)
        return
    styles = [_style(block.bold or run.bold, block.invert or run.invert, block.wide, block.high) for run in block.text]
    for start, end in slices:
        pieces = []
        offset = 0
        for text, style in zip(texts, styles, strict=True):
            piece = whole[max(start, offset) : min(end, offset + len(text))] if offset < end else ""
            if piece:
                pieces.append((piece, style))
            offset += len(text)
        yield _aligned(pieces, block.align, paper.columns)


def _aligned(pieces: Sequence[tuple[str, Style]], align: Align, columns: int) -> Line:
    cells = sum(len(text) * style.wide for text, style in pieces)
    free = columns - cells
    column = 0 if align == "left" else free if align == "right" else free // 2
    spans = []
    for text, style in pieces:
        if text:
            spans.append(Span(column, text, style, align))
            column += len(text) * style.wide
    return Line(tuple(spans))


def _banner(text: str, paper: Paper) -> Iterator[Line]:
    rule = Line((Span(0, "=" * paper.columns, _style(True, False, 1, 1)),))
    style = _style(True, False, 2, 2)
    yield rule
    for start, end in wrap(text, paper.columns // 2):
        yield _aligned(((text[start:end], style),), "centre", paper.columns)
    yield rule


def _qr(block: Qr, paper: Paper) -> QrSymbol:
    from printing.symbols import qr_pattern

    pattern, smallest = qr_pattern(block.data, block.version, block.level)
    least = -(-block.millimetres * paper.dots_per_mm // pattern.width)
    module = min(max(block.module, least), 16)
    while module > 1 and (pattern.width + 8) * module > paper.dots:
        module -= 1
    if pattern.width * module > paper.dots:
        raise DocumentError(f"a QR code of {pattern.width} modules is wider than {paper.dots} dots")
    size = pattern.width * module
    quiet = max(4 * module, 2 * paper.dots_per_mm)
    x = _offset(size, block.align, paper.dots)
    return QrSymbol(block.data, block.level, pattern, module, quiet, x, block.align, smallest)


def _barcode(block: Barcode, paper: Paper) -> Iterator[Item]:
    from printing.symbols import bar_pattern

    pattern = bar_pattern(block.kind, block.data)
    module = block.module
    while module > 1 and pattern.width * module > paper.dots:
        module -= 1
    if pattern.width * module > paper.dots:
        raise DocumentError(f"a barcode of {pattern.width} modules is wider than {paper.dots} dots")
    x = _offset(pattern.width * module, block.align, paper.dots)
    height = min(block.height * paper.dots_per_mm, 255)
    yield BarSymbol(block.kind, block.data, pattern, module, height, x, block.align)
    if block.text:
        for start, end in wrap(block.data, paper.columns):
            yield _aligned(((block.data[start:end], PLAIN),), block.align, paper.columns)


def _picture(block: Image, bitmap: Bitmap, paper: Paper) -> Picture:
    bitmap = shrink(bitmap, paper.dots)  # a logo made for wider paper must not stop a receipt
    return Picture(block.key, bitmap, _offset(bitmap.width, block.align, paper.dots), block.align)


def _offset(width: int, align: Align, dots: int) -> int:
    free = dots - width
    return 0 if align == "left" else free if align == "right" else free // 2


def _style(bold: bool, invert: bool, wide: int, high: int) -> Style:
    return PLAIN if not (bold or invert) and wide == high == 1 else Style(bold, invert, wide, high)
