"""The list at the left of the inbox: icon, what it is, when, and about whom; painted, with the same in words for a screen reader."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QStyle, QStyledItemDelegate, QStyleOptionViewItem

from desktop.widgets.theme import Theme

_HEIGHT = 61
_ROLE = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the list; `open`: it still needs somebody."""

    icon: str
    title: str
    about: str
    at: str
    open: bool = True


class EntryList(QListWidget):
    """A list of entries; the chosen one is told by Qt's own currentRowChanged."""

    def __init__(self, theme: Theme, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setItemDelegate(_Painter(theme, self))
        self.setVerticalScrollMode(QListWidget.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def set_entries(self, entries: Sequence[Entry]) -> None:
        """Shows other entries, without telling that one is chosen."""
        self.blockSignals(True)
        self.clear()
        for entry in entries:
            item = QListWidgetItem()
            item.setData(_ROLE, entry)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{entry.title}, {entry.about}, {entry.at}")
            item.setToolTip(entry.about)
            self.addItem(item)
        self.blockSignals(False)


class _Painter(QStyledItemDelegate):
    """Draws an entry in two lines; the words of the first give way to the time."""

    def __init__(self, theme: Theme, parent: QListWidget) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(120, _HEIGHT)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        entry = index.data(_ROLE)
        theme, box = self._theme, option.rect
        state = option.state
        painter.save()
        if state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, theme.colour("surface.row_selected"))
        elif state & QStyle.StateFlag.State_MouseOver:
            painter.fillRect(box, theme.colour("surface.row_hover"))
        painter.setPen(theme.colour("border.divider"))
        painter.drawLine(box.left(), box.bottom(), box.right(), box.bottom())
        if state & QStyle.StateFlag.State_Selected and state & QStyle.StateFlag.State_HasFocus:
            painter.fillRect(QRect(box.left(), box.top(), 3, box.height()), theme.colour("border.focus"))
        tone = "warning.edge" if entry.open else "text.secondary"
        painter.drawPixmap(box.left() + 16, box.top() + 11, theme.pixmap(entry.icon, tone, 20, 2.0))
        left, right = box.left() + 48, box.right() - 16
        painter.setFont(theme.font(12))
        painter.setPen(theme.colour("text.secondary"))
        time = painter.fontMetrics().horizontalAdvance(entry.at)
        first = QRect(left, box.top() + 9, right - left, 20)
        painter.drawText(first, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), entry.at)
        second = QRect(left, box.top() + 31, right - left, 18)
        painter.setFont(theme.font(13))
        about = painter.fontMetrics().elidedText(entry.about, Qt.TextElideMode.ElideRight, second.width())
        painter.drawText(second, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), about)
        painter.setPen(theme.colour("text.primary"))
        painter.setFont(theme.font(14, strong=True))
        room = first.width() - time - 10
        title = painter.fontMetrics().elidedText(entry.title, Qt.TextElideMode.ElideRight, room)
        painter.drawText(first, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), title)
        painter.restore()
