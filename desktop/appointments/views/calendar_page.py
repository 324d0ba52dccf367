"""The calendar page: strip of days, the painted day or its agenda, and the panels of visits and bookings.

The page asks the room and shows; who is paid and what charging means it is told by the application.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date, datetime, time, timedelta
from functools import partial
from uuid import UUID

from PySide6.QtCore import QPoint, QTimer, Signal
from PySide6.QtWidgets import QMenu, QStackedWidget, QVBoxLayout, QWidget

from desktop.appointments.blocking import block_time, unblock_time
from desktop.appointments.booking import copy_visit
from desktop.appointments.day import DayBlock, DayCapacity, DayView, day_view, week_capacity
from desktop.appointments.model import Status
from desktop.appointments.progress import set_status
from desktop.appointments.proposing import Proposal as FreeSlot
from desktop.appointments.views.booking_panel import BookingPanel
from desktop.appointments.views.rescheduling import Rescheduling
from desktop.appointments.views.to_day import calendar_day, state_words
from desktop.appointments.views.visit_panel import VisitPanel
from desktop.shell.context import ViewContext
from desktop.widgets.calendar.data import Day, Look, Proposal
from desktop.widgets.calendar.view import CalendarView
from desktop.widgets.day_strip import DayStrip, StripDay
from desktop.widgets.rows_table import ColumnOf, RowsTable

Paid = Callable[[Sequence[UUID]], Awaitable[frozenset[UUID]]]
_TABLES = {"visit", "blocked_time", "absence", "working_hours", "opening_hours", "invoice", "member", "customer"}


class CalendarPage(QWidget):
    """Signals: panel_wanted(widget or None); charge_wanted(visit id); customer_wanted(customer id); day_shown(date, DayView)."""

    panel_wanted = Signal(object)
    charge_wanted = Signal(object)
    customer_wanted = Signal(object)
    day_shown = Signal(object, object)

    def __init__(self, context: ViewContext, paid: Paid) -> None:
        super().__init__()
        self._context, self._paid_of = context, paid
        self._day = self._today()
        self._view: DayView | None = None
        self._paid: frozenset[UUID] = frozenset()
        self._shown = Day()
        self._hidden: frozenset[UUID] = frozenset()
        self._offers: tuple[Proposal, ...] = ()
        self._copying: UUID | None = None
        self._panel: QWidget | None = None
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        self._strip = DayStrip(context.theme)
        self._strip.picked.connect(self.show_day)
        column.addWidget(self._strip)
        self._stack = QStackedWidget()
        self.calendar = CalendarView(context.theme)
        self.setFocusProxy(self.calendar)  # the keys of the day act wherever the focus of the page goes
        self._rescheduling = Rescheduling(context, self.load)
        self.calendar.set_drop_check(self._rescheduling.check)
        self.calendar.slot_activated.connect(self._slot)
        self.calendar.block_selected.connect(self._open_visit)
        self.calendar.block_activated.connect(self._open_visit)
        self.calendar.move_requested.connect(self._rescheduling.move)
        self.calendar.resize_requested.connect(self._rescheduling.resize)
        self.calendar.menu_requested.connect(self._menu)
        self.calendar.days_wanted.connect(self.step)
        self.calendar.left.connect(self.close_panel)
        self.calendar.setAccessibleName(context.say("shell.pages.calendar"))
        self._stack.addWidget(self.calendar)
        self._agenda = self._make_agenda()
        self._stack.addWidget(self._agenda)
        column.addWidget(self._stack, 1)
        self._tick = QTimer(self, interval=30_000)
        self._tick.timeout.connect(self._now)
        self._tick.start()
        self._wait = QTimer(self, singleShot=True, interval=30)
        self._wait.timeout.connect(lambda: context.spawn(self.load()))
        context.changed.connect(self._changed)
        context.spawn(self.load())

    def _make_agenda(self) -> RowsTable[tuple[str, DayBlock]]:
        say = self._context.say
        zone = self._context.database.desk.zone
        table: RowsTable[tuple[str, DayBlock]] = RowsTable(
            self._context.theme,
            [
                ColumnOf(say("appointments.view.time"), lambda row: f"{row[1].starts_at.astimezone(zone):%H:%M}–{row[1].ends_at.astimezone(zone):%H:%M}", width=120),
                ColumnOf(say("appointments.view.who"), lambda row: row[1].customer_name or say("appointments.view.walk_in"), stretch=2),
                ColumnOf(say("appointments.view.service"), lambda row: ", ".join(item.name for item in row[1].items), stretch=2),
                ColumnOf(say("appointments.view.with"), lambda row: row[0], stretch=1),
                ColumnOf(say("appointments.view.state"), lambda row: state_words(row[1], self._paid, self._context.texts), width=150),
            ],
            say("appointments.view.agenda"),
        )  # fmt: skip
        table.opened.connect(lambda row: self._open_visit(row[1].visit_id))
        table.picked.connect(lambda row: self._open_visit(row[1].visit_id))
        return table

    # Days

    def _today(self) -> date:
        return self._context.database.clock.now().astimezone(self._context.database.desk.zone).date()

    @property
    def day(self) -> date:
        return self._day

    def show_day(self, day: date) -> None:
        """Shows another day."""
        self._day = day
        self._context.spawn(self.load())

    def step(self, days: int) -> None:
        self.show_day(self._day + timedelta(days=days))

    def today(self) -> None:
        self.show_day(self._today())

    def show_agenda(self, agenda: bool) -> None:
        """The agenda table instead of the painted day, or back: the same visits, the same actions."""
        self._stack.setCurrentIndex(1 if agenda else 0)

    async def load(self) -> None:
        """Reads the day anew and shows it."""
        view = await self._context.read(day_view, self._day)
        ids = list({block.visit_id for column in view.columns for block in column.blocks})
        self._paid = await self._paid_of(ids)
        self._view = view
        self._show()
        self.day_shown.emit(self._day, view)
        if isinstance(self._panel, VisitPanel):
            self._context.spawn(self._panel.follow(paid=self._panel.visit_id in self._paid))
        self._show_strip(await self._context.read(week_capacity, self._day))

    def _show(self) -> None:
        assert self._view is not None
        now = self._context.database.clock.now()
        zone = self._context.database.desk.zone
        self._shown = calendar_day(self._view, zone, now, self._paid, self._context.texts)
        self._rescheduling.show(self._view, self._shown)
        self.calendar.set_day(self._painted())
        hidden = self.hidden
        rows = [(one.name, block) for one in self._view.columns if one.member_id not in hidden for block in one.blocks]
        self._agenda.set_rows(sorted(rows, key=lambda row: (row[1].starts_at, row[0])))

    @property
    def hidden(self) -> frozenset[UUID]:
        """Whose columns are left out; nobody's when nobody else has a column on this day."""
        everybody = {column.id for column in self._shown.columns}
        return self._hidden if everybody - self._hidden else frozenset()

    def hide_person(self, member_id: UUID, hide: bool) -> None:
        """Leaves a person's column and visits out on every day, or shows them again."""
        everybody = {column.id for column in self._shown.columns}
        hidden = self._hidden if everybody - self._hidden else self._hidden - everybody  # as the boxes say
        self._hidden = hidden | {member_id} if hide else hidden - {member_id}
        if self._view is not None:
            self._show()
            self.day_shown.emit(self._day, self._view)

    def _painted(self) -> Day:
        """The day without those who are hidden, with the offers."""
        day, hidden = self._shown, self.hidden
        columns = tuple(column for column in day.columns if column.id not in hidden)
        blocks = tuple(block for block in day.blocks if block.column not in hidden)
        return Day(columns, blocks, day.first, day.last, day.now, self._offers, day.closed)

    def _show_strip(self, days: tuple[DayCapacity, ...]) -> None:
        say = self._context.say
        dates = self._context.texts.dates
        shown = []
        for one in days:
            free = max(0, one.open_min - one.booked_min)
            words = say("appointments.view.free", hours=dates.decimal(free / 60))
            closed = one.open_min == 0
            shown.append(
                StripDay(
                    one.day,
                    dates.weekday_and_day(one.day),
                    say("appointments.view.closed") if closed else words,
                    -1.0 if closed else one.booked_min / one.open_min,
                )
            )
        week = say("appointments.view.week", number=self._day.isocalendar().week)
        self._strip.set_days(dates.heading(self._day), week, tuple(shown))

    def _now(self) -> None:
        zone = self._context.database.desk.zone
        local = self._context.database.clock.now().astimezone(zone)
        today = local.date() == self._day
        self.calendar.set_now(local.hour * 60 + local.minute if today else None)
        if today and self._someone_is_late(local):
            self._wait.start()  # how late goes on as the clock does

    def _someone_is_late(self, now: datetime) -> bool:
        """Whether somebody should have come by now and has not."""
        waiting = (Status.PENDING, Status.CONFIRMED)
        blocks = (block for column in self._view.columns for block in column.blocks) if self._view is not None else ()
        return any(block.status in waiting and block.visit_starts_at < now for block in blocks)

    def _changed(self, changes: object) -> None:
        rows = getattr(changes, "rows", {})
        if _TABLES & set(rows):
            self._wait.start()

    # Panels

    def _put(self, panel: QWidget | None) -> None:
        self._panel = panel
        if panel is not None:
            panel.destroyed.connect(partial(self._forget, panel))
        self._copying = None  # whoever opens something else copies no more
        if not isinstance(panel, BookingPanel) and self._offers:
            self._offers = ()
            self.calendar.set_day(self._painted())
        self.panel_wanted.emit(panel)

    def _forget(self, panel: QWidget) -> None:
        """The window took the panel away, for another one or with the page."""
        if self._panel is panel:
            self._panel = None

    def close_panel(self) -> None:
        self.calendar.select(None)
        self._put(None)

    def _open_visit(self, group: UUID) -> None:
        if not any(block.group == group and block.look is not Look.BLOCKED for block in self._shown.blocks):
            return
        if isinstance(self._panel, VisitPanel) and self._panel.visit_id == group:
            return
        panel = VisitPanel(self._context, group, paid=group in self._paid)
        panel.closed.connect(self.close_panel)
        panel.charge.connect(self.charge_wanted)
        panel.copy.connect(self._start_copy)
        self._put(panel)

    def book(self, member_id: UUID | None = None, at: time | None = None) -> None:
        """Opens the booking panel, at a place or free."""
        panel = BookingPanel(self._context, self._day, at=at, member_id=member_id)
        panel.closed.connect(self.close_panel)
        panel.booked.connect(self._booked)
        panel.proposals.connect(self._draw_offers)
        self.calendar.select(None)
        self._put(panel)

    def _booked(self, visit_id: UUID, day: date) -> None:
        self._offers = ()
        self._day = day  # where it was booked, so that it is seen
        self._context.spawn(self._show_booked(visit_id))

    async def _show_booked(self, visit_id: UUID) -> None:
        await self.load()
        people = {block.column for block in self._shown.blocks if block.group == visit_id}
        for member_id in people & self._hidden:  # what was booked is seen
            self.hide_person(member_id, False)
        self.calendar.select(visit_id)
        self._open_visit(visit_id)

    def _draw_offers(self, found: list[FreeSlot], chosen: int) -> None:
        zone = self._context.database.desk.zone
        offers = []
        for number, one in enumerate(found):
            start, end = one.starts_at.astimezone(zone), one.ends_at.astimezone(zone)
            if start.date() == self._day:
                first = start.hour * 60 + start.minute
                last = first + int((end - start).total_seconds() // 60)
                offers.append(Proposal(number + 1, one.member_id, first, last, number == chosen))
        self._offers = tuple(offers)
        self.calendar.set_day(self._painted())

    def _slot(self, member_id: UUID, minute: int) -> None:
        at = time(minute // 60, minute % 60)
        if self._copying is not None:
            visit, self._copying = self._copying, None
            self._context.spawn(self._copy(visit, member_id, at))
        else:
            self.book(member_id, at)

    # By keys: moving, stretching, copying, blocking

    def hold(self) -> None:
        """Takes the selected visit in the hand, to be moved by the arrow keys."""
        if self._stack.currentWidget() is self.calendar and self.calendar.hold():
            self._context.said.emit(self._context.say("appointments.view.moving"), "info")

    def stretch(self, minutes: int) -> None:
        """Makes the last service of the selected block longer or shorter."""
        block = self.calendar.block
        if block is not None and block.movable and block.end + minutes >= block.first_end:
            self._rescheduling.resize(block, block.end + minutes)

    def _customer(self, visit_id: UUID | None) -> None:
        """The customer of a visit is asked for; a walk-in has none."""
        blocks = [] if self._view is None else [b for column in self._view.columns for b in column.blocks]
        customer = next((b.customer_id for b in blocks if b.visit_id == visit_id), None)
        if customer is not None:
            self.customer_wanted.emit(customer)

    def _start_copy(self, visit_id: UUID) -> None:
        self._copying = visit_id
        self._context.said.emit(self._context.say("appointments.view.copy_where"), "info")

    async def _copy(self, visit_id: UUID, member_id: UUID, at: time) -> None:
        booked = await self._context.write(copy_visit, visit_id, self._day, at, member_id)
        await self._show_booked(booked.visit.id)

    def block(self) -> None:
        """Blocks half an hour at the keyboard's place."""
        place = self.calendar.place
        if place is not None:
            self._context.spawn(self._block(*place))

    async def _block(self, member_id: UUID, minute: int) -> None:
        words = self._context.say("appointments.view.blocked")
        await self._context.write(block_time, member_id, self._day, time(minute // 60, minute % 60), 30, words)

    def _menu(self, group: UUID, at: QPoint) -> None:
        say = self._context.say
        blocked = next((b for b in self._shown.blocks if b.group == group and b.look is Look.BLOCKED), None)
        menu = QMenu(self)
        if blocked is not None:
            menu.addAction(
                say("appointments.view.unblock"),
                lambda: self._context.spawn(self._context.write(unblock_time, blocked.id)),
            )
        else:
            menu.addAction(say("appointments.view.charge"), lambda: self.charge_wanted.emit(group))
            menu.addAction(say("appointments.view.copy"), lambda: self._start_copy(group))
            menu.addSeparator()
            for status in (Status.PENDING, Status.CONFIRMED, Status.ARRIVED, Status.IN_SERVICE, Status.DONE):
                words = say(f"appointments.status.{status.value}")
                menu.addAction(words, partial(self._choose_status, group, status))
        menu.popup(at)

    def _choose_status(self, visit_id: UUID, status: Status) -> None:
        self._context.spawn(self._set(visit_id, status))

    async def _set(self, visit_id: UUID, status: Status) -> None:
        await self._context.write(set_status, visit_id, status)

    # Keys

    def press(self, key: str) -> bool:
        """A single-letter key of the keyboard map; whether it meant something here."""
        panel = self._panel
        visit = panel if isinstance(panel, VisitPanel) else None
        match key:
            case "A" | "S" | "D" if visit is not None:
                visit.step()
            case "X" if visit is not None:
                visit.ask_cancel()
            case "C" if self.calendar.selected is not None:
                self._start_copy(self.calendar.selected)
            case "B":
                self.block()
            case "M":
                self.hold()
            case "F2":
                self._customer(visit.visit_id if visit is not None else self.calendar.selected)
            case "+":
                self.stretch(5)
            case "-":
                self.stretch(-5)
            case "F9" if visit is not None:
                self.charge_wanted.emit(visit.visit_id)
            case _:
                return False
        return True

    def status_counts(self) -> int:
        """How many visits the shown day has."""
        view = self._view
        if view is None:
            return 0
        return len({b.visit_id for c in view.columns for b in c.blocks if b.status is not Status.NO_SHOW})
