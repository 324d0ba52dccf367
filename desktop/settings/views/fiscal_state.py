"""How the line to the authority and the registration of the premise are, in words that stay true while they are seen."""

from __future__ import annotations

from typing import Literal

from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.services.fiscal import FiscalService, FiscalState
from desktop.services.premise import PremiseState, PremiseStatus
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Note, clear

Tone = Literal["info", "success", "warning", "danger"]
_LINE: dict[FiscalState, Tone] = {
    FiscalState.WORKS: "success",
    FiscalState.DOWN: "warning",
    FiscalState.NO_CERTIFICATE: "warning",
    FiscalState.NO_LINE: "warning",
    FiscalState.REFUSED: "danger",
}
_PREMISE: dict[PremiseState, Tone] = {
    PremiseState.NOT_SET_UP: "info",
    PremiseState.NOT_SENT: "warning",
    PremiseState.WAITING: "warning",
    PremiseState.REFUSED: "danger",
    PremiseState.CONFIRMED: "success",
}


def premise_words(context: ViewContext, status: PremiseStatus) -> str:
    """The registration of the premise in one sentence, with the reason where there is one."""
    at = status.at.astimezone(context.database.desk.zone) if status.at is not None else ""
    reason = context.sentence(status.problem) if status.problem is not None else ""
    return context.say(f"fiscal.premise.{status.state.value}", mark=status.mark, at=at, reason=reason)


class FiscalNotes(QWidget):
    """Two notes: the line, and the premise."""

    def __init__(self, context: ViewContext, fiscal: FiscalService) -> None:
        super().__init__()
        self._context, self._fiscal = context, fiscal
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        context.fiscal_changed.connect(self.look)

    def look(self) -> None:
        """Something may have changed."""
        self._context.spawn(self.show_status())

    async def show_status(self) -> None:
        """Says how things stand now."""
        status = await self._fiscal.status()
        line = self._context.say(f"fiscal.status.{status.state.value}", refused=status.refused)
        clear(self._column)
        self._column.addWidget(Note(self._context.theme, _LINE.get(status.state, "info"), line))
        words = premise_words(self._context, status.premise)
        self._column.addWidget(Note(self._context.theme, _PREMISE[status.premise.state], words))
