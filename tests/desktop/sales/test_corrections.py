"""Credit notes are exact negatives, whole or in parts; a wrong means of payment is set right by two documents."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop.errors import InvalidInput, NotPermitted, Refused
from desktop.ids import new_id
from desktop.inventory.movements import level_of
from desktop.register.series import set_device
from desktop.register.till import move_cash, till_state
from desktop.sales.bills import set_discount
from desktop.sales.credit import Credit, change_payment_means, credited_quantities, issue_credit_note
from desktop.sales.invoices import InvoiceView, list_invoices, show_invoice
from desktop.sales.issuing import Issued, Paid
from desktop.sales.pricing import Discount
from desktop.texts import Texts
from fiscal.port import Kind, Means
from fiscal.slovenia.certificate import read_pkcs12
from fiscal.slovenia.environment import Mode
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from fiscal.slovenia.standin.certificates import Authority
from tests.desk import START
from tests.desktop.salon import PRINTER, TAX_NUMBER, Salon, exempt, product, service


def credit(salon: Salon, request: Credit) -> InvoiceView:
    issued: Issued = salon.desk.write(issue_credit_note, request, salon.register, PRINTER)
    return salon.desk.read(show_invoice, issued.id)


def test_a_credit_note_is_the_exact_negative_with_its_reference(salon: Salon) -> None:
    shampoo = new_id()
    bill = salon.bill(service(), exempt(), product(shampoo, quantity=3000))
    salon.desk.write(set_discount, bill.id, Discount(333, reason="x"))
    issued = salon.charge(bill.id)
    original = salon.desk.read(show_invoice, issued.id)
    note = credit(salon, Credit(issued.id, "napačna storitev"))
    assert note.kind is Kind.CREDIT_NOTE
    assert note.number == "PE1-BL1-2"
    assert note.total_cents == -original.total_cents
    assert [(v.net_cents, v.tax_cents) for v in note.vat] == [(-v.net_cents, -v.tax_cents) for v in original.vat]
    assert [p.cents for p in note.payments] == [-p.cents for p in original.payments]
    assert note.snapshot["references"] == [
        {"number": "PE1-BL1-1", "wall_time": original.wall_time.isoformat(timespec="seconds")}
    ]
    assert salon.desk.read(level_of, shampoo) == 0
    state = salon.desk.read(till_state)
    assert state.open is not None
    assert state.open.cash_cents == 100_00


def test_nothing_is_credited_twice(salon: Salon) -> None:
    issued = salon.sell(service(), service("Feniranje", 18_00))
    first = salon.desk.read(show_invoice, issued.id).lines[0].line.id
    credit(salon, Credit(issued.id, "x", {first: 1000}))
    assert salon.desk.read(credited_quantities, issued.id) == {first: 1000}
    with pytest.raises(InvalidInput) as refusal:
        credit(salon, Credit(issued.id, "x", {first: 1}))
    assert refusal.value.values["left"] == 0
    credit(salon, Credit(issued.id, "x"))
    with pytest.raises(Refused, match=r"sales\.all_credited"):
        credit(salon, Credit(issued.id, "x"))


def test_a_credit_note_needs_reason_right_and_cash(salon: Salon) -> None:
    issued = salon.sell(service())
    with pytest.raises(InvalidInput) as refusal:
        credit(salon, Credit(issued.id, " "))
    assert refusal.value.field == "reason"
    with pytest.raises(NotPermitted):
        salon.desk.write(issue_credit_note, Credit(issued.id, "x"), salon.register, PRINTER, actor=salon.reception)
    salon.desk.write(move_cash, -134_00, "banka")
    with pytest.raises(Refused, match=r"register\.not_enough_cash"):
        credit(salon, Credit(issued.id, "x"))
    note = credit(salon, Credit(issued.id, "x", means=Means.CARD))
    assert [(p.means, p.cents) for p in note.payments] == [(Means.CARD, -34_00)]
    with pytest.raises(Refused, match=r"sales\.not_creditable"):
        credit(salon, Credit(note.id, "x"))


def test_a_wrong_means_of_payment_is_a_credit_note_and_a_new_receipt(salon: Salon) -> None:
    issued = salon.sell(service())
    right = (Paid(Means.CARD, 34_00),)
    corrected = salon.desk.write(
        change_payment_means, issued.id, right, "kartica, ne gotovina", salon.register, PRINTER
    )
    assert [corrected.credit_note.number, corrected.invoice.number] == ["PE1-BL1-2", "PE1-BL1-3"]
    again = salon.desk.read(show_invoice, corrected.invoice.id)
    assert (again.total_cents, again.payments) == (34_00, right)
    state = salon.desk.read(till_state)
    assert state.open is not None
    assert state.open.cash_cents == 100_00


@given(
    st.lists(
        st.tuples(st.integers(1, 9_999), st.integers(1, 5), st.sampled_from([2200, 950, 500])), min_size=1, max_size=4
    ),
    st.integers(0, 5000),
    st.lists(st.integers(1, 3), min_size=1, max_size=4),
)
@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_all_parts_of_a_credit_together_are_the_exact_negative(
    salon: Salon, bought: list[tuple[int, int, int]], points: int, steps: list[int]
) -> None:
    bill = salon.bill(*(service("x", cents, rate, quantity=pieces * 1000) for cents, pieces, rate in bought))
    if points:
        salon.desk.write(set_discount, bill.id, Discount(points, reason="x"))
    issued = salon.charge(bill.id)
    original = salon.desk.read(show_invoice, issued.id)
    notes = []
    left = {one.line.id: one.line.quantity for one in original.lines}
    for step in steps:
        part = {line: min(quantity, step * 500) for line, quantity in left.items() if quantity}
        if not part:
            break
        notes.append(credit(salon, Credit(issued.id, "x", part, Means.CARD)))
        left = {line: quantity - part.get(line, 0) for line, quantity in left.items()}
    if any(left.values()):
        notes.append(credit(salon, Credit(issued.id, "x", means=Means.CARD)))
    assert sum(note.total_cents for note in notes) == -original.total_cents
    taxes: Counter[int] = Counter()
    for note in notes:
        assert sum(one.gross_cents for one in note.vat) == note.total_cents
        taxes.update({one.rate: one.tax_cents for one in note.vat})
    assert {rate: -cents for rate, cents in taxes.items()} == {one.rate: one.tax_cents for one in original.vat}


def test_what_only_sealing_finds_is_refused_and_takes_no_number(salon: Salon, certificates: Authority) -> None:
    """A credit note by transfer has a series that is not verified; only the seal knows that it corrects a verified receipt."""
    issued = salon.sell(service())
    salon.desk.write(set_device, "BL1", "NAK1")
    old = certificates.taxpayer(not_before=START - timedelta(days=400), not_after=START - timedelta(days=1))
    expired = read_pkcs12(old.pkcs12("geslo", issuer=certificates.tax_ca), "geslo")
    place = salon.desk.database.desk
    found = RegisterSettings(Mode.PRACTICE, place.shop, place.device, TAX_NUMBER)
    request = Credit(issued.id, "napaka", means=Means.TRANSFER)
    for credentials, code in (([], "fiscal.no_certificate"), ([expired], "fiscal.certificate_expired")):
        register = SlovenianRegister(found, credentials, registered_premises=frozenset({"PE1"}))
        with pytest.raises(Refused) as refusal:
            salon.desk.write(issue_credit_note, request, register, PRINTER)
        assert refusal.value.code == code
        assert Texts("sl").refusal(refusal.value)
    assert [one.number for one in salon.desk.read(list_invoices)] == ["PE1-BL1-1"]
    note = credit(salon, request)
    assert (note.device, note.sequence) == ("NAK1", 1)
