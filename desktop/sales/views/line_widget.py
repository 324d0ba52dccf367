"""A line of the open bill: what, how many, at which price, with its discount; one more, a discount, away."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.sales.issuing import Paid
from desktop.sales.pricing import PricedLine
from desktop.shell.context import ViewContext
from desktop.widgets.controls import icon_button, label, tag
from desktop.widgets.theme import Theme


class LineWidget(QWidget):
    """Signals: counted, discounted, removed."""

    counted = Signal()
    discounted = Signal()
    removed = Signal()

    def __init__(self, context: ViewContext, one: PricedLine) -> None:
        super().__init__()
        theme, texts, say = context.theme, context.texts, context.say
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(label(theme, one.line.name, strong=True, wrap=True))
        facts = f"{texts.quantity(one.line.quantity)} × {texts.money(one.line.unit_cents)}"
        if one.line.vat_rate:
            facts += f" · {say('sales.report.vat')} {texts.rate(one.line.vat_rate)}"
        words.addWidget(label(theme, facts, 12, tone="secondary"))
        if one.discount_cents:
            off = f"{one.line.discount.reason}  {texts.money(-one.discount_cents)}"
            words.addWidget(label(theme, off, 12, tone="success"))
        row.addLayout(words, 1)
        row.addWidget(label(theme, texts.money(one.gross_cents - one.discount_cents, unit=False), strong=True))
        for icon, name, signal in (
            ("plus", say("sales.checkout.more"), self.counted),
            ("discount", say("sales.checkout.discount"), self.discounted),
            ("x", say("sales.checkout.remove"), self.removed),
        ):
            button = icon_button(theme, icon, name)
            button.clicked.connect(signal)
            row.addWidget(button)


class PaidRow(QWidget):
    """A payment that was taken already; `away` takes it back."""

    def __init__(self, context: ViewContext, paid: Paid) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(tag(context.theme, context.say(f"sales.means.{paid.means.value}")))
        row.addStretch(1)
        row.addWidget(label(context.theme, context.texts.money(paid.cents)))
        self.away = icon_button(context.theme, "x", context.say("sales.checkout.remove"))
        row.addWidget(self.away)


def sum_row(theme: Theme, words: str, amount: str, *, strong: bool = False, quiet: bool = False) -> QHBoxLayout:
    """A sum: its words at the left, the amount at the right."""
    row = QHBoxLayout()
    size, tone = (16, "") if strong else (13 if quiet else 14, "secondary")
    row.addWidget(label(theme, words, size, strong=strong, tone=tone))
    row.addStretch(1)
    row.addWidget(label(theme, amount, size, strong=strong, tone=tone))
    return row
