"""Grid to plain text: for mail, logs, search and those who have the screen read to them."""

from __future__ import annotations

from printing.grid import BarSymbol, CutMark, Grid, Line, Picture, QrSymbol


def to_text(grid: Grid) -> str:
    """The grid's lines, one a line and ended by a newline, none longer than its columns.

    Doubled characters are written once, at the edge that their alignment names. A QR code is a line ``[QR data]`` (which may be longer
    than the paper: it is for reading, not for printing), a picture ``[key]``; a barcode has its text in the grid.
    """
    lines = []
    for item in grid.items:
        if isinstance(item, Line):
            lines.append(line_text(item))
        elif isinstance(item, QrSymbol):
            lines.append(f"[QR {item.data}]")
        elif isinstance(item, Picture):
            lines.append(f"[{item.key}]")
        elif isinstance(item, BarSymbol | CutMark):
            continue
    return "\n".join((*lines, ""))


def line_text(line: Line) -> str:
    """One line of the grid as text, without trailing spaces."""
    text = ""
    for span in line.spans:
        spare = len(span.text) * (span.style.wide - 1)
        start = span.column + (0 if span.align == "left" else spare if span.align == "right" else spare // 2)
        text += " " * (start - len(text)) + span.text
    return text.rstrip(" ")
