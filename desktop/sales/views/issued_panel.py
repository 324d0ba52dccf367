"""The panel after a sale or of an issued receipt: what became of it, its paper, and its corrections."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from PySide6.QtCore import Signal

from desktop.access import Permission
from desktop.errors import InvalidInput, PultError
from desktop.sales.credit import Credit, credited_quantities
from desktop.sales.invoices import InvoiceView, show_invoice
from desktop.sales.issuing import Paid
from desktop.sales.printing_out import (
    Paper,
    answer_print,
    confirmations,
    printed_papers,
    receipt_document,
    retry_print,
)
from desktop.sales.views.paper_question import PaperQuestion
from desktop.services.counter import Counter
from desktop.shell.context import ViewContext
from desktop.widgets.controls import Button, Note, clear, label
from desktop.widgets.fields import Field, choice_field, choice_of, text_field, text_of
from desktop.widgets.panel import Panel
from fiscal.port import Confirmation, Kind, Means, Status
from printing.layout import layout
from printing.preview import PaperView
from printing.profiles import PROFILES
from printing.spool import State

_DOUBTFUL = (State.UNKNOWN, State.FAILED)


class IssuedPanel(Panel):
    """Signals: corrected(Issued)."""

    corrected = Signal(object)

    def __init__(
        self,
        context: ViewContext,
        counter: Counter,
        invoice_id: UUID,
        *,
        change_cents: int = 0,
        ask_credit: bool = False,
        reason: str = "",
    ) -> None:
        super().__init__(context.theme, "…", close=context.say("shell.close"))
        self._context, self._counter = context, counter
        self._invoice, self._change, self._reason = invoice_id, change_cents, reason
        self._view: InvoiceView | None = None
        context.settled.connect(self._settled)
        context.print_changed.connect(lambda _change: context.spawn(self._look_at_papers()))
        self._asking = False
        self._doubts: frozenset[tuple[UUID, State]] = frozenset()
        context.spawn(self._begin(ask_credit=ask_credit))

    async def _begin(self, *, ask_credit: bool) -> None:
        await self.load()
        if ask_credit and self._may_correct():
            await self._credit_form()

    def _may_correct(self) -> bool:
        return self._view is not None and self._view.kind is Kind.SALE and self._context.may(Permission.CREDIT)

    def _settled(self, told: object) -> None:
        if getattr(told, "invoice_id", None) == self._invoice:
            self._context.spawn(self.load())

    async def _look_at_papers(self) -> None:
        """Whether a paper came into doubt, or out of it, since they were shown."""
        papers = await self._context.read(printed_papers, self._invoice)
        if self._view is not None and _doubts(papers) != self._doubts:
            await self.load()

    async def load(self) -> None:
        """Reads the document anew and shows it."""
        view = await self._context.read(show_invoice, self._invoice)
        known = (await self._context.read(confirmations, [self._invoice])).get(self._invoice)
        document = await self._context.read(receipt_document, self._invoice)
        self._view = view
        self._show(view, known)
        papers = await self._context.read(printed_papers, self._invoice)
        self._doubts = _doubts(papers)
        for one in papers:
            if one.state in _DOUBTFUL:
                self.body.addWidget(PaperQuestion(self._context, one, self._answer))
        paper = PaperView(self._context.theme.font(mono=True).family(), 0.5)
        profile = PROFILES["epson-tm-80"]
        printer = self._counter.printers.printer
        if printer is not None:
            profile = PROFILES[printer.profile]
        paper.set_grid(layout(document, profile.paper))
        self.body.addWidget(paper)

    def _answer(self, job_id: UUID, printed: bool | None) -> None:
        self._context.spawn(self._answered(job_id, printed))

    async def _answered(self, job_id: UUID, printed: bool | None) -> None:
        """What a person said of a paper; printing goes on with it."""
        try:
            if printed is None:
                await self._context.write(retry_print, job_id)
            else:
                await self._context.write(answer_print, job_id, printed)
        except PultError as error:
            self._context.show_error(error)
        self._counter.printers.wake()
        await self.load()

    def _show(self, view: InvoiceView, known: Confirmation | None) -> None:
        theme, say, money = self._theme, self._context.say, self._context.texts.money
        kind = say("sales.receipt.credit_note" if view.kind is Kind.CREDIT_NOTE else "sales.receipt.invoice")
        self.set_title(
            f"{kind} {view.number}", f"{self._context.texts.day(view.wall_time.date())} {view.wall_time:%H:%M}"
        )
        clear(self.body)
        if self._change:
            self.body.addWidget(label(theme, say("sales.issued.change", cents=money(self._change)), 28, strong=True))
        fact = say("sales.issued.paid", cents=money(view.total_cents))
        if not view.subject:
            self.body.addWidget(Note(theme, "info", fact, say("sales.issued.not_subject")))
        elif known is None or known.status is Status.PENDING:
            until = self._context.texts.show(known.submit_before) if known is not None and known.submit_before else ""
            self.body.addWidget(Note(theme, "warning", fact, say("sales.issued.pending", until=until)))
        elif known.status is Status.REFUSED:
            key = f"fiscal.answer.{(known.code or '').upper()}"
            words = say(key) if self._context.texts.has(key) else str(known.message or known.code)
            self.body.addWidget(Note(theme, "danger", fact, words))
        else:
            self.body.addWidget(Note(theme, "success", fact, say("sales.issued.confirmed")))
        if not self._asking:  # a question that somebody is answering stays as it is
            self._show_actions()

    def _show_actions(self) -> None:
        """What can be done with the document."""
        theme, say = self._theme, self._context.say
        self._asking = False
        clear(self.foot)
        again = Button(theme, say("sales.issued.print"), icon="printer", key="F12")
        again.clicked.connect(lambda: self._context.spawn(self._print()))
        self.foot.addWidget(again)
        if self._may_correct():
            means = Button(theme, say("sales.issued.means"))
            means.clicked.connect(self._ask_means)
            credit = Button(theme, say("sales.issued.credit"), "danger", icon="receipt-refund")
            credit.clicked.connect(self._ask_credit)
            self.foot.addWidget(means)
            self.foot.addWidget(credit)

    async def _print(self) -> None:
        copy = await self._counter.print_again(self._context.person, self._invoice)
        words = self._context.say("sales.issued.copy", n=copy) if copy else self._context.say("sales.issued.original")
        self._context.said.emit(words, "info")

    def _ask_credit(self) -> None:
        """The reason, then the credit note of everything that is left."""
        self._context.spawn(self._credit_form())

    async def _credit_form(self) -> None:
        say = self._context.say
        assert self._view is not None
        taken = await self._context.read(credited_quantities, self._invoice)
        if all(taken.get(one.line.id, 0) == one.line.quantity for one in self._view.lines):
            self._context.said.emit(say("sales.refused.all_credited"), "warning")
            return
        self._ask()
        counts: dict[UUID, Field] = {}
        for one in self._view.lines:
            left = one.line.quantity - taken.get(one.line.id, 0)
            if left:
                shown = self._context.texts.quantity(left)
                counts[one.line.id] = text_field(self._theme, "quantity", one.line.name, shown)
                self.foot.addWidget(counts[one.line.id])
        field = text_field(self._theme, "reason", say("sales.issued.credit_reason"), self._reason)
        self.foot.addWidget(field)
        words = say("sales.issued.credit_do", cents=self._context.texts.money(self._view.total_cents))
        go = Button(self._theme, words, "danger_filled", size="primary")
        self.foot.addWidget(go)

        async def credit() -> None:
            try:
                quantities = {line: _thousandths(count) for line, count in counts.items()}
                request = Credit(self._invoice, text_of(field), quantities)
                issued = await self._counter.credit(self._context.person, request)
            except PultError as error:
                self._context.show_in_form(error, [field, *counts.values()])
                return
            self.corrected.emit(issued)

        go.clicked.connect(lambda: self._context.spawn(credit()))
        self._add_cancel()
        (go if self._reason else field.editor).setFocus()

    def _ask(self) -> None:
        """A question takes the place of the actions, until it is answered or left."""
        self._asking = True
        clear(self.foot)

    def _add_cancel(self) -> None:
        cancel = Button(self._theme, self._context.say("shell.cancel"))
        cancel.clicked.connect(self._show_actions)
        self.foot.addWidget(cancel)

    def _ask_means(self) -> None:
        """The right means of payment: a credit note and a new receipt in one step."""
        self._ask()
        say = self._context.say
        choices: list[tuple[str, object]] = [
            (say(f"sales.means.{one.value}"), one) for one in (Means.CASH, Means.CARD, Means.TRANSFER)
        ]
        means = choice_field(self._theme, "payments", say("sales.issued.right_means"), choices)
        reason = text_field(self._theme, "reason", say("sales.checkout.reason"), say("sales.issued.means_reason"))
        self.foot.addWidget(means)
        self.foot.addWidget(reason)
        go = Button(self._theme, say("sales.issued.means_do"), "primary", size="primary")
        self.foot.addWidget(go)

        async def change() -> None:
            assert self._view is not None
            chosen = choice_of(means)
            assert isinstance(chosen, Means)
            try:
                both = await self._counter.change_means(
                    self._context.person, self._invoice, (Paid(chosen, self._view.total_cents),), text_of(reason)
                )
            except PultError as error:
                self._context.show_in_form(error, [means, reason])
                return
            self.corrected.emit(both.invoice)

        go.clicked.connect(lambda: self._context.spawn(change()))
        self._add_cancel()


def _doubts(papers: Sequence[Paper]) -> frozenset[tuple[UUID, State]]:
    return frozenset((one.job_id, one.state) for one in papers if one.state in _DOUBTFUL)


def _thousandths(field: Field) -> int:
    """A typed quantity; raises `InvalidInput` at its field for what is none."""
    typed = text_of(field).strip().replace(",", ".") or "0"
    try:
        return round(float(typed) * 1000)
    except ValueError:
        raise InvalidInput("quantity", "entry.not_whole") from None
