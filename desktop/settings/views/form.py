"""A page of settings: cards with fields and one button each; what is wrong is said at the field."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtWidgets import QGridLayout, QWidget

from desktop.errors import PultError
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Card
from desktop.widgets.fields import Field


def form_card(
    context: ViewContext,
    heading: str,
    fields: list[Field],
    save: Callable[[], Awaitable[object]],
    *,
    words: str = "",
    columns: int = 2,
) -> Card:
    """A card whose button stores its fields."""
    card = Card(context.theme, heading)
    card.setMaximumWidth(1080)
    inside = QWidget()
    grid = QGridLayout(inside)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(8)
    for place, field in enumerate(fields):
        grid.addWidget(field, place // columns, place % columns)
    card.column.addWidget(inside)
    button = Button(context.theme, words or context.say("shell.save"), "primary")

    async def store() -> None:
        for field in fields:
            field.show_error("")
        try:
            await save()
        except PultError as error:
            context.show_in_form(error, fields)
            return
        context.said.emit(context.say("shell.saved"), "success")

    button.clicked.connect(lambda: context.spawn(store()))
    button.setMaximumWidth(320)
    card.column.addWidget(button)
    return card
