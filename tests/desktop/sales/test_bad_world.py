"""Selling in a world that is not kind: letters that no printer has, and a disk that is full."""

from __future__ import annotations

from sqlalchemy import Engine

from desktop.errors import TemporaryFault
from desktop.register.fiscal_line import fiscal_backlog
from desktop.sales.invoices import list_invoices, show_invoice
from desktop.sales.open_bills import BillView, show_bill
from desktop.sales.printing_out import receipt_document
from printing.profiles import PROFILES
from printing.rendering import render
from printing.text import to_text
from tests.desktop.salon import Salon, service


def limit_pages(salon: Salon, more: int | None) -> None:
    """Lets the file grow by so many pages and no further; None: as it likes."""

    def limit(engine: Engine) -> None:
        with engine.connect() as connection:
            count = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
            most = 2**30 if more is None else count + more
            connection.exec_driver_sql(f"PRAGMA max_page_count = {most}")

    salon.desk.on_writer(limit)


def test_an_emoji_in_a_name_is_kept_and_the_paper_stays_printable(salon: Salon) -> None:
    issued = salon.sell(service("Pričeska 💇\u200d♀️ za 👩‍🦰"))
    view = salon.desk.read(show_invoice, issued.id)
    assert view.lines[0].line.name == "Pričeska 💇\u200d♀️ za 👩‍🦰"
    rendered = render(salon.desk.read(receipt_document, issued.id), PROFILES["epson-tm-80"])
    assert "Pričeska" in to_text(rendered.grid)
    assert issued.number in to_text(rendered.grid)


def sell_until_full(salon: Salon, bills: list[BillView]) -> int:
    """Charges one bill after another; how many were charged when the disk was full."""
    for number, bill in enumerate(bills):
        try:
            salon.charge(bill)
        except TemporaryFault as fault:
            if fault.code != "database.full":
                raise
            return number
    raise AssertionError("the disk never got full")


def test_a_full_disk_stores_nothing_of_a_sale_and_takes_no_number(salon: Salon) -> None:
    bills = [salon.bill(service()) for _ in range(60)]
    limit_pages(salon, 0)
    sold = sell_until_full(salon, bills)
    assert len(salon.desk.read(list_invoices)) == sold
    assert salon.desk.read(show_bill, bills[sold].id).priced.total_cents == 34_00
    assert salon.desk.read(fiscal_backlog).waiting == sold
    limit_pages(salon, None)
    assert salon.charge(bills[sold]).number == f"PE1-BL1-{sold + 1}"
