"""Any history of a salon with several desks ends in agreement: pushes lost and repeated, pulls in pieces, clocks apart.

One seed is one history. Checked at the end: all desks and the backend hold the same rows; of each field the latest edit stands; every
booking of every desk is there, and no place is confirmed twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from desktop.access import Role
from desktop.appointments.booking import book_visit
from desktop.appointments.entries import ItemEntry, VisitEntry
from desktop.appointments.moving import move_visit
from desktop.appointments.progress import cancel_visit
from desktop.catalogue.products import ProductEntry, add_product
from desktop.catalogue.vat import set_up_vat_rates
from desktop.customers.customers import CustomerEntry, add_customer, change_customer, show_customer
from desktop.errors import Refused
from desktop.inventory.movements import receive_stock
from desktop.staff.members import MemberEntry, add_member
from tests.desk import TestDesk
from tests.desktop.staff.people import every_day, open_shop
from tests.sync.backend import outgoing
from tests.sync.salon_of_desks import Salon, dice_of, known

DAY = date(2026, 11, 25)
STEPS = 60
FIELDS = ("notes", "email", "alert", "town")


@dataclass
class History:
    """One history: the salon, its dice, and what people meant to do."""

    salon: Salon
    seed: int
    members: list[UUID] = field(default_factory=list)
    product: UUID | None = None
    booked: set[UUID] = field(default_factory=set)
    received: int = 0

    def __post_init__(self) -> None:
        self.dice = dice_of(self.seed)
        first = self.salon.desks[0]
        open_shop(first, every_day("7:00-20:00"))
        first.write(set_up_vat_rates)
        self.product = first.write(add_product, ProductEntry("Šampon", 16_90, "standard")).id
        for n in range(2):
            entry = MemberEntry(f"Oseba {n}", f"O{n}", Role.PRACTITIONER, without_tax_number=True)
            self.members.append(first.write(add_member, entry).id)
        first.write(add_customer, CustomerEntry("Ana", "Čeh", town="Celje"))
        self.salon.settle()

    def play(self) -> None:
        acts: list[Callable[[TestDesk], None]] = [
            self.add, self.edit, self.edit, self.edit, self.book, self.book, self.move, self.cancel, self.receive,
            self.push, self.push, self.pull, self.pull, self.tick,
        ]  # fmt: skip
        for _ in range(STEPS):
            self.dice.choice(acts)(self.dice.choice(self.salon.desks))

    def add(self, desk: TestDesk) -> None:
        desk.write(add_customer, CustomerEntry(f"Stranka {self.dice.randint(1, 999)}", "Novak"))

    def edit(self, desk: TestDesk) -> None:
        customers = known(self.salon.rows(desk, "customer"))
        chosen = self.dice.choice(customers)
        entry = desk.read(show_customer, chosen).entry
        changed = {self.dice.choice(FIELDS): f"x{self.dice.randint(1, 999)}@primer.si"}
        before = self.latest(desk, chosen)
        desk.write(change_customer, chosen, entry, replace(entry, **changed))
        if replace(entry, **changed) != entry:
            assert self.latest(desk, chosen) > before, "an edit of what is seen is later than what is seen"

    def latest(self, desk: TestDesk, row: UUID) -> int:
        """The latest clock of a row's fields on a desk."""
        query = f"SELECT max(clock) FROM field_clock WHERE hex(\"row\") = '{row.hex.upper()}'"
        return int(self.salon.rows_of(desk, query)[0][0])

    def book(self, desk: TestDesk) -> None:
        at = time(8 + self.dice.randrange(3), self.dice.choice((0, 30)))
        entry = VisitEntry((ItemEntry("Striženje", self.dice.choice(self.members), 30),), DAY, at, customer_name="S")
        try:
            self.booked.add(desk.write(book_visit, entry).visit.id)
        except Refused as refusal:
            if refusal.code != "appointments.slot_taken":
                raise

    def move(self, desk: TestDesk) -> None:
        self._try(desk, lambda visit: desk.write(move_visit, visit, DAY, time(8 + self.dice.randrange(3))))

    def cancel(self, desk: TestDesk) -> None:
        self._try(desk, lambda visit: desk.write(cancel_visit, visit, "odpoved"))

    def _try(self, desk: TestDesk, act: Callable[[UUID], object]) -> None:
        visits = known(self.salon.rows(desk, "visit"))
        if visits:
            try:
                act(self.dice.choice(visits))
            except Refused as refusal:
                if refusal.code not in ("appointments.slot_taken", "appointments.over"):
                    raise

    def receive(self, desk: TestDesk) -> None:
        assert self.product is not None
        quantity = 1000 * self.dice.randint(1, 9)
        desk.write(receive_stock, self.product, quantity)
        self.received += quantity

    def push(self, desk: TestDesk) -> None:
        self.salon.push(
            desk,
            most=self.dice.choice((1, 3, 500)),
            times=self.dice.choice((1, 1, 2)),
            lose_reply=self.dice.random() < 0.3,
        )

    def pull(self, desk: TestDesk) -> None:
        self.salon.pull(desk, most=self.dice.choice((1, 3, 2000)), pages=self.dice.choice((1, 2, 1000)))
        self.check_own_edits(desk)

    def check_own_edits(self, desk: TestDesk) -> None:
        """What this desk wrote and the server has not judged is seen, unless somebody wrote later."""
        rows = self.salon.rows(desk, "customer")
        mine: dict[tuple[str, str], tuple[int, Any]] = {}
        for one in outgoing(desk, self.salon.number(desk, "acknowledged")):
            for change in one.changes:
                if change.collection == "customer":
                    mine.update(
                        {(change.row, name): (one.clock, value) for name, value in (change.values or {}).items()}
                    )
        for (row, name), (clock, value) in mine.items():
            assert rows[row][name] == value or self.latest(desk, UUID(hex=row)) > clock

    def tick(self, desk: TestDesk) -> None:
        desk.clock.time += timedelta(seconds=self.dice.randint(1, 50))


