"""First run: what the database is for, the company, and the first person with a PIN."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.errors import PultError
from desktop.register.company import CompanyEntry
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Card, label
from desktop.widgets.fields import Field, choice_field, choice_of, secret_field, text_field, text_of
from desktop.widgets.segmented import Segmented


@dataclass(frozen=True, slots=True)
class FirstRun:
    """What was typed: the mode of the database, the company and its first person."""

    live: bool
    passphrase: str
    company: CompanyEntry
    name: str
    mark: str
    tax_number: str
    pin: str


class FirstRunView(QWidget):
    """Asks once; `begin` makes the database and stores everything, or raises what is wrong. `join`: a form beside it."""

    def __init__(
        self, context: ViewContext, begin: Callable[[FirstRun], Awaitable[None]], join: QWidget | None = None
    ) -> None:
        super().__init__()
        self._context, self._begin = context, begin
        say, theme = context.say, context.theme
        self.setProperty("surface", "window")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        outer = QVBoxLayout(self)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        inside = QWidget()
        middle = QHBoxLayout(inside)
        middle.addStretch(1)
        card = Card(theme)
        card.setFixedWidth(760)
        card.column.setContentsMargins(32, 28, 32, 28)
        card.column.addWidget(label(theme, say("shell.first.title"), 28, strong=True))
        card.column.addWidget(label(theme, say("shell.first.explain"), tone="secondary", wrap=True))
        salon = QWidget()
        column = QVBoxLayout(salon)
        column.setContentsMargins(0, 0, 0, 0)
        if join is not None:
            ways = [("new", say("shell.first.new_salon")), ("join", say("shell.first.join_salon"))]
            way = Segmented(theme, ways, "new")
            way.chosen.connect(lambda key: salon.setVisible(key == "new"))
            way.chosen.connect(lambda key: join.setVisible(key == "join"))
            card.column.addWidget(way, 0, Qt.AlignmentFlag.AlignLeft)
            card.column.addWidget(join)
            join.hide()
        card.column.addWidget(salon)
        self._mode = choice_field(
            theme,
            "mode",
            say("shell.first.mode"),
            [(say("shell.first.practice"), False), (say("shell.first.live"), True)],
            hint=say("shell.first.mode_hint"),
        )
        self._fields: dict[str, Field] = {
            name: text_field(theme, name, say(f"settings.company.{name}"))
            for name in ("name", "legal_name", "street", "post_code", "town", "tax_number")
        }
        self._payer = choice_field(
            theme,
            "vat_payer",
            say("settings.company.vat_payer"),
            [(say("settings.company.payer"), True), (say("settings.company.no_payer"), False)],
        )
        self._person = {
            "owner": text_field(theme, "owner", say("shell.first.owner")),
            "mark": text_field(theme, "mark", say("shell.first.mark"), example="MK"),
            "own_tax": text_field(theme, "own_tax", say("shell.first.own_tax")),
            "pin": secret_field(theme, "pin", say("shell.first.pin")),
        }
        self._passphrase = secret_field(theme, "passphrase", say("shell.first.passphrase"))
        self._passphrase.hide()
        self._mode.editor.currentIndexChanged.connect(self._show_passphrase)  # type: ignore[attr-defined]  # a choice
        everything = [self._mode, self._passphrase, *self._fields.values(), self._payer, *self._person.values()]
        for heading, fields in (
            (say("shell.first.database"), [self._mode, self._passphrase]),
            (say("shell.first.company"), [*self._fields.values(), self._payer]),
            (say("shell.first.you"), list(self._person.values())),
        ):
            column.addSpacing(8)
            column.addWidget(label(theme, heading, 16, strong=True))
            grid = QGridLayout()
            grid.setHorizontalSpacing(16)
            grid.setColumnStretch(0, 1)
            grid.setColumnStretch(1, 1)
            for place, field in enumerate(fields):
                grid.addWidget(field, place // 2, place % 2)
            column.addLayout(grid)
        column.addSpacing(8)
        go = Button(theme, say("shell.first.begin"), "primary", size="primary")
        go.clicked.connect(lambda: context.spawn(self._go(everything)))
        column.addWidget(go)
        middle.addWidget(card, 0, Qt.AlignmentFlag.AlignTop)
        middle.addStretch(1)
        scroll.setWidget(inside)
        outer.addWidget(scroll)

    def _show_passphrase(self) -> None:
        """Only the database of a business is kept under the system's keyring or a passphrase."""
        self._passphrase.setVisible(bool(choice_of(self._mode)))

    async def _go(self, everything: list[Field]) -> None:
        for field in everything:
            field.show_error("")
        texts = {name: text_of(field) for name, field in self._fields.items()}
        person = {name: text_of(field) for name, field in self._person.items()}
        company = CompanyEntry(**texts, vat_payer=bool(choice_of(self._payer)))
        given = FirstRun(
            bool(choice_of(self._mode)),
            text_of(self._passphrase),
            company,
            person["owner"],
            person["mark"],
            person["own_tax"],
            person["pin"],
        )
        try:
            await self._begin(given)
        except PultError as error:
            self._context.show_in_form(error, everything)
