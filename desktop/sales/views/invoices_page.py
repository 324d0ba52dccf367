"""The page of receipts: issued ones by day or number, and the bills that wait."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QStackedWidget, QWidget

from desktop.sales.invoices import InvoiceSummary, list_invoices
from desktop.sales.open_bills import BillSummary, list_open_bills
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Empty
from desktop.widgets.page import page_column
from desktop.widgets.rows_table import ColumnOf, RowsTable
from desktop.widgets.search_field import SearchField
from desktop.widgets.segmented import Segmented
from fiscal.port import Kind


class InvoicesPage(QWidget):
    """Signals: invoice_wanted(id); bill_wanted(id)."""

    invoice_wanted = Signal(object)
    bill_wanted = Signal(object)

    def __init__(self, context: ViewContext) -> None:
        super().__init__()
        self._context = context
        say, theme, texts = context.say, context.theme, context.texts
        self.setProperty("surface", "panel")
        column = page_column(self)
        column.setContentsMargins(16, 12, 16, 0)
        column.setSpacing(12)
        tools = QHBoxLayout()
        kinds = [("issued", say("sales.list.issued")), ("open", say("sales.list.open"))]
        self._kind = Segmented(theme, kinds, "issued")
        self._kind.chosen.connect(self._choose)
        tools.addWidget(self._kind)
        self._search = SearchField(theme, say("sales.list.number"))
        self._search.setFixedWidth(320)
        self._search.asked.connect(lambda _typed: context.spawn(self.load()))
        tools.addWidget(self._search)
        tools.addStretch(1)
        column.addLayout(tools)
        self._stack = QStackedWidget()
        zone = context.database.desk.zone
        self._issued: RowsTable[InvoiceSummary] = RowsTable(
            theme,
            [
                ColumnOf(say("sales.list.number_head"), lambda row: row.number, width=170),
                ColumnOf(say("sales.list.at"), lambda row: texts.show(row.wall_time), width=170),
                ColumnOf(say("sales.list.kind"), lambda row: say(f"sales.receipt.{'credit_note' if row.kind is Kind.CREDIT_NOTE else 'invoice'}"), width=110),
                ColumnOf(say("sales.list.customer"), lambda row: row.customer or "–", stretch=1),
                ColumnOf(say("sales.list.operator"), lambda row: row.member_mark, width=90),
                ColumnOf(say("sales.list.amount"), lambda row: texts.money(row.total_cents), right=True, width=130, tone=lambda row: "danger.base" if row.total_cents < 0 else ""),
            ],
            say("sales.list.issued"),
        )  # fmt: skip
        self._issued.opened.connect(lambda row: self.invoice_wanted.emit(row.id))
        self._issued.picked.connect(lambda row: self.invoice_wanted.emit(row.id))
        self._open: RowsTable[BillSummary] = RowsTable(
            theme,
            [
                ColumnOf(say("sales.list.at"), lambda row: texts.show(row.opened_at.astimezone(zone)), width=170),
                ColumnOf(say("sales.list.customer"), lambda row: row.customer_name or row.label or "–", stretch=1),
                ColumnOf(say("sales.list.operator"), lambda row: row.owner_name, width=200),
                ColumnOf(say("sales.list.amount"), lambda row: texts.money(row.total_cents), right=True, width=130),
            ],
            say("sales.list.open"),
        )
        self._open.opened.connect(lambda row: self.bill_wanted.emit(row.id))
        for widget in (self._issued, self._open, Empty(theme, "receipt", say("sales.list.none"))):
            self._stack.addWidget(widget)
        column.addWidget(self._stack, 1)
        self._which = "issued"
        self._wait = QTimer(self, singleShot=True, interval=50)
        self._wait.timeout.connect(lambda: context.spawn(self.load()))
        context.changed.connect(self._changed)
        context.spawn(self.load())

    def _changed(self, changes: object) -> None:
        if {"invoice", "bill", "bill_line"} & set(getattr(changes, "rows", {})):
            self._wait.start()

    def _choose(self, key: str) -> None:
        self._which = key
        self._context.spawn(self.load())

    async def load(self) -> None:
        """Reads the list that is chosen."""
        if self._which == "open":
            bills = await self._context.read(list_open_bills)
            self._open.set_rows(bills)
            self._stack.setCurrentIndex(1 if bills else 2)
            return
        rows = await self._context.read(list_invoices, number=self._search.text())
        self._issued.set_rows(rows)
        self._stack.setCurrentIndex(0 if rows else 2)
