"""People: who works here, with what role and hours; edited in the panel beside."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.access import Role
from desktop.colour import ColourFamily
from desktop.errors import PultError
from desktop.shell.context import ViewContext
from desktop.staff.members import MemberEntry, StaffMember, add_member, change_member, list_members, remove_member
from desktop.staff.signing_in import set_pin
from desktop.staff.views.week_fields import read_spans, read_week, week_fields
from desktop.staff.working import (
    AbsenceEntry,
    AbsenceKind,
    add_absence,
    remove_absence,
    set_working_day,
    set_working_hours,
    show_work_plan,
)
from desktop.widgets.controls import Button, icon_button, label, rule
from desktop.widgets.fields import DayEdit, Field, choice_field, choice_of, secret_field, text_field, text_of
from desktop.widgets.panel import Panel
from desktop.widgets.rows_table import ColumnOf, RowsTable


class StaffPage(QWidget):
    """Signals: panel_wanted(widget or None)."""

    panel_wanted = Signal(object)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        say = context.say
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        new = Button(context.theme, say("staff.view.new"), "primary", icon="plus")
        new.setMaximumWidth(220)
        new.clicked.connect(lambda: self.edit(None))
        column.addWidget(new)
        self._table: RowsTable[StaffMember] = RowsTable(
            context.theme,
            [
                ColumnOf(say("staff.view.name"), lambda row: row.name, stretch=2),
                ColumnOf(say("staff.view.mark"), lambda row: row.entry.mark, width=100),
                ColumnOf(say("staff.view.role"), lambda row: say(f"staff.role.{row.entry.role.value}"), stretch=1),
                ColumnOf(
                    say("staff.view.tax"),
                    lambda row: say("staff.view.without") if row.entry.without_tax_number else row.entry.tax_number,
                    width=140,
                ),
                ColumnOf("PIN", lambda row: "✓" if row.has_pin else "–", width=70),
            ],
            say("staff.view.people"),
        )
        self._table.opened.connect(self.edit)
        self._table.picked.connect(self.edit)
        self._table.setMinimumHeight(420)
        column.addWidget(self._table, 1)
        context.changed.connect(self._changed)
        context.spawn(self._load())

    def _changed(self, changes: object) -> None:
        if "member" in getattr(changes, "rows", {}):
            self._context.spawn(self._load())

    async def _load(self) -> None:
        self._table.set_rows(await self._context.read(list_members, True))

    def edit(self, person: StaffMember | None) -> None:
        """Opens a person's panel, or an empty one."""
        panel = StaffPanel(self._context, person)
        panel.closed.connect(lambda: self.panel_wanted.emit(None))
        self.panel_wanted.emit(panel)


