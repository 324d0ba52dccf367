"""The paper: everything the law asks for, from the stored snapshot alone, original once, copies marked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.settings import set_shop_setting
from desktop.errors import Refused
from desktop.register.company import set_company
from desktop.sales.bills import set_discount
from desktop.sales.credit import Credit, issue_credit_note
from desktop.sales.invoices import show_invoice
from desktop.sales.issuing import Buyer, Paid
from desktop.sales.pricing import Discount
from desktop.sales.printing_out import held_receipts, receipt_document, release_receipt, reprint
from desktop.sales.receipt import receipt
from fiscal.port import Confirmation, Means, Status
from printing import spool
from printing.document import Qr
from printing.profiles import PROFILES
from printing.rendering import render
from printing.text import to_text
from tests.desktop.salon import COMPANY, PRINTER, Salon, exempt, service


def paper(salon: Salon, invoice_id: Any, **kwargs: Any) -> str:
    document = salon.desk.read(receipt_document, invoice_id, **kwargs)
    return to_text(render(document, PROFILES["epson-tm-80"]).grid)


def jobs(session: Session, action: Action) -> list[spool.Job]:
    return spool.jobs(session.connection(), states=list(spool.State))


def test_a_receipt_says_what_the_law_asks_for(salon: Salon) -> None:
    bill = salon.bill(service(), exempt(), service("Masaža", 30_00, 2200, quantity=2000), customer_name="Đurđa Žagar")
    salon.desk.write(set_discount, bill.id, Discount(1000, reason="stalna stranka"), bill.priced.lines[0].line.id)
    buyer = Buyer("Podjetje, d. o. o.", "Ulica 1\n2000 Maribor", "SI10039856")
    issued = salon.charge(bill.id, Paid(Means.CASH, 140_60, 150_00), buyer=buyer)
    text = paper(salon, issued.id)
    for part in (
        "UČNI NAČIN – NI RAČUN", "Salon Živa", "Živa lepota, d. o. o.", "Čopova ulica 5, 1000 Ljubljana", "SI" + COMPANY.tax_number,
        "PE1-BL1-1", "20. 11. 2026", "9:00:00", "MK", "Žensko striženje", "34,00", "-3,40", "stalna stranka", "2 × Masaža",
        "SKUPAJ EUR", "140,60", "Gotovina", "150,00", "9,40", "22 %", "9,5 %", "42. člena", "Podjetje, d. o. o.", "SI10039856",
        f"ZOI: {issued.protection}", "EOR: še ni dodeljen",
    ):  # fmt: skip
        assert part in text, part


def test_the_code_and_the_confirmation_stand_below_the_protection(salon: Salon) -> None:
    issued = salon.sell(service())
    view = salon.desk.read(show_invoice, issued.id)
    confirmed = Confirmation(issued.id, Status.CONFIRMED, "c4b3f1de-0000-4000-8000-aabbccddeeff", None, None, 1, None)
    document = receipt(view, confirmed)
    [qr] = [block for block in document.blocks if isinstance(block, Qr)]
    assert qr.data == view.code
    assert len(qr.data) == 60
    assert (qr.version, qr.level) == (2, "M")
    assert "EOR: c4b3f1de-0000-4000-8000-aabbccddeeff" in to_text(render(document, PROFILES["epson-tm-80"]).grid)


def test_somebody_who_is_no_vat_payer_prints_no_vat_but_the_clause(salon: Salon) -> None:
    salon.desk.write(set_company, replace(COMPANY, vat_payer=False))
    text = paper(salon, salon.sell(service()).id)
    assert "94. člena ZDDV-1" in text.replace("\n", " ")
    assert "osnova" not in text
    assert "ID za DDV" not in text


def test_a_credit_note_names_its_original(salon: Salon) -> None:
    first = salon.sell(service())
    note = salon.desk.write(issue_credit_note, Credit(first.id, "napačna storitev"), salon.register, PRINTER)
    text = paper(salon, note.id)
    for part in ("Dobropis", "PE1-BL1-2", "PE1-BL1-1", "20. 11. 2026 09:00:00", "napačna storitev", "-34,00"):
        assert part in text, part


def test_settings_and_catalogue_do_not_reach_into_an_issued_receipt(salon: Salon) -> None:
    issued = salon.sell(service())
    before = paper(salon, issued.id)
    salon.desk.write(set_company, replace(COMPANY, name="Drugo ime", street="Druga ulica 1"))
    salon.desk.write(lambda s, a: set_shop_setting(s, a, "sales.receipt_footer", "Hvala"))
    assert paper(salon, issued.id) == before
    assert "Hvala" in paper(salon, salon.sell(service()).id)


def test_what_the_law_asks_for_is_not_left_out(salon: Salon) -> None:
    view = salon.desk.read(show_invoice, salon.sell(exempt()).id)
    for broken, missing in (
        (replace(view, member_mark=""), "operator"),
        (replace(view, protection=None), "protection"),
        (replace(view, clauses={}), "clause"),
        (replace(view, lines=()), "lines"),
        (replace(view, total_cents=view.total_cents + 1), "vat"),
    ):
        with pytest.raises(Refused) as refusal:
            receipt(broken, None)
        assert refusal.value.values["missing"] == missing


def test_the_original_is_held_released_once_and_copies_are_numbered(salon: Salon) -> None:
    issued = salon.sell(service())
    assert salon.desk.read(held_receipts) == [issued.id]
    with pytest.raises(Refused, match=r"sales\.still_held"):
        salon.desk.write(reprint, issued.id, PRINTER)
    assert salon.desk.write(release_receipt, issued.id)
    assert not salon.desk.write(release_receipt, issued.id)
    assert [salon.desk.write(reprint, issued.id, PRINTER).copy for _ in range(2)] == [1, 2]
    texts = [
        to_text(render(job.document, PROFILES["epson-tm-80"]).grid) for job in salon.desk.read(jobs) if job.document
    ]
    assert ["KOPIJA" in text for text in texts].count(False) == 1
    assert sum("KOPIJA 2" in text for text in texts) == 1


def test_the_first_paper_of_a_receipt_issued_without_one_is_the_original(salon: Salon) -> None:
    from desktop.sales.check_out import CheckOut, check_out

    bill = salon.bill(service())
    request = CheckOut(bill.id, 34_00, (Paid(Means.CASH, 34_00),))
    issued = salon.desk.write(check_out, request, salon.register, "")
    assert issued.print_job is None
    assert [salon.desk.write(reprint, issued.id, PRINTER).copy for _ in range(2)] == [0, 1]


@pytest.mark.parametrize("profile", ["epson-tm-80", "pos-58"])
def test_names_of_all_kinds_print(salon: Salon, profile: str) -> None:
    hostile = "Ana\x1bp\x00\x32\x32 č š ž đ ß €".replace("\x00", "")
    issued = salon.charge(salon.bill(service("Nega " + "z zelo dolgim imenom " * 5), customer_name=hostile))
    rendered = render(salon.desk.read(receipt_document, issued.id), PROFILES[profile])
    assert b"\x1bp" not in rendered.data
    assert "č š ž đ ß" in to_text(rendered.grid)
