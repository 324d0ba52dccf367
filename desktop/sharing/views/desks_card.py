"""The desks of the salon as the server knows them: who is there, who waits for a word about what it deletes, a code for another one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Final

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.errors import PultError
from desktop.services.sharing import Sharing
from desktop.sharing.views.words import moment
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Card, Kind, clear, label, tag
from sync.wire import Device, Devices

#: How often the list is asked for while somebody looks at it.
_EVERY_MS: Final = 5_000


class DesksCard(QWidget):
    """Asks the server when it is made, when `look` is called, and again and again while it is seen."""

    def __init__(self, context: ViewContext, sharing: Sharing) -> None:
        super().__init__()
        self._context, self._sharing = context, sharing
        self._told: Devices | None = None
        self._asking_sure = False
        say, theme = context.say, context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        card = Card(theme, say("sharing.desks.title"))
        column.addWidget(card)
        self._devices = QVBoxLayout()
        self._devices.setSpacing(12)
        self._devices.addWidget(label(theme, say("sharing.desks.asking"), tone="secondary"))
        card.column.addLayout(self._devices)
        self._code = QVBoxLayout()
        card.column.addLayout(self._code)
        add = Button(theme, say("sharing.desks.add"), icon="plus")
        add.clicked.connect(lambda: context.spawn(self._make_code()))
        add.setMaximumWidth(320)
        card.column.addWidget(add)
        self._often = QTimer(self, interval=_EVERY_MS)
        self._often.timeout.connect(self._look_if_seen)
        self._often.start()
        self.look()

    def look(self) -> None:
        """Asks anew, unless a question is open."""
        if not self._asking_sure:
            self._context.spawn(self._ask())

    def _look_if_seen(self) -> None:
        if self.isVisible():
            self.look()

    async def _ask(self) -> None:
        try:
            told = await self._sharing.devices()
        except PultError as error:
            if self._told is None:
                clear(self._devices)
                words = label(self._context.theme, self._context.sentence(error), tone="secondary", wrap=True)
                self._devices.addWidget(words)
            return
        if not self._asking_sure:
            self._show(told)

    def _show(self, told: Devices) -> None:
        if told == self._told:
            return  # what has the focus keeps it
        self._told = told
        clear(self._devices)
        shops = {shop.id: shop.name for shop in told.shops}
        for device in told.devices:
            self._devices.addLayout(self._row(device, shops.get(device.shop, "")))

    def _row(self, device: Device, shop: str) -> QHBoxLayout:
        say, theme = self._context.say, self._context.theme
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(label(theme, device.name, strong=True, wrap=True))
        seen = say("sharing.desks.seen", at=moment(self._context, device.seen_at), count=device.operations)
        words.addWidget(label(theme, " · ".join(part for part in (shop, seen) if part), tone="secondary", wrap=True))
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addLayout(words, 1)
        middle = Qt.AlignmentFlag.AlignVCenter
        if device.held and device.revoked_at is None:
            row.addWidget(tag(theme, say("sharing.desks.held", count=device.held), "warning"), 0, middle)
        if device.id == self._context.database.desk.device.hex:
            row.addWidget(tag(theme, say("sharing.desks.this"), "info"), 0, middle)
        elif device.revoked_at is not None:
            at = moment(self._context, device.revoked_at)
            row.addWidget(tag(theme, say("sharing.desks.revoked", at=at), "danger"), 0, middle)
        else:
            for button in self._buttons(row, device):
                row.addWidget(button, 0, middle)
        return row

    def _buttons(self, row: QHBoxLayout, device: Device) -> list[Button]:
        """What can be done with another desk; each is asked once more, in place of both."""
        say, theme, person = self._context.say, self._context.theme, self._context.person
        buttons: list[Button] = []

        def add(words: str, sure: str, act: Callable[[], Awaitable[None]], kind: Kind) -> None:
            button = Button(theme, words, kind)
            button.setAccessibleName(f"{words}: {device.name}")
            button.clicked.connect(lambda: self._ask_sure(row, buttons, sure, act))
            buttons.append(button)

        async def allow() -> None:
            self._show(await self._sharing.allow_deletes(person, device.id))
            self._context.said.emit(say("sharing.desks.allowed", desk=device.name), "success")

        async def revoke() -> None:
            self._show(await self._sharing.revoke(person, device.id))

        if device.held:
            held = device.held
            sure = say("sharing.desks.allow_sure", count=held)
            add(say("sharing.desks.allow", count=held), sure, allow, "secondary")
        add(say("sharing.desks.revoke"), say("sharing.desks.revoke_sure"), revoke, "danger")
        return buttons

    def _ask_sure(
        self, row: QHBoxLayout, buttons: list[Button], words: str, act: Callable[[], Awaitable[None]]
    ) -> None:
        """There is no way back from either, so it is asked once more, in place."""
        self._asking_sure = True
        for one in buttons:
            one.hide()
        theme = self._context.theme
        sure = Button(theme, words, "danger_filled")
        back = Button(theme, self._context.say("shell.cancel"), "quiet")

        def put_back() -> None:
            self._asking_sure = False
            for one in (sure, back):
                one.hide()
                one.deleteLater()
            for one in buttons:
                one.show()

        async def go() -> None:
            sure.setEnabled(False)
            self._asking_sure = False
            try:
                await act()
            except PultError:
                put_back()
                raise

        sure.clicked.connect(lambda: self._context.spawn(go()))
        back.clicked.connect(put_back)
        row.addWidget(back, 0, Qt.AlignmentFlag.AlignVCenter)
        row.addWidget(sure, 0, Qt.AlignmentFlag.AlignVCenter)
        back.setFocus()

    async def _make_code(self) -> None:
        made = await self._sharing.code(self._context.person)
        say, theme = self._context.say, self._context.theme
        clear(self._code)
        big = label(theme, f"{made.code[:4]} {made.code[4:]}", 28, strong=True)
        big.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._code.addWidget(big)
        until = say("sharing.desks.code_until", at=moment(self._context, made.expires_at))
        self._code.addWidget(label(theme, until, tone="secondary", wrap=True))
