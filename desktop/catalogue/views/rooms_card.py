"""Rooms and chairs: a card with a line for each, and one to add."""

from __future__ import annotations

from uuid import UUID

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QWidget

from desktop.catalogue.resources import (
    ResourceEntry,
    ShownResource,
    add_resource,
    change_resource,
    list_resources,
    remove_resource,
)
from desktop.errors import PultError
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Card, label
from desktop.widgets.fields import Field, text_field, text_of


async def rooms_card(context: ViewContext) -> Card:
    """Name, kind and capacity of each room or chair."""
    say, theme = context.say, context.theme
    card = Card(theme, say("catalogue.view.rooms"))
    card.setMaximumWidth(1080)
    card.column.addWidget(label(theme, say("catalogue.view.rooms_explain"), tone="secondary", wrap=True))
    for shown in await context.read(list_resources):
        card.column.addWidget(_line(context, shown))
    card.column.addWidget(_line(context, None))
    return card


def _line(context: ViewContext, shown: ShownResource | None) -> QWidget:
    say, theme = context.say, context.theme
    entry = shown.entry if shown else ResourceEntry("", "")
    fields: list[Field] = [
        text_field(theme, "name", say("catalogue.view.name"), entry.name),
        text_field(theme, "kind", say("catalogue.view.kind"), entry.kind),
        text_field(theme, "capacity", say("catalogue.view.capacity"), str(entry.capacity)),
    ]
    line = QWidget()
    grid = QGridLayout(line)
    grid.setContentsMargins(0, 0, 0, 0)
    for place, field in enumerate(fields):
        grid.addWidget(field, 0, place)
    buttons = QHBoxLayout()

    async def save() -> None:
        capacity = text_of(fields[2]).strip()
        given = ResourceEntry(text_of(fields[0]), text_of(fields[1]), int(capacity) if capacity.isdigit() else 0)
        try:
            if shown is None:
                await context.write(add_resource, given)
            else:
                await context.write(change_resource, shown.id, given)
        except PultError as error:
            context.show_in_form(error, fields)
            return
        context.said.emit(say("shell.saved"), "success")

    async def remove(resource_id: UUID) -> None:
        await context.write(remove_resource, resource_id)
        line.hide()

    store = Button(theme, say("shell.save") if shown else say("catalogue.view.add_room"))
    store.clicked.connect(lambda: context.spawn(save()))
    buttons.addWidget(store)
    if shown is not None:
        away = Button(theme, say("catalogue.view.remove"), "danger")
        away.clicked.connect(lambda: context.spawn(remove(shown.id)))
        buttons.addWidget(away)
    grid.addLayout(buttons, 0, 3)
    return line
