"""The day calendar: one scrolling, painted widget with selection, keyboard, drag, resize and proposals.

The ground and the blocks are painted once into a picture per size and content; a drag paints the picture and the ghost. A
drop is checked by a function of the owner, so that the ghost says while it hangs whether it fits and why not.
"""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QFocusEvent, QKeyEvent, QMouseEvent, QPainter, QPaintEvent, QPixmap, QResizeEvent
from PySide6.QtWidgets import QAbstractScrollArea, QApplication, QFrame, QWidget

from desktop.widgets.calendar.data import Block, Day, Refusal, clock
from desktop.widgets.calendar.drag import Drag
from desktop.widgets.calendar.geometry import Geometry
from desktop.widgets.calendar.painting import CalendarPainter
from desktop.widgets.calendar.picture import Frame, paint_picture
from desktop.widgets.theme import Theme

DropCheck = Callable[[Block, UUID, int, int], Refusal | None]
_RESIZE = 6


class CalendarView(QAbstractScrollArea):
    """The painted day.

    Signals:
        slot_activated(column id, minute): a free place was clicked or chosen by Enter.
        block_selected(group id): by click or arrow; `block_activated` by Enter or double click.
        move_requested(block, column id, minute), resize_requested(block, minute of the end).
        menu_requested(group id, global position).
    """

    slot_activated = Signal(object, int)
    block_selected = Signal(object)
    block_activated = Signal(object)
    move_requested = Signal(object, object, int)
    resize_requested = Signal(object, int)
    menu_requested = Signal(object, QPoint)

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._theme = theme
        self._painter = CalendarPainter(theme)
        self._gutter = int(theme.tokens.size("calendar.gutter"))
        self._header = int(theme.tokens.size("calendar.header"))
        self._geometry = Geometry(Day(), 200, theme.tokens.size("calendar.row_15min"))
        self._picture: QPixmap | None = None
        self._selected: UUID | None = None
        self._cursor: tuple[int, int] | None = None
        self._drag: Drag | None = None
        self._check: DropCheck = lambda _block, _column, _start, _end: None
        self._scrolled = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.viewport().setMouseTracking(True)
        self.setAccessibleName("calendar")
        self._edge = QTimer(self, interval=40)
        self._edge.timeout.connect(self._scroll_at_edge)
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
        self._drag = None
        if self._cursor is not None:
            self._cursor = self._within(*self._cursor) if day.columns else None
        self._lay_out()
        if not self._scrolled and day.now is not None:
            self.scroll_to(day.now)
            self._scrolled = True
        self._refresh()

    def set_now(self, minute: int | None) -> None:
        """Moves the line of the present."""
        day = self._geometry.day
        if day.now != minute:
            changed = Day(day.columns, day.blocks, day.first, day.last, minute, day.proposals, day.closed)
            self._geometry = Geometry(changed, self._geometry.width, self._geometry.quarter)
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
        return self._geometry.day.columns[self._cursor[0]].id, self._cursor[1]

    def scroll_to(self, minute: int) -> None:
        """Brings a minute into the upper third."""
        self.verticalScrollBar().setValue(int(self._geometry.y(minute) - self.viewport().height() / 3))

    # Layout and painting

    def sizeHint(self) -> QSize:
        return QSize(800, 600)

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
        drag = self._drag
        if drag is not None and drag.moved:
            rect = self._geometry.rect(drag.column, drag.start, drag.end)
            words = (drag.block.title, f"{clock(drag.start)}–{clock(drag.end)}")
            self._painter.ghost(painter, rect, words, fits=drag.refusal is None)
            if drag.refusal is not None:
                self._painter.card(painter, self._card_rect(rect), drag.refusal)
        elif self._cursor is not None and self.hasFocus():
            column, minute = self._cursor
            rect = self._geometry.rect(column, minute, minute + 15)
            painter.setPen(self._theme.colour("border.focus"))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect, 4, 4)

    def _card_rect(self, ghost: QRectF) -> QRectF:
        """Below the ghost, or above where there is no room."""
        width, height = 236.0, 92.0
        origin = self._origin()
        left = min(ghost.left(), self.viewport().width() - origin.x() - width - 8)
        top = ghost.bottom() + 6
        if top + height + origin.y() > self.viewport().height():
            top = ghost.top() - height - 6
        return QRectF(max(left, -origin.x() + self._gutter), top, width, height)

    # Mouse

    def _place(self, position: QPointF) -> QPointF:
        return position - self._origin()

    def block_at(self, position: QPointF) -> Block | None:
        """The topmost block at a place of the viewport."""
        if position.y() < self._header or position.x() < self._gutter:
            return None
        place = self._place(position)
        for block in sorted(self._geometry.day.blocks, key=lambda one: not one.inset):
            if self._geometry.index(block) >= 0 and self._geometry.block_rect(block).contains(place):
                return block
        return None

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
            rect = self._geometry.block_rect(block)
            resize = place.y() > rect.bottom() - _RESIZE and rect.height() > 3 * _RESIZE
            self._choose(block)
            if block.movable:
                self._drag = Drag(block, place.y() - rect.top(), resize, column, block.start, block.end)
        elif column >= 0 and event.position().y() >= self._header and 0 <= place.y() < self._geometry.height:
            minute = int(self._geometry.day.first + place.y() / self._geometry.quarter * 15) // 15 * 15
            self._cursor = (column, minute)
            self.slot_activated.emit(self._geometry.day.columns[column].id, minute)
            self.viewport().update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        drag = self._drag
        if drag is None:
            block = self.block_at(event.position())
            low = (
                block is not None
                and self._place(event.position()).y() > self._geometry.block_rect(block).bottom() - _RESIZE
            )
            self.viewport().setCursor(
                Qt.CursorShape.SizeVerCursor if low and block and block.movable else Qt.CursorShape.ArrowCursor
            )
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
        self._follow(place)

    def _follow(self, place: QPointF) -> None:
        drag = self._drag
        assert drag is not None
        before, painted = (drag.column, drag.start, drag.end), self._hanging()
        length = drag.block.end - drag.block.start
        day = self._geometry.day
        if drag.resize:
            drag.end = min(day.last, max(drag.block.first_end, self._geometry.minute(place.y())))
        else:
            column = self._geometry.column_at(place.x())
            drag.column = column if column >= 0 else drag.column
            asked = self._geometry.minute(place.y() - drag.offset)
            drag.start = max(day.first, min(asked, day.last - length))
            drag.end = drag.start + length
        if (drag.column, drag.start, drag.end) != before or drag.refusal is None:
            drag.refusal = self._check(drag.block, self._geometry.day.columns[drag.column].id, drag.start, drag.end)
        self.viewport().update(painted.united(self._hanging()))

    def _hanging(self) -> QRect:
        """What the ghost and its card cover of the view: a move of the pointer paints this and no more."""
        drag = self._drag
        assert drag is not None
        ghost = self._geometry.rect(drag.column, drag.start, drag.end)
        both = ghost if drag.refusal is None else ghost.united(self._card_rect(ghost))
        return both.translated(self._origin()).adjusted(-4, -4, 4, 4).toAlignedRect()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        drag, self._drag = self._drag, None
        self._edge.stop()
        if drag is None or not drag.moved:
            return
        self._refresh()
        if drag.refusal is not None:
            return
        if drag.resize:
            self.resize_requested.emit(drag.block, drag.end)
        else:
            self.move_requested.emit(drag.block, self._geometry.day.columns[drag.column].id, drag.start)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        block = self.block_at(event.position())
        if block is not None:
            self.block_activated.emit(block.group)

    def _scroll_at_edge(self) -> None:
        position = self.viewport().mapFromGlobal(self.cursor_position())
        step = 12
        if position.y() > self.viewport().height() - 24:
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() + step)
        elif position.y() < self._header + 16:
            self.verticalScrollBar().setValue(self.verticalScrollBar().value() - step)

    @staticmethod
    def cursor_position() -> QPoint:
        """Where the pointer is on the screen."""
        from PySide6.QtGui import QCursor

        return QCursor.pos()

    # Keyboard

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key = event.key()
        if key == Qt.Key.Key_Escape and self._drag is not None:
            self._drag = None
            self._edge.stop()
            self._refresh()
            return
        steps = {
            Qt.Key.Key_Down: (0, 15),
            Qt.Key.Key_Up: (0, -15),
            Qt.Key.Key_Right: (1, 0),
            Qt.Key.Key_Left: (-1, 0),
        }
        plain = event.modifiers() in (Qt.KeyboardModifier.NoModifier, Qt.KeyboardModifier.KeypadModifier)
        if plain and key in steps and self._geometry.day.columns:
            self._step(*steps[Qt.Key(key)])
            return
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._cursor is not None:
            block = self._at_cursor()
            if block is not None:
                self.block_activated.emit(block.group)
            else:
                column, minute = self._cursor
                self.slot_activated.emit(self._geometry.day.columns[column].id, minute)
            return
        super().keyPressEvent(event)

    def _step(self, across: int, down: int) -> None:
        """Moves the keyboard's place; on a block, up and down leave it at its ends."""
        day = self._geometry.day
        column, minute = self._cursor or (0, day.now // 15 * 15 if day.now is not None else day.first + 60)
        block = self._at_cursor()
        if block is not None and down:
            minute = block.end // 15 * 15 if down > 0 else (block.start - 1) // 15 * 15
        else:
            minute += down
        self._cursor = self._within(column + across, minute)
        found = self._at_cursor()
        if found is not None:
            self._choose(found)
        else:
            self.select(None)
        y = self._geometry.y(self._cursor[1])
        bar = self.verticalScrollBar()
        if not bar.value() <= y <= bar.value() + bar.pageStep() - 60:
            bar.setValue(int(y - bar.pageStep() / 2))
        self.viewport().update()

    def _within(self, column: int, minute: int) -> tuple[int, int]:
        """The nearest place that the day has."""
        day = self._geometry.day
        return min(max(0, column), len(day.columns) - 1), min(max(day.first, minute), day.last - 15)

    def _at_cursor(self) -> Block | None:
        if self._cursor is None:
            return None
        column, minute = self._cursor
        return next(
            (
                block
                for block in self._geometry.day.blocks
                if self._geometry.index(block) == column and block.start < minute + 15 and block.end > minute
            ),
            None,
        )

    def _choose(self, block: Block) -> None:
        index = self._geometry.index(block)
        self._cursor = (index, block.start // 15 * 15)
        self._selected = block.group
        self._refresh()
        self.block_selected.emit(block.group)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()
