"""The play: one working day from the opening to the close, through the use cases and the counter that the screen uses."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from random import Random
from uuid import UUID

from desktop.appointments.booking import BookedVisit, book_visit
from desktop.appointments.day import day_view
from desktop.appointments.entries import ItemEntry, ShownVisit, VisitEntry
from desktop.appointments.moving import move_visit
from desktop.appointments.progress import next_step
from desktop.clock import to_local
from desktop.commands.rehearse.paying import buyer_of, payments
from desktop.commands.rehearse.set_up import Customer, Salon
from desktop.commands.rehearse.wishes import CUT, Wish, of_visits, without_visit
from desktop.database.database import Database
from desktop.database.door import Changes
from desktop.database.secrets import SecretStore
from desktop.errors import PultError, Refused, TemporaryFault
from desktop.register.till import move_cash, open_drawer, open_till, till_state
from desktop.sales.bills import add_line, discard_bill, open_bill, set_discount, take_over_bill
from desktop.sales.check_out import CheckOut
from desktop.sales.closing import Closed, close_day, x_report
from desktop.sales.credit import Credit
from desktop.sales.from_visit import open_bill_for_visit
from desktop.sales.invoices import show_invoice
from desktop.sales.issuing import RECEIPT, Issued, Paid, Tipped
from desktop.sales.items import line_of_item
from desktop.sales.open_bills import BillView, list_open_bills
from desktop.sales.pricing import Discount
from desktop.sales.printing_out import answer_print, print_document
from desktop.sales.till_paper import x_paper, z_paper
from desktop.services.counter import Counter, Settled
from desktop.services.fiscal import Step
from desktop.texts import Texts
from fiscal.port import Confirmation, Means
from printing.spool import State
from printing.spooler import Found, SpoolChange

FLOAT = 200_00
PREMISE_TRIES = 3
PREMISE_SECONDS = 5.0
ARRIVED, IN_SERVICE = "arrived", "in_service"
QUARTER = timedelta(minutes=15)
_ISSUING = frozenset({"sales.check_out", "sales.issue_credit_note", "sales.change_payment_means"})
_ENDED = frozenset({State.PRINTED, State.HANDED_OVER, State.UNKNOWN, State.FAILED})


class Mark(StrEnum):
    """How far a sale has come; who follows the play is told each of them."""

    CHARGING = "charging"
    COMMITTED = "committed"
    SUBMITTING = Step.SUBMITTING.value
    ANSWERED = Step.ANSWERED.value
    PRINTING = "printing"
    SETTLED = "settled"


Follow = Callable[[Mark], None]


@dataclass
class Play:
    """One rehearsed day on an open practice database. `problems` collects what the world refused without stopping the day."""

    database: Database
    secrets: SecretStore
    salon: Salon
    chance: Random
    follow: Follow
    problems: list[PultError] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._waiting: dict[UUID, asyncio.Event] = {}
        self._papers = 0
        self._premise_tries, self._premise_sent = 0, False
        self._free: dict[UUID, datetime] = {}
        self.counter = Counter(
            self.database,
            self.secrets,
            on_settled=self._settled,
            on_fiscal=_nothing,
            on_print=self._printed,
            watch=lambda step: self.follow(Mark(step.value)),
        )

    async def run(self, visits: int) -> Closed:
        """Plays the day; returns its close. What an earlier run left is put in order first."""
        unsubscribe = self.database.subscribe(self._changed)
        found = await self.counter.start()
        try:
            await self._register_premise()
            await self._clear_up(found)
            await self.database.write(self.salon.reception, open_till, FLOAT)
            await self._finish_left()
            await self._trade(visits)
            return await self._close()
        finally:
            await self.counter.shutdown()
            unsubscribe()

    # Before the opening

    async def _register_premise(self) -> None:
        """Sends the premise, at each start; an authority that does not answer or refuses it stops nobody.

        It is tried again at the next sales, because receipts of an unknown premise are refused; then what waits is sent.
        """
        if self._premise_sent or self._premise_tries == PREMISE_TRIES:
            return
        self._premise_tries += 1
        try:
            async with asyncio.timeout(PREMISE_SECONDS):
                await self.counter.fiscal.register_premise()
        except TimeoutError:
            self.problems.append(TemporaryFault("fiscal.unreachable", reason="timeout"))
            return
        except (Refused, TemporaryFault) as error:
            self.problems.append(error)
            return
        self._premise_sent = True
        if self._premise_tries > 1:
            await self.counter.fiscal.retry_pending()

    async def _clear_up(self, found: Found) -> None:
        """Releases held papers, prints doubtful ones again as copies, and closes a till that was left open."""
        await self.counter.release_held()
        for job in found.unknown:
            await self.database.write(self.salon.reception, answer_print, job.id, True)
            if job.kind == RECEIPT:
                await self.counter.print_again(self.salon.reception, job.subject)
        state = await self.database.read(self.salon.reception, till_state)
        if state.open is not None:
            await self._count_and_close()

    async def _finish_left(self) -> None:
        """Charges the bills and serves the visits that a crash left."""
        reception = self.salon.reception
        for left in await self.database.read(reception, list_open_bills):
            if left.total_cents:
                bill = await self.database.write(reception, take_over_bill, left.id)
                await self._charge(bill, Wish(()))
            else:
                await self.database.write(reception, discard_bill, left.id)
        today = to_local(self.database.clock.now(), self.database.desk.zone).date()
        view = await self.database.read(reception, day_view, today)
        visits = {block.visit_id: block.status for column in view.columns for block in column.blocks}
        for visit_id, status in visits.items():
            if status.value == ARRIVED:
                await self.database.write(reception, next_step, visit_id)
            if status.value in (ARRIVED, IN_SERVICE):
                await self._finish_visit(visit_id)

    async def _finish_visit(self, visit_id: UUID) -> None:
        """Charges a visit that a crash left; one that was charged already only ends."""
        try:
            await self._charge_visit(visit_id, Wish(()))
        except Refused as refusal:
            if refusal.code != "sales.visit_charged":
                raise
            await self.database.write(self.salon.reception, next_step, visit_id)

    # The day

    async def _trade(self, visits: int) -> None:
        owner, reception = self.salon.owner, self.salon.reception
        wishes = list(of_visits(visits, self.chance))
        booked = [await self._book(wish) for wish in wishes]
        moved = [await self._move(visit) for visit in booked]
        issued = [await self._serve(visit, wish) for visit, wish in zip(moved, wishes, strict=True)]
        for wish in without_visit(visits):
            issued.append(await self._sell(wish))
        await self.database.write(reception, move_cash, 50_00, "menjalni denar")
        await self.database.write(reception, move_cash, -20_00, "čistilo")
        await self.database.write(owner, open_drawer, "menjava bankovca")
        await self.counter.print_again(reception, issued[0].id)
        invoice = await self.database.read(owner, show_invoice, issued[0].id)
        credited = {invoice.lines[-1].line.id: invoice.lines[-1].line.quantity}
        credit = Credit(issued[0].id, "vrnjeno blago", credited)
        await self._until_settled(lambda: self.counter.credit(owner, credit))
        await self._change_means(issued[-1])

    async def _change_means(self, issued: Issued) -> None:
        """The cashier took a card for another means: a credit note and a new receipt."""
        means = (Paid(Means.CARD, issued.total_cents),)
        corrected = await self.counter.change_means(self.salon.owner, issued.id, means, "napačno plačilno sredstvo")
        for document in (corrected.credit_note, corrected.invoice):
            await self._event(document.id).wait()

    async def _book(self, wish: Wish) -> ShownVisit:
        names = wish.services or (CUT,)
        first = self._next_quarter()
        person = min(self.salon.practitioners, key=lambda one: self._free.get(one.id, first))
        items = []
        for name in names:
            service = self.salon.services[name]
            entry = service.entry
            items.append(
                ItemEntry(
                    entry.name,
                    person.id,
                    service.duration_of(person.id),
                    service.price_of(person.id),
                    service.id,
                    buffer_before_min=entry.buffer_before,
                    buffer_after_min=entry.buffer_after,
                )
            )
        customer = self._customer(wish)
        start = self._free.get(person.id, first)
        booked = await self._placed(
            start,
            lambda wall: self.database.write(
                self.salon.reception,
                book_visit,
                VisitEntry(
                    tuple(items),
                    wall.date(),
                    wall.time().replace(fold=wall.fold),
                    customer.id if customer else None,
                ),
            ),
        )
        self._free[person.id] = booked.ends_at + 2 * QUARTER
        return booked

    async def _move(self, visit: ShownVisit) -> ShownVisit:
        """The customer asks for a quarter of an hour later."""
        return await self._placed(
            visit.starts_at + QUARTER,
            lambda wall: self.database.write(
                self.salon.reception, move_visit, visit.id, wall.date(), wall.time().replace(fold=wall.fold)
            ),
        )

    async def _serve(self, visit: ShownVisit, wish: Wish) -> Issued:
        for _ in ("arrived", "in service"):
            await self.database.write(self.salon.reception, next_step, visit.id)
        return await self._charge_visit(visit.id, wish)

    async def _charge_visit(self, visit_id: UUID, wish: Wish) -> Issued:
        bill = await self.database.write(self.salon.reception, open_bill_for_visit, visit_id)
        issued = await self._charge(await self._add(bill, (("product", name) for name in wish.products)), wish)
        await self.database.write(self.salon.reception, next_step, visit_id)
        return issued

    async def _sell(self, wish: Wish) -> Issued:
        customer = self._customer(wish)
        bill = await self.database.write(
            self.salon.reception,
            open_bill,
            customer_id=customer.id if customer else None,
            customer_name=customer.name if customer else "",
        )
        items = [("service", name) for name in wish.services] + [("product", name) for name in wish.products]
        return await self._charge(await self._add(bill, items), wish)

    async def _add(self, bill: BillView, items: Iterable[tuple[str, str]]) -> BillView:
        reception = self.salon.reception
        for kind, name in items:
            identity = self.salon.services[name].id if kind == "service" else self.salon.products[name].id
            entry = await self.database.read(reception, line_of_item, kind, identity)
            bill = await self.database.write(reception, add_line, bill.id, entry)
        return bill

    async def _charge(self, bill: BillView, wish: Wish) -> Issued:
        reception = self.salon.reception
        if wish.line_discount:
            first = bill.priced.lines[0].line.id
            discount = Discount(wish.line_discount, reason="zvesta stranka")
            bill = await self.database.write(reception, set_discount, bill.id, discount, first)
        if wish.bill_discount:
            discount = Discount(wish.bill_discount, reason="rojstni dan")
            bill = await self.database.write(reception, set_discount, bill.id, discount)
        total = bill.priced.total_cents
        tips = (Tipped(Means.CARD, wish.tip_cents),) if wish.tip_cents else ()
        request = CheckOut(bill.id, total, payments(total, wish.shares), tips, buyer_of(wish))
        return await self._until_settled(lambda: self.counter.charge(reception, request))

    # The close

    async def _close(self) -> Closed:
        await self._until_printed()
        return await self._count_and_close()

    async def _count_and_close(self) -> Closed:
        """X report, the drawer counted, the close; both papers are queued where there is a printer."""
        reception, practice = self.salon.reception, self.database.desk.practice
        report = await self.database.read(reception, x_report)
        texts = Texts("sl")
        printer = self.counter.printers.name
        x = x_paper(report, texts, practice=practice)
        await self.database.write(reception, print_document, x, "x_report", printer)
        closed = await self.database.write(reception, close_day, report.cash_cents, min(report.cash_cents, FLOAT))
        z = z_paper(closed, texts, practice=practice)
        await self.database.write(reception, print_document, z, "z_report", printer)
        self.counter.printers.wake()
        await self._until_printed()
        return closed

    # What follows a sale

    async def _until_settled(self, issue: Callable[[], Awaitable[Issued]]) -> Issued:
        """Issues, and waits as a cashier does: until the authority has spoken or the wait is over, then the paper comes.

        A day that ends under the cashier's hands is closed first, as the counter asks, and the next one opened.
        """
        await self._register_premise()
        self.follow(Mark.CHARGING)
        try:
            issued = await issue()
        except Refused as refusal:
            if refusal.code != "register.close_first":
                raise
            await self._count_and_close()
            await self.database.write(self.salon.reception, open_till, FLOAT)
            issued = await issue()
        await self._event(issued.id).wait()
        self.follow(Mark.SETTLED)
        return issued

    async def _until_printed(self) -> None:
        """Waits for the papers as long as they come; a dead printer keeps nobody."""
        before = -1
        while before != self._papers:
            before = self._papers
            if await self.counter.settled(3.0):
                return

    def _settled(self, settled: Settled) -> None:
        self._event(settled.invoice_id).set()

    def _event(self, document_id: UUID) -> asyncio.Event:
        return self._waiting.setdefault(document_id, asyncio.Event())

    def _printed(self, change: SpoolChange) -> None:
        if change.job is None:
            return
        if change.job.state is State.SENDING:
            self.follow(Mark.PRINTING)
        if change.job.state in _ENDED:
            self._papers += 1

    def _changed(self, changes: Changes) -> None:
        """On the writer's thread, right behind the commit."""
        if changes.name in _ISSUING:
            self.follow(Mark.COMMITTED)

    # Small things

    async def _placed(self, start: datetime, attempt: Callable[[datetime], Awaitable[BookedVisit]]) -> ShownVisit:
        """The place at `start`, or the nearest free one that the refusal names; `attempt` gets a wall time."""
        try:
            return (await attempt(self._wall(start))).visit
        except Refused as refusal:
            nearest = refusal.values.get("nearest")
            if not isinstance(nearest, tuple) or not nearest:
                raise
            return (await attempt(self._wall(nearest[-1].starts_at))).visit

    def _customer(self, wish: Wish) -> Customer | None:
        return {
            "": None,
            "accented": self.salon.accented,
            "control": self.salon.control,
            "other": self.chance.choice(self.salon.others),
        }[wish.who]

    def _wall(self, instant: datetime) -> datetime:
        return to_local(instant, self.database.desk.zone)

    def _next_quarter(self) -> datetime:
        now = self.database.clock.now().replace(second=0, microsecond=0)
        return now + timedelta(minutes=15 - now.minute % 15)


def _nothing(known: Confirmation | None) -> None:
    """The play looks at the journal afterwards."""
