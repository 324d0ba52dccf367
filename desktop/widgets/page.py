"""A page of lists: its content keeps together on a wide screen instead of running apart."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

WIDEST = 1440  # logical pixels: further apart, an eye no longer finds the amount that belongs to a name


def page_column(page: QWidget, widest: int = WIDEST) -> QVBoxLayout:
    """The column of a page, at its left, never wider than `widest`."""
    row = QHBoxLayout(page)
    row.setContentsMargins(0, 0, 0, 0)
    inside = QWidget()
    inside.setMaximumWidth(widest)
    row.addWidget(inside, 1)
    row.addStretch(0)
    return QVBoxLayout(inside)
