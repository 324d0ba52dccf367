"""Papers of issued documents: releasing the held original once the authority has spoken, reprints, and the day's reports.

A held job waits for the answer of the authority; confirmation, refusal or the end of the wait release it. The original is
unmarked, also when it is printed late; every further paper is KOPIJA n (ZDavPR art. 6(5)).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.database.ledger import append
from desktop.errors import Refused
from desktop.ids import new_id
from desktop.sales.invoices import InvoiceView, show_invoice
from desktop.sales.issuing import RECEIPT
from desktop.sales.model import Invoice, ReceiptCopy
from desktop.sales.receipt import receipt
from fiscal.journal import confirmation_of
from fiscal.port import Confirmation
from printing import spool
from printing.document import Document


@dataclass(frozen=True, slots=True)
class Reprint:
    """A queued paper: `copy` 0 is the original, n is KOPIJA n."""

    job_id: UUID
    copy: int


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper of a document in the spool: `copy` 0 is the original; `document` None while it is held."""

    job_id: UUID
    copy: int
    state: spool.State
    document: Document | None


def receipt_document(session: Session, action: Action, invoice_id: UUID, copy: int = 0) -> Document:
    """The receipt of a document as it prints now, with the confirmation if there is one by now."""
    invoice = show_invoice(session, action, invoice_id)
    return receipt(invoice, confirmation(session, invoice), copy)


def confirmation(session: Session, invoice: InvoiceView) -> Confirmation | None:
    """What the authority said of a document; None where it is not asked."""
    if not invoice.subject:
        return None
    return confirmation_of(session.connection(), [invoice.id]).get(invoice.id)


def confirmations(session: Session, action: Action, invoice_ids: Sequence[UUID]) -> dict[UUID, Confirmation]:
    """What the authority said of up to 256 documents; those it is not asked about are left out."""
    return dict(confirmation_of(session.connection(), list(invoice_ids[:256])))


def release_receipt(session: Session, action: Action, invoice_id: UUID) -> bool:
    """Renders and queues the held original of a document; False when nothing of it is held any more."""
    invoice = show_invoice(session, action, invoice_id)
    if invoice.print_job is None:
        return False
    connection = session.connection()
    held = spool.job(connection, invoice.print_job)
    if held is None or held.state is not spool.State.HELD:
        return False
    document = receipt(invoice, confirmation(session, invoice))
    return spool.release(connection, job_id=invoice.print_job, document=document, now=action.now)


def held_receipts(session: Session, action: Action) -> list[UUID]:
    """Documents whose original is held: they are asked about at start."""
    return [job.subject for job in spool.held(session.connection()) if job.kind == RECEIPT]


def reprint(session: Session, action: Action, invoice_id: UUID, printer: str) -> Reprint:
    """Queues a further paper. The first paper of a document that was issued without one is the original.

    Raises `Refused` ``sales.no_invoice``, ``sales.no_printer``, ``sales.still_held`` while the original waits.
    """
    action.actor.require(Permission.CHARGE)
    if not printer:
        raise Refused("sales.no_printer")
    invoice = show_invoice(session, action, invoice_id)
    connection = session.connection()
    if invoice.print_job is not None:
        original = spool.job(connection, invoice.print_job)
        if original is not None and original.state is spool.State.HELD:
            raise Refused("sales.still_held")
    first = 1 if invoice.print_job is not None else 0
    last = session.execute(select(func.max(ReceiptCopy.n)).where(ReceiptCopy.invoice_id == invoice_id)).scalar()
    copy = first if last is None else last + 1
    job = new_id()
    append(
        session,
        ReceiptCopy,
        [
            {
                "shop_id": action.desk.shop,
                "invoice_id": invoice_id,
                "n": copy,
                "at": action.now,
                "member_id": action.actor.id,
                "job_id": job,
            }
        ],
    )
    document = receipt(invoice, confirmation(session, invoice), copy)
    spool.enqueue(
        connection,
        job_id=job,
        printer=printer,
        kind=RECEIPT,
        subject=invoice_id,
        document=document,
        now=action.now,
        copy_no=copy,
    )
    return Reprint(job, copy)


def answer_print(session: Session, action: Action, job_id: UUID, printed: bool) -> Reprint | None:
    """The answer to "did it print?": yes settles the job; no prints the original again, logged by the spool."""
    action.actor.require(Permission.CHARGE)
    connection = session.connection()
    job = spool.job(connection, job_id)
    if job is None or not spool.answer_unknown(connection, job_id, printed, action.now):
        raise Refused("sales.no_question")
    return None if printed else Reprint(job_id, job.copy_no)


def retry_print(session: Session, action: Action, job_id: UUID) -> Reprint:
    """Sends a paper again of which nothing was printed. Raises `Refused` ``sales.no_question`` when that is not so (any more)."""
    action.actor.require(Permission.CHARGE)
    connection = session.connection()
    job = spool.job(connection, job_id)
    if job is None or not spool.retry(connection, job_id, action.now):
        raise Refused("sales.no_question")
    return Reprint(job_id, job.copy_no)


def doubtful_receipts(session: Session, action: Action) -> list[UUID]:
    """Documents of which nobody knows whether their paper was printed, the oldest first: a person is asked."""
    jobs = spool.jobs(session.connection(), states={spool.State.UNKNOWN})
    return list(dict.fromkeys(job.subject for job in jobs if job.kind == RECEIPT))


def print_document(session: Session, action: Action, document: Document, kind: str, printer: str) -> UUID:
    """Queues a report or slip for a printer, as often as it is asked for. Raises `Refused` ``sales.no_printer``."""
    if not printer:
        raise Refused("sales.no_printer")
    job = new_id()
    spool.enqueue(
        session.connection(),
        job_id=job,
        printer=printer,
        kind=kind,
        subject=job,  # its own: each paper says what was so when it was asked for
        document=document,
        now=action.now,
    )
    return job


def last_invoice(session: Session, action: Action) -> UUID | None:
    """The last document of this shop, for "print again"."""
    query = select(Invoice.id).where(Invoice.shop_id == action.desk.shop).order_by(Invoice.id.desc()).limit(1)
    return session.execute(query).scalar()


def printed_papers(session: Session, action: Action, invoice_id: UUID) -> list[Paper]:
    """The papers of an issued document as they stand in the spool, the original first; a held one has no document yet."""
    papers = spool.jobs_of(session.connection(), invoice_id)
    return [Paper(job.id, job.copy_no, job.state, job.document) for job in papers if job.kind == RECEIPT]
