"""Joining a salon that shares already, at the first run of a desk: server and code, then the shop, then the books come."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from uuid import UUID

from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from desktop.errors import PultError
from desktop.services.joining import Join
from desktop.services.pairing import look
from desktop.sharing.pairing import PairingEntry
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Note, clear, label
from desktop.widgets.fields import Field, block_field, choice_field, choice_of, secret_field, text_field, text_of
from sync.wire import Looked

_TYPED = ("url", "code", "desk", "trust")


class JoinForm(QWidget):
    """Asks in two steps; `begin` takes the desk in and makes its database, or raises what is wrong."""

    def __init__(self, context: ViewContext, begin: Callable[[Join], Awaitable[None]]) -> None:
        super().__init__()
        self._context, self._begin = context, begin
        say, theme = context.say, context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(12)
        column.addWidget(label(theme, say("sharing.join.explain"), tone="secondary", wrap=True))
        self._fields: dict[str, Field] = {
            "url": text_field(theme, "url", say("sharing.pairing.url"), example="sync.example.com"),
            "code": text_field(
                theme, "code", say("sharing.pairing.code"), hint=say("sharing.join.code_hint"), example="1234 5678"
            ),
            "desk": text_field(theme, "desk", say("sharing.pairing.desk"), example=say("sharing.pairing.desk_example")),
            "trust": block_field(
                theme, "trust", say("sharing.pairing.trust"), hint=say("sharing.pairing.trust_hint"), lines=3
            ),
        }
        grid = QGridLayout()
        grid.setHorizontalSpacing(16)
        grid.setVerticalSpacing(8)
        for place, name in enumerate(_TYPED):
            grid.addWidget(self._fields[name], place // 2, place % 2)
        grid.setColumnStretch(0, 1)
        grid.setColumnStretch(1, 1)
        column.addLayout(grid)
        check = Button(theme, say("sharing.pairing.look"), "primary", icon="plug-connected")
        check.clicked.connect(lambda: context.spawn(self._attempt(self._look)))
        for name in ("url", "code", "desk"):
            self._fields[name].editor.returnPressed.connect(check.click)  # type: ignore[attr-defined]  # a line
        column.addWidget(check)
        self._found = QVBoxLayout()
        self._found.setSpacing(12)
        column.addLayout(self._found)
        column.addStretch(1)
        self._entry: PairingEntry | None = None
        self._looked: Looked | None = None
        self._next: QWidget | None = None

    async def _attempt(self, act: Callable[[], Awaitable[None]]) -> None:
        fields = [field for field in self._fields.values() if not field.isHidden()]
        for field in fields:
            field.show_error("")
        self.setEnabled(False)
        try:
            await act()
        except PultError as error:
            self.setEnabled(True)  # before the focus goes to the wrong field
            self._context.show_in_form(error, fields)
        else:
            self.setEnabled(True)
            if self._next is not None:
                self._next.setFocus()

    async def _look(self) -> None:
        clear(self._found)
        self._next = None
        for added in self._fields.keys() - set(_TYPED):
            del self._fields[added]
        self._entry = PairingEntry(*(text_of(self._fields[one]) for one in _TYPED))
        looked = self._looked = await look(self._entry)
        say, theme = self._context.say, self._context.theme
        if looked.salon is None:
            self._found.addWidget(Note(theme, "warning", looked.name, say("sharing.refused.nobody_there")))
            return
        books = say("sharing.join.practice" if looked.practice else "sharing.join.real")
        self._found.addWidget(Note(theme, "info", looked.name, books))
        choices: list[tuple[str, object]] = [(shop.name or "–", UUID(hex=shop.id)) for shop in looked.shops]
        choices.append((say("sharing.join.new_shop"), None))
        shop = self._fields["shop"] = choice_field(theme, "shop", say("sharing.join.shop"), choices, choices[0][1])
        name = self._fields["shop_name"] = text_field(theme, "shop_name", say("sharing.join.shop_name"))
        secret = self._fields["passphrase"] = secret_field(theme, "passphrase", say("shell.first.passphrase"))
        name.setVisible(choice_of(shop) is None)
        secret.setVisible(not looked.practice)
        shop.editor.currentIndexChanged.connect(  # type: ignore[attr-defined]  # a choice
            lambda: name.setVisible(choice_of(shop) is None)
        )
        go = Button(theme, say("sharing.join.go"), "primary", size="primary")
        go.clicked.connect(lambda: self._context.spawn(self._attempt(self._join)))
        for widget in (shop, name, secret, go):
            self._found.addWidget(widget)
        self._next = shop.editor

    async def _join(self) -> None:
        if self._entry is None or self._looked is None:
            return
        chosen = choice_of(self._fields["shop"])
        await self._begin(
            Join(
                self._entry,
                self._looked,
                chosen if isinstance(chosen, UUID) else None,
                text_of(self._fields["shop_name"]),
                text_of(self._fields["passphrase"]),
            )
        )
