"""What goes out: as many operations as fit, each whole, in their order."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import Engine, insert
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.customers.customers import CustomerEntry, add_customer
from desktop.customers.model import CustomerPhone
from desktop.ids import new_id
from sync.operations import Operation
from tests.desk import TestDesk
from tests.sync.backend import OUTGOING

ANA = CustomerEntry("Ana", "Čeh", ("041 555 283",), town="Celje")


def add_numbers(session: Session, action: Action, count: int) -> None:
    owner = new_id()
    rows: list[dict[str, Any]] = [
        {"id": new_id(), "customer_id": owner, "number": f"+38641{n:06}", "position": n} for n in range(count)
    ]
    session.execute(insert(CustomerPhone), rows)


def sent(desk: TestDesk, after: int, most: int, most_rows: int) -> list[Operation]:
    device = desk.database.desk.device

    def read(engine: Engine) -> list[Operation]:
        with engine.connect() as connection:
            return OUTGOING.operations(connection, device, after, most, most_rows)

    return desk.on_writer(read)


def test_a_push_has_as_many_operations_as_its_rows_allow_and_each_is_whole(desk: TestDesk) -> None:
    desk.write(add_customer, ANA)
    desk.write(add_numbers, 1200)  # operations of 500, 500 and 200 rows
    desk.write(add_customer, ANA)
    seen: list[list[int]] = []
    after = 0
    while some := sent(desk, after, 500, 700):
        for one in some:
            one.check_hash()
            assert [change.n for change in one.changes] == list(range(1, len(one.changes) + 1))
        seen.append([len(one.changes) for one in some])
        after = some[-1].n
    assert seen == [[2, 500], [500, 200], [2]]
    assert [one.n for one in sent(desk, 1, 2, 5000)] == [2, 3]


def test_one_operation_always_fits(desk: TestDesk) -> None:
    desk.write(add_numbers, 500)
    desk.write(add_customer, ANA)
    [one] = sent(desk, 0, 500, 500)
    assert len(one.changes) == 500
    with pytest.raises(ValueError, match="500"):
        sent(desk, 0, 500, 499)
