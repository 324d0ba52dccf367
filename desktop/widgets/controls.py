"""Buttons, labels, tags, notes, rules and avatars: the small parts that every view is made of."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from desktop.widgets.theme import Theme

Kind = Literal["primary", "secondary", "quiet", "danger", "danger_filled", "icon"]
Size = Literal["normal", "primary", "pay"]
Tone = Literal["neutral", "info", "success", "warning", "danger"]
NoteTone = Literal["info", "success", "warning", "danger"]

_NOTE_ICONS = {
    "info": ("info-circle", "info.on_subtle"),
    "success": ("circle-check", "success.on_subtle"),
    "warning": ("alert-triangle", "warning.on_subtle"),
    "danger": ("alert-circle", "danger.on_subtle"),
}


class Button(QPushButton):
    """A button of a kind, with an icon and the key that does the same; the key is shown, the caller binds it."""

    def __init__(
        self,
        theme: Theme,
        text: str,
        kind: Kind = "secondary",
        *,
        icon: str = "",
        key: str = "",
        size: Size = "normal",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(text, parent)
        self.setProperty("kind", kind)
        self.setProperty("bulk", size)  # "size" is a property of Qt's own
        self.setFont(theme.font(15 if size != "normal" else 14, strong=True))
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self._cap: QLabel | None = None
        if icon:
            colour = {"primary": "accent.on", "danger": "danger.base", "danger_filled": "danger.on"}.get(
                kind, "text.link" if kind == "quiet" else "text.primary"
            )
            self.setIcon(theme.icon(icon, colour))
            self.setIconSize(QSize(20, 20))
        if key:
            self._cap = QLabel(key, self)
            self._cap.setFont(theme.font(12))
            self._cap.setProperty("cap", "primary" if kind == "primary" else "true")
            self._cap.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
            self._cap.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self.setProperty("cap", "true")

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter presses it as the space bar does; held down, once."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)
        elif not event.isAutoRepeat():
            self.click()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._cap is not None:
            width = max(20, self._cap.sizeHint().width())
            self._cap.setGeometry(self.width() - width - 10, (self.height() - 20) // 2, width, 20)


def key_cap(theme: Theme, key: str) -> QLabel:
    """A key's name as it stands beside words."""
    made = QLabel(key)
    made.setFont(theme.font(12))
    made.setProperty("cap", "true")
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    made.setFixedHeight(20)
    made.setMinimumWidth(22)
    return made


def icon_button(theme: Theme, icon: str, name: str, parent: QWidget | None = None) -> Button:
    """A button with an icon alone; `name` is its tooltip and accessible name."""
    button = Button(theme, "", "icon", icon=icon, parent=parent)
    button.setToolTip(name)
    button.setAccessibleName(name)
    button.setFixedSize(36, 36)
    return button


def label(
    theme: Theme, text: str = "", size: float = 14, *, strong: bool = False, tone: str = "", wrap: bool = False
) -> QLabel:
    """A text in a size of the type scale; `tone` is ``secondary``, ``muted``, ``danger`` …"""
    made = QLabel(text)
    made.setFont(theme.font(size, strong=strong))
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setWordWrap(wrap)
    if tone:
        made.setProperty("tone", tone)
    return made


def tag(theme: Theme, text: str, tone: Tone = "neutral") -> QLabel:
    """A state in a word on a subtle fill."""
    made = QLabel(text)
    made.setFont(theme.font(12, strong=True))
    made.setTextFormat(Qt.TextFormat.PlainText)
    made.setProperty("tag", tone)
    made.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
    return made


def rule() -> QFrame:
    """A hairline between sections."""
    line = QFrame()
    line.setProperty("rule", "true")
    line.setFixedHeight(1)
    return line


def avatar(theme: Theme, name: str, size: int = 32) -> QLabel:
    """The initials of a name in a circle."""
    initials = "".join(part[0] for part in name.split()[:2] if part).upper() or "?"
    made = QLabel(initials)
    made.setFont(theme.font(12, strong=True))
    made.setFixedSize(size, size)
    made.setAlignment(Qt.AlignmentFlag.AlignCenter)
    made.setProperty("avatar", "true")
    return made


class Note(QFrame):
    """A message in place: a bold fact, then what to do."""

    def __init__(self, theme: Theme, tone: NoteTone, fact: str, then: str = "") -> None:
        super().__init__()
        self.setProperty("note", tone)
        icon, colour = _NOTE_ICONS[tone]
        row = QHBoxLayout(self)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(8)
        picture = QLabel()
        picture.setPixmap(theme.pixmap(icon, colour, 20, 2.0))
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(theme, fact, strong=True, tone=_tone(tone), wrap=True))
        if then:
            words.addWidget(label(theme, then, tone=_tone(tone), wrap=True))
        row.addLayout(words, 1)
        self.setAccessibleName(f"{fact} {then}".strip())


def _tone(tone: str) -> str:
    return {"info": "info", "success": "success_subtle", "warning": "warning", "danger": "danger_subtle"}[tone]


class Empty(QFrame):
    """What a view says when there is nothing to show: what is missing, then why or what to do, and the first action."""

    def __init__(
        self, theme: Theme, icon: str, sentence: str, action: QPushButton | None = None, *, then: str = ""
    ) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(24, 24, 24, 24)
        column.setSpacing(12)
        picture = QLabel()
        picture.setPixmap(theme.pixmap(icon, "text.muted", 32, 2.0))
        column.addWidget(picture)
        column.addWidget(label(theme, sentence, 16, strong=True, wrap=True))
        if then:
            column.addWidget(label(theme, then, tone="secondary", wrap=True))
        if action is not None:
            column.addWidget(action, 0, Qt.AlignmentFlag.AlignLeft)
        column.addStretch(1)


class Card(QFrame):
    """A framed group with a heading."""

    def __init__(self, theme: Theme, heading: str = "") -> None:
        super().__init__()
        self.setProperty("card", "true")
        self.column = QVBoxLayout(self)
        self.column.setContentsMargins(16, 16, 16, 16)
        self.column.setSpacing(12)
        if heading:
            self.column.addWidget(label(theme, heading, 16, strong=True))


def clear(layout: QLayout) -> None:
    """Takes everything out of a layout and deletes the widgets."""
    while layout.count():
        item = layout.takeAt(0)
        widget = item.widget() if item is not None else None
        inner = item.layout() if item is not None else None
        if widget is not None:
            widget.hide()
            widget.deleteLater()
        elif inner is not None:
            clear(inner)
            inner.deleteLater()


def restyle(widget: QWidget) -> None:
    """Makes the style sheet look again after a property changed."""
    widget.style().unpolish(widget)
    widget.style().polish(widget)
