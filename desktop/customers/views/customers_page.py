"""The page of customers: found while typing, shown and edited in the panel beside."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from desktop.access import Permission
from desktop.customers.birthday import read_birthday, write_birthday
from desktop.customers.customers import (
    CustomerEntry,
    add_customer,
    change_customer,
    remove_customer,
    show_customer,
)
from desktop.customers.phones import format_phone
from desktop.customers.search import CustomerHit, search_customers
from desktop.errors import PultError
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Empty, Note, clear
from desktop.widgets.fields import Field, block_field, choice_field, choice_of, text_field, text_of
from desktop.widgets.page import page_column
from desktop.widgets.panel import Panel
from desktop.widgets.rows_table import ColumnOf, RowsTable
from desktop.widgets.search_field import SearchField


class CustomersPage(QWidget):
    """Signals: panel_wanted(widget or None)."""

    panel_wanted = Signal(object)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        say, theme, country = context.say, context.theme, context.database.desk.country
        self.setProperty("surface", "panel")
        column = page_column(self)
        column.setContentsMargins(16, 12, 16, 0)
        column.setSpacing(12)
        tools = QHBoxLayout()
        self._search = SearchField(theme, say("customers.view.search"))
        self._search.setMaximumWidth(420)
        self._search.asked.connect(lambda typed: context.spawn(self._find(typed)))
        tools.addWidget(self._search, 1)
        tools.addStretch(1)
        new = Button(theme, say("customers.view.new"), "primary", icon="plus")
        new.clicked.connect(lambda: self.edit(None))
        tools.addWidget(new)
        column.addLayout(tools)
        self._stack = QStackedWidget()
        self._table: RowsTable[CustomerHit] = RowsTable(
            theme,
            [
                ColumnOf(
                    say("customers.view.name"), lambda row: f"{row.last_name} {row.first_name}".strip(), stretch=2
                ),
                ColumnOf(
                    say("customers.view.phone"),
                    lambda row: ", ".join(format_phone(one, country) for one in row.phones),
                    stretch=1,
                ),
                ColumnOf(say("customers.view.alert"), lambda row: row.alert, stretch=2, tone=lambda row: "danger.base"),
            ],
            say("customers.view.list"),
        )
        self._table.opened.connect(lambda row: self.edit(row.id))
        self._table.picked.connect(lambda row: self.edit(row.id))
        self._stack.addWidget(self._table)
        self._stack.addWidget(Empty(theme, "users", say("customers.view.none")))
        column.addWidget(self._stack, 1)
        context.changed.connect(self._changed)
        context.spawn(self._find(""))
        self._search.setFocus()

    def _changed(self, changes: object) -> None:
        if {"customer", "customer_phone"} & set(getattr(changes, "rows", {})):
            self._context.spawn(self._find(self._search.text()))

    async def _find(self, typed: str) -> None:
        hits = await self._context.read(search_customers, typed, 100)
        self._table.set_rows(hits)
        self._stack.setCurrentIndex(0 if hits else 1)

    def edit(self, customer_id: UUID | None) -> None:
        """Opens a customer's panel, or an empty one."""
        panel = CustomerPanel(self._context, customer_id)
        panel.closed.connect(lambda: self.panel_wanted.emit(None))
        self.panel_wanted.emit(panel)


