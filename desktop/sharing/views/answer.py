"""An answer to a conflict: a card with its key, what it does, and what follows from it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout

from desktop.widgets.controls import key_cap, label, tag
from desktop.widgets.theme import Theme

_HEIGHT = 52


@dataclass(frozen=True, slots=True)
class Answer:
    """What can be done: `words` say it, `then` what follows; `act` does it at once or asks for what is missing.

    `tone`: ``suggested`` for the one that Enter takes, ``danger`` for what takes something away.
    """

    words: str
    then: str
    act: Callable[[], object]
    tone: str = ""


class AnswerCard(QPushButton):
    """A card with the figure that takes it."""

    def __init__(self, theme: Theme, key: str, answer: Answer, suggestion: str) -> None:
        super().__init__()
        self.setProperty("kind", "choice")
        self.setProperty("tall", "true")
        self.setCheckable(True)  # shown as chosen, always as it began
        self.setChecked(answer.tone == "suggested")
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{key} {answer.words}. {answer.then}")
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 6, 16, 6)
        row.setSpacing(12)
        row.addWidget(key_cap(theme, key), 0, Qt.AlignmentFlag.AlignVCenter)
        words = QVBoxLayout()
        words.setSpacing(1)
        title = label(theme, answer.words, strong=True, tone="danger" if answer.tone == "danger" else "")
        words.addWidget(title)
        words.addWidget(label(theme, answer.then, 12, tone="secondary"))
        row.addLayout(words, 1)
        if answer.tone == "suggested":
            row.addWidget(tag(theme, suggestion, "success"))
        for inner in self.children():
            if hasattr(inner, "setAttribute"):
                inner.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.clicked.connect(lambda: self._take(answer))

    def _take(self, answer: Answer) -> None:
        self.setChecked(answer.tone == "suggested")
        answer.act()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self.click()
        else:
            super().keyPressEvent(event)

    def sizeHint(self) -> QSize:
        return QSize(super().sizeHint().width(), _HEIGHT)

    def minimumSizeHint(self) -> QSize:
        return QSize(0, _HEIGHT)
