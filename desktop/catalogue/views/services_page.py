"""Services of the catalogue: table and panel."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from desktop.catalogue.services import (
    ServiceEntry,
    ShownService,
    Terms,
    add_service,
    change_service,
    list_services,
    remove_service,
)
from desktop.catalogue.vat import list_vat_rates
from desktop.colour import ColourFamily
from desktop.errors import InvalidInput, PultError
from desktop.shell.context import ViewContext
from desktop.staff.members import list_members
from desktop.widgets.controls import Button, label
from desktop.widgets.fields import Field, cents_of, choice_field, choice_of, money_field, text_field, text_of
from desktop.widgets.panel import Panel
from desktop.widgets.rows_table import ColumnOf, RowsTable

_MINUTES = ("duration", "buffer_before", "buffer_after", "processing_start", "processing")


class ServicesPage(QWidget):
    """Signals: panel_wanted(widget or None)."""

    panel_wanted = Signal(object)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        say, money = context.say, context.texts.money
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        new = Button(context.theme, say("catalogue.view.new_service"), "primary", icon="plus")
        new.setMaximumWidth(220)
        new.clicked.connect(lambda: self.edit(None))
        column.addWidget(new)
        self._table: RowsTable[ShownService] = RowsTable(
            context.theme,
            [
                ColumnOf(say("catalogue.view.name"), lambda row: row.entry.name, stretch=2),
                ColumnOf(say("catalogue.view.section"), lambda row: row.entry.section, stretch=1),
                ColumnOf(
                    say("catalogue.view.duration"), lambda row: f"{row.entry.duration} min", width=140, right=True
                ),
                ColumnOf(say("catalogue.view.price"), lambda row: money(row.entry.price_cents), right=True),
                ColumnOf(say("catalogue.view.vat"), lambda row: say(f"catalogue.vat.{row.entry.vat_code}"), width=260),
            ],
            say("catalogue.view.services"),
        )
        self._table.opened.connect(self.edit)
        self._table.picked.connect(self.edit)
        self._table.setMinimumHeight(420)
        column.addWidget(self._table, 1)
        context.changed.connect(self._changed)
        context.spawn(self._load())

    def _changed(self, changes: object) -> None:
        if {"service", "service_member"} & set(getattr(changes, "rows", {})):
            self._context.spawn(self._load())

    async def _load(self) -> None:
        self._table.set_rows(await self._context.read(list_services, inactive=True))

    def edit(self, service: ShownService | None) -> None:
        """Opens a service's panel, or an empty one."""
        panel = ServicePanel(self._context, service)
        panel.closed.connect(lambda: self.panel_wanted.emit(None))
        self.panel_wanted.emit(panel)


class ServicePanel(Panel):
    """A service: times, price, VAT and who can do it."""

    def __init__(self, context: ViewContext, service: ShownService | None) -> None:
        say = context.say
        title = service.entry.name if service else say("catalogue.view.new_service")
        super().__init__(context.theme, title, close=say("shell.close"))
        self._context, self._service = context, service
        self._fields: dict[str, Field] = {}
        self._boxes: list[tuple[QCheckBox, Terms]] = []
        context.spawn(self._fill())

    async def _fill(self) -> None:
        context, say, theme = self._context, self._context.say, self._theme
        entry = self._service.entry if self._service else ServiceEntry("", 30, 0, "standard")
        rates = await context.read(list_vat_rates)
        people = await context.read(list_members)
        fields = [
            text_field(theme, "name", say("catalogue.view.name"), entry.name),
            text_field(theme, "section", say("catalogue.view.section"), entry.section),
            money_field(theme, "price_cents", say("catalogue.view.price"), entry.price_cents),
            choice_field(
                theme,
                "vat_code",
                say("catalogue.view.vat"),
                [(say(f"catalogue.vat.{vat.code}"), vat.code) for vat in rates],
                entry.vat_code,
            ),
            *(text_field(theme, name, say(f"catalogue.view.{name}"), str(getattr(entry, name))) for name in _MINUTES),
            choice_field(
                theme,
                "colour",
                say("catalogue.view.colour"),
                [(say(f"shell.colour.{one.value}"), one) for one in ColourFamily],
                entry.colour,
            ),
            text_field(theme, "needs", say("catalogue.view.needs"), ", ".join(entry.needs)),
        ]
        for field in fields:
            self._fields[field.name] = field
            self.body.addWidget(field)
        self.body.addWidget(label(theme, say("catalogue.view.who"), strong=True))
        for person in people:
            terms = self._service.terms(person.id) if self._service else None
            box = QCheckBox(person.name)
            box.setFont(theme.font())
            box.setChecked(terms is not None or self._service is None)
            self._boxes.append((box, terms or Terms(person.id)))
            self.body.addWidget(box)
        save = Button(theme, say("shell.save"), "primary", size="primary")
        save.clicked.connect(lambda: context.spawn(self._save()))
        self.foot.addWidget(save)
        if self._service is not None:
            service = self._service
            history = Button(theme, say("shell.history"), "quiet")
            history.clicked.connect(lambda: context.history_wanted.emit("service", service.id, service.entry.name))
            self.foot.addWidget(history)
            away = Button(theme, say("catalogue.view.remove"), "danger")
            away.clicked.connect(lambda: context.spawn(self._remove()))
            self.foot.addWidget(away)

    def _minutes(self, name: str) -> int:
        typed = text_of(self._fields[name]).strip() or "0"
        if not typed.isdigit():
            raise InvalidInput(name, "entry.not_whole")
        return int(typed)

    async def _save(self) -> None:
        context, fields = self._context, self._fields
        members = [terms for box, terms in self._boxes if box.isChecked()]
        colour = choice_of(fields["colour"])
        assert isinstance(colour, ColourFamily)
        try:
            minutes = {name: self._minutes(name) for name in _MINUTES}
            entry = ServiceEntry(
                name=text_of(fields["name"]),
                price_cents=cents_of(fields["price_cents"]) or 0,
                vat_code=str(choice_of(fields["vat_code"])),
                section=text_of(fields["section"]),
                colour=colour,
                needs=tuple(part.strip() for part in text_of(fields["needs"]).split(",") if part.strip()),
                duration=minutes["duration"],
                buffer_before=minutes["buffer_before"],
                buffer_after=minutes["buffer_after"],
                processing_start=minutes["processing_start"],
                processing=minutes["processing"],
            )
            if self._service is None:
                await context.write(add_service, entry, members)
                context.said.emit(context.say("shell.saved"), "success")
            else:
                await context.write(change_service, self._service.id, entry, members)
        except PultError as error:
            context.show_in_form(error, list(fields.values()))
            return
        self.closed.emit()

    async def _remove(self) -> None:
        assert self._service is not None
        await self._context.write(remove_service, self._service.id)
        self.closed.emit()
