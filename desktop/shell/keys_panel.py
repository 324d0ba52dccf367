"""The cheat sheet of the keyboard."""

from __future__ import annotations

from desktop.shell.context import ViewContext
from desktop.widgets.controls import label
from desktop.widgets.panel import Panel


class KeysPanel(Panel):
    """What each key does, beside the calendar."""

    def __init__(self, context: ViewContext) -> None:
        super().__init__(context.theme, context.say("shell.keys_help.title"), close=context.say("shell.close"))
        for line in context.say("shell.keys_help.text").splitlines():
            self.body.addWidget(label(context.theme, line, wrap=True))
