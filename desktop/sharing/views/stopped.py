"""Covers the window of a desk that may not work any more: why, and the way out by a new code."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.access import SYSTEM
from desktop.errors import PultError
from desktop.services.pairing import look
from desktop.services.sharing import Sharing
from desktop.sharing.pairing import PairingEntry
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Card, Note, label
from desktop.widgets.fields import Field, block_field, text_field, text_of


class StoppedView(QWidget):
    """Signals: paired_anew(): the database has to be opened anew."""

    paired_anew = Signal()

    def __init__(self, context: ViewContext, sharing: Sharing) -> None:
        super().__init__()
        self._context, self._sharing = context, sharing
        self.setProperty("surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        say, theme, pairing = context.say, context.theme, sharing.pairing
        assert pairing is not None
        self._code = sharing.status.code or ""
        card = Card(theme)
        card.setFixedWidth(640)
        card.column.setContentsMargins(32, 28, 32, 28)
        card.column.addWidget(label(theme, say(f"sharing.halt.{self._code}"), 28, strong=True))
        card.column.addWidget(Note(theme, "danger", say(f"sharing.halt.why_{self._code}"), self._then()))
        card.column.addWidget(label(theme, say("sharing.halt.way_out"), tone="secondary", wrap=True))
        self._fields: dict[str, Field] = {
            "url": text_field(theme, "url", say("sharing.pairing.url"), pairing.url),
            "code": text_field(theme, "code", say("sharing.pairing.code"), example="1234 5678"),
            "desk": text_field(theme, "desk", say("sharing.pairing.desk"), pairing.desk),
            "trust": block_field(theme, "trust", say("sharing.pairing.trust"), pairing.trust, lines=3),
        }
        self._fields["trust"].setVisible(bool(pairing.trust))
        for field in self._fields.values():
            card.column.addWidget(field)
        go = Button(theme, say(f"sharing.halt.go_{self._code}"), "primary", size="primary")
        go.clicked.connect(lambda: context.spawn(self._go()))
        card.column.addWidget(go)
        for name in ("url", "code", "desk"):
            self._fields[name].editor.returnPressed.connect(go.click)  # type: ignore[attr-defined]  # a line
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        middle = QHBoxLayout()
        middle.addStretch(1)
        middle.addWidget(card)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(1)
        self._fields["code"].editor.setFocus()

    def _then(self) -> str:
        """What became of the work at this desk."""
        left = self._sharing.status.pending
        if self._code != "revoked":
            return self._context.say(f"sharing.halt.then_{self._code}")
        words = self._context.say("sharing.halt.not_handed_in" if left else "sharing.halt.handed_in", count=left)
        return f"{words} {self._context.say('sharing.halt.then_revoked')}"

    async def _go(self) -> None:
        """A revoked desk is taken in again as it was; a restored or copied one as a new one. The code is the permission."""
        fields = list(self._fields.values())
        for field in fields:
            field.show_error("")
        self.setEnabled(False)
        try:
            entry = PairingEntry(*(text_of(self._fields[name]) for name in ("url", "code", "desk", "trust")))
            looked = await look(entry)
            if self._code == "forked":
                await self._sharing.renew(entry, looked)
            else:
                await self._sharing.pair(SYSTEM, entry, looked)
        except PultError as error:
            self.setEnabled(True)
            self._context.show_in_form(error, fields)
            return
        self.paired_anew.emit()
