"""The counter: runs the use cases that issue documents and lets everything follow that must follow a commit.

After the commit, and only then: the drawer opens, the receipt is tried at the authority ahead of any backlog, and whatever
comes of it (confirmation, refusal, silence) releases the held paper. None of it holds up the desk; closing waits for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from desktop.access import SYSTEM, Actor
from desktop.action import Action
from desktop.database.database import Database
from desktop.database.secrets import SecretStore
from desktop.errors import Environment
from desktop.ids import new_id
from desktop.sales.bills import discard_empty_bills
from desktop.sales.check_out import CheckOut, check_out
from desktop.sales.credit import Corrected, Credit, change_payment_means, issue_credit_note
from desktop.sales.issuing import Issued, Paid
from desktop.sales.printing_out import held_receipts, release_receipt, reprint
from desktop.services.fiscal import FiscalService, Step, ignore_step
from desktop.services.printers import PrintService
from fiscal.port import Confirmation, FiscalRegister, Means
from printing.spool import kick_drawer
from printing.spooler import Found, SpoolChange

R = TypeVar("R")
_Issuing = Callable[[Session, Action, R, FiscalRegister, str], Issued]
_log = logging.getLogger(__name__)
_DRAWER_WAIT = timedelta(seconds=5)


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of an issued document: the authority's word, or None where it is not asked or there is no line."""

    invoice_id: UUID
    confirmation: Confirmation | None


class Counter:
    """Everything behind one desk. `on_settled`, `on_fiscal` and `on_print` are called on the loop's thread."""

    def __init__(
        self,
        database: Database,
        secrets: SecretStore,
        *,
        on_settled: Callable[[Settled], None],
        on_fiscal: Callable[[Confirmation | None], None],
        on_print: Callable[[SpoolChange], None],
        watch: Callable[[Step], None] | None = None,
    ) -> None:
        self._database = database
        self.fiscal = FiscalService(database, secrets, on_fiscal, watch or ignore_step)
        self.printers = PrintService(database, on_print)
        self._on_settled = on_settled
        self._following: set[asyncio.Task[None]] = set()

    async def start(self) -> Found:
        """Starts both services; what the spool found in doubt comes back to be asked about."""
        await self._database.write(SYSTEM, discard_empty_bills)
        found = await self.printers.start()
        await self.fiscal.start()
        return found

    async def shutdown(self) -> None:
        """Ends what follows the last sales (a few seconds at most), then the services."""
        if self._following:
            await asyncio.wait(self._following, timeout=8)
        for task in self._following:
            task.cancel()
        await asyncio.gather(*self._following, return_exceptions=True)
        try:
            await self._database.write(SYSTEM, discard_empty_bills)
        except Environment:
            _log.warning("empty bills stay until the next start", exc_info=True)
        await self.fiscal.shutdown()
        await self.printers.shutdown()

    async def charge(self, actor: Actor, request: CheckOut, *, printed: bool = True) -> Issued:
        """Charges a bill; durable when this returns. The drawer opens for cash, the paper follows."""
        issued = await self._issue(actor, check_out, request, printed=printed)
        if any(paid.means is Means.CASH for paid in request.payments):
            self._follow(self._open_drawer(issued.id))
        return issued

    async def credit(self, actor: Actor, request: Credit, *, printed: bool = True) -> Issued:
        """Issues a credit note."""
        return await self._issue(actor, issue_credit_note, request, printed=printed)

    async def change_means(self, actor: Actor, invoice_id: UUID, payments: tuple[Paid, ...], reason: str) -> Corrected:
        """Sets a wrong means of payment right: a credit note and a new receipt."""
        corrected = await self._database.write(
            actor, change_payment_means, invoice_id, payments, reason, self.fiscal.register, self.printers.name
        )
        for issued in (corrected.credit_note, corrected.invoice):
            self._follow(self._settle(issued))
        return corrected

    async def print_again(self, actor: Actor, invoice_id: UUID) -> int:
        """Queues a further paper; returns its number: 0 for an original that was never printed, n for KOPIJA n."""
        queued = await self._database.write(actor, reprint, invoice_id, self.printers.name)
        self.printers.wake()
        return queued.copy

    async def release_held(self) -> int:
        """Releases papers that an earlier run left held, after trying the authority once more; how many they were."""
        held = await self._database.read(SYSTEM, held_receipts)
        for invoice_id in held:
            await self.fiscal.submit_now(invoice_id)
            await self._database.write(SYSTEM, release_receipt, invoice_id)
        self.printers.wake()
        return len(held)

    async def open_drawer(self) -> None:
        """Kicks the drawer without a sale; the caller has recorded why."""
        await self._open_drawer(new_id())

    async def settled(self, seconds: float = 10.0) -> bool:
        """Waits until what follows the sales so far is done and printed, at most so long."""
        if self._following:
            _, waiting = await asyncio.wait(set(self._following), timeout=seconds)
            if waiting:
                return False
        return await self.printers.settled(seconds)

    async def _issue(self, actor: Actor, use_case: _Issuing[R], request: R, *, printed: bool) -> Issued:
        printer = self.printers.name if printed else ""
        issued = await self._database.write(actor, use_case, request, self.fiscal.register, printer)
        self._follow(self._settle(issued))
        return issued

    async def _settle(self, issued: Issued) -> None:
        confirmation = await self.fiscal.submit_now(issued.id) if issued.subject else None
        if issued.print_job is not None:
            await self._database.write(SYSTEM, release_receipt, issued.id)
            self.printers.wake()
        self._on_settled(Settled(issued.id, confirmation))

    async def _open_drawer(self, subject: UUID) -> None:
        entry = self.printers.printer
        if entry is None or entry.drawer_pin == 0:
            return
        now = self._database.clock.now()

        def kick(session: Session, action: Action) -> None:
            kick_drawer(
                session.connection(),
                job_id=new_id(),
                printer=self.printers.name,
                subject=subject,
                now=now,
                expires_at=now + _DRAWER_WAIT,
            )

        await self._database.write(SYSTEM, kick)
        self.printers.wake()

    def _follow(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._following.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._following.discard(task)
        if not task.cancelled() and task.exception() is not None:
            _log.error("what follows a sale failed", exc_info=task.exception())
