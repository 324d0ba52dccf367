"""A made-up receipt to look at: the real layout with a company's own data, marked as a sample; nothing is stored."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from desktop.register.company import CompanyEntry
from desktop.sales.invoices import InvoiceView
from desktop.sales.issuing import Paid
from desktop.sales.pricing import Line, price
from desktop.sales.receipt import receipt
from desktop.sales.receipt_texts import ReceiptTexts
from desktop.texts import Texts
from fiscal.port import Kind, Means, VatCategory
from printing.document import Banner, Document

_NO_ID = UUID(int=0)
_PRICES = ((34_00, 2200), (16_90, 2200))
_LENGTHS = (32, 60)  # of the protection and of the code below it; zeros prove nothing to anybody


def sample_receipt(company: CompanyEntry, words: ReceiptTexts, local: datetime) -> Document:
    """The paper of a made-up sale at `local`, the time in the salon's zone, with banners that say that it is none."""
    texts = Texts(words.language)
    category = VatCategory.TAXED if company.vat_payer else VatCategory.NOT_PAYER
    names = (texts.say("sales.receipt.sample_service"), texts.say("sales.receipt.sample_product"))
    lines = [
        Line(_NO_ID, "service", None, name, 1000, cents, category, rate if company.vat_payer else 0)
        for name, (cents, rate) in zip(names, _PRICES, strict=True)
    ]
    priced = price(lines)
    zeros = tuple("0" * length for length in _LENGTHS)
    view = InvoiceView(
        id=_NO_ID,
        number="0-0-0",
        premise="0",
        device="0",
        sequence=1,  # a receipt without a number is not laid out; what is printed is `number`
        kind=Kind.SALE,
        issued_at=local,
        wall_time=local.replace(microsecond=0, tzinfo=None),
        business_day=local.date(),
        total_cents=priced.total_cents,
        lines=priced.lines,
        corrected=(None,) * len(lines),
        vat=priced.vat,
        clauses={},
        payments=(Paid(Means.CASH, priced.total_cents),),
        tips=(),
        customer_id=None,
        bill_id=None,
        visit_id=None,
        corrects=None,
        reason="",
        member_mark="0",
        subject=True,
        protection=zeros[0],
        code=zeros[1],
        submit_before=None,
        print_job=None,
        snapshot={
            "company": {name: getattr(company, name) for name in CompanyEntry.__slots__},
            "header": words.header,
            "footer": words.footer,
            "language": words.language,
            "practice": False,
            "customer": "",
            "buyer": None,
            "references": [],
        },
    )
    paper = receipt(view, None)
    banner = Banner(texts.say("sales.receipt.sample"))
    blocks = (banner, *paper.blocks[:-1], banner, paper.blocks[-1])
    return Document(blocks, title=texts.say("sales.receipt.sample"), locale=paper.locale)
