"""Checkout: the bill's lines, discounts and payments; cash and card are one key each."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from uuid import UUID

from PySide6.QtCore import Signal
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout

from desktop.access import SYSTEM, Permission
from desktop.catalogue.products import Item, find_by_barcode, search_items
from desktop.customers.search import read_hits
from desktop.errors import PultError
from desktop.sales.bills import (
    add_line,
    change_line,
    discard_bill,
    discard_empty_bills,
    open_bill,
    park_bill,
    remove_line,
    set_discount,
    take_over_bill,
)
from desktop.sales.check_out import CheckOut
from desktop.sales.from_visit import open_bill_for_visit
from desktop.sales.issuing import Buyer, Issued, Paid, Tipped
from desktop.sales.items import line_of_item
from desktop.sales.open_bills import BillView, show_bill
from desktop.sales.pricing import Discount, PricedLine
from desktop.sales.views.bill_sums import BillSums
from desktop.sales.views.line_widget import LineWidget
from desktop.sales.views.pay_keys import PayKeys
from desktop.services.counter import Counter
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Note, clear, icon_button, label, rule
from desktop.widgets.fields import Field, block_field, cents_of, money_field, text_field, text_of
from desktop.widgets.panel import Panel
from desktop.widgets.question import Question
from desktop.widgets.search_field import Hit, SearchField
from fiscal.port import Means


class CheckoutPanel(Panel):
    """Signals: issued(Issued); bill_changed(BillView) for the preview."""

    issued = Signal(object)
    bill_changed = Signal(object)

    def __init__(
        self, context: ViewContext, counter: Counter, *, bill_id: UUID | None = None, visit_id: UUID | None = None
    ) -> None:
        say, theme = context.say, context.theme
        super().__init__(theme, say("sales.checkout.title"), close=say("shell.close"))
        self._context, self._counter = context, counter
        self._bill: BillView | None = None
        self._paid: list[Paid] = []
        self._tip: Tipped | None = None
        self._buyer: Buyer | None = None
        self._busy = False
        self._early: list[str] = []  # codes that were scanned before the bill was there
        tools = QHBoxLayout()
        self._search = SearchField(theme, say("sales.checkout.add"))
        self._search.asked.connect(lambda typed: context.spawn(self._find(typed)))
        self._search.chosen.connect(lambda item: context.spawn(self._add(item)))
        self._search.entered.connect(self.scanned)
        tools.addWidget(self._search, 1)
        if context.may(Permission.DISCOUNT):
            discount = Button(theme, say("sales.checkout.discount"), icon="discount", key="F4")
            discount.clicked.connect(lambda: self.ask_discount())
            tools.addWidget(discount)
        away = icon_button(theme, "trash", say("sales.checkout.discard"))
        away.clicked.connect(lambda: context.spawn(self._discard()))
        tools.addWidget(away)
        self._alert = QVBoxLayout()
        self.body.addLayout(self._alert)
        self.body.addLayout(tools)
        self._lines = QVBoxLayout()
        self._lines.setSpacing(8)
        self.body.addLayout(self._lines)
        self._sums = BillSums(context, self._take_back)
        self.body.addLayout(self._sums.layout)
        self._extra = QVBoxLayout()
        self.body.addLayout(self._extra)
        more = (
            (say("sales.means.transfer"), "", lambda: self.pay(Means.TRANSFER)),
            (say("sales.checkout.split"), "F11", self.ask_split),
            (say("sales.checkout.park"), "F8", self.park),
            (say("sales.checkout.given"), "", self.ask_given),
            (say("sales.checkout.tip"), "", self.ask_tip),
            (say("sales.checkout.buyer"), "", self.ask_buyer),
        )
        self._keys = PayKeys(context, self.foot, self.pay, more)
        context.spawn(self._open(bill_id, visit_id))

    @property
    def bill(self) -> BillView | None:
        return self._bill

    async def _open(self, bill_id: UUID | None, visit_id: UUID | None) -> None:
        try:
            if bill_id is not None:
                bill = await self._go_on_with(bill_id)
            elif visit_id is not None:
                bill = await self._context.write(open_bill_for_visit, visit_id)
            else:
                bill = await self._context.write(open_bill)
        except PultError as error:
            self._context.show_error(error)
            self.closed.emit()
            return
        self._show(bill)
        if bill.customer_id is not None:
            for hit in await self._context.read(read_hits, (bill.customer_id,)):
                if hit.alert:
                    self._alert.addWidget(Note(self._theme, "danger", hit.alert))
        early, self._early = self._early, []
        for code in early:
            self.scanned(code)

    async def _go_on_with(self, bill_id: UUID) -> BillView:
        """A bill that was parked, or that somebody else began, becomes this person's."""
        bill = await self._context.read(show_bill, bill_id)
        if bill.owner_id == self._context.person.id and bill.parked_at is None:
            return bill
        return await self._context.write(take_over_bill, bill_id)

    # Showing

    def _show(self, bill: BillView) -> None:
        say = self._context.say
        self._bill = bill
        self.set_title(bill.customer_name or say("sales.checkout.title"), bill.label)
        clear(self._lines)
        if not bill.priced.lines:
            self._lines.addWidget(label(self._theme, say("sales.checkout.empty"), tone="secondary", wrap=True))
        for one in bill.priced.lines:
            widget = LineWidget(self._context, one)
            widget.counted.connect(lambda one=one: self._count(one, 1000))
            widget.discounted.connect(lambda one=one: self.ask_discount(one))
            widget.removed.connect(lambda one=one: self._change(remove_line, one.line.id))
            self._lines.addWidget(widget)
            self._lines.addWidget(rule())
        self._sums.show(bill, self._paid, self._tip, self._buyer)
        self._keys.show_rest(self.rest, busy=self._busy)
        self.bill_changed.emit(bill)

    @property
    def rest(self) -> int:
        """Cents that are still to be paid."""
        total = self._bill.priced.total_cents if self._bill is not None else 0
        return total - sum(paid.cents for paid in self._paid)

    def _take_back(self, index: int) -> None:
        del self._paid[index]
        self._again()

    def _again(self) -> None:
        if self._bill is not None:
            self._show(self._bill)

    # Lines

    async def _find(self, typed: str) -> None:
        found = await self._context.read(search_items, typed, 8)
        money = self._context.texts.money
        self._search.show_hits([Hit(item.name, money(item.price_cents), item) for item in found])

    async def _add(self, item: Item) -> None:
        self._search.clear()
        entry = await self._context.read(line_of_item, item.kind, item.id, member_id=None)
        await self._add_entry(entry)

    async def _add_entry(self, entry: object) -> None:
        if self._bill is not None:
            self._show(await self._context.write(add_line, self._bill.id, entry))  # type: ignore[arg-type]  # a LineEntry

    def scanned(self, code: str) -> None:
        """A scanned or typed code: the product that has it is added, as soon as the bill is there."""
        if self._bill is None:
            self._early.append(code)
        elif code.strip():
            self._context.spawn(self._scan(code.strip()))

    async def _scan(self, code: str) -> None:
        product = await self._context.read(find_by_barcode, code)
        if product is None:
            self._context.said.emit(self._context.say("sales.checkout.unknown_code", code=code), "warning")
            return
        self._search.clear()
        await self._add(
            Item("product", product.id, product.entry.name, product.entry.price_cents, product.entry.vat_code)
        )

    def _count(self, one: PricedLine, more: int) -> None:
        async def count() -> None:
            assert self._bill is not None
            quantity = one.line.quantity + more
            self._show(await self._context.write(change_line, self._bill.id, one.line.id, quantity=quantity))

        self._context.spawn(count())

    def _change(self, use_case: object, line_id: UUID) -> None:
        async def change() -> None:
            assert self._bill is not None
            self._show(await self._context.write(use_case, self._bill.id, line_id))  # type: ignore[arg-type]  # remove_line

        self._context.spawn(change())

    # Questions in place

    def _put_away(self) -> None:
        """The small form goes; the next code or word belongs to the search again."""
        clear(self._extra)
        self._search.setFocus()

    def _ask(self, fields: list[Field], words: str, done: Callable[[], Coroutine[None, None, None]]) -> None:
        """Shows a small form above the foot; its button does what was asked for."""
        clear(self._extra)
        question = Question(self._theme, fields, words, self._context.say("shell.cancel"))
        question.answered.connect(lambda: self._context.spawn(done()))
        question.cancelled.connect(self._put_away)
        self._extra.addWidget(question)
        fields[0].editor.setFocus()

    def _readable(self, amount: Field) -> bool:
        """Whether an amount is empty or an amount; anything else is said at its field."""
        if cents_of(amount) is None and text_of(amount).strip():
            amount.show_error(self._context.say("sales.till.amount_needed"))
            return False
        return True

    def ask_discount(self, one: PricedLine | None = None) -> None:
        """A discount on the bill or a line: percent or amount, with its reason."""
        say = self._context.say
        percent = text_field(self._theme, "discount", say("sales.checkout.percent"), example="10")
        amount = money_field(self._theme, "discount_amount", say("sales.checkout.or_amount"))
        reason = text_field(self._theme, "discount_reason", say("sales.checkout.reason"))

        async def give() -> None:
            assert self._bill is not None
            typed = text_of(percent).replace(",", ".").strip()
            try:
                points = round(float(typed) * 100) if typed else 0
            except ValueError:
                percent.show_error(say("sales.refused.discount_range"))
                return
            if not self._readable(amount):
                return
            discount = Discount(points, 0 if points else cents_of(amount) or 0, text_of(reason))
            try:
                bill = await self._context.write(set_discount, self._bill.id, discount, one.line.id if one else None)
            except PultError as error:
                self._context.show_in_form(error, [percent, reason])
                return
            self._put_away()
            self._show(bill)

        self._ask([percent, amount, reason], say("sales.checkout.give"), give)

    def ask_split(self) -> None:
        """A part of the sum in cash; the rest by another means."""
        say = self._context.say
        amount = money_field(self._theme, "payments", say("sales.checkout.part_cash"))

        async def take() -> None:
            cents = cents_of(amount)
            if cents is None or not 0 < cents < self.rest:
                amount.show_error(say("sales.checkout.part_range", rest=self._context.texts.money(self.rest)))
                return
            self._paid.append(Paid(Means.CASH, cents))
            self._put_away()
            self._again()

        self._ask([amount], say("sales.checkout.take"), take)

    def ask_given(self) -> None:
        """What was handed over in cash; the change is said afterwards."""
        say = self._context.say
        amount = money_field(self._theme, "given", say("sales.receipt.given"))

        async def take() -> None:
            cents = cents_of(amount)
            if cents is None or cents < self.rest:
                missing = self._context.texts.money(self.rest - (cents or 0))
                amount.show_error(say("sales.refused.given_too_little", missing_cents=missing))
                return
            await self._charge(Paid(Means.CASH, self.rest, cents))

        self._ask([amount], say("sales.checkout.take"), take)

    def ask_tip(self) -> None:
        """A tip, kept apart from the bill."""
        say = self._context.say
        amount = money_field(self._theme, "tip", say("sales.checkout.tip"))

        async def take() -> None:
            if not self._readable(amount):
                return
            cents = cents_of(amount)
            self._tip = Tipped(Means.CASH, cents, self._context.person.id) if cents else None
            self._put_away()
            self._again()

        self._ask([amount], say("sales.checkout.take"), take)

    def ask_buyer(self) -> None:
        """A buyer who wants to stand on the receipt."""
        say = self._context.say
        name = text_field(self._theme, "buyer_name", say("sales.checkout.buyer_name"))
        address = block_field(self._theme, "buyer_address", say("sales.checkout.buyer_address"), lines=2)
        number = text_field(self._theme, "buyer_vat_number", say("sales.checkout.buyer_vat"))

        async def take() -> None:
            self._buyer = Buyer(text_of(name), text_of(address), text_of(number)) if text_of(name).strip() else None
            self._put_away()
            self._again()

        self._ask([name, address, number], say("sales.checkout.take"), take)

    # Paying

    def pay(self, means: Means) -> None:
        """Pays the rest by one means and charges the bill."""
        if self._bill is not None and self.rest > 0 and not self._busy:
            self._context.spawn(self._charge(Paid(means, self.rest)))

    async def _charge(self, last: Paid) -> None:
        assert self._bill is not None
        if self._busy:
            return  # pressed twice
        self._busy = True
        tips = (self._tip,) if self._tip is not None else ()
        request = CheckOut(self._bill.id, self._bill.priced.total_cents, (*self._paid, last), tips, self._buyer)
        try:
            issued: Issued = await self._counter.charge(self._context.person, request)
        except PultError as error:
            self._context.show_error(error)
            self._busy = False  # before the keys are drawn again
            if error.code == "sales.total_changed":
                self._show(await self._context.read(show_bill, self._bill.id))
            return
        finally:
            self._busy = False
        self.issued.emit(issued)

    def hideEvent(self, event: QHideEvent) -> None:
        """A bill on which nothing was put does not stay open behind the panel."""
        super().hideEvent(event)
        bill, gone = self._bill, event.spontaneous() or self._context.tasks.closed
        if bill is not None and not bill.priced.lines and not gone:
            self._bill = None
            # As the program, not the person: tidying up is no step that the undo key should find first.
            self._context.spawn(self._context.database.write(SYSTEM, discard_empty_bills, bill.id))

    def park(self) -> None:
        """Puts the bill aside."""
        self._context.spawn(self._park())

    async def _park(self) -> None:
        if self._bill is not None and self._bill.priced.lines:
            await self._context.write(park_bill, self._bill.id)
            self._context.said.emit(self._context.say("sales.checkout.parked"), "info")
        self.closed.emit()

    async def _discard(self) -> None:
        """Throws the bill away; the undo bar brings it back."""
        bill, self._bill = self._bill, None
        if bill is not None and bill.priced.lines:
            await self._context.write(discard_bill, bill.id)
        elif bill is not None:
            self._bill = bill  # empty: it is tidied away when the panel goes
        self.closed.emit()

    def press(self, key: str) -> bool:
        """A function key of the keyboard map; whether it meant something here."""
        acts: dict[str, Callable[[], object]] = {
            "F3": self._search.setFocus,
            "F4": self.ask_discount,
            "F8": self.park,
            "F9": lambda: self.pay(Means.CASH),
            "F10": lambda: self.pay(Means.CARD),
            "F11": self.ask_split,
        }
        if key not in acts:
            return False
        acts[key]()
        return True
