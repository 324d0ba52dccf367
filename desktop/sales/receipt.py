"""The receipt as a printable document, built from the stored snapshot and the fiscal answer and from nothing else.

Content: ZDDV-1 art. 82 and 83, ZDavPR art. 5; the code below the ZOI: rules on the ZDavPR, art. 5 and 6; copies: ZDavPR
art. 6(5): the first paper is unmarked, every later one says KOPIJA and its number.
"""

from __future__ import annotations

from collections.abc import Iterator

from desktop.errors import Refused
from desktop.sales.invoices import InvoiceView
from desktop.texts import Texts
from fiscal.port import Confirmation, Kind, VatCategory
from printing.document import Banner, Block, Column, Cut, Document, Qr, Row, Rule, Space, Table, Text

_LETTERS = "ABCDEFGHIJ"


def receipt(invoice: InvoiceView, confirmation: Confirmation | None, copy: int = 0) -> Document:
    """The document of an issued invoice or credit note. `copy` 0 is the original, n is KOPIJA n.

    Raises `Refused` ``sales.receipt_incomplete`` with `missing` when content that the law asks for is not there.
    """
    require_content(invoice)
    texts = Texts(invoice.snapshot["language"])
    blocks = [*_blocks(invoice, confirmation, copy, texts), Cut()]
    return Document(tuple(blocks), title=invoice.number, locale=texts.language)


def require_content(invoice: InvoiceView) -> None:
    """Refuses to print what lacks a part that the law asks for (ZDDV-1 art. 83, ZDavPR art. 5)."""
    company = invoice.snapshot["company"]
    checks = {
        "issuer": bool(company["legal_name"] and company["street"] and company["town"]),
        "tax_number": bool(company["tax_number"]),
        "number": bool(invoice.premise and invoice.device and invoice.sequence > 0),
        "operator": bool(invoice.member_mark),
        "lines": bool(invoice.lines) and all(one.line.name for one in invoice.lines),
        "vat": sum(one.gross_cents for one in invoice.vat) == invoice.total_cents,
        "clause": all(
            invoice.clauses.get(one.category.value) for one in invoice.vat if one.category is VatCategory.EXEMPT
        ),
        "protection": not invoice.subject or bool(invoice.protection and invoice.code),
        "reference": invoice.kind is not Kind.CREDIT_NOTE or bool(invoice.snapshot["references"]),
    }
    missing = [name for name, there in checks.items() if not there]
    if missing:
        raise Refused("sales.receipt_incomplete", missing=", ".join(missing))


def _blocks(invoice: InvoiceView, confirmation: Confirmation | None, copy: int, texts: Texts) -> Iterator[Block]:
    if invoice.snapshot["practice"]:
        yield Banner(texts.say("sales.receipt.practice"))
    if copy:
        yield Banner(texts.say("sales.receipt.copy", n=copy))
    yield from _head(invoice, texts)
    yield Rule()
    yield from _lines(invoice, texts)
    yield Rule()
    yield from _sums(invoice, texts)
    yield Rule()
    yield from _vat(invoice, texts)
    if invoice.subject:
        yield Rule()
        yield from _fiscal(invoice, confirmation, texts)
    footer = str(invoice.snapshot["footer"])
    if footer:
        yield Space()
        for part in footer.splitlines():
            yield Text(part, align="centre")
    if invoice.snapshot["practice"]:
        yield Banner(texts.say("sales.receipt.practice"))


def _head(invoice: InvoiceView, texts: Texts) -> Iterator[Block]:
    company = invoice.snapshot["company"]
    yield Text(company["name"], align="centre", bold=True, high=2)
    if company["legal_name"] != company["name"]:
        yield Text(company["legal_name"], align="centre")
    yield Text(f"{company['street']}, {company['post_code']} {company['town']}", align="centre")
    label = "vat_id" if company["vat_payer"] else "tax_number"
    yield Text(texts.say(f"sales.receipt.{label}", number=company["tax_number"]), align="centre")
    for part in str(invoice.snapshot["header"]).splitlines():
        yield Text(part, align="centre")
    yield Rule()
    title = "credit_note" if invoice.kind is Kind.CREDIT_NOTE else "invoice"
    yield Row(texts.say(f"sales.receipt.{title}"), invoice.number, bold=True)
    yield Row(texts.day(invoice.wall_time.date()), f"{invoice.wall_time:%H:%M:%S}")
    yield Row(texts.say("sales.receipt.operator"), invoice.member_mark)
    for reference in invoice.snapshot["references"]:
        yield Row(texts.say("sales.receipt.reference"), reference["number"])
        day, _, clock = str(reference["wall_time"]).partition("T")
        year, month, date = day.split("-")
        yield Row(texts.say("sales.receipt.reference_issued"), f"{int(date)}. {int(month)}. {year} {clock}")
    if invoice.reason:
        yield Text(texts.say("sales.receipt.reason", reason=invoice.reason))
    buyer = invoice.snapshot["buyer"]
    if buyer:
        yield Text(texts.say("sales.receipt.buyer", name=buyer["name"]))
        for part in str(buyer["address"]).splitlines():
            yield Text(part)
        if buyer["vat_number"]:
            yield Text(texts.say("sales.receipt.buyer_vat", number=buyer["vat_number"]))
    elif invoice.snapshot["customer"]:
        yield Text(texts.say("sales.receipt.customer", name=invoice.snapshot["customer"]))


