"""The sums of an open bill, and what was taken or noted beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QVBoxLayout

from desktop.sales.issuing import Buyer, Paid, Tipped
from desktop.sales.open_bills import BillView
from desktop.sales.views.line_widget import PaidRow, sum_row
from desktop.shell.context import ViewContext
from desktop.widgets.controls import clear


class BillSums:
    """Shows the sums in a layout of their own; `take_back(index)` gives a payment back."""

    def __init__(self, context: ViewContext, take_back: Callable[[int], None]) -> None:
        self.layout = QVBoxLayout()
        self._context, self._take_back = context, take_back

    def show(self, bill: BillView, paid: Sequence[Paid], tip: Tipped | None, buyer: Buyer | None) -> None:
        """Shows a bill anew."""
        say, money = self._context.say, self._context.texts.money
        clear(self.layout)
        if bill.priced.discount_cents:
            self._sum(say("sales.checkout.subtotal"), money(bill.priced.subtotal_cents))
            self._sum(say("sales.checkout.discounts"), money(-bill.priced.discount_cents))
        for vat in bill.priced.vat:
            if vat.tax_cents:
                words = f"{say('sales.report.vat')} {self._context.texts.rate(vat.rate)}"
                self._sum(words, money(vat.tax_cents), quiet=True)
        self._sum(say("sales.checkout.total"), money(bill.priced.total_cents), strong=True)
        for index, one in enumerate(paid):
            row = PaidRow(self._context, one)
            row.away.clicked.connect(lambda _checked=False, index=index: self._take_back(index))
            self.layout.addWidget(row)
        if tip is not None:
            self._sum(say("sales.checkout.tip"), money(tip.cents))
        if buyer is not None:
            self._sum(say("sales.checkout.buyer"), buyer.name)

    def _sum(self, words: str, amount: str, *, strong: bool = False, quiet: bool = False) -> None:
        self.layout.addLayout(sum_row(self._context.theme, words, amount, strong=strong, quiet=quiet))
