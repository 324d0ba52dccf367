"""The salon's own words on receipts: stored cleanly, on the next paper, never on an older one; the sample says that it is one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop.errors import InvalidInput, NotPermitted
from desktop.sales.printing_out import receipt_document
from desktop.sales.receipt_sample import sample_receipt
from desktop.sales.receipt_texts import ReceiptTexts, receipt_texts, set_receipt_texts
from printing.document import Document
from printing.profiles import PROFILES
from printing.rendering import render
from printing.text import to_text
from tests.desk import START, TestDesk
from tests.desktop.salon import COMPANY, Salon, service


def words(document: Document) -> str:
    return to_text(render(document, PROFILES["epson-tm-80"]).grid)


def test_the_next_receipt_carries_the_words_and_an_older_one_keeps_its_own(salon: Salon) -> None:
    desk = salon.desk
    desk.write(set_receipt_texts, ReceiptTexts("Tel. 041 555 283", "Hvala za obisk", "sl"))
    first = salon.sell(service())
    old = words(desk.read(receipt_document, first.id))
    desk.write(set_receipt_texts, ReceiptTexts("www.salon.example", "See you soon\nYour salon", "en"))
    new = words(desk.read(receipt_document, salon.sell(service()).id))
    assert "Tel. 041 555 283" in old
    assert old.index("Hvala za obisk") > old.index("SKUPAJ")
    for part in ("www.salon.example", "See you soon", "Your salon", "TOTAL EUR"):
        assert part in new, part
    assert "Hvala" not in new
    assert words(desk.read(receipt_document, first.id)) == old


def test_what_was_typed_is_cleaned_and_read_again(desk: TestDesk) -> None:
    assert desk.read(receipt_texts) == ReceiptTexts("", "", "sl")
    kept = desk.write(set_receipt_texts, ReceiptTexts("  ena \t dve\r\ntri\x07 ", "a" * 200, "en"))
    assert kept == ReceiptTexts("ena dve\ntri", "a" * 200, "en")
    assert desk.read(receipt_texts) == kept


@pytest.mark.parametrize(
    ("texts", "field", "code"),
    [
        (ReceiptTexts("1\n2\n3\n4\n5\n6"), "header", "sales.too_many_lines_of_text"),
        (ReceiptTexts(footer="1\n2\n3\n4\n5\n6"), "footer", "sales.too_many_lines_of_text"),
        (ReceiptTexts(footer="a" * 201), "footer", "entry.too_long"),
        (ReceiptTexts("\x00"), "header", "entry.nul"),
        (ReceiptTexts(language="tlh"), "language", "sales.receipt_language"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(desk: TestDesk, texts: ReceiptTexts, field: str, code: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        desk.write(set_receipt_texts, texts)
    assert (refusal.value.field, refusal.value.code) == (field, code)
    assert desk.read(receipt_texts) == ReceiptTexts()


def test_only_who_edits_settings_may(desk: TestDesk) -> None:
    with pytest.raises(NotPermitted):
        desk.write(set_receipt_texts, ReceiptTexts("x"), actor=desk.reception)


def test_the_sample_is_the_real_layout_and_says_that_it_is_no_receipt(salon: Salon) -> None:
    local = START.astimezone(salon.desk.database.desk.zone)
    text = words(sample_receipt(COMPANY, ReceiptTexts("Pod naslovom", "Na koncu"), local))
    for part in ("Salon Živa", "Pod naslovom", "SKUPAJ EUR", "50,90", "22 %", "Na koncu", "ZOI: 0000"):
        assert part in text, part
    assert text.count("VZOREC – NI RAČUN") == 2
    no_payer = words(sample_receipt(replace(COMPANY, vat_payer=False), ReceiptTexts(language="en"), local))
    assert "SAMPLE – NOT A RECEIPT" in no_payer
    assert "22 %" not in no_payer
