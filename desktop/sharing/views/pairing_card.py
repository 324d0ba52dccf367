"""Settings of the sharing: pairing this desk by a code, then its state, the desks of the salon, a code for another one, the pause."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout, QWidget

from desktop.errors import PultError
from desktop.services.pairing import look
from desktop.services.sharing import Sharing, SharingState, SharingStatus
from desktop.sharing.leftovers import show_leftovers
from desktop.sharing.pairing import Pairing, PairingEntry
from desktop.sharing.views.desks_card import DesksCard
from desktop.sharing.views.words import clock_words_of, light_of, words_of
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Card, Note, NoteTone, clear, label
from desktop.widgets.fields import Field, block_field, text_field, text_of
from desktop.widgets.lights import LightState
from sync.wire import Looked

_TONES: Final[dict[LightState, NoteTone]] = {
    "fine": "success",
    "info": "info",
    "warning": "warning",
    "danger": "danger",
}


class PairingCard(QWidget):
    """Shows the form while this desk keeps its books alone, else how it shares them."""

    def __init__(self, context: ViewContext, sharing: Sharing) -> None:
        super().__init__()
        self._context, self._sharing = context, sharing
        self._entry: PairingEntry | None = None
        self._looked: Looked | None = None
        self.setMaximumWidth(1080)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(16)
        self._status = QVBoxLayout()
        self._found = QVBoxLayout()
        self._desks: DesksCard | None = None
        context.sharing_changed.connect(self._changed)
        self._build()

    def _build(self) -> None:
        """Makes the card anew, for the state that the desk is in."""
        clear(self._column)
        self._looked = self._desks = None
        pairing = self._sharing.pairing
        again = self._sharing.status.code in ("key_lost", "unknown_device", "behind")
        if pairing is not None:
            self._show_state(pairing)
        if pairing is None or again:
            self._show_form(pairing)
        elif self._sharing.status.state is not SharingState.PAUSED:
            self._desks = DesksCard(self._context, self._sharing)
            self._column.addWidget(self._desks)
        self._column.addStretch(1)

    # Pairing

    def _show_form(self, pairing: Pairing | None) -> None:
        say, theme = self._context.say, self._context.theme
        card = Card(theme, say("sharing.pairing.title"))
        card.column.addWidget(label(theme, say("sharing.pairing.explain"), tone="secondary", wrap=True))
        url, desk, trust = (pairing.url, pairing.desk, pairing.trust) if pairing is not None else ("", "", "")
        self._fields: dict[str, Field] = {
            "url": text_field(theme, "url", say("sharing.pairing.url"), url, example="sync.example.com"),
            "code": text_field(
                theme, "code", say("sharing.pairing.code"), hint=say("sharing.pairing.code_hint"), example="1234 5678"
            ),
            "desk": text_field(
                theme, "desk", say("sharing.pairing.desk"), desk, example=say("sharing.pairing.desk_example")
            ),
            "trust": block_field(
                theme, "trust", say("sharing.pairing.trust"), trust, hint=say("sharing.pairing.trust_hint"), lines=3
            ),
        }
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        for place, name in enumerate(("url", "code", "desk", "trust")):
            grid.addWidget(self._fields[name], place // 2, place % 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        card.column.addLayout(grid)
        look = Button(theme, say("sharing.pairing.look"), "primary", icon="plug-connected")
        look.setMaximumWidth(320)
        look.clicked.connect(lambda: self._try(self._look))
        for name in ("url", "code", "desk"):
            self._fields[name].editor.returnPressed.connect(look.click)  # type: ignore[attr-defined]  # a line
        card.column.addWidget(look)
        self._found = QVBoxLayout()
        self._found.setSpacing(12)
        card.column.addLayout(self._found)
        self._column.addWidget(card)

    def _typed(self) -> PairingEntry:
        return PairingEntry(*(text_of(self._fields[name]) for name in ("url", "code", "desk", "trust")))

    def _try(self, act: Callable[[], Awaitable[None]]) -> None:
        self._context.spawn(self._attempt(act))

    async def _attempt(self, act: Callable[[], Awaitable[None]]) -> None:
        for field in self._fields.values():
            field.show_error("")
        try:
            await act()
        except PultError as error:
            self._context.show_in_form(error, list(self._fields.values()))

    async def _look(self) -> None:
        """Shows where the code leads; nothing has happened yet."""
        clear(self._found)
        self._entry = self._typed()
        looked = self._looked = await look(self._entry)
        say, theme = self._context.say, self._context.theme
        if looked.salon is None:
            then = say("sharing.pairing.first")
        else:
            shops = ", ".join(shop.name for shop in looked.shops if shop.name) or "–"
            then = say("sharing.pairing.joins", shops=shops)
        self._found.addWidget(Note(theme, "info", looked.name, then))
        pair = Button(theme, say("sharing.pairing.pair"), "primary")
        pair.setMaximumWidth(320)
        pair.clicked.connect(lambda: self._try(self._pair))
        self._found.addWidget(pair)
        pair.setFocus()

    async def _pair(self) -> None:
        if self._entry is None or self._looked is None:
            return
        pairing = await self._sharing.pair(self._context.person, self._entry, self._looked)
        self._context.said.emit(self._context.say("sharing.pairing.paired", salon=pairing.salon), "success")
        self._build()

    # Paired

    def _show_state(self, pairing: Pairing) -> None:
        say, theme = self._context.say, self._context.theme
        card = Card(theme)
        title = say("sharing.paired.title", salon=pairing.salon)  # as long as a salon's name may be
        card.column.addWidget(label(theme, title, 16, strong=True, wrap=True))
        self._status = QVBoxLayout()
        self._status.setSpacing(8)
        card.column.addLayout(self._status)
        self._leftovers = QVBoxLayout()
        self._leftovers.setSpacing(8)
        card.column.addLayout(self._leftovers)
        self._context.spawn(self._tell_leftovers(self._leftovers))
        self._say_status(self._sharing.status)
        facts = say("sharing.paired.facts", desk=pairing.desk, url=pairing.url)
        card.column.addWidget(label(theme, facts, tone="secondary", wrap=True))
        card.column.addWidget(label(theme, say("sharing.paired.what"), tone="secondary", wrap=True))
        words = say("sharing.paired.resume" if pairing.paused else "sharing.paired.pause")
        pause = Button(theme, words, "primary" if pairing.paused else "secondary")
        pause.clicked.connect(lambda: self._context.spawn(self._pause(not pairing.paused)))
        now = Button(theme, say("sharing.paired.now"), icon="refresh")
        now.clicked.connect(self._sharing.wake)
        row = QHBoxLayout()
        row.addWidget(pause)
        if not pairing.paused:
            row.addWidget(now)
        row.addStretch(1)
        card.column.addLayout(row)
        self._column.addWidget(card)

    def _say_status(self, status: SharingStatus) -> None:
        clear(self._status)
        right = replace(status, ahead=0)
        self._status.addWidget(self._note(_TONES[light_of(right)], words_of(self._context, right)))
        if status.ahead:
            self._status.addWidget(self._note("warning", clock_words_of(self._context, status.ahead)))

    def _note(self, tone: NoteTone, words: str) -> Note:
        """The first sentence is the fact, what follows is what to do."""
        fact, end, then = words.partition(". ")
        return Note(self._context.theme, tone, fact + end.strip(), then)

    async def _tell_leftovers(self, column: QVBoxLayout) -> None:
        """What an admin should know of, where there is something."""
        left = await self._context.read(show_leftovers)
        for name in ("orphans", "unread", "not_taken"):
            count = getattr(left, name)
            if count:
                words = self._context.say(f"sharing.left.{name}", count=count)
                column.addWidget(self._note("warning", words))

    async def _pause(self, paused: bool) -> None:
        await self._sharing.pause(self._context.person, paused)
        self._build()

    def _changed(self, status: SharingStatus) -> None:
        if self._sharing.pairing is None or not self._status.count():
            return
        self._say_status(status)
        if self._desks is not None and status.state is SharingState.AGREED:
            self._desks.look()
