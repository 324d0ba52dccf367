"""Edits the items of a booked visit: added, put in another order, removed; and its note."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.appointments.entries import ItemEntry, ShownVisit, item_entries
from desktop.appointments.moving import change_items, change_note
from desktop.appointments.proposing import items_for
from desktop.catalogue.services import ShownService, list_services
from desktop.errors import PultError
from desktop.folding import words
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, clear, icon_button, label
from desktop.widgets.fields import text_field, text_of
from desktop.widgets.search_field import Hit, SearchField


class ItemsEditor(QWidget):
    """Signals: done()."""

    done = Signal()

    def __init__(self, context: ViewContext, visit: ShownVisit) -> None:
        super().__init__()
        self._context, self._visit = context, visit
        self._items: list[ItemEntry] = list(item_entries(visit))
        self._services: tuple[ShownService, ...] = ()
        say, theme = context.say, context.theme
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(8)
        self._lines = QVBoxLayout()
        column.addLayout(self._lines)
        self._search = SearchField(theme, say("appointments.book.add_service"))
        self._search.asked.connect(self._find)
        self._search.chosen.connect(lambda service: context.spawn(self._add(service)))
        column.addWidget(self._search)
        self._note = text_field(theme, "note", say("appointments.view.note"), visit.note)
        column.addWidget(self._note)
        row = QHBoxLayout()
        save = Button(theme, say("shell.save"), "primary")
        save.clicked.connect(lambda: context.spawn(self._save()))
        back = Button(theme, say("shell.cancel"), "quiet")
        back.clicked.connect(self.done)
        row.addWidget(save)
        row.addWidget(back)
        row.addStretch(1)
        column.addLayout(row)
        self._show()
        context.spawn(self._load())

    async def _load(self) -> None:
        self._services = await self._context.read(list_services)

    def _show(self) -> None:
        clear(self._lines)
        say, theme = self._context.say, self._context.theme
        for place, item in enumerate(self._items):
            row = QHBoxLayout()
            row.addWidget(label(theme, f"{item.name} · {item.duration_min} min", wrap=True), 1)
            if place:
                up = icon_button(theme, "arrow-up", say("appointments.book.earlier"))
                up.clicked.connect(lambda _checked=False, place=place: self._swap(place))
                row.addWidget(up)
            away = icon_button(theme, "x", say("appointments.book.remove"))
            away.clicked.connect(lambda _checked=False, place=place: self._remove(place))
            row.addWidget(away)
            self._lines.addLayout(row)

    def _find(self, typed: str) -> None:
        asked = words(typed)
        found = [
            one for one in self._services if all(any(w.startswith(a) for w in words(one.entry.name)) for a in asked)
        ]
        self._search.show_hits([Hit(one.entry.name, f"{one.entry.duration} min", one) for one in found[:8]])

    async def _add(self, service: ShownService) -> None:
        member = self._items[-1].member_id if self._items else self._visit.items[0].member_id
        try:
            self._items += await self._context.read(items_for, [service.id], member)
        except PultError as error:
            self._context.show_error(error)
            return
        self._search.clear()
        self._show()

    def _swap(self, place: int) -> None:
        self._items[place - 1], self._items[place] = self._items[place], self._items[place - 1]
        self._show()

    def _remove(self, place: int) -> None:
        del self._items[place]
        self._show()

    async def _save(self) -> None:
        note = text_of(self._note)
        try:
            if tuple(self._items) != item_entries(self._visit):
                await self._context.write(change_items, self._visit.id, self._items)
            if note != self._visit.note:
                await self._context.write(change_note, self._visit.id, note)
        except PultError as error:
            self._context.show_in_form(error, [self._note])
            return
        self.done.emit()
