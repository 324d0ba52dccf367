"""The papers of the till: X report and day close, as printable documents."""

from __future__ import annotations

from collections.abc import Iterator

from desktop.sales.closing import Closed, TillReport
from desktop.texts import Texts
from printing.document import Banner, Block, Cut, Document, Row, Rule, Text


def x_paper(report: TillReport, texts: Texts, *, practice: bool) -> Document:
    """The X report: a reading, no close."""
    title = texts.say("sales.report.x_title")
    return Document((*_frame(title, practice, texts), *_report(report, texts), Cut()), title, texts.language)


def z_paper(closed: Closed, texts: Texts, *, practice: bool) -> Document:
    """The day close with what was counted."""
    title = texts.say("sales.report.z_title", number=closed.z_number)
    blocks = (*_frame(title, practice, texts), *_report(closed.report, texts), Rule(), *_count(closed, texts), Cut())
    return Document(blocks, title, texts.language)


def _frame(title: str, practice: bool, texts: Texts) -> Iterator[Block]:
    if practice:
        yield Banner(texts.say("sales.receipt.practice"))
    yield Text(title, align="centre", bold=True, high=2)
    yield Rule()


def _report(report: TillReport, texts: Texts) -> Iterator[Block]:
    def say(name: str) -> str:
        return texts.say(f"sales.report.{name}")

    yield Row(say("business_day"), texts.day(report.business_day))
    yield Row(say("invoices"), str(report.invoices))
    yield Row(say("credit_notes"), str(report.credit_notes))
    if report.first_number:
        yield Row(say("numbers"), f"{report.first_number} … {report.last_number}")
    yield Rule()
    yield Row(say("turnover"), texts.money(report.turnover_cents, unit=False), bold=True)
    for vat in report.vat:
        label = texts.rate(vat.rate) if vat.rate else texts.say("sales.receipt.exempt")
        yield Row(f"{say('vat')} {label}", texts.money(vat.gross_cents, unit=False))
        if vat.tax_cents:
            net, tax = (texts.money(cents, unit=False) for cents in (vat.net_cents, vat.tax_cents))
            yield Row(f"{net} + {tax}", indent=2)
    yield Rule()
    yield Text(say("means"), bold=True)
    for means, cents in report.means.items():
        yield Row(texts.say(f"sales.means.{means}"), texts.money(cents, unit=False))
    for person in report.people:
        yield Row(f"{person.mark} ({person.count})", texts.money(person.cents, unit=False))
    for means, cents in report.tips.items():
        yield Row(f"{say('tips')}: {texts.say(f'sales.means.{means}')}", texts.money(cents, unit=False))
    yield Rule()
    yield Text(say("cash"), bold=True)
    for kind, cents in report.cash.items():
        yield Row(say(f"cash_{kind}"), texts.money(cents, unit=False))
    yield Row(say("expected"), texts.money(report.cash_cents, unit=False), bold=True)


def _count(closed: Closed, texts: Texts) -> Iterator[Block]:
    for name, cents in (
        ("counted", closed.counted_cents),
        ("difference", closed.difference_cents),
        ("left", closed.left_cents),
    ):
        yield Row(texts.say(f"sales.report.{name}"), texts.money(cents, unit=False))
    if closed.reason:
        yield Text(texts.say("sales.report.reason", reason=closed.reason))
    yield Row(texts.say("sales.report.by"), closed.member_name)
