"""A small form inside a panel: a few fields, one button that goes on and one that puts it away."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from desktop.widgets.controls import Button, rule
from desktop.widgets.fields import Field
from desktop.widgets.theme import Theme


class Question(QWidget):
    """Asks for `fields`; Enter in a line goes on as the button does.

    Signals:
        answered: the person goes on; the fields are still there and may show errors.
        cancelled: the person puts it away.
    """

    answered = Signal()
    cancelled = Signal()

    def __init__(self, theme: Theme, fields: Sequence[Field], words: str, cancel: str) -> None:
        super().__init__()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(rule())
        row = QHBoxLayout()
        go, back = Button(theme, words, "primary"), Button(theme, cancel, "quiet")
        go.clicked.connect(self.answered)
        back.clicked.connect(self.cancelled)
        for field in fields:
            column.addWidget(field)
            if isinstance(field.editor, QLineEdit):
                field.editor.returnPressed.connect(go.click)
        row.addWidget(go)
        row.addWidget(back)
        row.addStretch(1)
        column.addLayout(row)
