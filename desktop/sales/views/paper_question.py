"""A paper of which nobody knows whether it was printed, or of which nothing was: a person says how it goes on."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.sales.printing_out import Paper
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Note
from printing.spool import State

#: Called with the paper's job and whether it was printed; None: nothing was, try again.
PaperAnswer = Callable[[UUID, bool | None], None]


class PaperQuestion(QWidget):
    """Asks about one paper; `answer` is called with what the person said."""

    def __init__(self, context: ViewContext, paper: Paper, answer: PaperAnswer) -> None:
        super().__init__()
        say, theme = context.say, context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        doubtful = paper.state is State.UNKNOWN
        what = say("sales.paper.copy", n=paper.copy) if paper.copy else say("sales.paper.original")
        fact, then = ("unknown", "unknown_then") if doubtful else ("failed", "failed_then")
        tone = "warning" if doubtful else "danger"
        column.addWidget(Note(theme, tone, say(f"sales.paper.{fact}", paper=what), say(f"sales.paper.{then}")))  # type: ignore[arg-type]  # one of the tones
        row = QHBoxLayout()
        row.setSpacing(8)
        answers: dict[str, bool | None] = {"yes": True, "no": False} if doubtful else {"again": None}
        for words, printed in answers.items():
            button = Button(theme, say(f"sales.paper.{words}"))
            button.clicked.connect(lambda _checked=False, printed=printed: answer(paper.job_id, printed))
            row.addWidget(button)
        column.addLayout(row)
