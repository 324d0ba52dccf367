"""Customers for the benchmarks of the sync: brought by one action, as an import does, and as pages of the backend."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.customers.model import Customer
from desktop.ids import new_id
from sync.manifest import WHOLE_ROW
from sync.merge import Stamp
from sync.operations import Operation
from sync.wire import Envelope, Page, Row

NOW = 1_800_000_000_000


def bring_customers(session: Session, action: Action, count: int) -> list[UUID]:
    """Adds made-up customers in one statement; the feed makes operations of 500 rows of it."""
    dice = random.Random(1)
    ids = [new_id() for _ in range(count)]
    rows = [
        {
            "id": one,
            "first_name": dice.choice(("Ana", "Maja", "Špela", "Luka", "Žan")),
            "last_name": f"{dice.choice(('Novak', 'Žagar', 'Đurić', 'Weiß'))} {n}",
            "email": f"stranka{n}@primer.si",
            "language": "sl",
            "notes": "",
            "alert": "",
            "street": f"Nova cesta {n % 200}",
            "post_code": str(1000 + n % 9000),
            "town": dice.choice(("Ljubljana", "Celje", "Maribor")),
            "country": "SI",
            "since": date(2020, 1, 1),
        }
        for n, one in enumerate(ids)
    ]
    session.execute(insert(Customer), rows)
    return ids


def pages_of(operations: Sequence[Operation], most: int) -> Iterator[Page]:
    """The pages of at most `most` rows that a backend gives of operations which only added rows of the tenant."""
    rows = [
        Row(change.collection, change.row, 0, change.values, {WHOLE_ROW: Stamp(one.clock, one.device, one.id)})
        for one in operations
        for change in one.changes
        if change.values is not None
    ]
    known = {one.id: one for one in operations}
    seq = 0
    for first in range(0, len(rows), most):
        some = tuple(rows[first : first + most])
        named = {row.stamps[WHOLE_ROW].operation for row in some}
        seq += len(some)
        envelopes = tuple(_envelope(known[identity]) for identity in sorted(named))
        yield Page("", some, envelopes, seq, seq < len(rows), NOW)


def _envelope(one: Operation) -> Envelope:
    return Envelope(**{name: getattr(one, name) for name in Envelope.__struct_fields__})
