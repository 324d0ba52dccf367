"""The command palette: one field that finds commands, pages and people; arrows and Enter choose, Escape closes.

It knows no room: what can be done is handed to it when it opens, and who is asked for comes as an answer to `asked`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QPen
from PySide6.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QListWidgetItem,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from desktop.folding import fold, search_form, words
from desktop.texts import Texts
from desktop.widgets.controls import key_cap, label, rule
from desktop.widgets.theme import Theme

WIDTH, TOP, ROW, HEADING, MOST_HEIGHT = 640, 108, 44, 30, 420
_COMMAND = Qt.ItemDataRole.UserRole


@dataclass(frozen=True, slots=True)
class Command:
    """Something that can be done: its group's heading, icon, words, the key that does the same, and what it does.

    `detail` is said beside the words; `also` are further words that find it.
    """

    group: str
    icon: str
    words: str
    act: Callable[[], object]
    key: str = ""
    detail: str = ""
    also: str = ""


def matching(commands: Sequence[Command], typed: str) -> list[Command]:
    """The commands of which some word begins with each word that was typed, blind to case and accents; all for nothing typed.

    Those whose own words begin with what was typed come first: Enter must not print a receipt for who typed a page's name.
    """
    wanted = words(typed)
    found = []
    for one in commands:
        known = search_form(f"{one.words} {one.also}").split()
        if all(any(word.startswith(start) for word in known) for start in wanted):
            found.append(one)
    return sorted(found, key=lambda one: not fold(one.words).startswith(fold(typed).strip()))


class Palette(QFrame):
    """Lies over the upper part of a window and takes no more room than it needs; nothing behind it is blocked.

    Signals:
        asked(text): people and papers are wanted for this; `show_found` answers.
    """

    asked = Signal(str)

    def __init__(self, theme: Theme, texts: Texts, window: QWidget) -> None:
        super().__init__(window)
        self._theme, self._window = theme, window
        self._none = texts.say("shell.palette.none")
        self._commands: list[Command] = []
        self._found: list[Command] = []
        self._answered = True
        self._enter_waits = False
        self._before: QWidget | None = None
        self.setProperty("popup", "true")
        self.setAccessibleName(texts.say("shell.palette.title"))
        column = QVBoxLayout(self)
        column.setContentsMargins(1, 1, 1, 1)
        column.setSpacing(0)
        self.field = QLineEdit()
        self.field.setProperty("bare", "true")  # "palette" is a property of Qt's own
        self.field.setFont(theme.font(16))
        self.field.setPlaceholderText(texts.say("shell.palette.example"))
        self.field.setAccessibleName(texts.say("shell.palette.title"))
        self.field.addAction(theme.icon("search", "text.muted", 20), QLineEdit.ActionPosition.LeadingPosition)
        self.field.textEdited.connect(self._typed)
        self.field.installEventFilter(self)
        column.addWidget(self.field)
        column.addWidget(rule())
        self.list = QListWidget()
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setItemDelegate(_Rows(theme, self.list))
        self.list.setAccessibleName(texts.say("shell.palette.title"))
        self.list.itemClicked.connect(self._choose)
        column.addWidget(self.list)
        column.addWidget(rule())
        foot = QHBoxLayout()
        foot.setContentsMargins(16, 8, 16, 8)
        foot.setSpacing(6)
        for caps, name in ((("↑", "↓"), "choose"), (("↵",), "open"), (("Esc",), "close")):
            for cap in caps:
                foot.addWidget(key_cap(theme, cap))
            foot.addWidget(label(theme, texts.say(f"shell.palette.{name}"), 12, tone="muted"))
            foot.addSpacing(10)
        foot.addStretch(1)
        column.addLayout(foot)
        self._wait = QTimer(self, singleShot=True, interval=60)
        self._wait.timeout.connect(self._ask)
        window.installEventFilter(self)
        self.hide()

    def open(self, commands: Sequence[Command]) -> None:
        """Shows the palette, empty, with these commands."""
        self._commands, self._found = list(commands), []
        self._before = QApplication.focusWidget()
        self._answered, self._enter_waits = True, False
        self.field.clear()
        self._fill()
        self.show()
        self.raise_()
        self.field.setFocus()

    def dismiss(self) -> None:
        """Takes the palette away; who had the focus has it again."""
        if self.isHidden():
            return
        self._wait.stop()
        before, self._before = self._before, None
        had_focus = self.field.hasFocus()
        self.hide()
        if had_focus and before is not None:
            before.setFocus()

    def show_found(self, typed: str, found: Sequence[Command]) -> None:
        """Adds what was found for a text; an answer to an earlier text is not shown."""
        if self.isHidden() or typed != self.field.text():
            return
        self._answered = True
        self._found = list(found)
        self._fill(self._chosen())
        if self._enter_waits:
            self._enter_waits = False
            self._enter()

    # What is listed

    def _typed(self, typed: str) -> None:
        self._enter_waits = False
        self._found = []
        self._answered = not typed.strip()
        self._fill()
        self._wait.start()

    def _ask(self) -> None:
        self.asked.emit(self.field.text())

    def _fill(self, keep: Command | None = None) -> None:
        """Lists what matches, group by group; the first one is chosen, or the one that was."""
        found = [*matching(self._commands, self.field.text()), *self._found]
        groups = list(dict.fromkeys(command.group for command in found))
        shown = sorted(found, key=lambda command: groups.index(command.group))
        self.list.clear()
        group, chosen = "", -1
        for command in shown:
            if command.group != group:
                group = command.group
                self._add(group)
            self._add(command.words, command)
            if chosen < 0 or command is keep:
                chosen = self.list.count() - 1
        if not shown and self._answered:
            self._add(self._none)
        if chosen >= 0:
            self.list.setCurrentRow(chosen)
        if keep is None:
            self.list.scrollToTop()
        self._tell()
        self._place()

    def _add(self, text: str, command: Command | None = None) -> None:
        item = QListWidgetItem(text)
        item.setData(_COMMAND, command)
        if command is None:
            item.setFlags(Qt.ItemFlag.NoItemFlags)
        elif command.key:
            item.setData(Qt.ItemDataRole.AccessibleTextRole, f"{text} ({command.key})")
        self.list.addItem(item)

    def _tell(self) -> None:
        """The focus stays in the field: what is chosen is its description for a screen reader."""
        chosen = self._chosen()
        self.field.setAccessibleDescription(chosen.words if chosen is not None else self._none)

    def _chosen(self) -> Command | None:
        row = self.list.currentRow()
        command = self.list.item(row).data(_COMMAND) if row >= 0 else None
        return command if isinstance(command, Command) else None

    def _place(self) -> None:
        window = self._window
        rows = sum(self.list.sizeHintForRow(row) for row in range(self.list.count()))
        self.list.setFixedHeight(max(ROW, min(rows, MOST_HEIGHT, window.height() - TOP - 140)))
        width = min(WIDTH, window.width() - 48)
        self.setFixedWidth(width)
        self.adjustSize()
        self.move((window.width() - width) // 2, TOP)

    # Keys

    def _step(self, by: int) -> None:
        rows = [row for row in range(self.list.count()) if self.list.item(row).data(_COMMAND) is not None]
        if not rows:
            return
        place = rows.index(self.list.currentRow()) if self.list.currentRow() in rows else -1
        row = rows[(place + by) % len(rows)]
        self.list.setCurrentRow(row)
        if row == rows[0]:
            self.list.scrollToTop()
        self._tell()

    def _enter(self) -> None:
        if self._chosen() is not None:
            self._choose(self.list.currentItem())
        elif not self._answered:
            self._enter_waits = True

    def _choose(self, item: QListWidgetItem) -> None:
        command = item.data(_COMMAND)
        if isinstance(command, Command):
            self.dismiss()
            command.act()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.field:
            if event.type() == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
                return self._key(event.key())
            if event.type() == QEvent.Type.FocusOut and isinstance(event, QFocusEvent):
                elsewhere = (Qt.FocusReason.ActiveWindowFocusReason, Qt.FocusReason.PopupFocusReason)
                if event.reason() not in elsewhere:
                    self.dismiss()
        elif event.type() == QEvent.Type.Resize and self.isVisible():
            self._place()
        return False

    def _key(self, key: int) -> bool:
        match key:
            case Qt.Key.Key_Down | Qt.Key.Key_Tab:
                self._step(1)
            case Qt.Key.Key_Up | Qt.Key.Key_Backtab:
                self._step(-1)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter:
                self._enter()
            case Qt.Key.Key_Escape:
                self.dismiss()
            case _:
                return False
        return True


class _Rows(QStyledItemDelegate):
    """Paints a heading, or a command with its icon, words, detail and key."""

    def __init__(self, theme: Theme, parent: QObject) -> None:
        super().__init__(parent)
        self._theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex) -> QSize:
        return QSize(0, ROW if index.data(_COMMAND) is not None else HEADING)

    def paint(
        self, painter: QPainter, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> None:
        theme, command = self._theme, index.data(_COMMAND)
        place: QRect = option.rect
        painter.save()
        middle = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        if not isinstance(command, Command):
            painter.setFont(theme.font(12, strong=True))
            painter.setPen(theme.colour("text.muted"))
            painter.drawText(place.adjusted(16, 6, -16, 0), middle, str(index.data()))
            painter.restore()
            return
        chosen = bool(option.state & QStyle.StateFlag.State_Selected)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if chosen:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(theme.colour("surface.row_selected"))
            painter.drawRoundedRect(place.adjusted(6, 1, -6, -1), 6, 6)
        picture = QRect(place.left() + 18, place.center().y() - 9, 20, 20)
        theme.icon(command.icon, "accent.on_subtle" if chosen else "text.secondary").paint(painter, picture)
        left, right = place.left() + 50, place.right() - 20
        if command.key:
            right = self._cap(painter, command.key, right, place) - 12
        font = theme.font(14, strong=chosen)
        painter.setFont(font)
        painter.setPen(theme.colour("accent.on_subtle" if chosen else "text.primary"))
        metrics = QFontMetrics(font)
        name = metrics.elidedText(command.words, Qt.TextElideMode.ElideRight, right - left)
        painter.drawText(QRect(left, place.top(), right - left, place.height()), middle, name)
        left += metrics.horizontalAdvance(name) + 12
        if command.detail and right - left > 40:
            small = theme.font(13)
            painter.setFont(small)
            painter.setPen(theme.colour("text.secondary"))
            detail = QFontMetrics(small).elidedText(command.detail, Qt.TextElideMode.ElideRight, right - left)
            painter.drawText(QRect(left, place.top(), right - left, place.height()), middle, detail)
        painter.restore()

    def _cap(self, painter: QPainter, key: str, right: int, place: QRect) -> int:
        """Paints a key's name; returns where it begins."""
        font = self._theme.font(12)
        width = max(22, QFontMetrics(font).horizontalAdvance(key) + 12)
        cap = QRect(right - width, place.center().y() - 10, width, 22)
        painter.setBrush(self._theme.colour("surface.panel"))
        painter.setPen(QPen(self._theme.colour("border.control"), 1))
        painter.drawRoundedRect(cap, 3, 3)
        painter.setPen(self._theme.colour("text.secondary"))
        painter.setFont(font)
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, key)
        return cap.left()
