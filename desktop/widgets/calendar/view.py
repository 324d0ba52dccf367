"""The day calendar: one scrolling, painted widget with selection, keyboard, drag, resize and proposals.

The ground and the blocks are painted once into a picture per size and content; a drag paints the picture and the ghost. A
drop is checked by a function of the owner, so that the ghost says while it hangs whether it fits and why not.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt, Signal
from PySide6.QtGui import (
    QContextMenuEvent,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame

from desktop.widgets.calendar.data import Block, Day, Refusal, clock
from desktop.widgets.calendar.drag import Drag
from desktop.widgets.calendar.edge_scroll import EdgeScroll
from desktop.widgets.calendar.geometry import SNAP, Geometry
from desktop.widgets.calendar.keys import ARROWS, ENTER, days_for, place_for
from desktop.widgets.calendar.overlay import block_words, drag_area, drag_words, paint_drag, paint_place
from desktop.widgets.calendar.painting import CalendarPainter
from desktop.widgets.calendar.picture import Frame, paint_picture
from desktop.widgets.calendar.walking import QUARTER, Place, again
from desktop.widgets.theme import Theme

DropCheck = Callable[[Block, UUID, int, int], Refusal | None]


class CalendarView(QAbstractScrollArea):
    """The painted day.

    Signals:
        slot_activated(column id, minute): a free place was clicked or chosen by Enter.
        block_selected(group id): by click or arrow; `block_activated` by Enter or double click.
        move_requested(block, column id, minute), resize_requested(block, minute of the end).
        menu_requested(group id, global position).
        days_wanted(days): by keys; left(): Escape, with nothing in the hand.
    """

    slot_activated = Signal(object, int)
    block_selected = Signal(object)
    block_activated = Signal(object)
    move_requested = Signal(object, object, int)
    resize_requested = Signal(object, int)
    menu_requested = Signal(object, QPoint)
    days_wanted = Signal(int)
    left = Signal()

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._painter = CalendarPainter(theme)
        self._gutter = int(theme.tokens.size("calendar.gutter"))
        self._header = int(theme.tokens.size("calendar.header"))
        self._geometry = Geometry(Day(), 200, theme.tokens.size("calendar.row_15min"))
        self._picture: QPixmap | None = None
        self._selected: UUID | None = None
        self._cursor: Place | None = None
        self._drag: Drag | None = None
        self._hung = QRect()
        self._pressed: UUID | None = None
        self._check: DropCheck = lambda _block, _column, _start, _end: None
        self._scrolled = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName("calendar")
        self._edge = EdgeScroll(self, self._header)
        for bar in (self.verticalScrollBar(), self.horizontalScrollBar()):
            bar.valueChanged.connect(self._refresh)

    def set_drop_check(self, check: DropCheck) -> None:
        """`check(block, column id, start, end)` returns None when it fits, else why not. Called while dragging."""
        self._check = check

    def set_day(self, day: Day) -> None:
        """Shows a day; scroll position and selection stay where they still make sense."""
        groups = {block.group for block in day.blocks}
        if self._selected not in groups:
            self._selected = None
        self._geometry = Geometry(day, self._geometry.width, self._geometry.quarter)
        if self._drag is not None and self._drag.block not in day.blocks:
            self._drag = None  # it is no longer what was taken in the hand
        if self._cursor is not None:
            self._cursor = again(day, self._cursor) if day.columns else None
        self._lay_out()
        self._hang()
        if not self._scrolled and day.now is not None:
            self.scroll_to(day.now)
            self._scrolled = True
        self._refresh()

    def set_now(self, minute: int | None) -> None:
        """Moves the line of the present."""
        day = self._geometry.day
        if day.now != minute:
            self._geometry = Geometry(replace(day, now=minute), self._geometry.width, self._geometry.quarter)
            self._refresh()

    def select(self, group: UUID | None) -> None:
        """Selects the blocks of a visit, without telling."""
        if self._selected != group:
            self._selected = group
            self._refresh()

    @property
    def selected(self) -> UUID | None:
        """The selected visit."""
        return self._selected

    @property
    def place(self) -> tuple[UUID, int] | None:
        """Column and minute of the keyboard's place, or None."""
        if self._cursor is None:
            return None
        return self._geometry.day.columns[self._cursor.column].id, self._cursor.minute

    @property
    def block(self) -> Block | None:
        """The block that was selected last: of a visit with several, the one that is meant."""
        own = [one for one in self._geometry.day.blocks if one.group == self._selected]
        at_cursor = [one for one in own if self._cursor is not None and one.id == self._cursor.block]
        return next(iter(at_cursor or own), None)

    def hold(self) -> bool:
        """Takes the selected block in the hand: arrows move it, Enter puts it down, Escape leaves it where it was."""
        block = self.block
        if block is None or not block.movable:
            return False
        column = self._geometry.index(block)
        self._drag = Drag(block, 0, False, column, block.start, block.end, moved=True, by_keys=True)
        self.setFocus()
        self._bring(column, block.start)
        self._refresh()
        return True

    def scroll_to(self, minute: int) -> None:
        """Brings a minute into the upper third."""
        self.verticalScrollBar().setValue(int(self._geometry.y(minute) - self.viewport().height() / 3))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._lay_out()
        self._refresh()

    def _lay_out(self) -> None:
        size = self._theme.tokens.size
        count = max(1, len(self._geometry.day.columns))
        room = self.viewport().width() - self._gutter
        width = min(size("calendar.column_max"), max(size("calendar.column_min"), room / count))
        self._geometry = Geometry(self._geometry.day, width, self._geometry.quarter)
        below = self.viewport().height() - self._header
        vertical, horizontal = self.verticalScrollBar(), self.horizontalScrollBar()
        vertical.setRange(0, max(0, int(self._geometry.height - below + 8)))
        vertical.setPageStep(below)
        vertical.setSingleStep(int(self._geometry.quarter * 2))
        horizontal.setRange(0, max(0, int(self._geometry.total_width - room)))
        horizontal.setPageStep(int(room))

    def _refresh(self) -> None:
        self._picture = None
        self.viewport().update()

    def _origin(self) -> QPointF:
        """Where the day's upper left corner lies in the viewport."""
        return QPointF(
            self._gutter - self.horizontalScrollBar().value(), self._header - self.verticalScrollBar().value()
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._picture is None:
            self._picture = self._paint_picture()
        painter = QPainter(self.viewport())
        painter.drawPixmap(0, 0, self._picture)
        self._paint_overlay(painter)
        painter.end()

    def _paint_picture(self) -> QPixmap:
        moving = self._drag.block.id if self._drag is not None and self._drag.moved else None
        frame = Frame(self._origin(), self.viewport().size(), self._gutter, self._header, self.devicePixelRatioF())
        return paint_picture(self._theme, self._painter, self._geometry, frame, self._selected, moving)

    def _paint_overlay(self, painter: QPainter) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setClipRect(QRect(self._gutter, self._header, self.viewport().width(), self.viewport().height()))
        painter.translate(self._origin())
        drag, place = self._drag, self._cursor
        if drag is not None and drag.moved:
            paint_drag(painter, self._painter, self._geometry, drag, self._seen())
        elif place is not None and place.block is None and self.hasFocus():
            paint_place(painter, self._painter, self._geometry, place)

    def _place(self, position: QPointF) -> QPointF:
        return position - self._origin()

    def block_at(self, position: QPointF) -> Block | None:
        """The topmost block at a place of the viewport."""
        if position.y() < self._header or position.x() < self._gutter:
            return None
        return self._geometry.block_at(self._place(position))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        block = self.block_at(event.position())
        if event.button() == Qt.MouseButton.RightButton and block is not None:
            self._choose(block)
            self.menu_requested.emit(block.group, event.globalPosition().toPoint())
            return
        if event.button() != Qt.MouseButton.LeftButton:
            return
        place = self._place(event.position())
        column = self._geometry.column_at(place.x())
        if block is not None:
            offset = place.y() - self._geometry.block_rect(block).top()
            self._choose(block, tell=False)  # what opens beside the day would move it away under the pointer
            self._pressed = block.group
            if block.movable:
                self._drag = Drag(
                    block, offset, self._geometry.at_lower_edge(block, place), column, block.start, block.end
                )
        elif column >= 0 and event.position().y() >= self._header and 0 <= place.y() < self._geometry.height:
            minute = int(self._geometry.day.first + place.y() / self._geometry.quarter * 15) // 15 * 15
            self._cursor = Place(column, minute)
            self.slot_activated.emit(self._geometry.day.columns[column].id, minute)
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        drag = self._drag
        if drag is None or drag.by_keys:
            block = self.block_at(event.position())
            low = (
                block is not None
                and block.movable
                and self._geometry.at_lower_edge(block, self._place(event.position()))
            )
            self.viewport().setCursor(Qt.CursorShape.SizeVerCursor if low else Qt.CursorShape.ArrowCursor)
            return
        place = self._place(event.position())
        if not drag.moved:
            rect = self._geometry.block_rect(drag.block)
            start = QPointF(place.x(), rect.top() + drag.offset)
            far = abs(place.y() - start.y()) >= QApplication.startDragDistance()
            other = self._geometry.column_at(place.x()) != self._geometry.index(drag.block)
            if not far and not other:
                return
            drag.moved = True
            self._refresh()
            self._edge.start()
        drag.follow(self._geometry, place)
        self._hang()

    def _hang(self) -> None:
        """Asks whether the block fits where it hangs, and shows it there."""
        drag = self._drag
        if drag is None or not drag.moved:
            return
        drag.column = min(drag.column, len(self._geometry.day.columns) - 1)
        column = self._geometry.day.columns[drag.column]
        drag.refusal = self._check(drag.block, column.id, drag.start, drag.end)
        self.setAccessibleDescription(drag_words(drag, column))
        area = drag_area(self._geometry, drag, self._seen()).translated(self._origin()).toAlignedRect()
        self.viewport().update(area.united(self._hung))  # a step paints what hangs and what hung, and no more
        self._hung = area

    def _seen(self) -> QRectF:
        """The part of the day that is in sight."""
        inside = QRectF(self.viewport().rect()).adjusted(self._gutter, self._header, 0, 0)
        return inside.translated(-self._origin())

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if self._drag is not None and not self._drag.by_keys:
            drag = self._let_go()
            if drag is not None and drag.moved and drag.refusal is None:
                self._put_down(drag)
        if self._pressed is not None:
            group, self._pressed = self._pressed, None
            self.block_selected.emit(group)

    def _let_go(self) -> Drag | None:
        drag, self._drag = self._drag, None
        self._edge.stop()
        self._refresh()
        return drag

    def _put_down(self, drag: Drag) -> None:
        if drag.resize:
            self.resize_requested.emit(drag.block, drag.end)
        elif (drag.column, drag.start) != (self._geometry.index(drag.block), drag.block.start):
            self.move_requested.emit(drag.block, self._geometry.day.columns[drag.column].id, drag.start)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        block = self.block_at(event.position())
        if block is not None:
            self.block_activated.emit(block.group)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if not (self._held(event) if self._drag is not None else self._walked(event)):
            super().keyPressEvent(event)

    def _held(self, event: QKeyEvent) -> bool:
        """A key while a block is in the hand: quarters of an hour, with Shift five minutes."""
        drag, key = self._drag, event.key()
        assert drag is not None
        if key == Qt.Key.Key_Escape:
            self._let_go()
        elif not drag.by_keys:
            return False
        elif key in ARROWS:
            across, down = ARROWS[Qt.Key(key)]
            fine = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            drag.step(self._geometry, across, down * (SNAP if fine else QUARTER))
            self._bring(drag.column, drag.start)
            self._hang()
        elif key in ENTER and drag.refusal is None:
            self._let_go()
            self._cursor = Place(drag.column, drag.start, drag.block.id)
            self._put_down(drag)
        return True

    def _walked(self, event: QKeyEvent) -> bool:
        key, day = event.key(), self._geometry.day
        if key == Qt.Key.Key_Escape:
            self.left.emit()
        elif days := days_for(Qt.Key(key), event.modifiers()):
            self.days_wanted.emit(days)
        elif not day.columns:
            return False
        elif key in ENTER and self._cursor is not None:
            block = self._at_cursor()
            if block is not None:
                self.block_activated.emit(block.group)
            else:
                self.slot_activated.emit(day.columns[self._cursor.column].id, self._cursor.minute)
        else:
            place = place_for(day, self._cursor, Qt.Key(key), event.modifiers())
            if place is None:
                return False
            self._go(place)
        return True

    def _go(self, place: Place) -> None:
        self._cursor = place
        found = self._at_cursor()
        if found is not None:
            self._choose(found)
        else:
            self.select(None)
            self.setAccessibleDescription(f"{self._geometry.day.columns[place.column].title}, {clock(place.minute)}")
        self._bring(place.column, place.minute)
        self.viewport().update()

    def _bring(self, column: int, minute: int) -> None:
        """Scrolls a place into sight."""
        y, bar = self._geometry.y(minute), self.verticalScrollBar()
        if not bar.value() <= y <= bar.value() + bar.pageStep() - 60:
            bar.setValue(int(y - bar.pageStep() / 2))
        left, bar = column * self._geometry.width, self.horizontalScrollBar()
        bar.setValue(int(max(min(bar.value(), left), left + self._geometry.width - bar.pageStep())))

    def _at_cursor(self) -> Block | None:
        if self._cursor is None or self._cursor.block is None:
            return None
        return next((one for one in self._geometry.day.blocks if one.id == self._cursor.block), None)

    def _choose(self, block: Block, *, tell: bool = True) -> None:
        index = self._geometry.index(block)
        self._cursor = Place(index, block.start, block.id)
        self._selected = block.group
        self.setAccessibleDescription(block_words(block, self._geometry.day.columns[index]))
        self._refresh()
        if tell:
            self.block_selected.emit(block.group)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """The menu key; the right mouse button asks when it is pressed."""
        block = self._at_cursor()
        if event.reason() == QContextMenuEvent.Reason.Keyboard and block is not None:
            corner = self._geometry.block_rect(block).topLeft() + self._origin()
            self.menu_requested.emit(block.group, self.viewport().mapToGlobal(corner.toPoint()))

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Who goes elsewhere lets go of what the keys hold."""
        super().focusOutEvent(event)
        if self._drag is not None and self._drag.by_keys and event.reason() != Qt.FocusReason.ActiveWindowFocusReason:
            self._let_go()

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()