def _lines(invoice: InvoiceView, texts: Texts) -> Iterator[Block]:
    letters = _letters(invoice)
    for one in invoice.lines:
        letter = letters.get((one.line.vat_category, one.line.vat_rate), "")
        pieces = one.line.quantity
        name = one.line.name if abs(pieces) == 1000 else f"{texts.quantity(pieces)} × {one.line.name}"
        yield Row(name, f"{texts.money(one.gross_cents, unit=False)} {letter}".rstrip())
        if abs(pieces) != 1000:
            yield Row(f"{texts.quantity(abs(pieces))} × {texts.money(one.line.unit_cents, unit=False)}", indent=2)
        if one.discount_cents:
            label = texts.say("sales.receipt.discount", reason=one.line.discount.reason)
            yield Row(label, _off(texts, one.discount_cents, letter), indent=2)
        if one.bill_discount_cents:
            label = texts.say("sales.receipt.bill_discount")
            yield Row(label, _off(texts, one.bill_discount_cents, letter), indent=2)


def _off(texts: Texts, cents: int, letter: str) -> str:
    return f"{texts.money(-cents, unit=False)} {letter}".rstrip()


def _sums(invoice: InvoiceView, texts: Texts) -> Iterator[Block]:
    yield Row(texts.say("sales.receipt.total"), texts.money(invoice.total_cents, unit=False), bold=True, wide=2, high=2)
    for paid in invoice.payments:
        yield Row(texts.say(f"sales.means.{paid.means.value}"), texts.money(paid.cents, unit=False))
        if paid.given_cents:
            yield Row(texts.say("sales.receipt.given"), texts.money(paid.given_cents, unit=False), indent=2)
            yield Row(texts.say("sales.receipt.change"), texts.money(paid.change_cents, unit=False), indent=2)


def _vat(invoice: InvoiceView, texts: Texts) -> Iterator[Block]:
    letters = _letters(invoice)
    rows = [
        (
            f"{letters[one.category, one.rate]} {texts.rate(one.rate) if one.rate else texts.say('sales.receipt.exempt')}",
            texts.money(one.net_cents, unit=False),
            texts.money(one.tax_cents, unit=False),
            texts.money(one.gross_cents, unit=False),
        )
        for one in invoice.vat
        if one.category is not VatCategory.NOT_PAYER
    ]
    if rows:
        heading = tuple(texts.say(f"sales.receipt.vat_{name}") for name in ("rate", "net", "tax", "gross"))
        right = Column(align="right")
        yield Table((Column(wraps=True), right, right, right), (heading, *rows), heading=True)
    if any(one.category is VatCategory.NOT_PAYER for one in invoice.vat):
        yield Text(texts.say("sales.receipt.not_payer"))
    for category, clause in invoice.clauses.items():
        letter = next((letters[key] for key in letters if key[0].value == category), "")
        yield Text(f"{letter}: {clause}" if letter else clause)


def _fiscal(invoice: InvoiceView, confirmation: Confirmation | None, texts: Texts) -> Iterator[Block]:
    yield Text(f"ZOI: {invoice.protection}")
    if confirmation is not None and confirmation.confirmation:
        yield Text(f"EOR: {confirmation.confirmation}")
    else:
        yield Text(texts.say("sales.receipt.no_confirmation"))
    yield Qr(str(invoice.code), version=2, level="M", module=4, millimetres=12)


def _letters(invoice: InvoiceView) -> dict[tuple[VatCategory, int], str]:
    """A letter for each rate; none for somebody who is no VAT payer: nothing about VAT stands on that paper."""
    kinds = [(one.category, one.rate) for one in invoice.vat if one.category is not VatCategory.NOT_PAYER]
    return dict(zip(kinds, _LETTERS, strict=False))
