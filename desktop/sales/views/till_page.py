"""The till: opening with the counted float, cash in and out, the X report, and the close of the day."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.access import Permission
from desktop.errors import PultError
from desktop.register.till import TillState, move_cash, open_drawer, open_till, till_state
from desktop.sales.closing import Closed, TillReport, close_day, list_closes, x_report
from desktop.sales.printing_out import print_document
from desktop.sales.till_paper import x_paper, z_paper
from desktop.services.counter import Counter
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Card, Note, clear, icon_button, label, rule
from desktop.widgets.fields import cents_of, money_field, text_field, text_of
from desktop.widgets.page import page_column


class TillPage(QWidget):
    """One page for the day's money."""

    def __init__(self, context: ViewContext, counter: Counter, after_close: Callable[[], Awaitable[object]]) -> None:
        super().__init__()
        self._context, self._counter, self._after_close = context, counter, after_close
        outer = QVBoxLayout(self)
        outer.setContentsMargins(0, 0, 0, 0)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        inside = QWidget()
        self._column = page_column(inside, 1280)
        self._column.setContentsMargins(24, 20, 24, 20)
        self._column.setSpacing(16)
        scroll.setWidget(inside)
        outer.addWidget(scroll)
        self._wait = QTimer(self, singleShot=True, interval=80)
        self._wait.timeout.connect(lambda: context.spawn(self.load()))
        context.changed.connect(self._changed)
        context.spawn(self.load())

    def _changed(self, changes: object) -> None:
        if {"invoice", "cash_movement", "till_session", "day_close"} & set(getattr(changes, "rows", {})):
            self._wait.start()

    async def load(self) -> None:
        """Reads the till's state and shows the page that fits."""
        state = await self._context.read(till_state)
        report = None
        if state.open is not None and self._context.may(Permission.CLOSE_DAY):
            report = await self._context.read(x_report)
        clear(self._column)
        if state.open is None:
            self._show_closed(state)
        else:
            self._show_open(state, report)
        if self._context.may(Permission.CLOSE_DAY):
            self._show_earlier(await self._context.read(list_closes))
        self._column.addStretch(1)

    def _show_earlier(self, closes: list[Closed]) -> None:
        """The last closes, each to be printed again."""
        say, theme, texts = self._context.say, self._context.theme, self._context.texts
        if not closes:
            return
        card = Card(theme, say("sales.till.earlier"))
        for closed in closes[:7]:
            line = QHBoxLayout()
            words = f"Z {closed.z_number}   {texts.day(closed.business_day)}   {closed.member_name}"
            line.addWidget(label(theme, words), 1)
            if closed.difference_cents:
                line.addWidget(label(theme, texts.money(closed.difference_cents), tone="danger"))
            line.addWidget(label(theme, texts.money(closed.report.turnover_cents), strong=True))
            again = icon_button(theme, "printer", say("sales.issued.print"))
            again.clicked.connect(lambda _checked=False, closed=closed: self._context.spawn(self._print_z(closed)))
            line.addWidget(again)
            card.column.addLayout(line)
        self._column.addWidget(card)

    async def _print_z(self, closed: Closed) -> None:
        await self._print(z_paper(closed, self._context.texts, practice=self._context.database.desk.practice), "z")

    def _show_closed(self, state: TillState) -> None:
        say, theme, texts = self._context.say, self._context.theme, self._context.texts
        card = Card(theme, say("sales.till.closed"))
        card.setMaximumWidth(560)
        day = texts.day(state.business_day)
        left = texts.money(state.left_cents)
        card.column.addWidget(label(theme, say("sales.till.open_explain", day=day, left=left), wrap=True))
        field = money_field(theme, "float", say("sales.till.float"), state.left_cents)
        card.column.addWidget(field)
        go = Button(theme, say("sales.till.open"), "primary", size="primary")
        card.column.addWidget(go)

        async def start() -> None:
            cents = cents_of(field)
            if cents is None:
                field.show_error(say("sales.till.amount_needed"))
                return
            try:
                await self._context.write(open_till, cents)
            except PultError as error:
                self._context.show_in_form(error, [field])

        go.clicked.connect(lambda: self._context.spawn(start()))
        self._column.addWidget(card)

    def _show_open(self, state: TillState, report: TillReport | None) -> None:
        say, theme, texts = self._context.say, self._context.theme, self._context.texts
        assert state.open is not None
        if state.open.overdue:
            fact = say("sales.till.overdue", day=texts.day(state.open.business_day))
            self._column.addWidget(Note(theme, "warning", fact, say("sales.till.overdue_then")))
        cards = QHBoxLayout()
        cards.setSpacing(16)
        if report is not None:
            cards.addWidget(self._report_card(report), 1)
        cards.addWidget(self._cash_card(state), 1)
        self._column.addLayout(cards)
        if report is not None:
            self._column.addWidget(self._close_card(report))

    def _report_card(self, report: TillReport) -> Card:
        say, theme, texts = self._context.say, self._context.theme, self._context.texts
        card = Card(theme, say("sales.till.today", day=texts.day(report.business_day)))
        if self._context.may(Permission.SEE_TURNOVER):
            _row(card, self._context, say("sales.report.turnover"), texts.money(report.turnover_cents), strong=True)
            for vat in report.vat:
                rate = texts.rate(vat.rate) if vat.rate else say("sales.receipt.exempt")
                _row(card, self._context, f"{say('sales.report.vat')} {rate}", texts.money(vat.gross_cents))
            card.column.addWidget(rule())
            for means, cents in report.means.items():
                _row(card, self._context, say(f"sales.means.{means}"), texts.money(cents))
            for means, cents in report.tips.items():
                _row(
                    card,
                    self._context,
                    f"{say('sales.report.tips')}: {say(f'sales.means.{means}')}",
                    texts.money(cents),
                )
        _row(card, self._context, say("sales.report.invoices"), str(report.invoices))
        _row(card, self._context, say("sales.report.credit_notes"), str(report.credit_notes))
        _row(card, self._context, say("sales.report.open_bills"), str(report.open_bills))
        card.column.addStretch(1)
        x_button = Button(theme, say("sales.till.print_x"), icon="printer")
        x_button.clicked.connect(lambda: self._context.spawn(self._print_x()))
        card.column.addWidget(x_button)
        return card

    def _cash_card(self, state: TillState) -> Card:
        say, theme, texts = self._context.say, self._context.theme, self._context.texts
        assert state.open is not None
        card = Card(theme, say("sales.till.cash"))
        card.column.addWidget(label(theme, texts.money(state.open.cash_cents), 28, strong=True))
        card.column.addWidget(label(theme, say("sales.till.opened_by", who=state.open.opened_by), 12, tone="muted"))
        amount = money_field(theme, "cents", say("sales.till.amount"))
        reason = text_field(theme, "reason", say("sales.checkout.reason"))
        card.column.addWidget(amount)
        card.column.addWidget(reason)

        async def move(sign: int) -> None:
            cents = cents_of(amount)
            if cents is None or cents <= 0:
                amount.show_error(say("sales.till.amount_needed"))
                return
            try:
                await self._context.write(move_cash, sign * cents, text_of(reason))
            except PultError as error:
                self._context.show_in_form(error, [amount, reason])

        buttons = QHBoxLayout()
        for words, sign in ((say("sales.till.pay_in"), 1), (say("sales.till.pay_out"), -1)):
            button = Button(theme, words)
            button.clicked.connect(lambda _checked=False, sign=sign: self._context.spawn(move(sign)))
            buttons.addWidget(button)
        card.column.addLayout(buttons)
        if self._context.may(Permission.OPEN_DRAWER):
            drawer = Button(theme, say("sales.till.drawer"), "quiet")

            async def kick() -> None:
                try:
                    await self._context.write(open_drawer, text_of(reason))
                except PultError as error:
                    self._context.show_in_form(error, [reason])
                    return
                await self._counter.open_drawer()

            drawer.clicked.connect(lambda: self._context.spawn(kick()))
            card.column.addWidget(drawer)
        card.column.addStretch(1)
        return card

    def _close_card(self, report: TillReport) -> Card:
        say, theme, texts = self._context.say, self._context.theme, self._context.texts
        card = Card(theme, say("sales.till.close"))
        row = QHBoxLayout()
        row.setSpacing(16)
        counted = money_field(
            theme,
            "counted",
            say("sales.till.counted"),
            hint=say("sales.till.expected", cents=texts.money(report.cash_cents)),
        )
        left = money_field(theme, "left", say("sales.till.left"))
        reason = text_field(theme, "reason", say("sales.till.difference_reason"))
        for field in (counted, left, reason):
            row.addWidget(field)
        card.column.addLayout(row)
        if report.open_bills:
            card.column.addWidget(Note(theme, "info", say("sales.till.open_bills", count=report.open_bills)))
        go = Button(theme, say("sales.till.close_do"), "primary", size="primary")

        async def close() -> None:
            cents = cents_of(counted)
            if cents is None:
                counted.show_error(say("sales.till.amount_needed"))
                return
            if cents_of(left) is None and text_of(left).strip():
                left.show_error(say("sales.till.amount_needed"))
                return
            try:
                closed = await self._context.write(close_day, cents, cents_of(left) or 0, text_of(reason))
            except PultError as error:
                self._context.show_in_form(error, [counted, left, reason])
                return
            self._context.said.emit(say("sales.till.done", number=closed.z_number), "success")
            await self._print_z(closed)
            await self._after_close()

        go.clicked.connect(lambda: self._context.spawn(close()))
        go.setMaximumWidth(320)
        card.column.addWidget(go)
        return card

    async def _print_x(self) -> None:
        report = await self._context.read(x_report)
        await self._print(x_paper(report, self._context.texts, practice=self._context.database.desk.practice), "x")

    async def _print(self, document: object, kind: str) -> None:
        printer = self._counter.printers.name
        if printer:
            await self._context.write(print_document, document, kind, printer)  # type: ignore[arg-type]  # a Document
            self._counter.printers.wake()


def _row(card: Card, context: ViewContext, words: str, amount: str, *, strong: bool = False) -> None:
    line = QHBoxLayout()
    line.addWidget(label(context.theme, words, strong=strong, tone="" if strong else "secondary"))
    line.addStretch(1)
    line.addWidget(label(context.theme, amount, strong=strong))
    card.column.addLayout(line)
