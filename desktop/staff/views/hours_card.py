"""Opening hours of the shop and the days that are different."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.errors import PultError
from desktop.shell.context import ViewContext
from desktop.staff.opening import propose_holidays, set_opening_hours, set_special_day, show_opening
from desktop.staff.views.week_fields import read_spans, read_week, week_fields
from desktop.widgets.controls import Button, Card, icon_button, label
from desktop.widgets.fields import DayEdit, Field, text_field, text_of


async def hours_card(context: ViewContext) -> QWidget:
    """The shop's week, its closed and special days, and the public holidays as proposals."""
    say, theme = context.say, context.theme
    today = context.database.clock.now().astimezone(context.database.desk.zone).date()
    opening = await context.read(show_opening, today)
    holidays = await context.read(propose_holidays, today.year, context.texts.language)
    whole = QWidget()
    column = QVBoxLayout(whole)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(16)
    week = Card(theme, say("staff.view.opening"))
    week.setMaximumWidth(720)
    fields = week_fields(context, opening.week)
    for field in fields:
        week.column.addWidget(field)
    save = Button(theme, say("shell.save"), "primary")

    async def store() -> None:
        try:
            await context.write(set_opening_hours, today, read_week(fields))
        except PultError as error:
            context.show_in_form(error, fields)
            return
        context.said.emit(say("shell.saved"), "success")

    save.clicked.connect(lambda: context.spawn(store()))
    week.column.addWidget(save)
    column.addWidget(week)
    special = Card(theme, say("staff.view.special"))
    special.setMaximumWidth(720)
    for one in opening.special_days:
        row = QHBoxLayout()
        hours = ", ".join(str(span) for span in one.spans) or say("staff.view.closed")
        row.addWidget(label(theme, f"{context.texts.day(one.day)}   {hours}   {one.reason}"), 1)
        away = icon_button(theme, "x", say("staff.view.take_back"))
        away.clicked.connect(
            lambda _checked=False, day=one.day: context.spawn(context.write(set_special_day, day, None))
        )
        row.addWidget(away)
        special.column.addLayout(row)
    day = Field(theme, "day", say("staff.view.day"), DayEdit(theme, today))
    spans = text_field(theme, "spans", say("staff.view.hours"), hint=say("staff.view.hours_hint"))
    reason = text_field(theme, "reason", say("staff.view.reason"))
    for field in (day, spans, reason):
        special.column.addWidget(field)
    add = Button(theme, say("staff.view.add_day"))

    async def put() -> None:
        editor = day.editor
        assert isinstance(editor, DayEdit)
        try:
            await context.write(set_special_day, editor.day(), read_spans(text_of(spans), "spans"), text_of(reason))
        except PultError as error:
            context.show_in_form(error, [spans, reason])
            return
        context.said.emit(say("shell.saved"), "success")

    add.clicked.connect(lambda: context.spawn(put()))
    special.column.addWidget(add)
    ahead = [one for one in holidays if not one.decided and one.day >= today]
    if ahead:
        special.column.addWidget(label(theme, say("staff.view.holidays"), strong=True))
    for holiday in ahead:
        close = Button(
            theme, say("staff.view.close_on", day=context.texts.day(holiday.day), name=holiday.name), "quiet"
        )
        close.clicked.connect(
            lambda _checked=False, one=holiday: context.spawn(context.write(set_special_day, one.day, (), one.name))
        )
        special.column.addWidget(close)
    column.addWidget(special)
    return whole