class StaffPanel(Panel):
    """A person: data, PIN, weekly hours, absences."""

    def __init__(self, context: ViewContext, person: StaffMember | None) -> None:
        say, theme = context.say, context.theme
        super().__init__(theme, person.name if person else say("staff.view.new"), close=say("shell.close"))
        self._context, self._person = context, person
        entry = person.entry if person else MemberEntry("", "", Role.RECEPTION)
        roles: list[tuple[str, object]] = [(say(f"staff.role.{one.value}"), one) for one in Role]
        colours: list[tuple[str, object]] = [(say(f"shell.colour.{one.value}"), one) for one in ColourFamily]
        self._name = text_field(theme, "name", say("staff.view.name"), entry.name)
        self._mark = text_field(theme, "mark", say("staff.view.mark"), entry.mark, hint=say("staff.view.mark_hint"))
        self._role = choice_field(theme, "role", say("staff.view.role"), roles, entry.role)
        self._tax = text_field(
            theme, "tax_number", say("staff.view.tax"), entry.tax_number, hint=say("staff.view.tax_hint")
        )
        self._without = choice_field(
            theme,
            "without_tax_number",
            say("staff.view.foreign"),
            [(say("staff.view.foreign_no"), False), (say("staff.view.foreign_yes"), True)],
            entry.without_tax_number,
        )
        self._colour = choice_field(theme, "colour", say("staff.view.colour"), colours, entry.colour)
        self._fields = [self._name, self._mark, self._role, self._tax, self._without, self._colour]
        for field in self._fields:
            self.body.addWidget(field)
        self._pin = secret_field(theme, "pin", say("staff.view.pin"))
        self._current = secret_field(theme, "current", say("staff.view.current_pin"))
        self.body.addWidget(self._pin)
        own = person is not None and context.actor is not None and person.id == context.actor.id
        self._current.setVisible(own)
        self.body.addWidget(self._current)
        save = Button(theme, say("shell.save"), "primary", size="primary")
        save.clicked.connect(lambda: context.spawn(self._save()))
        self.foot.addWidget(save)
        if person is not None:
            away = Button(theme, say("staff.view.remove"), "danger")
            away.clicked.connect(lambda: context.spawn(self._remove(person.id)))
            self.foot.addWidget(away)
            context.spawn(self._plan(person.id))

    async def _save(self) -> None:
        context, person = self._context, self._person
        role, colour, tax = choice_of(self._role), choice_of(self._colour), text_of(self._tax)
        assert isinstance(role, Role)
        assert isinstance(colour, ColourFamily)
        entry = MemberEntry(
            text_of(self._name),
            text_of(self._mark),
            role,
            tax,
            without_tax_number=bool(choice_of(self._without)),
            colour=colour,
        )
        pin = text_of(self._pin)
        try:
            if person is None:
                self._person = await context.write(add_member, entry, pin)
            else:
                self._person = await context.write(change_member, person.id, person.entry, entry)
                if pin:
                    await context.write(set_pin, person.id, pin, text_of(self._current))
        except PultError as error:
            context.show_in_form(error, [*self._fields, self._pin, self._current])
            return
        context.said.emit(context.say("shell.saved"), "success")
        if person is None:
            self.closed.emit()

    async def _remove(self, member_id: UUID) -> None:
        await self._context.write(remove_member, member_id)
        self.closed.emit()

    async def _plan(self, member_id: UUID) -> None:
        """Weekly hours and absences below the person's data."""
        context, theme, say = self._context, self._theme, self._context.say
        today = context.database.clock.now().astimezone(context.database.desk.zone).date()
        plan = await context.read(show_work_plan, member_id, today)
        self.body.addWidget(rule())
        self.body.addWidget(label(theme, say("staff.view.hours_of"), 16, strong=True))
        week = week_fields(context, plan.week)
        for field in week:
            self.body.addWidget(field)
        store = Button(theme, say("staff.view.save_hours"))

        async def hours() -> None:
            try:
                await context.write(set_working_hours, member_id, today, read_week(week))
            except PultError as error:
                context.show_in_form(error, week)
                return
            context.said.emit(say("shell.saved"), "success")

        store.clicked.connect(lambda: context.spawn(hours()))
        self.body.addWidget(store)
        self._different_day(member_id, today)
        self.body.addWidget(rule())
        self.body.addWidget(label(theme, say("staff.view.absences"), 16, strong=True))
        for one in plan.absences:
            days = f"{context.texts.day(one.entry.first_day)} – {context.texts.day(one.entry.last_day)}"
            self.body.addWidget(
                label(theme, f"{days}  {say(f'staff.absence.{one.entry.kind.value}')}", tone="secondary")
            )
            away = icon_button(theme, "x", say("staff.view.take_back"))
            away.clicked.connect(lambda _checked=False, one=one: context.spawn(context.write(remove_absence, one.id)))
            self.body.addWidget(away)
        kinds: list[tuple[str, object]] = [(say(f"staff.absence.{one.value}"), one) for one in AbsenceKind]
        kind = choice_field(theme, "kind", say("staff.view.absence_kind"), kinds)
        first = Field(theme, "first_day", say("staff.view.from"), DayEdit(theme, today))
        last = Field(theme, "last_day", say("staff.view.until"), DayEdit(theme, today))
        for field in (kind, first, last):
            self.body.addWidget(field)
        add = Button(theme, say("staff.view.add_absence"))

        async def absent() -> None:
            chosen, begins, ends = choice_of(kind), first.editor, last.editor
            assert isinstance(chosen, AbsenceKind)
            assert isinstance(begins, DayEdit)
            assert isinstance(ends, DayEdit)
            try:
                await context.write(add_absence, AbsenceEntry(member_id, chosen, begins.day(), ends.day()))
            except PultError as error:
                context.show_in_form(error, [kind, first, last])
                return
            context.said.emit(say("shell.saved"), "success")

        add.clicked.connect(lambda: context.spawn(absent()))
        self.body.addWidget(add)

    def _different_day(self, member_id: UUID, today: date) -> None:
        """Other hours on one day."""
        context, theme, say = self._context, self._theme, self._context.say
        day = Field(theme, "day", say("staff.view.other_day"), DayEdit(theme, today))
        spans = text_field(theme, "spans", say("staff.view.hours"))
        put = Button(theme, say("staff.view.add_day"))

        async def store() -> None:
            editor = day.editor
            assert isinstance(editor, DayEdit)
            try:
                await context.write(set_working_day, member_id, editor.day(), read_spans(text_of(spans), "spans"))
            except PultError as error:
                context.show_in_form(error, [spans])
                return
            context.said.emit(say("shell.saved"), "success")

        put.clicked.connect(lambda: context.spawn(store()))
        for widget in (day, spans, put):
            self.body.addWidget(widget)
