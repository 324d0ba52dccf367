"""Sign-in: choose who works, type the PIN. The same view locks the desk and switches the person."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop.access import SYSTEM
from desktop.database.door import Changes
from desktop.errors import PultError
from desktop.shell.context import ViewContext
from desktop.staff.members import StaffMember, list_members
from desktop.staff.signing_in import sign_in
from desktop.widgets.controls import Card, clear, label
from desktop.widgets.pin_pad import PinPad


class SignInView(QWidget):
    """Signals: signed_in(Actor)."""

    signed_in = Signal(object)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self._person: StaffMember | None = None
        self.setProperty("surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        say, theme = context.say, context.theme
        outer = QVBoxLayout(self)
        outer.addStretch(1)
        middle = QHBoxLayout()
        middle.addStretch(1)
        card = Card(theme)
        card.setFixedWidth(640)
        card.column.setContentsMargins(32, 28, 32, 28)
        card.column.addWidget(label(theme, say("shell.lock.title"), 28, strong=True))
        self._nobody = label(theme, say("shell.lock.no_people"), tone="secondary", wrap=True)
        self._nobody.hide()
        card.column.addWidget(self._nobody)
        self._tiles = QGridLayout()
        self._tiles.setSpacing(8)
        card.column.addLayout(self._tiles)
        self._pad = PinPad(theme, "", say("shell.lock.enter"), say("shell.lock.back"))
        self._pad.entered.connect(lambda pin: context.spawn(self._enter(pin)))
        self._pad.hide()
        card.column.addWidget(self._pad)
        middle.addWidget(card)
        middle.addStretch(1)
        outer.addLayout(middle)
        outer.addStretch(1)
        context.changed.connect(self._changed)
        context.spawn(self._load())

    def _changed(self, changes: Changes) -> None:
        """Another desk changed the people; whoever is typing a PIN is not disturbed."""
        if "member" in changes.rows and self._person is None:
            self._context.spawn(self._load())

    async def _load(self) -> None:
        people = await self._context.database.read(SYSTEM, list_members)
        known = [one for one in people if one.has_pin and one.entry.active]
        clear(self._tiles)
        self._nobody.setVisible(not known)
        for place, one in enumerate(known):
            button = QPushButton(one.name)
            button.setProperty("kind", "choice")
            button.setCheckable(True)
            button.setAutoExclusive(True)
            button.setFont(self._context.theme.font(14, strong=True))
            button.clicked.connect(lambda _checked=False, one=one: self._choose(one))
            self._tiles.addWidget(button, place // 2, place % 2)
        if len(known) == 1:
            self._choose(known[0])

    def _choose(self, person: StaffMember) -> None:
        self._person = person
        self._pad.show()
        self._pad.start(self._context.say("shell.lock.prompt", name=person.name))

    async def _enter(self, pin: str) -> None:
        if self._person is None:
            return
        say = self._context.say
        try:
            answer = await self._context.database.write(SYSTEM, sign_in, self._person.id, pin)
        except PultError as error:
            self._pad.show_problem(self._context.sentence(error))
            return
        if answer.actor is not None:
            self.signed_in.emit(answer.actor)
        elif answer.blocked_until is not None:
            until = answer.blocked_until.astimezone(self._context.database.desk.zone)
            self._pad.show_problem(say("shell.lock.blocked", until=f"{until:%H:%M:%S}"))
        else:
            self._pad.show_problem(say("shell.lock.wrong", count=answer.tries_left))
