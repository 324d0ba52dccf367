"""The day close: sums by VAT, means and person; cash against its movements; yesterday first."""

from __future__ import annotations

import pytest

from desktop.errors import InvalidInput, NotPermitted, Refused
from desktop.register.till import move_cash, open_till, set_day_end, till_state
from desktop.sales.closing import close_day, list_closes, x_report
from desktop.sales.credit import Credit, issue_credit_note
from desktop.sales.issuing import Paid, Tipped
from desktop.sales.printing_out import print_document
from desktop.sales.till_paper import x_paper, z_paper
from desktop.texts import Texts
from fiscal.port import Means
from printing.profiles import PROFILES
from printing.rendering import render
from printing.text import to_text
from tests.desktop.salon import PRINTER, Salon, exempt, service


def busy(salon: Salon) -> None:
    salon.charge(
        salon.bill(service()), Paid(Means.CASH, 20_00), Paid(Means.CARD, 14_00), tips=(Tipped(Means.CARD, 3_00),)
    )
    issued = salon.sell(exempt())
    salon.desk.write(issue_credit_note, Credit(issued.id, "napaka"), salon.register, PRINTER)
    salon.charge(salon.bill(service("Masaža", 61_00, 2200)), Paid(Means.TRANSFER, 61_00))
    salon.desk.write(move_cash, -30_00, "kava", actor=salon.reception)


def test_the_sums_of_the_day(salon: Salon) -> None:
    busy(salon)
    report = salon.desk.read(x_report)
    assert (report.invoices, report.credit_notes, report.turnover_cents) == (3, 1, 95_00)
    assert (report.first_number, report.last_number) == ("PE1-BL1-1", "PE1-BL1-4")
    assert report.means == {"card": 14_00, "cash": 20_00, "transfer": 61_00}
    assert report.tips == {"card": 3_00}
    assert report.cash == {"float": 100_00, "sale": 70_00, "refund": -50_00, "out": -30_00}
    assert report.cash_cents == 90_00
    assert [(one.category, one.rate, one.gross_cents) for one in report.vat] == [
        ("taxed", 2200, 61_00),
        ("taxed", 950, 34_00),
        ("exempt", 0, 0),
    ]


def test_a_difference_needs_its_reason_and_is_kept(salon: Salon) -> None:
    busy(salon)
    with pytest.raises(InvalidInput) as refusal:
        salon.desk.write(close_day, 88_00, 80_00)
    assert refusal.value.field == "reason"
    closed = salon.desk.write(close_day, 88_00, 80_00, "napačno vrnjeno")
    assert (closed.z_number, closed.difference_cents, closed.expected_cents) == (1, -2_00, 90_00)
    assert salon.desk.read(till_state).left_cents == 80_00
    [stored] = salon.desk.read(list_closes)
    assert stored == closed


def test_after_the_close_nothing_is_sold_until_the_next_opening(salon: Salon) -> None:
    salon.desk.write(close_day, 100_00, 100_00)
    bill = salon.bill(service())
    with pytest.raises(Refused, match=r"register\.not_open"):
        salon.charge(bill)
    salon.desk.write(open_till, 100_00)
    assert salon.charge(bill).number == "PE1-BL1-1"
    assert salon.desk.write(close_day, 134_00, 0).z_number == 2


def test_yesterday_is_said_and_closed_first(salon: Salon) -> None:
    salon.sell(service())
    salon.desk.clock.move(days=1)
    state = salon.desk.read(till_state)
    assert state.open is not None
    assert state.open.overdue
    closed = salon.desk.write(close_day, 134_00, 100_00)
    assert closed.business_day.isoformat() == "2026-11-20"
    salon.desk.write(open_till, 100_00)
    assert salon.sell(service()).number == "PE1-BL1-2"


def test_a_business_day_may_end_after_midnight(salon: Salon) -> None:
    from datetime import time

    salon.desk.write(set_day_end, time(3))
    salon.desk.clock.move(hours=16)  # one in the morning
    state = salon.desk.read(till_state)
    assert state.open is not None
    assert not state.open.overdue
    assert salon.sell(service()).wall_time.day == 21
    for wrong in (time(8, 1), time(12)):
        with pytest.raises(InvalidInput):
            salon.desk.write(set_day_end, wrong)


def test_closing_needs_its_right_and_sound_numbers(salon: Salon) -> None:
    with pytest.raises(NotPermitted):
        salon.desk.write(close_day, 0, 0, actor=salon.desk.practitioner)
    for counted, left, field in ((-1, 0, "counted"), (2**60, 0, "counted"), (50_00, 50_01, "left")):
        with pytest.raises(InvalidInput) as refusal:
            salon.desk.write(close_day, counted, left, "x")
        assert refusal.value.field == field


@pytest.mark.parametrize("language", ["sl", "en"])
def test_the_papers_of_the_day_say_it_all(salon: Salon, language: str) -> None:
    busy(salon)
    texts = Texts(language)
    x_text = to_text(render(x_paper(salon.desk.read(x_report), texts, practice=True), PROFILES["epson-tm-80"]).grid)
    closed = salon.desk.write(close_day, 88_00, 80_00, "napačno vrnjeno")
    z_text = to_text(render(z_paper(closed, texts, practice=True), PROFILES["epson-tm-80"]).grid)
    assert texts.say("sales.report.x_title") in x_text
    for part in ("PE1-BL1-4", "95", "61", "napačno vrnjeno", "Maja Kovač", "-2"):
        assert part in z_text


def test_a_reading_can_be_printed_as_often_as_it_is_asked_for(salon: Salon) -> None:
    paper = x_paper(salon.desk.read(x_report), Texts("sl"), practice=True)
    jobs = {salon.desk.write(print_document, paper, "x_report", PRINTER) for _ in range(2)}
    assert len(jobs) == 2
