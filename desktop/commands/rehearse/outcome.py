"""What a rehearsal leaves: ``summary.json`` and every receipt as text, as a picture and as the bytes that the printer got.

A summary lists what was issued since the last summary of the same data directory: after a crash also what the dead run had
issued. A mark in the data directory remembers how far that is; it is written last.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from importlib import resources
from pathlib import Path
from uuid import UUID

from desktop.access import Actor
from desktop.database.database import Database
from desktop.database.place import Place, write_durably
from desktop.register.fiscal_line import fiscal_backlog
from desktop.register.printers import PrinterEntry
from desktop.register.series import list_series
from desktop.sales.closing import Closed
from desktop.sales.invoices import InvoiceSummary, list_invoices, show_invoice
from desktop.sales.printing_out import confirmations, printed_papers, receipt_document
from desktop.services.printers import printer_config
from printing.png import PngPainter
from printing.rendering import render
from printing.text import to_text

MARK = "rehearsed.json"


def write_outcome(
    database: Database,
    owner: Actor,
    place: Place,
    closed: Closed,
    printer: PrinterEntry,
    out: Path,
    shared: Mapping[str, object] | None = None,
) -> None:
    """Writes the summary and the papers into `out`, which is made; `shared`: how the sharing stood at the end.

    Lists what this desk issued. Blocks. Raises `OSError` where it cannot be written.
    """
    papers = out / "receipts"
    papers.mkdir(parents=True, exist_ok=True)
    own = tuple(f"{one.premise}-{one.device}-" for one in database.read_now(owner, list_series))
    since = _since_last(database, owner, _read_mark(place))
    issued = [one for one in reversed(list(since)) if one.number.startswith(own)]  # not what other desks issued
    invoices = [_invoice(database, owner, one) for one in issued]
    summary: dict[str, object] = {
        "invoices": invoices,
        "day_close": _close(closed),
        "pending": [one["number"] for one in invoices if one["subject_to_verification"] and one["eor"] is None]
        + _older_pending(database, owner, {one.id for one in issued}),
    }
    if shared is not None:
        summary["sharing"] = dict(shared)
    with resources.as_file(resources.files("resources") / "fonts") as fonts:
        painter = PngPainter(fonts / "DejaVuSansMono.ttf", fonts / "DejaVuSansMono-Bold.ttf")
        for one in issued:
            _write_paper(database, owner, one, printer, painter, papers)
    text = json.dumps(summary, ensure_ascii=False, indent=2) + "\n"
    (out / "summary.json").write_text(text, encoding="utf-8")
    if issued:
        write_durably(place.directory / MARK, json.dumps({"last": issued[-1].id.hex}).encode())


def _read_mark(place: Place) -> UUID | None:
    """The last document that a summary has listed; None before the first one."""
    file = place.directory / MARK
    return UUID(json.loads(file.read_bytes())["last"]) if file.is_file() else None


def _since_last(database: Database, owner: Actor, last: UUID | None) -> Iterator[InvoiceSummary]:
    """Issued documents behind the mark, the newest first."""
    before: UUID | None = None
    while page := database.read_now(owner, list_invoices, before=before):
        for one in page:
            if last is not None and one.id <= last:
                return
            yield one
        before = page[-1].id


def _invoice(database: Database, owner: Actor, one: InvoiceSummary) -> dict[str, object]:
    view = database.read_now(owner, show_invoice, one.id)
    known = database.read_now(owner, confirmations, [one.id]).get(one.id)
    return {
        "number": view.number,
        "issued_at": view.wall_time.isoformat(timespec="seconds"),
        "total_cents": view.total_cents,
        "kind": view.kind.value,
        "subject_to_verification": view.subject,
        "zoi": view.protection,
        "eor": known.confirmation if known is not None else None,
    }


def _older_pending(database: Database, owner: Actor, listed: set[UUID]) -> list[str]:
    """Numbers of earlier runs that still wait for the authority."""
    waiting = database.read_now(owner, fiscal_backlog).documents
    older = [one.document_id for one in waiting if one.document_id not in listed]
    return [database.read_now(owner, show_invoice, identity).number for identity in older]


def _close(closed: Closed) -> dict[str, object]:
    report = closed.report
    return {
        "z_number": closed.z_number,
        "business_day": closed.business_day.isoformat(),
        "closed_at": closed.closed_at.isoformat(timespec="seconds"),
        "expected_cents": closed.expected_cents,
        "counted_cents": closed.counted_cents,
        "difference_cents": closed.difference_cents,
        "left_cents": closed.left_cents,
        "turnover_cents": report.turnover_cents,
        "invoices": report.invoices,
        "credit_notes": report.credit_notes,
        "first_number": report.first_number,
        "last_number": report.last_number,
        "means": dict(report.means),
        "tips": dict(report.tips),
    }


def _write_paper(
    database: Database, owner: Actor, one: InvoiceSummary, printer: PrinterEntry, painter: PngPainter, folder: Path
) -> None:
    """The original as it was queued for the printer; copies follow as ``<number>.copy<n>``."""
    papers = database.read_now(owner, printed_papers, one.id)
    documents = {paper.copy: paper.document for paper in papers if paper.document is not None}
    if 0 not in documents:  # still held, or sold without a printer
        documents[0] = database.read_now(owner, receipt_document, one.id)
    profile = printer_config(printer).profile
    for copy, document in documents.items():
        rendered = render(document, profile)
        name = f"{one.number}.copy{copy}" if copy else one.number
        (folder / f"{name}.txt").write_text(to_text(rendered.grid), encoding="utf-8")
        (folder / f"{name}.png").write_bytes(painter.paint(rendered.grid))
        (folder / f"{name}.bin").write_bytes(rendered.data)
