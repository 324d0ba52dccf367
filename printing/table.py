"""Rows of cells under common columns: widths from the cells, room taken from the columns that may wrap, amounts whole."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from printing.document import Align, Column, Table
from printing.grid import PLAIN, Line, Span, Style
from printing.wrapping import wrap

#: A column that gives way keeps at least this many cells.
_LEAST = 4
_HEADING = Style(bold=True)


def table_lines(table: Table, rows: Sequence[Sequence[str]], columns: int) -> Iterator[Line]:
    """The lines of a table on paper of `columns` cells. `rows` are its cells, fitted; missing ones count as empty, further ones too.

    Where even the narrowest form is too wide for the paper, each row's cells are put one after the other, whole, on as few lines as
    they need.
    """
    count = len(table.columns)
    padded = [[cell.strip() for cell in (*row, *("",) * count)[:count]] for row in rows]
    widths = _widths(table.columns, padded, columns)
    for number, row in enumerate(padded):
        style = _HEADING if table.heading and number == 0 else PLAIN
        if widths is None:
            yield from _stacked(row, columns, style)
        else:
            yield from _row(table.columns, row, widths, style)


def _widths(columns: Sequence[Column], rows: Sequence[Sequence[str]], paper: int) -> list[int] | None:
    if not columns:
        return []
    needs = [max((len(row[i]) for row in rows), default=0) for i in range(len(columns))]
    widths = [
        column.width if column.width and column.wraps else max(column.width, need, 1)
        for column, need in zip(columns, needs, strict=True)
    ]
    over = sum(widths) + len(widths) - 1 - paper
    giving = [i for i, column in enumerate(columns) if column.wraps]
    while over > 0:
        widest = max(giving, key=lambda i: widths[i], default=None)
        if widest is None or widths[widest] <= _LEAST:
            return None
        widths[widest] -= 1
        over -= 1
    if over < 0:
        # Free room goes to the first column that wraps, else evenly between the columns.
        if giving:
            widths[giving[0]] -= over
        else:
            share, rest = divmod(-over, len(widths))
            widths = [width + share + (i < rest) for i, width in enumerate(widths)]
    return widths


def _row(columns: Sequence[Column], row: Sequence[str], widths: Sequence[int], style: Style) -> Iterator[Line]:
    cells = [[text[a:b] for a, b in wrap(text, max(width, 1))] for text, width in zip(row, widths, strict=True)]
    for number in range(max(map(len, cells), default=0)):
        spans = []
        start = 0
        for column, width, lines in zip(columns, widths, cells, strict=True):
            if number < len(lines) and lines[number]:
                spans.append(
                    Span(start + _offset(column.align, width - len(lines[number])), lines[number], style, column.align)
                )
            start += width + 1
        yield Line(tuple(spans))


def _stacked(row: Sequence[str], columns: int, style: Style) -> Iterator[Line]:
    parts = [cell[a:b] for cell in row if cell for a, b in wrap(cell, columns)]
    line = ""
    for part in parts:
        if line and len(line) + 1 + len(part) > columns:
            yield Line((Span(columns - len(line), line, style, "right"),))
            line = part
        else:
            line = f"{line} {part}" if line else part
    yield Line((Span(columns - len(line), line, style, "right"),) if line else ())


def _offset(align: Align, free: int) -> int:
    return 0 if align == "left" else free if align == "right" else free // 2
