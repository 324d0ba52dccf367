"""The history of a record, the latest first: who changed what, from what to what, and a button for what can come back."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from desktop.sharing.history import Fate, FieldStep, HistoryStep, field_history, restore_field
from desktop.sharing.values import NOTHING
from desktop.sharing.views.shown import desk_words, field_words, operation_words, origin_words, shown
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, clear, label, rule, tag
from desktop.widgets.panel import Panel


class HistoryView(QWidget):
    """The steps of one record; it follows what changes."""

    def __init__(self, context: ViewContext, table: str, row: UUID) -> None:
        super().__init__()
        self._context, self._table, self._row = context, table, row
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(12)
        context.changed.connect(self._changed)
        context.spawn(self.load())

    def _changed(self, changes: object) -> None:
        rows = getattr(changes, "rows", {})
        if self._row in rows.get(self._table, ()) or f"{self._table}_phone" in rows:
            self._context.spawn(self.load())

    async def load(self) -> None:
        """Reads the history anew and shows it."""
        steps = await self._context.read(field_history, self._table, self._row)
        focused = QApplication.focusWidget()
        if focused is not None and self.isAncestorOf(focused):
            self.setFocus()  # a button that goes would hand it to whatever comes next
        clear(self._column)
        if not any(step.fields or step.made for step in steps):
            self._column.addWidget(label(self._context.theme, self._context.say("sharing.history.none"), wrap=True))
        for place, step in enumerate(steps):
            if place:
                self._column.addWidget(rule())
            self._column.addLayout(self._step(step))
        self._column.addStretch(1)

    def _step(self, step: HistoryStep) -> QVBoxLayout:
        theme = self._context.theme
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(label(theme, operation_words(self._context, step.name), strong=True, wrap=True))
        who = f"{origin_words(self._context, step.origin)} · {desk_words(self._context, step.origin.desk)}"
        column.addWidget(label(theme, who, 12, tone="secondary", wrap=True))
        for field in step.fields:
            if not step.made or field.fate is not Fate.STANDS:  # of the first entry only what is no longer so
                column.addSpacing(6)
                column.addLayout(self._field(step, field))
        return column

    def _field(self, step: HistoryStep, field: FieldStep) -> QVBoxLayout:
        context, theme = self._context, self._context.theme
        row = QHBoxLayout()
        row.setSpacing(8)
        words = QVBoxLayout()
        words.setSpacing(1)
        name = field_words(context, f"{field.table}.{field.unit}")
        words.addWidget(label(theme, name, 12, tone="secondary"))
        after = shown(context, field.after)
        if step.made or field.before is None:
            told = after
        else:
            told = context.say("sharing.history.to", before=shown(context, field.before), after=after)
        words.addWidget(label(theme, told, wrap=True))
        row.addLayout(words, 1)
        if field.back:
            value = field.after if field.back == "after" else field.before
            back = Button(theme, context.say("sharing.history.back"), "quiet", icon="arrow-back-up")
            told = shown(context, value if value is not None else NOTHING)
            said = context.say("sharing.history.back_what", field=name, value=told)
            back.setToolTip(said)
            back.setAccessibleName(said)
            back.clicked.connect(partial(self._bring_back, step.operation, field))
            row.addWidget(back, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addLayout(row)
        fate = self._fate(field)
        if fate and field.fate is Fate.REPLACED and field.back:
            column.addWidget(label(theme, fate, 12, tone="muted", wrap=True))
        elif fate and field.fate is not Fate.REPLACED:
            lost = tag(theme, fate, "warning")
            lost.setWordWrap(True)
            lost.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
            column.addWidget(lost)
        return column

    def _fate(self, field: FieldStep) -> str:
        say = self._context.say
        if field.fate is Fate.STANDS:
            return ""
        if field.fate is Fate.SET_ASIDE:
            return say("sharing.history.set_aside")
        if field.by is None:
            return say("sharing.history.lost_unknown")
        who = f"{field.by.by} · {desk_words(self._context, field.by.desk)}"
        at = origin_words(self._context, field.by).removeprefix(f"{field.by.by}, ")
        return say(f"sharing.history.{field.fate.value}", who=who, at=at)

    def _bring_back(self, operation: UUID, field: FieldStep, _checked: bool = False) -> None:
        if field.back:
            self._context.spawn(
                self._context.write(restore_field, field.table, field.row, field.unit, operation, field.back)
            )


class HistoryPanel(Panel):
    """The history of a record beside its page."""

    def __init__(self, context: ViewContext, table: str, row: UUID, name: str) -> None:
        super().__init__(context.theme, context.say("sharing.history.title"), name, close=context.say("shell.close"))
        self.body.addWidget(HistoryView(context, table, row))
        self.foot_frame.hide()
