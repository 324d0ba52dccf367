"""Whose columns the calendar shows: a box for each person of the day."""

from __future__ import annotations

from collections.abc import Sequence, Set
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QCheckBox, QVBoxLayout, QWidget

from desktop.appointments.day import DayColumn
from desktop.shell.context import ViewContext


class StaffFilter(QWidget):
    """The boxes. They stay the same widgets while the people are the same, so that a new reading takes no focus away.

    Signals:
        hidden(member id, whether): a person is hidden, or shown again.
    """

    hidden = Signal(object, bool)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        self._boxes: dict[UUID, QCheckBox] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)
        self.setAccessibleName(context.say("appointments.view.staff"))

    def show_people(self, columns: Sequence[DayColumn], hidden: Set[UUID]) -> None:
        """The people of a day; those that are not `hidden` are ticked."""
        people = [(column.member_id, column.name) for column in columns]
        if people != [(identity, box.text()) for identity, box in self._boxes.items()]:
            self._rebuild(people)
        for column in columns:
            box = self._boxes[column.member_id]
            box.blockSignals(True)
            box.setChecked(column.member_id not in hidden)
            box.blockSignals(False)
            box.setAccessibleName(self._context.say("appointments.view.show_person", name=column.name))
            away = "" if column.open else self._context.say("appointments.view.away")
            box.setToolTip(away)
            box.setAccessibleDescription(away)

    def _rebuild(self, people: Sequence[tuple[UUID, str]]) -> None:
        focused = next((identity for identity, box in self._boxes.items() if box.hasFocus()), None)
        before, self._boxes = self._boxes, {}
        for identity, name in people:
            box = QCheckBox(name)
            box.setFont(self._context.theme.font())
            box.toggled.connect(lambda checked, one=identity: self._toggled(one, checked))
            self._boxes[identity] = box
            self._column.addWidget(box)
        if focused in self._boxes:
            self._boxes[focused].setFocus()
        for old in before.values():
            self._column.removeWidget(old)
            old.hide()
            old.deleteLater()

    def _toggled(self, identity: UUID, checked: bool) -> None:
        shown = {one for one, box in self._boxes.items() if box.isChecked()}
        if not shown:
            box = self._boxes[identity]
            box.blockSignals(True)
            box.setChecked(True)
            box.blockSignals(False)
            self._context.said.emit(self._context.say("appointments.view.last_person"), "info")
            return
        self.hidden.emit(identity, not checked)
