"""A table of frozen rows: columns say how a row's value reads and on which side it stands; Enter or double click opens."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent
from PySide6.QtWidgets import QAbstractItemView, QFrame, QHeaderView, QTableView

from desktop.widgets.theme import Theme

T = TypeVar("T")
_Index = QModelIndex | QPersistentModelIndex
_DISPLAY = Qt.ItemDataRole.DisplayRole
_ALIGN = Qt.ItemDataRole.TextAlignmentRole
_COLOUR = Qt.ItemDataRole.ForegroundRole


@dataclass(frozen=True, slots=True)
class ColumnOf(Generic[T]):
    """A column: its heading, the text of a row, right-aligned for amounts, its share of the width (0: as narrow as it can).

    `tone` names a token colour for a row's text, or "".
    """

    heading: str
    text: Callable[[T], str]
    right: bool = False
    stretch: int = 0
    width: int = 110
    tone: Callable[[T], str] | None = None


class RowsModel(QAbstractTableModel, Generic[T]):
    """Rows by columns, read-only."""

    def __init__(self, theme: Theme, columns: Sequence[ColumnOf[T]]) -> None:
        super().__init__()
        self._columns = tuple(columns)
        self._rows: list[T] = []
        self._theme = theme

    def set_rows(self, rows: Sequence[T]) -> None:
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def row(self, index: int) -> T:
        return self._rows[index]

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        return 0 if parent.isValid() else len(self._columns)

    def data(self, index: _Index, role: int = _DISPLAY) -> Any:
        if role not in (_DISPLAY, _ALIGN, _COLOUR) or not index.isValid():
            return None
        column = self._columns[index.column()]
        if role == _DISPLAY:
            return column.text(self._rows[index.row()])
        if role == _ALIGN:
            side = Qt.AlignmentFlag.AlignRight if column.right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        tone = column.tone(self._rows[index.row()]) if column.tone is not None else ""
        return QColor(self._theme.tokens.colour(tone)) if tone else None

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _DISPLAY) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == _DISPLAY:
            return self._columns[section].heading
        if role == _ALIGN:
            side = Qt.AlignmentFlag.AlignRight if self._columns[section].right else Qt.AlignmentFlag.AlignLeft
            return side | Qt.AlignmentFlag.AlignVCenter
        return None


class RowsTable(QTableView, Generic[T]):
    """Signals: opened(row) by Enter or double click; picked(row) when the selection moves."""

    opened = Signal(object)
    picked = Signal(object)

    def __init__(self, theme: Theme, columns: Sequence[ColumnOf[T]], name: str) -> None:
        super().__init__()
        self._model: RowsModel[T] = RowsModel(theme, columns)
        self.setModel(self._model)
        self.setFont(theme.font())
        self.setAccessibleName(name)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setShowGrid(False)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setWordWrap(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(int(theme.tokens.size("control.table_row")))
        header = self.horizontalHeader()
        header.setFont(theme.font(13, strong=True))
        header.setHighlightSections(False)
        header.setSectionsClickable(False)
        for index, column in enumerate(columns):
            if column.stretch:
                header.setSectionResizeMode(index, QHeaderView.ResizeMode.Stretch)
            else:
                header.setSectionResizeMode(index, QHeaderView.ResizeMode.Fixed)
                self.setColumnWidth(index, column.width)
        self.doubleClicked.connect(lambda index: self.opened.emit(self._model.row(index.row())))
        self.selectionModel().currentRowChanged.connect(self._moved)

    def set_rows(self, rows: Sequence[T]) -> None:
        """Shows other rows."""
        self._model.set_rows(rows)

    def chosen(self) -> T | None:
        """The selected row."""
        index = self.currentIndex()
        return self._model.row(index.row()) if index.isValid() else None

    def _moved(self, current: QModelIndex, _previous: QModelIndex) -> None:
        if current.isValid():
            self.picked.emit(self._model.row(current.row()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        row = self.chosen()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and row is not None:
            self.opened.emit(row)
        else:
            super().keyPressEvent(event)
