"""A panel: a fixed head with its title and close, a scrolling body, a fixed foot with the actions."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QScrollArea, QVBoxLayout, QWidget

from desktop.widgets.controls import icon_button, label
from desktop.widgets.theme import Theme


class Panel(QWidget):
    """A panel at the right of the window.

    Signals:
        closed: the person wants it gone.
    """

    closed = Signal()

    def __init__(self, theme: Theme, title: str, subtitle: str = "", *, close: str = "") -> None:
        super().__init__()
        self.setProperty("surface", "panel")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._theme = theme
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        outer.setSpacing(0)
        self.head = QFrame()
        self.head.setProperty("line", "bottom")
        row = QHBoxLayout(self.head)
        row.setContentsMargins(16, 12, 12, 12)
        names = QVBoxLayout()
        names.setSpacing(0)
        self.title: QLabel = label(theme, title, 20, strong=True, wrap=True)
        self.subtitle: QLabel = label(theme, subtitle, 13, tone="secondary", wrap=True)
        self.subtitle.setVisible(bool(subtitle))
        names.addWidget(self.title)
        names.addWidget(self.subtitle)
        row.addLayout(names, 1)
        if close:
            button = icon_button(theme, "x", close)
            button.clicked.connect(self.closed)
            row.addWidget(button, 0, Qt.AlignmentFlag.AlignTop)
        outer.addWidget(self.head)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        inside = QWidget()
        column = QVBoxLayout(inside)
        column.setContentsMargins(16, 16, 16, 16)
        column.setSpacing(0)
        self.body = QVBoxLayout()
        self.body.setSpacing(12)
        column.addLayout(self.body)
        column.addStretch(1)  # takes the room that is left over, so that nothing in the body grows
        self._scroll.setWidget(inside)
        outer.addWidget(self._scroll, 1)
        self.foot_frame = QFrame()
        self.foot_frame.setProperty("line", "top")
        self.foot = QVBoxLayout(self.foot_frame)
        self.foot.setContentsMargins(16, 12, 16, 12)
        self.foot.setSpacing(8)
        outer.addWidget(self.foot_frame)

    def set_title(self, title: str, subtitle: str = "") -> None:
        self.title.setText(title)
        self.subtitle.setText(subtitle)
        self.subtitle.setVisible(bool(subtitle))
