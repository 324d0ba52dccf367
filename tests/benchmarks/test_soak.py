"""A year of five desks, each away from the backend on every third day: they agree at the end, and nothing has grown out of measure.

Told: the longest write-ahead log of a desk, rows that the backend keeps for each row that is there (it keeps the latest state of a row,
and of a deleted one that it was deleted, for `HORIZON_DAYS`), and what a day of sharing takes. ``PULT_SOAK_DAYS`` sets how many days.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import time as wall
from datetime import timedelta
from pathlib import Path
from uuid import UUID

from sqlalchemy import Connection

from desktop.access import Role
from desktop.appointments.booking import book_visit
from desktop.appointments.entries import ItemEntry, VisitEntry
from desktop.customers.customers import CustomerEntry, add_customer, change_customer, remove_customer, show_customer
from desktop.errors import Refused
from desktop.staff.members import MemberEntry, add_member
from sync.server import tables
from tests.benchmarks.report import Row, Timing
from tests.desk import TestDesk
from tests.desktop.staff.people import every_day, open_shop
from tests.sync.backend import TENANT
from tests.sync.salon_of_desks import Salon, known

DAYS = int(os.environ.get("PULT_SOAK_DAYS", "365"))
NAMES = ("Ana", "Maja", "Špela", "Luka", "Žan", "Đurđa")


def work(salon: Salon, desk: TestDesk, member: UUID, dice: random.Random) -> None:
    """What a reception does on a quiet day: customers come and change, visits are booked, taken or not."""
    made = desk.write(add_customer, CustomerEntry(dice.choice(NAMES), f"Čeh {dice.randrange(10**6)}")).customer
    for one in dice.sample(known(salon.rows(desk, "customer")), 2):
        shown = desk.read(show_customer, one)
        desk.write(change_customer, one, shown.entry, replace(shown.entry, notes=f"opomba {dice.randrange(99)}"))
    if dice.random() < 0.2:
        twice = desk.write(add_customer, CustomerEntry("Dvakrat", "Vpisana")).customer
        desk.write(remove_customer, twice.id)
    day = desk.clock.now().date() + timedelta(days=dice.randrange(1, 20))
    for _ in range(3):
        at = wall(dice.randrange(8, 18), dice.choice((0, 30)))
        entry = VisitEntry((ItemEntry("Striženje", member, 30, 3400),), day, at, made.id)
        try:
            desk.write(book_visit, entry)
        except Refused:
            continue  # taken


def test_a_year_of_five_desks(tmp_path: Path, report: Callable[[Row], None]) -> None:
    dice = random.Random(1)
    salon = Salon(tmp_path, 5)
    try:
        first = salon.desks[0]
        open_shop(first, every_day("7:00-20:00"))
        member = first.write(add_member, MemberEntry("Nuša Čeh", "NČ", Role.PRACTITIONER, without_tax_number=True)).id
        for n in range(10):
            first.write(add_customer, CustomerEntry(NAMES[n % 6], f"Kos {n}"))
        salon.settle()
        spent, longest = [], 0
        for _ in range(DAYS):
            for desk in salon.desks:
                work(salon, desk, member, dice)
            started = time.perf_counter()
            here = [desk for desk in salon.desks if dice.random() > 0.3]
            for desk in here:
                salon.push(desk)
            for desk in here:
                salon.pull(desk)
            spent.append(time.perf_counter() - started)
            for desk in salon.desks:
                longest = max(longest, desk.path.with_name(desk.path.name + "-wal").stat().st_size)
                desk.clock.move(days=1)
            salon.backend.now += 86_400_000
        salon.settle()
        salon.assert_agreed()
        kept, live = salon_counts(salon)
        facts = (
            f"{live:,} rows, {kept / live:.2f} kept for each (budget 1.2)",
            f"longest log {longest / 1e6:.0f} MB (64)",
        )
        report(
            Row(f"{DAYS} days of five desks, a third of them away: a day's sharing", Timing(tuple(spent)), facts=facts)
        )
    finally:
        salon.close()


def salon_counts(salon: Salon) -> tuple[int, int]:
    """Rows that the backend keeps, and those of them that are not deleted."""

    def count(connection: Connection) -> tuple[int, int]:
        own = tables.row
        texts = connection.execute(own.select().where(own.c.tenant == TENANT)).all()
        return len(texts), sum('"deleted_at":null' in one.values or '"deleted_at"' not in one.values for one in texts)

    with salon.backend.engine.begin() as connection:
        return count(connection)
