"""Charging a bill: sums, numbers, cash, stock, tips, and every refusal that keeps something from being stored."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.errors import InvalidInput, NotPermitted, Refused
from desktop.ids import new_id
from desktop.inventory.movements import level_of, receive_stock
from desktop.register.company import set_company
from desktop.register.till import open_till, till_state
from desktop.sales.bills import add_line, change_line, set_discount
from desktop.sales.check_out import CheckOut, check_out
from desktop.sales.invoices import list_invoices, show_invoice
from desktop.sales.issuing import Paid, Tipped
from desktop.sales.model import Invoice
from desktop.sales.open_bills import list_open_bills, show_bill
from desktop.sales.pricing import Discount, Line, price
from fiscal.port import Means, VatCategory
from fiscal.slovenia.environment import Mode
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from tests.desktop.salon import COMPANY, PRINTER, TAX_NUMBER, Salon, exempt, product, service


def invoices(session: Session, action: Action) -> int:
    return session.execute(select(func.count()).select_from(Invoice)).scalar_one()


def cash(salon: Salon) -> int:
    state = salon.desk.read(till_state)
    assert state.open is not None
    return state.open.cash_cents


def test_a_bill_becomes_an_invoice_with_everything_that_hangs_on_it(salon: Salon) -> None:
    shampoo = new_id()
    salon.desk.write(receive_stock, shampoo, 5000)
    bill = salon.bill(service(), exempt(), product(shampoo, quantity=2000))
    issued = salon.charge(bill, Paid(Means.CASH, 67_80, 70_00), Paid(Means.CARD, 50_00))
    assert (issued.number, issued.total_cents, issued.change_cents) == ("PE1-BL1-1", 117_80, 2_20)
    assert issued.subject
    assert issued.protection is not None
    assert len(issued.protection) == 32
    view = salon.desk.read(show_invoice, issued.id)
    assert [(one.category, one.rate, one.net_cents, one.tax_cents) for one in view.vat] == [
        (VatCategory.TAXED, 2200, 27_70, 6_10),
        (VatCategory.TAXED, 950, 31_05, 2_95),
        (VatCategory.EXEMPT, 0, 50_00, 0),
    ]
    assert salon.desk.read(level_of, shampoo) == 3000
    assert cash(salon) == 167_80
    assert salon.desk.read(list_open_bills) == []
    [entry] = salon.desk.read(list_invoices)
    assert entry.number == "PE1-BL1-1"


def test_numbers_follow_each_other_and_a_refused_sale_takes_none(salon: Salon) -> None:
    first = salon.sell(service())
    bill = salon.bill(service())
    with pytest.raises(InvalidInput):
        salon.charge(bill, Paid(Means.CASH, 1_00))
    second = salon.charge(bill)
    assert [first.number, second.number] == ["PE1-BL1-1", "PE1-BL1-2"]


def test_a_bill_is_charged_once(salon: Salon) -> None:
    bill = salon.bill(service())
    salon.charge(bill)
    with pytest.raises(Refused, match=r"sales\.already_charged"):
        salon.desk.write(check_out, CheckOut(bill.id, 34_00, (Paid(Means.CASH, 34_00),)), salon.register, PRINTER)


def test_a_tip_is_no_part_of_the_invoice_but_lies_in_the_drawer(salon: Salon) -> None:
    issued = salon.charge(salon.bill(service()), tips=(Tipped(Means.CASH, 5_00, salon.owner.id),))
    view = salon.desk.read(show_invoice, issued.id)
    assert (view.total_cents, view.tips) == (34_00, (Tipped(Means.CASH, 5_00, salon.owner.id),))
    assert cash(salon) == 100_00 + 34_00 + 5_00


def test_a_seller_who_is_no_vat_payer_sells_without_vat(salon: Salon) -> None:
    from dataclasses import replace

    salon.desk.write(set_company, replace(COMPANY, vat_payer=False))
    issued = salon.sell(service(), exempt())
    view = salon.desk.read(show_invoice, issued.id)
    assert [(one.category, one.tax_cents, one.gross_cents) for one in view.vat] == [(VatCategory.NOT_PAYER, 0, 84_00)]


@pytest.mark.parametrize(
    ("payments", "field", "code"),
    [
        ((), "payments", "sales.payment_amount"),
        ((Paid(Means.CASH, 0), Paid(Means.CARD, 34_00)), "payments", "sales.payment_amount"),
        ((Paid(Means.CASH, -1), Paid(Means.CARD, 34_01)), "payments", "sales.payment_amount"),
        ((Paid(Means.CASH, 33_99),), "payments", "sales.payment_sum"),
        ((Paid(Means.CASH, 34_00, 30_00),), "given", "sales.given_too_little"),
        ((Paid(Means.CARD, 34_00, 40_00),), "given", "sales.given_without_cash"),
    ],
)
def test_payments_that_are_wrong_are_refused_at_the_field(
    salon: Salon, payments: tuple[Paid, ...], field: str, code: str
) -> None:
    request = CheckOut(salon.bill(service()).id, 34_00, payments)
    with pytest.raises(InvalidInput) as refusal:
        salon.desk.write(check_out, request, salon.register, PRINTER)
    assert (refusal.value.field, refusal.value.code) == (field, code)
    assert salon.desk.read(invoices) == 0


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"quantity": 0}, "quantity"),
        ({"quantity": -1000}, "quantity"),
        ({"quantity": 2**63}, "quantity"),
        ({"cents": -1}, "unit_cents"),
        ({"cents": 2**62}, "unit_cents"),
        ({"rate": 0}, "vat_rate"),
        ({"name": ""}, "name"),
        ({"name": "x" * 10_000_000}, "name"),
        ({"name": "a\x00b"}, "name"),
    ],
)
def test_a_line_that_cannot_be_is_refused_at_the_field(salon: Salon, changes: dict[str, Any], field: str) -> None:
    bill = salon.bill()
    with pytest.raises(InvalidInput) as refusal:
        salon.desk.write(add_line, bill.id, service(**changes))
    assert refusal.value.field == field


def test_what_the_screen_did_not_show_is_not_charged(salon: Salon) -> None:
    bill = salon.bill(service())
    salon.desk.write(add_line, bill.id, service("Feniranje", 18_00))
    with pytest.raises(Refused) as refusal:
        salon.charge(bill)
    assert (refusal.value.code, refusal.value.values["total_cents"]) == ("sales.total_changed", 52_00)


def test_nothing_is_sold_while_the_till_is_closed_or_belongs_to_yesterday(salon: Salon) -> None:
    bill = salon.bill(service())
    salon.desk.clock.move(days=1)
    with pytest.raises(Refused, match=r"register\.close_first"):
        salon.charge(bill)
    with pytest.raises(Refused, match=r"register\.close_first"):
        salon.desk.write(open_till, 0)


def test_without_a_certificate_a_sale_is_refused_before_a_number_is_taken(salon: Salon) -> None:
    place = salon.desk.database.desk
    bare = SlovenianRegister(RegisterSettings(Mode.PRACTICE, place.shop, place.device, TAX_NUMBER), [])
    bill = salon.bill(service())
    with pytest.raises(Refused) as refusal:
        salon.desk.write(check_out, CheckOut(bill.id, 34_00, (Paid(Means.CASH, 34_00),)), bare, PRINTER)
    assert refusal.value.code == "fiscal.no_certificate"
    assert salon.charge(bill).number == "PE1-BL1-1"


def test_rights_are_asked_inside_the_use_case(salon: Salon) -> None:
    bill = salon.bill(service())
    with pytest.raises(NotPermitted):
        salon.desk.write(set_discount, bill.id, Discount(1000, reason="x"), actor=salon.desk.practitioner)
    request = CheckOut(bill.id, 34_00, (Paid(Means.CASH, 34_00),))
    with pytest.raises(NotPermitted):
        salon.desk.write(check_out, request, salon.register, PRINTER, actor=salon.desk.practitioner)


def test_discounts_have_a_reason_and_stay_within_the_price(salon: Salon) -> None:
    bill = salon.bill(service(), service("Feniranje", 18_00))
    view = salon.desk.write(set_discount, bill.id, Discount(1000, reason="stalna stranka"))
    assert view.priced.total_cents == 46_80
    first = view.priced.lines[0].line.id
    view = salon.desk.write(set_discount, bill.id, Discount(cents=4_00, reason="darilo"), first)
    assert view.priced.total_cents == 43_20
    for wrong in (Discount(10_001, reason="x"), Discount(cents=-1, reason="x"), Discount(10, 10, "x"), Discount(10)):
        with pytest.raises(InvalidInput):
            salon.desk.write(set_discount, bill.id, wrong)
    with pytest.raises(InvalidInput) as refusal:
        salon.desk.write(set_discount, bill.id, Discount(cents=34_01, reason="x"), first)
    assert refusal.value.code == "sales.discount_too_high"


def test_a_scanned_product_counts_up(salon: Salon) -> None:
    shampoo = new_id()
    bill = salon.bill(product(shampoo))
    view = salon.desk.write(add_line, bill.id, product(shampoo))
    [line] = view.priced.lines
    assert line.line.quantity == 2000
    view = salon.desk.write(change_line, bill.id, line.line.id, quantity=500)
    assert view.priced.total_cents == 8_45


def test_a_bill_survives_a_crash_and_a_change_of_user(salon: Salon) -> None:
    from desktop.sales.bills import park_bill, take_over_bill

    bill = salon.bill(service())
    salon.desk.write(park_bill, bill.id, "Ana")
    salon.desk.reopen()
    [waiting] = salon.desk.read(list_open_bills)
    assert (waiting.label, waiting.owner_name, waiting.total_cents) == ("Ana", "Maja Kovač", 34_00)
    view = salon.desk.write(take_over_bill, bill.id, actor=salon.reception)
    assert (view.owner_name, view.parked_at) == ("Špela Žnidaršič", None)


lines = st.lists(
    st.builds(
        lambda cents, quantity, rate, points: Line(
            new_id(), "free", None, "x", quantity, cents, VatCategory.TAXED, rate, discount=Discount(points)
        ),
        st.integers(0, 100_000),
        st.integers(1, 20_000),
        st.sampled_from([2200, 950, 500]),
        st.integers(0, 10_000),
    ),
    min_size=1,
    max_size=12,
)


@given(
    lines,
    st.one_of(st.builds(Discount, points=st.integers(0, 10_000)), st.builds(Discount, cents=st.integers(0, 9_999_999))),
)
@settings(suppress_health_check=[HealthCheck.too_slow])
def test_the_parts_always_add_up(entered: list[Line], discount: Discount) -> None:
    priced = price(entered, discount)
    assert sum(one.total_cents for one in priced.lines) == priced.total_cents
    assert priced.subtotal_cents - priced.discount_cents == priced.total_cents
    assert sum(one.gross_cents for one in priced.vat) == priced.total_cents
    assert all(one.net_cents + one.tax_cents == one.gross_cents for one in priced.vat)
    assert all(0 <= one.total_cents <= one.gross_cents for one in priced.lines)


def test_a_bill_names_its_customer_and_shows_itself(salon: Salon) -> None:
    bill = salon.bill(service(), customer_name="Đurđa Žagar")
    assert salon.desk.read(show_bill, bill.id).customer_name == "Đurđa Žagar"
    assert salon.desk.read(list_open_bills)[0].customer_name == "Đurđa Žagar"
