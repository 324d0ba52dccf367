"""A search field whose hits drop down while one types; arrows and Enter choose."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent
from PySide6.QtWidgets import QLineEdit, QListWidget, QListWidgetItem, QWidget

from desktop.widgets.theme import Theme


@dataclass(frozen=True, slots=True)
class Hit:
    """Something found: the words of its line, what stands behind them, and what it is."""

    words: str
    detail: str
    value: object


class SearchField(QLineEdit):
    """Signals: asked(text) a moment after typing; chosen(value of a hit); entered(text) when Enter finds nothing chosen."""

    asked = Signal(str)
    chosen = Signal(object)
    entered = Signal(str)

    def __init__(self, theme: Theme, example: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self.setFont(theme.font())
        self.setPlaceholderText(example)
        self.setAccessibleName(example)
        self.addAction(theme.icon("search", "text.muted", 18), QLineEdit.ActionPosition.LeadingPosition)
        self._wait = QTimer(self, singleShot=True, interval=60)
        self._wait.timeout.connect(self._ask)
        self.textEdited.connect(self._typed)
        self._enter_waits = False
        self._list: QListWidget | None = None

    def _typed(self, _text: str) -> None:
        self._enter_waits = False
        self._wait.start()

    def _ask(self) -> None:
        self.asked.emit(self.text())

    def show_hits(self, hits: Sequence[Hit]) -> None:
        """Shows what was found below the field; nothing closes it. An Enter that came before the answer is kept now."""
        entered, self._enter_waits = self._enter_waits, False
        if entered or not hits:
            self.close_hits()
            if entered and hits:
                self.chosen.emit(hits[0].value)
            elif entered:
                self.entered.emit(self.text())
            return
        shown = self._list or self._make_list()
        shown.clear()
        for hit in hits:
            item = QListWidgetItem(f"{hit.words}    {hit.detail}" if hit.detail else hit.words)
            item.setData(Qt.ItemDataRole.UserRole, hit.value)
            shown.addItem(item)
        shown.setCurrentRow(0)
        window = self.window()
        place = self.mapTo(window, QPoint(0, self.height() + 2))
        shown.setGeometry(place.x(), place.y(), max(self.width(), 320), min(8, len(hits)) * 42 + 4)
        shown.show()
        shown.raise_()

    def close_hits(self) -> None:
        """Takes the list away."""
        if self._list is not None:
            self._list.hide()

    def _make_list(self) -> QListWidget:
        made = QListWidget(self.window())
        made.setFont(self._theme.font())
        made.setProperty("popup", "true")
        made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        made.itemClicked.connect(self._choose)
        made.installEventFilter(self)
        self.destroyed.connect(made.deleteLater)  # it belongs to the window, which outlives the field
        self._list = made
        return made

    def _choose(self, item: QListWidgetItem) -> None:
        self.close_hits()
        self.chosen.emit(item.data(Qt.ItemDataRole.UserRole))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shown = self._list if self._list is not None and self._list.isVisible() else None
        match event.key():
            case Qt.Key.Key_Down | Qt.Key.Key_Up if shown is not None:
                step = 1 if event.key() == Qt.Key.Key_Down else -1
                shown.setCurrentRow((shown.currentRow() + step) % shown.count())
            case Qt.Key.Key_Escape if shown is not None:
                self._wait.stop()
                self.close_hits()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._wait.isActive():
                # What is shown answers an earlier word: ask now, and let the answer choose.
                self._wait.stop()
                self.close_hits()
                self._enter_waits = True
                self._ask()
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                item = shown.currentItem() if shown is not None else None
                if item is not None:
                    self._choose(item)
                else:
                    self.entered.emit(self.text())
            case _:
                super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.FocusOut and self._list is not None:
            self.close_hits()
        return super().eventFilter(watched, event)

    def focusOutEvent(self, event: QFocusEvent) -> None:
        QTimer.singleShot(150, self.close_hits)
        super().focusOutEvent(event)
