"""The keys of the calendar: which place a key leads to."""

from __future__ import annotations

from PySide6.QtCore import Qt

from desktop.widgets.calendar.data import Day
from desktop.widgets.calendar.walking import QUARTER, Place, above, at, below, beside, edge, next_block

ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter)
ARROWS = {
    Qt.Key.Key_Down: (0, 1),
    Qt.Key.Key_Up: (0, -1),
    Qt.Key.Key_Right: (1, 0),
    Qt.Key.Key_Left: (-1, 0),
}


def days_for(key: Qt.Key, modifiers: Qt.KeyboardModifier) -> int:
    """How many days further a key asks for; 0 for a key that asks for none."""
    if modifiers == Qt.KeyboardModifier.ShiftModifier:
        return 7 * ARROWS[key][0] if key in ARROWS else 0
    return {Qt.Key.Key_PageDown: 1, Qt.Key.Key_PageUp: -1}.get(key, 0)


def place_for(day: Day, cursor: Place | None, key: Qt.Key, modifiers: Qt.KeyboardModifier) -> Place | None:
    """Where a key leads on a day with columns, from the cursor or, without one, from now; None for a key that leads nowhere."""
    control = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
    start = day.now // QUARTER * QUARTER if day.now is not None else day.first + 60
    place = cursor or Place(0, min(max(day.first, start), day.last - QUARTER))
    match key:
        case Qt.Key.Key_Down | Qt.Key.Key_Up if control:
            return next_block(day, place, 1 if key == Qt.Key.Key_Down else -1)
        case Qt.Key.Key_Down:
            return below(day, place)
        case Qt.Key.Key_Up:
            return above(day, place)
        case Qt.Key.Key_Left | Qt.Key.Key_Right if not control:
            return beside(day, place, ARROWS[key][0])
        case Qt.Key.Key_Home | Qt.Key.Key_End:
            return edge(day, place, last=key == Qt.Key.Key_End)
        case _ if control and 0 <= key - Qt.Key.Key_1 < min(9, len(day.columns)):
            return at(day, key - Qt.Key.Key_1, place.minute)
        case _:
            return None