def held(salon: Salon) -> list[tuple[Any, ...]]:
    """Places of confirmed visits on the backend."""
    places = []
    for row, values in salon.backend.states("visit").items():
        if values["claim_state"] == "confirmed" and values["status"] not in ("cancelled", "no_show"):
            places.append((values["items"], row))
    return places


def twice(salon: Salon) -> list[str]:
    """Visits that stand confirmed in a place that another one has as well."""
    seen: dict[tuple[str, int], str] = {}
    found = []
    for items, row in held(salon):
        for item in json.loads(items):
            for start in range(item["start"], item["start"] + item["duration"] * 60_000, 300_000):
                if seen.setdefault((item["member"], start), row) != row:
                    found.append(row)
    return found


def meant(salon: Salon) -> dict[tuple[str, str], Any]:
    """What must stand in each field of each customer: the value of the latest edit that anybody made on any desk."""
    latest: dict[tuple[str, str], tuple[tuple[int, str], Any]] = {}
    for desk in salon.desks:
        after = 0
        while sent := outgoing(desk, after):
            after = sent[-1].n
            for one in sent:
                for change in one.changes:
                    if change.collection == "customer":
                        for name, value in (change.values or {}).items():
                            edit = ((one.clock, one.device), value)
                            latest[change.row, name] = max(
                                latest.get((change.row, name), edit), edit, key=lambda e: e[0]
                            )
    return {key: value for key, (_, value) in latest.items()}


def check(history: History) -> None:
    salon = history.salon
    salon.settle()
    salon.assert_agreed()
    customers = salon.backend.states("customer")
    assert {(row, name): value for row, values in customers.items() for name, value in values.items()} == meant(salon)
    assert twice(salon) == []
    assert {UUID(hex=row) for row in salon.backend.states("visit")} == history.booked
    assert history.product is not None
    for desk in salon.desks:
        [level] = salon.rows_of(desk, "SELECT quantity FROM stock_level") or [(0,)]
        assert level[0] == history.received
        assert salon.findings(desk) == []


def test_any_history_ends_in_agreement(tmp_path: Path, pytestconfig: pytest.Config) -> None:
    for seed in range(pytestconfig.getoption("--histories")):
        folder = tmp_path / str(seed)
        folder.mkdir()
        salon = Salon(folder, 2 + seed % 2)
        try:
            history = History(salon, seed)
            history.play()
            check(history)
        except Exception as error:
            raise AssertionError(f"history of seed {seed}") from error
        finally:
            salon.close()
