"""The pages of a signed-in person: what the rooms contribute, put into the window and connected to each other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from datetime import date
from uuid import UUID

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.access import Permission
from desktop.appointments.day import DayView
from desktop.appointments.views.calendar_page import CalendarPage
from desktop.appointments.views.staff_filter import StaffFilter
from desktop.customers.views.customers_page import CustomersPage
from desktop.database.door import Changes
from desktop.database.history import last_undoable
from desktop.inventory.views.stock_page import StockPage
from desktop.sales.issuing import Issued
from desktop.sales.printing_out import doubtful_receipts, last_invoice
from desktop.sales.undo import NO_STEPS
from desktop.sales.views.checkout_panel import CheckoutPanel
from desktop.sales.views.invoices_page import InvoicesPage
from desktop.sales.views.issued_panel import IssuedPanel
from desktop.sales.views.till_page import TillPage
from desktop.sales.visit_states import paid_visits
from desktop.services.counter import Counter
from desktop.services.sharing import Sharing
from desktop.settings.views.settings_page import SettingsPage
from desktop.sharing.views.badge import ConflictBadge
from desktop.sharing.views.history_view import HistoryPanel
from desktop.sharing.views.inbox_page import InboxPage
from desktop.shell.commands import Ways, commands_for, found_commands
from desktop.shell.context import ViewContext
from desktop.shell.keys_panel import KeysPanel
from desktop.shell.lights import Lights
from desktop.shell.main_window import MainWindow, Page
from desktop.shell.palette import Command, Palette
from desktop.shell.top_bar import TopBar
from desktop.shell.totals import read_totals
from desktop.widgets.controls import label
from desktop.widgets.month_picker import MonthPicker


class Pages:
    """Connects the rooms' views in one window for one person."""

    def __init__(
        self,
        context: ViewContext,
        window: MainWindow,
        counter: Counter,
        sharing: Sharing,
        after_close: Callable[[], Awaitable[object]],
        of_the_house: Sequence[Command] = (),
    ) -> None:
        self._context, self._window, self._counter, self._after_close = context, window, counter, after_close
        self._of_the_house, self._sharing = of_the_house, sharing
        self._till_open = False
        self._palette = Palette(context.theme, context.texts, window)
        self._palette.asked.connect(lambda typed: context.spawn(self._find_for_palette(typed)))
        self._calendar: CalendarPage | None = None
        self._month: MonthPicker | None = None
        self._people: StaffFilter | None = None
        self._top = TopBar(context, window)
        self._top.stepped.connect(self._step)
        self._top.today_wanted.connect(self._today)
        self._top.view_chosen.connect(self._choose_view)
        self._top.found.connect(self._found)
        self._top.booking_wanted.connect(lambda: self.press("N"))
        self._totals_wait = QTimer(window, singleShot=True, interval=150)
        self._totals_wait.timeout.connect(lambda: context.spawn(self._totals()))
        self._lights = Lights(context, window, counter, self._section)
        self._badge = ConflictBadge(context, window, self._conflicts_counted)
        self._ears = [
            (context.changed, self._changed),
            (context.correction_wanted, lambda invoice: self._show_invoice(invoice, ask_credit=True)),
            (context.history_wanted, self._show_history),
            (context.conflicts_wanted, lambda: window.show_page("conflicts")),
            (context.fiscal_changed, self._lights.look),
            (context.print_changed, self._lights.show_printer),
            (context.sharing_changed, self._lights.show_sharing),
            (window.page_shown, self._page_shown),
            (window.fiscal_light.clicked, lambda: self._lights.clicked("fiscal")),
            (window.sync_light.clicked, lambda: self._lights.clicked("sharing")),
            (window.print_light.clicked, lambda: context.spawn(self._lights.probe())),
            (window.keys.clicked, self._keys),
        ]
        for signal, slot in self._ears:
            signal.connect(slot)

    def leave(self) -> None:
        """Another person comes: nothing of this one listens any more."""
        self._palette.dismiss()
        self._palette.deleteLater()
        for signal, slot in self._ears:
            signal.disconnect(slot)
        self._totals_wait.stop()
        self._lights.stop()
        self._badge.stop()

    def pages(self) -> list[Page]:
        """The pages of the rail, by what the person may."""
        say, may = self._context.say, self._context.may
        pages = [Page("calendar", "calendar-event", say("shell.pages.calendar"), self._make_calendar, self._make_left)]
        pages.append(Page("customers", "users", say("shell.pages.customers"), self._make_customers))
        if may(Permission.CHARGE):
            pages.append(Page("invoices", "receipt", say("shell.pages.invoices"), self._make_invoices))
            pages.append(Page("till", "cash-register", say("shell.pages.till"), self._make_till))
        pages.append(Page("stock", "package", say("shell.pages.stock"), self._make_stock))
        pages.append(Page("conflicts", "git-merge", say("shell.pages.conflicts"), self._make_conflicts))
        if may(Permission.EDIT_SETTINGS):
            pages.append(Page("settings", "settings", say("shell.pages.settings"), self._make_settings, at_bottom=True))
        return pages

    def open(self) -> None:
        """Shows the calendar, and says at once what must be done first."""
        self._window.show_page("calendar")
        if self._calendar is not None:
            self._calendar.calendar.setFocus()
        self._lights.look()
        self._badge.look()
        self._lights.show_printer(self._counter.printers.status())
        self._lights.show_sharing(self._sharing.status)
        self._context.spawn(self._totals())
        self._context.spawn(self._ask_about_papers())

    def _page_shown(self, key: str) -> None:
        self._top.show_page(key, next((page.title for page in self.pages() if page.key == key), ""))

    def _found(self, value: tuple[str, UUID]) -> None:
        kind, identity = value
        self._top.search.clear()
        if kind == "customer":
            self._customer(identity)
        else:
            self._show_invoice(identity)

    def _customer(self, identity: UUID | None) -> None:
        page = self._window.show_page("customers")
        assert isinstance(page, CustomersPage)
        page.edit(identity)

    # The palette

    def toggle_palette(self) -> None:
        """Opens the command palette, or closes it."""
        if self._palette.isVisible():
            self._palette.dismiss()
        else:
            self._palette.open(self.commands())

    def commands(self) -> list[Command]:
        """What this person may do from anywhere."""
        mine = commands_for(self._context, self.pages(), self._ways(), till_open=self._till_open)
        return [*mine, *self._of_the_house]

    def _ways(self) -> Ways:
        window = self._window
        return Ways(
            self._acts(), window.show_page, self._section, self._choose_view, self._customer, self._show_invoice
        )

    async def _find_for_palette(self, typed: str) -> None:
        self._palette.show_found(typed, await found_commands(self._context, typed, self._ways()))

    def _section(self, key: str) -> None:
        page = self._window.show_page("settings")
        assert isinstance(page, SettingsPage)
        page.open_section(key)

    def _conflicts_counted(self, count: int) -> None:
        self._window.set_badge("conflicts", count)
        self._lights.show_conflicts(count)

    # Pages

    def _make_calendar(self) -> QWidget:
        async def paid(ids: Sequence[UUID]) -> frozenset[UUID]:
            return await self._context.read(paid_visits, ids)

        page = CalendarPage(self._context, paid)
        page.panel_wanted.connect(self._panel)
        page.charge_wanted.connect(lambda visit: self._check_out(visit_id=visit))
        page.customer_wanted.connect(lambda customer: self._found(("customer", customer)))
        page.day_shown.connect(self._day_shown)
        self._calendar = page
        return page

    def _make_left(self) -> QWidget:
        say, theme = self._context.say, self._context.theme
        panel = QWidget()
        panel.setProperty("surface", "window")
        panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        column = QVBoxLayout(panel)
        column.setContentsMargins(12, 12, 12, 12)
        column.setSpacing(12)
        today = self._context.database.clock.now().astimezone(self._context.database.desk.zone).date()
        month = MonthPicker(
            theme,
            self._context.texts.dates.months(),
            self._context.texts.dates.weekday_letters(),
            (say("shell.previous"), say("shell.next")),
            today,
            today,
        )
        month.picked.connect(self._pick_day)
        self._month = month
        column.addWidget(month)
        column.addWidget(label(theme, say("appointments.view.staff"), strong=True))
        self._people = StaffFilter(self._context)
        if self._calendar is not None:
            self._people.hidden.connect(self._calendar.hide_person)
        column.addWidget(self._people)
        column.addStretch(1)
        return panel

    def _make_customers(self) -> QWidget:
        page = CustomersPage(self._context)
        page.panel_wanted.connect(self._panel)
        return page

    def _make_invoices(self) -> QWidget:
        page = InvoicesPage(self._context)
        page.invoice_wanted.connect(self._show_invoice)
        page.bill_wanted.connect(lambda bill: self._check_out(bill_id=bill))
        return page

    def _make_till(self) -> QWidget:
        return TillPage(self._context, self._counter, self._after_close)

    def _make_stock(self) -> QWidget:
        page = StockPage(self._context)
        page.panel_wanted.connect(self._panel)
        return page

    def _make_conflicts(self) -> QWidget:
        page = InboxPage(self._context)
        page.credit_wanted.connect(lambda invoice, reason: self._show_invoice(invoice, ask_credit=True, reason=reason))
        return page

    def _make_settings(self) -> QWidget:
        page = SettingsPage(self._context, self._counter, self._sharing)
        page.panel_wanted.connect(self._panel)
        return page

    # Panels

    def _panel(self, panel: QWidget | None) -> None:
        if panel is None:
            self._window.close_panel()
        else:
            self._window.show_panel(panel)

    def _check_out(self, *, visit_id: UUID | None = None, bill_id: UUID | None = None) -> None:
        if not self._context.may(Permission.CHARGE):
            self._context.said.emit(self._context.say("shell.no_right"), "warning")
            return
        panel = CheckoutPanel(self._context, self._counter, bill_id=bill_id, visit_id=visit_id)
        panel.closed.connect(self._window.close_panel)
        panel.issued.connect(self._issued)
        self._window.show_panel(panel, int(self._context.theme.tokens.size("shell.right_panel_checkout")))

    def _issued(self, issued: Issued) -> None:
        self._show_invoice(issued.id, issued.change_cents)
        for warning in issued.warnings:
            key = f"fiscal.refused.{warning.code}"
            if self._context.texts.has(key):
                self._context.said.emit(self._context.say(key, **warning.values), "warning")

    def _show_invoice(self, invoice_id: UUID, change: int = 0, *, ask_credit: bool = False, reason: str = "") -> None:
        panel = IssuedPanel(
            self._context, self._counter, invoice_id, change_cents=change, ask_credit=ask_credit, reason=reason
        )
        panel.closed.connect(self._window.close_panel)
        panel.corrected.connect(self._issued)
        self._window.show_panel(panel)

    def _show_history(self, table: str, row: UUID, name: str) -> None:
        panel = HistoryPanel(self._context, table, row, name)
        panel.closed.connect(lambda: self._customer(row) if table == "customer" else self._window.close_panel())
        self._window.show_panel(panel)

    def _keys(self) -> None:
        panel = KeysPanel(self._context)
        panel.closed.connect(self._window.close_panel)
        self._window.show_panel(panel)

    # Days, totals and lights

    def _step(self, days: int) -> None:
        self._window.show_page("calendar")
        if self._calendar is not None:
            self._calendar.step(days)

    def _today(self) -> None:
        self._window.show_page("calendar")
        if self._calendar is not None:
            self._calendar.today()

    def _choose_view(self, key: str) -> None:
        self._window.show_page("calendar")
        if self._calendar is not None:
            self._calendar.show_agenda(key == "list")

    def _pick_day(self, day: date) -> None:
        if self._calendar is not None:
            self._calendar.show_day(day)

    def _day_shown(self, day: date, view: DayView) -> None:
        today = self._context.database.clock.now().astimezone(self._context.database.desk.zone).date()
        if self._month is not None:
            self._month.set_day(day, today)
        if self._people is not None and self._calendar is not None:
            self._people.show_people(view.columns, self._calendar.hidden)
        self._totals_wait.start()

    def _changed(self, changes: Changes) -> None:
        self._totals_wait.start()
        key = f"shell.happened.{changes.name}"
        if changes.operation is not None and self._context.texts.has(key):
            self._context.offer_undo(self._context.say(key), changes.operation)

    async def _totals(self) -> None:
        totals = await read_totals(self._context, self._calendar.status_counts() if self._calendar else None)
        self._till_open = totals.till_open
        self._window.totals.setText(totals.words)

    async def _ask_about_papers(self) -> None:
        """A paper that was under way when the program ended: whether it is there, only a person can say."""
        doubtful = await self._context.read(doubtful_receipts)
        if doubtful and self._window.panel is None and self._context.may(Permission.CHARGE):
            self._context.said.emit(self._context.say("sales.paper.start"), "warning")
            self._show_invoice(doubtful[0])

    # Keys and undo

    def press(self, key: str) -> bool:
        """A key of the keyboard map; whether it meant something."""
        if self._palette.isVisible():
            return False
        panel = self._window.panel
        if isinstance(panel, CheckoutPanel) and panel.press(key):
            return True
        calendar = self._calendar if self._window.page == "calendar" else None
        if calendar is not None and calendar.press(key):
            return True
        act = self._acts().get(key)
        if act is not None:
            act()
        return act is not None

    def _acts(self) -> dict[str, Callable[[], object]]:
        """What the keys of the window do on every page."""
        return {
            "N": self._book,
            "W": self._check_out,
            "T": self._today,
            "/": self._top.search.setFocus,
            "F1": self._keys,
            "F12": lambda: self._context.spawn(self._print_last()),
        }

    async def _print_last(self) -> None:
        """The last receipt, once more."""
        last = await self._context.read(last_invoice)
        if last is not None and self._context.may(Permission.CHARGE):
            copy = await self._counter.print_again(self._context.person, last)
            say = self._context.say
            self._context.said.emit(say("sales.issued.copy", n=copy) if copy else say("sales.issued.original"), "info")

    def _book(self) -> None:
        self._window.show_page("calendar")
        if self._calendar is not None:
            self._calendar.book()

    def scanned(self, code: str) -> None:
        """A scanner's burst: onto the bill that is open, or onto a new one."""
        self._palette.dismiss()
        if not isinstance(self._window.panel, CheckoutPanel):
            self._check_out()
        panel = self._window.panel
        if isinstance(panel, CheckoutPanel):
            panel.scanned(code)

    def undo_last(self) -> None:
        """Undoes this person's last step of this desk."""
        self._context.spawn(self._undo_last())

    async def _undo_last(self) -> None:
        steps = [one for one in await self._context.read(last_undoable) if one.name not in NO_STEPS]
        if steps:
            await self._context.undo(steps[0].id)
