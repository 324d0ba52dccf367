"""The sides of a conflict beside each other; what differs is marked by a sign, an edge and weight, not by colour alone."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from desktop.sharing.conflict import Conflict, Side, Standing
from desktop.sharing.values import NOTHING, Several
from desktop.sharing.views.shown import desk_words, field_words, origin_words, shown
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Tone, label, tag

_TONES: dict[Standing, Tone] = {
    Standing.WAITS: "warning",
    Standing.HOLDS: "success",
    Standing.WANTED: "warning",
    Standing.CAME: "info",
}
_ICONS = {Standing.CAME: "git-merge"}
_NAME = 172
_MOST = 3


class Comparison(QFrame):
    """A table of facts: a column for each side, a row for each fact."""

    def __init__(self, context: ViewContext, conflict: Conflict) -> None:
        super().__init__()
        self._context = context
        self.setProperty("card", "true")
        self.setAccessibleName(context.say(f"sharing.kind.{conflict.kind.value}"))
        grid = QGridLayout(self)
        grid.setContentsMargins(1, 1, 1, 1)
        grid.setSpacing(0)
        grid.setColumnMinimumWidth(1, _NAME)
        sides = conflict.sides[:_MOST]
        for place, side in enumerate(sides):
            grid.addWidget(self._head(side), 0, 2 + place)
            grid.setColumnStretch(2 + place, 1)
        grid.addWidget(_cell("bottom"), 0, 0, 1, 2)
        known = [{fact.name: fact.value for fact in side.facts} for side in sides]
        told = (fact.name for side in sides for fact in side.facts if fact.value not in (NOTHING, Several(())))
        names = list(dict.fromkeys(told))  # what nobody knows anything of is left out
        for row, name in enumerate(names, start=1):
            values = [one.get(name, NOTHING) for one in known]
            differs = len(sides) > 1 and any(one != values[0] for one in values)
            last = row == len(names)
            self._add_row(grid, row, name, [shown(context, one) for one in values], differs=differs, last=last)

    def _head(self, side: Side) -> QWidget:
        theme = self._context.theme
        cell = _cell("cell")
        row = QHBoxLayout(cell)
        row.setContentsMargins(12, 10, 12, 10)
        row.setSpacing(8)
        picture = QLabel()
        picture.setPixmap(theme.pixmap(_ICONS.get(side.standing, "device-desktop"), "text.secondary", 20, 2.0))
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(1)
        standing = self._context.say(f"sharing.standing.{side.standing.value}")
        desk = desk_words(self._context, side.origin.desk) if side.origin is not None else standing
        first = QHBoxLayout()
        first.setSpacing(8)
        first.addWidget(label(theme, desk, strong=True, wrap=True), 1)
        if side.origin is not None:
            first.addWidget(tag(theme, standing, _TONES[side.standing]), 0, Qt.AlignmentFlag.AlignTop)
        words.addLayout(first)
        if side.origin is not None:
            words.addWidget(label(theme, origin_words(self._context, side.origin), 12, tone="secondary", wrap=True))
        row.addLayout(words, 1)
        return cell

    def _add_row(self, grid: QGridLayout, row: int, name: str, values: list[str], *, differs: bool, last: bool) -> None:
        theme, say = self._context.theme, self._context.say
        edge = QFrame()
        edge.setFixedWidth(4)
        edge.setProperty("edge", "differs" if differs else "none")
        grid.addWidget(edge, row, 0)
        head = _cell("" if last else "bottom")
        line = QHBoxLayout(head)
        line.setContentsMargins(12, 7, 12, 7)
        line.addWidget(label(theme, field_words(self._context, name), tone="secondary", wrap=True), 1)
        if len(values) > 1:
            sign = label(theme, "≠" if differs else "=", strong=differs, tone="warning" if differs else "muted")
            sign.setAccessibleName(say("sharing.view.differs" if differs else "sharing.view.same"))
            line.addWidget(sign, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(head, row, 1)
        for place, words in enumerate(values):
            cell = _cell("left" if last else "cell")
            inside = QVBoxLayout(cell)
            inside.setContentsMargins(12, 7, 12, 7)
            text = label(theme, words, strong=differs, tone="" if differs else "secondary", wrap=True)
            text.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
            text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            inside.addWidget(text, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(cell, row, 2 + place)


def _cell(line: str) -> QFrame:
    made = QFrame()
    if line:
        made.setProperty("line", line)
    return made
