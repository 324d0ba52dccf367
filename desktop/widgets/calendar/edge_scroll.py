"""Scrolling while something is dragged near the upper or lower edge."""

from __future__ import annotations

from PySide6.QtCore import QTimer
from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QAbstractScrollArea

_STEP = 12  # pixels


class EdgeScroll(QTimer):
    """Runs while a drag runs; `top` pixels of the area do not scroll."""

    def __init__(self, area: QAbstractScrollArea, top: int) -> None:
        super().__init__(area, interval=40)
        self._area, self._top = area, top
        self.timeout.connect(self._look)

    def _look(self) -> None:
        y, bar = self._area.viewport().mapFromGlobal(QCursor.pos()).y(), self._area.verticalScrollBar()
        if y > self._area.viewport().height() - 24:
            bar.setValue(bar.value() + _STEP)
        elif y < self._top + 16:
            bar.setValue(bar.value() - _STEP)