class CustomerPanel(Panel):
    """A customer's data; saved by its button, with what is wrong said at the field."""

    def __init__(self, context: ViewContext, customer_id: UUID | None) -> None:
        say = context.say
        super().__init__(context.theme, say("customers.view.new"), close=say("shell.close"))
        self._context, self._customer = context, customer_id
        self._before = CustomerEntry()
        self._fields: dict[str, Field] = {}
        if customer_id is None:
            self._fill(CustomerEntry())
        else:
            context.spawn(self._load())

    async def _load(self) -> None:
        assert self._customer is not None
        shown = await self._context.read(show_customer, self._customer)
        self.set_title(f"{shown.entry.first_name} {shown.entry.last_name}".strip())
        self._before = shown.entry
        self._fill(shown.entry)

    def _fill(self, entry: CustomerEntry) -> None:
        say, theme = self._context.say, self._theme
        if entry.alert:
            self.body.addWidget(Note(theme, "danger", entry.alert))
        country = self._context.database.desk.country
        phones = ", ".join(format_phone(one, country) for one in entry.phones)
        fields = [
            text_field(theme, "first_name", say("customers.view.first_name"), entry.first_name),
            text_field(theme, "last_name", say("customers.view.last_name"), entry.last_name),
            text_field(theme, "phones", say("customers.view.phones"), phones, example="041 555 283"),
            text_field(theme, "email", say("customers.view.email"), entry.email),
            text_field(
                theme,
                "birthday",
                say("customers.view.birthday"),
                write_birthday(entry.birthday),
                example="12. 3. 1985",
                hint=say("customers.view.birthday_hint"),
            ),
            text_field(theme, "alert", say("customers.view.alert"), entry.alert, hint=say("customers.view.alert_hint")),
            block_field(theme, "notes", say("customers.view.notes"), entry.notes),
            choice_field(
                theme,
                "language",
                say("customers.view.language"),
                [("–", ""), ("slovenščina", "sl"), ("Deutsch", "de"), ("hrvatski", "hr"), ("English", "en")],
                entry.language,
            ),
            text_field(theme, "street", say("customers.view.street"), entry.street),
            text_field(theme, "post_code", say("customers.view.post_code"), entry.post_code),
            text_field(theme, "town", say("customers.view.town"), entry.town),
        ]
        for field in fields:
            self._fields[field.name] = field
            self.body.addWidget(field)
        self._fill_foot()
        fields[0].editor.setFocus()

    def _fill_foot(self) -> None:
        """What can be done: with a customer who is stored, more than with a new one."""
        say, theme = self._context.say, self._theme
        clear(self.foot)
        if not self._context.may(Permission.EDIT_CUSTOMERS):
            return
        save = Button(theme, say("shell.save"), "primary", size="primary")
        save.clicked.connect(lambda: self._context.spawn(self._save()))
        self.foot.addWidget(save)
        if self._customer is not None:
            history = Button(theme, say("shell.history"), "quiet")
            history.clicked.connect(self._history)
            self.foot.addWidget(history)
            away = Button(theme, say("customers.view.remove"), "danger")
            away.clicked.connect(lambda: self._context.spawn(self._remove()))
            self.foot.addWidget(away)

    async def _save(self) -> None:
        read = ("phones", "language", "birthday")
        texts = {name: text_of(self._fields[name]) for name in self._fields if name not in read}
        phones = tuple(part.strip() for part in text_of(self._fields["phones"]).split(",") if part.strip())
        language = str(choice_of(self._fields["language"]))
        try:
            birthday = read_birthday(text_of(self._fields["birthday"]))
            after = replace(self._before, **texts, phones=phones, language=language, birthday=birthday)
            if self._customer is None:
                saved = await self._context.write(add_customer, after)
            else:
                saved = await self._context.write(change_customer, self._customer, self._before, after)
        except PultError as error:
            self._context.show_in_form(error, list(self._fields.values()))
            return
        self._customer, self._before = saved.customer.id, saved.customer.entry
        self.set_title(f"{self._before.first_name} {self._before.last_name}".strip())
        self._fill_foot()
        if saved.possible_duplicates:  # that it is saved, the undo bar says
            one = saved.possible_duplicates[0]
            words = self._context.say("customers.view.duplicate", name=f"{one.first_name} {one.last_name}".strip())
            self._context.said.emit(words, "info")

    def _history(self) -> None:
        """Who changed what."""
        name = f"{self._before.first_name} {self._before.last_name}".strip()
        self._context.history_wanted.emit("customer", self._customer, name)

    async def _remove(self) -> None:
        assert self._customer is not None
        await self._context.write(remove_customer, self._customer)
        self.closed.emit()
