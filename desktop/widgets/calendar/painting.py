"""Paints the calendar's blocks and ground: every state by shape and letter as well as by colour (guide, section 4)."""

from __future__ import annotations

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QPainter, QPen, QPixmap, QPolygonF

from desktop.widgets.calendar.data import Block, Look, Proposal, Refusal, clock
from desktop.widgets.calendar.geometry import Geometry
from desktop.widgets.calendar.lettering import Lettering
from desktop.widgets.calendar.stamps import Stamps
from desktop.widgets.theme import Theme

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_CENTRE = Qt.AlignmentFlag.AlignCenter
_BADGE = 16


class CalendarPainter:
    """Draws with one theme; keeps fonts, metrics, elided texts and hatches so that a block costs some microseconds."""

    def __init__(self, theme: Theme) -> None:
        self._theme = theme
        name = theme.font(13, strong=True)
        struck = QFont(name)
        struck.setStrikeOut(True)
        self._name, self._struck = Lettering(name), Lettering(struck)
        self._line, self._strong = Lettering(theme.font(12)), Lettering(theme.font(12, strong=True))
        self._stamps = Stamps()
        self._hatches: dict[tuple[str, str], QBrush] = {}
        self._colours: dict[str, QColor] = {}

    def colour(self, name: str) -> QColor:
        if name not in self._colours:
            self._colours[name] = self._theme.colour(name)
        return self._colours[name]

    def ground(self, painter: QPainter, geometry: Geometry, area: QRectF) -> None:
        """Closed and open time, hour and quarter lines, column borders."""
        day = geometry.day
        painter.fillRect(area, self.colour("surface.calendar_closed"))
        for index, column in enumerate(day.columns):
            left = index * geometry.width
            for start, end in column.open_spans:
                top, bottom = geometry.y(max(start, day.first)), geometry.y(min(end, day.last))
                painter.fillRect(QRectF(left, top, geometry.width, bottom - top), self.colour("surface.calendar"))
        right = geometry.total_width
        for minute in range(day.first, day.last + 1, 15):
            name = "border.grid_hour" if minute % 60 == 0 else "border.grid_quarter"
            painter.fillRect(QRectF(0, round(geometry.y(minute)), right, 1), self.colour(name))
        for index in range(len(day.columns) + 1):
            painter.fillRect(
                QRectF(round(index * geometry.width), 0, 1, geometry.height), self.colour("border.divider")
            )

    def now_line(self, painter: QPainter, geometry: Geometry) -> None:
        """The line of the present, under the blocks."""
        if geometry.day.now is None:
            return
        y = round(geometry.y(geometry.day.now))
        painter.fillRect(QRectF(0, y - 1, geometry.total_width, 2), self.colour("now"))

    def now_ticks(self, painter: QPainter, geometry: Geometry) -> None:
        """The tick of the present on top of each column, beside the names."""
        if geometry.day.now is None:
            return
        y = round(geometry.y(geometry.day.now))
        for index in range(len(geometry.day.columns)):
            painter.fillRect(QRectF(index * geometry.width, y - 1, 10, 2), self.colour("now"))

    def block(
        self, painter: QPainter, geometry: Geometry, block: Block, rect: QRectF, *, selected: bool = False
    ) -> None:
        """One block, at its rectangle, with its buffers, processing time, badge and words."""
        if block.buffer_before or block.buffer_after:
            self._buffers(painter, geometry, block)
        edge, fill, text = self._shades(block)
        if block.look in (Look.BLOCKED, Look.BREAK):
            self._quiet(painter, rect, block)
        else:
            above = rect
            if block.processing is None:
                form = (block.look, block.family, block.letter)
                self._stamps.stamp(painter, rect, form, lambda own, at: self._form(own, at, block, edge, fill))
            else:
                self._body(painter, rect, block, edge, fill)
                self._processing(painter, geometry, block)
                self._marks(painter, rect, block, edge)
                # its hatch has a word of its own
                above = QRectF(rect.left(), rect.top(), rect.width(), geometry.y(block.processing[0]) - rect.top())
            self._words(painter, above, block, text)
        if selected:
            painter.setPen(QPen(self.colour("border.focus"), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(0, 0, 0, 0), 4, 4)

    def proposal(self, painter: QPainter, geometry: Geometry, one: Proposal, index: int, words: str) -> None:
        """A free place with its number; the chosen one is filled, the others dashed."""
        rect = geometry.rect(index, one.start, one.end).adjusted(1, 1, -1, -1)
        painter.setBrush(self.colour("accent.subtle") if one.chosen else self.colour("surface.calendar"))
        style = Qt.PenStyle.SolidLine if one.chosen else Qt.PenStyle.DashLine
        painter.setPen(QPen(self.colour("accent.base"), 2, style))
        painter.drawRoundedRect(rect, 4, 4)
        square = QRectF(rect.left() + 8, rect.top() + 6, 18, 18)
        painter.fillRect(square, self.colour("accent.base"))
        painter.setFont(self._strong.font)
        painter.setPen(self.colour("accent.on"))
        painter.drawText(square, _CENTRE, str(one.number))
        painter.setPen(self.colour("accent.on_subtle"))
        span = f"{clock(one.start)}–{clock(one.end)}"
        self._name.often(painter, rect.left() + 32, rect.top() + 6, rect.width() - 36, 18, span)
        if rect.height() > 44:
            self._line.often(painter, rect.left() + 32, rect.top() + 24, rect.width() - 36, 16, words)

    def ghost(self, painter: QPainter, rect: QRectF, words: tuple[str, str], *, fits: bool) -> None:
        """What hangs at the pointer: dashed, in the accent while it fits, in danger while it does not."""
        painter.setPen(QPen(self.colour("accent.base" if fits else "danger.base"), 2, Qt.PenStyle.DashLine))
        painter.setBrush(self.colour("accent.subtle" if fits else "danger.subtle"))
        painter.drawRoundedRect(rect, 4, 4)
        painter.setPen(self.colour("accent.on_subtle" if fits else "danger.on_subtle"))
        for row, (letters, text) in enumerate(((self._name, words[0]), (self._line, words[1]))):
            top = rect.top() + 2 + 16 * row
            if top + 16 <= rect.bottom() + 2:
                letters.once(painter, rect.left() + 9, top, rect.width() - 14, 16, text)

    def card(self, painter: QPainter, rect: QRectF, refusal: Refusal) -> None:
        """The reason beside a ghost that does not fit, and what is free."""
        painter.setBrush(self.colour("surface.raised"))
        painter.setPen(QPen(self.colour("danger.base"), 1))
        painter.drawRoundedRect(rect, 6, 6)
        painter.fillRect(QRectF(rect.left(), rect.top() + 4, 4, rect.height() - 8), self.colour("danger.base"))
        painter.drawPixmap(
            QPointF(rect.left() + 14, rect.top() + 10), self._theme.pixmap("ban", "danger.base", 16, 2.0)
        )
        inside = rect.adjusted(36, 8, -10, -8)
        painter.setPen(self.colour("danger.base"))
        self._name.once(painter, inside.left(), inside.top(), inside.width(), 20, refusal.heading)
        painter.setPen(self.colour("text.primary"))
        painter.setFont(self._line.font)
        wrap = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        painter.drawText(inside.adjusted(0, 22, 0, -18), wrap, refusal.reason)
        if refusal.instead:
            self._strong.once(painter, inside.left(), inside.bottom() - 16, inside.width(), 18, refusal.instead)

    def _shades(self, block: Block) -> tuple[QColor, QColor, QColor]:
        family = f"service.{block.family}"
        primary = self.colour("text.primary")
        match block.look:
            case Look.PAID:
                return self.colour("border.control"), self.colour("surface.calendar"), self.colour("text.muted")
            case Look.PENDING:
                return self.colour(f"{family}.edge"), self.colour("surface.calendar"), primary
            case Look.NO_SHOW:
                return self.colour("danger.base"), self.colour("danger.subtle"), self.colour("danger.on_subtle")
            case _:
                return self.colour(f"{family}.edge"), self.colour(f"{family}.fill"), primary

    def _form(self, painter: QPainter, rect: QRectF, block: Block, edge: QColor, fill: QColor) -> None:
        """What all blocks of one look, family and letter have in common."""
        self._body(painter, rect, block, edge, fill)
        self._marks(painter, rect, block, edge)

    def _body(self, painter: QPainter, rect: QRectF, block: Block, edge: QColor, fill: QColor) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(edge)
        painter.drawRoundedRect(rect, 4, 4)
        painter.setBrush(fill)
        painter.drawRoundedRect(rect.adjusted(4, 0, 0, 0), 2, 2)
        frame: QPen | None = None
        match block.look:
            case Look.PENDING:
                frame = QPen(edge, 1, Qt.PenStyle.DashLine)
            case Look.ARRIVED:
                frame = QPen(self.colour("warning.edge"), 2)
            case Look.CONFLICT:
                frame = QPen(self.colour("danger.base"), 2, Qt.PenStyle.DashLine)
            case Look.LATE | Look.NO_SHOW:
                frame = QPen(self.colour("danger.base"), 1)
            case Look.IN_SERVICE:
                frame = QPen(edge, 1)
            case Look.PAID:
                frame = QPen(self.colour("border.divider_strong"), 1)
            case _:
                pass
        if frame is not None:
            painter.setPen(frame)
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
            painter.setPen(Qt.PenStyle.NoPen)
        if block.look is Look.IN_SERVICE:
            painter.fillRect(QRectF(rect.left(), rect.top(), rect.width(), min(18, rect.height())), edge)
        if block.look is Look.DONE:
            painter.fillRect(QRectF(rect.right() - 6, rect.top(), 6, rect.height()), self._hatch(edge, fill))

    def _words(self, painter: QPainter, rect: QRectF, block: Block, text: QColor) -> None:
        room = rect.adjusted(9, 1, -7 - (_BADGE + 2 if block.letter else 0), -1)
        span = f"{clock(block.start)}–{clock(block.end)}"
        last = block.note or block.line
        if rect.height() >= 52:
            lines = [span, last]
        elif rect.height() >= 34:
            lines = [f"{clock(block.start)} {last}"]
        else:
            lines = []
        name = block.title if lines else f"{block.title}  {last}"
        letters = self._struck if block.look is Look.NO_SHOW else self._name
        painter.setPen(self.colour(f"service.{block.family}.on_solid") if block.look is Look.IN_SERVICE else text)
        letters.once(painter, room.left(), room.top(), room.width(), 17, name)
        secondary = text if block.look in (Look.PAID, Look.NO_SHOW) else self.colour("text.secondary")
        width = rect.right() - 7 - room.left()
        for row, words in enumerate(lines, 1):
            late = block.look in (Look.LATE, Look.CONFLICT) and row == len(lines) and bool(block.note)
            painter.setPen(self.colour("danger.base") if late else secondary)
            own = self._strong if late else self._line
            own.often(painter, room.left(), room.top() + 16 * row + 1, width, 16, words)

    def _marks(self, painter: QPainter, rect: QRectF, block: Block, edge: QColor) -> None:
        """The badge in the upper right corner; its shape differs by state."""
        if not block.letter or rect.width() < 40:
            return
        shift = 8 if block.look is Look.DONE else 3
        box = QRectF(rect.right() - _BADGE - shift, rect.top() + 1.5, _BADGE, _BADGE)
        painter.setFont(self._strong.font)
        painter.setPen(Qt.PenStyle.NoPen)
        ink = self.colour("text.primary")
        match block.look:
            case Look.PENDING:
                painter.setPen(QPen(edge, 1.2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawEllipse(box.adjusted(1, 1, -1, -1))
                ink = edge
            case Look.ARRIVED:
                painter.setBrush(self.colour("warning.base"))
                painter.drawEllipse(box)
                ink = self.colour("warning.on")
            case Look.LATE:
                painter.drawPixmap(box.topLeft(), self._theme.pixmap("clock-exclamation", "danger.base", 16, 2.0))
                return
            case Look.CONFLICT:
                painter.drawPixmap(box.topLeft(), self._theme.pixmap("git-merge", "danger.base", 16, 2.0))
                return
            case Look.IN_SERVICE:
                painter.setBrush(self.colour(f"service.{block.family}.on_solid"))
                painter.drawRoundedRect(box, 3, 3)
                ink = edge
            case Look.DONE:
                painter.setBrush(self.colour("text.primary"))
                painter.drawRoundedRect(box, 3, 3)
                ink = self.colour("surface.panel")
            case Look.PAID:
                painter.drawPixmap(box.topLeft(), self._theme.pixmap("circle-check-filled", "success.base", 16, 2.0))
                return
            case Look.NO_SHOW:
                painter.setBrush(self.colour("danger.base"))
                middle = box.center()
                half = _BADGE / 2
                corners = [QPointF(0, -half), QPointF(half, 0), QPointF(0, half), QPointF(-half, 0)]
                painter.drawPolygon(QPolygonF([middle + corner for corner in corners]))
                ink = self.colour("danger.on")
            case _:
                return
        painter.setPen(ink)
        painter.drawText(box, _CENTRE, block.letter)

    def _quiet(self, painter: QPainter, rect: QRectF, block: Block) -> None:
        """Blocked time and breaks: neutral, with an icon and words."""
        blocked = block.look is Look.BLOCKED
        painter.setPen(QPen(self.colour("border.control"), 1) if blocked else Qt.PenStyle.NoPen)
        fill = self.colour("surface.sunken")
        painter.setBrush(self._hatch(self.colour("border.divider_strong"), fill) if blocked else fill)
        painter.drawRoundedRect(rect.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
        icon = self._theme.pixmap("lock" if blocked else "coffee", "text.secondary", 16, 2.0)
        top = rect.top() + (2 if rect.height() < 34 else 6)
        letters = self._strong if blocked else self._line
        if blocked:
            words = letters.fitted(block.title, rect.width() - 34)
            back = QRectF(rect.left() + 4, top - 1, letters.width(words) + 28, 19)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawRoundedRect(back, 3, 3)
        painter.drawPixmap(QPointF(rect.left() + 8, top), icon)
        painter.setPen(self.colour("text.secondary"))
        letters.often(painter, rect.left() + 28, top - 1, rect.width() - 34, 18, block.title)

    def _processing(self, painter: QPainter, geometry: Geometry, block: Block) -> None:
        """The time in which the person is free for others: hatched between dashed lines."""
        assert block.processing is not None
        start, end = block.processing
        whole = geometry.block_rect(block)
        area = QRectF(whole.left() + 4, geometry.y(start), whole.width() - 4, geometry.y(end) - geometry.y(start))
        hatch, fill = self.colour(f"service.{block.family}.hatch"), self.colour(f"service.{block.family}.fill")
        painter.fillRect(area, self._hatch(hatch, fill))
        painter.setPen(QPen(self.colour(f"service.{block.family}.edge"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(area.topLeft(), area.topRight())
        painter.drawLine(area.bottomLeft(), area.bottomRight())
        if area.height() >= 16 and block.processing_word:
            painter.setPen(self.colour("text.secondary"))
            self._line.often(painter, area.left() + 6, area.top(), area.width() - 10, 16, block.processing_word)

    def _buffers(self, painter: QPainter, geometry: Geometry, block: Block) -> None:
        index = geometry.index(block)
        for start, end in (
            (block.start - block.buffer_before, block.start),
            (block.end, block.end + block.buffer_after),
        ):
            if end <= start:
                continue
            area = geometry.rect(index, start, end, block)
            hatch = self._hatch(self.colour("border.divider_strong"), self.colour("surface.sunken"))
            painter.fillRect(area, hatch)
            if area.height() >= 13 and block.buffer_word and start >= block.end:
                painter.setPen(self.colour("text.secondary"))
                self._line.often(
                    painter, area.left() + 9, area.top(), area.width() - 13, area.height(), block.buffer_word
                )

    def _hatch(self, line: QColor, ground: QColor) -> QBrush:
        key = (line.name(), ground.name())
        if key not in self._hatches:
            tile = QPixmap(7, 7)
            tile.fill(ground)
            painter = QPainter(tile)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(QPen(line, 1.4))
            for shift in (-7, 0, 7):
                painter.drawLine(QPointF(shift, 7), QPointF(shift + 7, 0))
            painter.end()
            self._hatches[key] = QBrush(tile)
        return self._hatches[key]
