"""`pult verify` of the sales: a sound day passes, and each planted fault is named."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from desktop.ids import new_id
from desktop.inventory.movements import receive_stock
from desktop.sales.closing import close_day
from desktop.sales.credit import Credit, issue_credit_note
from desktop.sales.issuing import Paid, Tipped
from desktop.sales.verify import check_sales
from fiscal.port import Means
from tests.desktop.salon import PRINTER, Salon, exempt, product, service


def day(salon: Salon) -> None:
    shampoo = new_id()
    salon.desk.write(receive_stock, shampoo, 10_000)
    salon.charge(salon.bill(service(), product(shampoo)), tips=(Tipped(Means.CASH, 2_00),))
    issued = salon.charge(salon.bill(exempt()), Paid(Means.CARD, 50_00))
    salon.desk.write(issue_credit_note, Credit(issued.id, "x"), salon.register, PRINTER)
    salon.desk.write(close_day, 152_00, 0, "manjka")


def findings(salon: Salon) -> list[str]:
    def job(engine: Any) -> list[str]:
        with engine.connect() as connection:
            return [str(found) for found in check_sales(connection)]

    return salon.desk.on_writer(job)


def vandalise(salon: Salon, statement: str) -> None:
    def job(engine: Any) -> None:
        with engine.begin() as connection:
            for (name,) in connection.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            connection.exec_driver_sql(statement)

    salon.desk.on_writer(job)


def test_a_sound_day_has_no_findings(salon: Salon) -> None:
    day(salon)
    assert findings(salon) == []


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("DELETE FROM invoice WHERE sequence = 1", "sales.number_gap"),
        ("UPDATE invoice SET total_cents = 1 WHERE sequence = 1", "sales.lines_differ"),
        ("UPDATE invoice_line SET discount_cents = 1 WHERE position = 0", "sales.line_wrong"),
        ("UPDATE invoice_vat SET gross_cents = gross_cents + 1", "sales.vat_wrong"),
        ("DELETE FROM invoice_payment", "sales.payments_differ"),
        ("UPDATE stock_movement SET quantity = 7 WHERE document_id IS NOT NULL", "sales.stock_differs"),
        ("DELETE FROM cash_movement WHERE kind = 'sale'", "sales.cash_differs"),
        ("DELETE FROM cash_movement WHERE kind = 'tip'", "sales.cash_differs"),
        ("UPDATE cash_movement SET cents = 5 WHERE kind = 'float'", "sales.close_differs"),
        ("UPDATE day_close SET z_number = 3", "sales.close_gap"),
        ("DELETE FROM fiscal_journal WHERE kind = 'seal'", "sales.not_sealed"),
        ("DELETE FROM invoice", "sales.sealed_without_invoice"),
    ],
)
def test_each_fault_is_named(salon: Salon, statement: str, code: str) -> None:
    day(salon)
    vandalise(salon, statement)
    assert any(found.startswith(code) for found in findings(salon)), findings(salon)
