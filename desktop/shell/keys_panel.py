"""The cheat sheet of the keyboard."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout

from desktop.shell.context import ViewContext
from desktop.widgets.controls import key_cap, label
from desktop.widgets.panel import Panel

_BETWEEN = re.compile(r" {3,}|\n")


def keys_in(text: str) -> list[tuple[str, str]]:
    """The keys of the sheet with what they do: two spaces stand behind a key, three or more or a line end behind its words."""
    pairs = (part.strip().partition("  ") for part in _BETWEEN.split(text) if part.strip())
    return [(key.strip(), words.strip()) for key, _, words in pairs]


class KeysPanel(Panel):
    """What each key does, beside the calendar."""

    def __init__(self, context: ViewContext) -> None:
        theme = context.theme
        super().__init__(theme, context.say("shell.keys_help.title"), close=context.say("shell.close"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(6)
        grid.setColumnStretch(1, 1)
        for row, (key, words) in enumerate(keys_in(context.say("shell.keys_help.text"))):
            grid.addWidget(key_cap(theme, key), row, 0, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            grid.addWidget(label(theme, words, 13, wrap=True), row, 1)
        self.body.addLayout(grid)
        self.foot_frame.hide()
