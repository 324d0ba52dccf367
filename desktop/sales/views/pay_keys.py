"""What is due, and the keys to pay it: cash and card large, the rest beneath."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QVBoxLayout

from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, label
from fiscal.port import Means


class PayKeys:
    """The foot of a bill, put into a layout. `more`: words, key and act of the smaller keys."""

    def __init__(
        self,
        context: ViewContext,
        foot: QVBoxLayout,
        pay: Callable[[Means], object],
        more: Sequence[tuple[str, str, Callable[[], object]]],
    ) -> None:
        self._context = context
        say, theme = context.say, context.theme
        self._due = label(theme, "", 34, strong=True)
        due = QHBoxLayout()
        due.addWidget(label(theme, say("sales.checkout.due"), 16, strong=True), 1)
        due.addWidget(self._due)
        foot.addLayout(due)
        large = QHBoxLayout()
        large.setSpacing(8)
        self.cash = Button(theme, "", "primary", icon="cash-banknote", key="F9", size="pay")
        self.cash.clicked.connect(lambda: pay(Means.CASH))
        self.card = Button(theme, "", "primary", icon="credit-card", key="F10", size="pay")
        self.card.clicked.connect(lambda: pay(Means.CARD))
        large.addWidget(self.cash)
        large.addWidget(self.card)
        foot.addLayout(large)
        small = QGridLayout()
        small.setSpacing(8)
        for place, (words, key, act) in enumerate(more):
            button = Button(theme, words, key=key)
            button.clicked.connect(lambda _checked=False, act=act: act())
            small.addWidget(button, place // 3, place % 3)
        foot.addLayout(small)

    def show_rest(self, rest: int, *, busy: bool) -> None:
        """Shows the cents that are still to be paid; the large keys work while there are some."""
        say, words = self._context.say, self._context.texts.money(rest)
        self._due.setText(words)
        self.cash.setText(f"{say('sales.means.cash')}\n{words}")
        self.card.setText(f"{say('sales.means.card')}\n{words}")
        for button in (self.cash, self.card):
            button.setEnabled(rest > 0 and not busy)
