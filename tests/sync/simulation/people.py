"""What people do at the desks of a history: through the use cases, on what they see, without asking whether there is a line."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, time
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.appointments.booking import book_visit
from desktop.appointments.entries import ItemEntry, VisitEntry
from desktop.appointments.model import Status
from desktop.appointments.moving import change_note, move_visit
from desktop.appointments.progress import cancel_visit, set_status
from desktop.customers.customers import (
    CustomerEntry,
    add_customer,
    change_customer,
    remove_customer,
    show_customer,
)
from desktop.database.settings import set_shop_setting
from desktop.errors import Refused
from desktop.inventory.movements import receive_stock
from tests.sync.simulation.desk import VirtualDesk
from tests.sync.simulation.meant import WORD, Booking, Edit, Meant, Received, fields_of
from tests.sync.simulation.newer import FIELDS, NEWER, set_field
from tests.sync.simulation.prepared import Prepared
from tests.sync.simulation.selling import Selling

_UNITS: Final = {
    "customer": ("notes", "email", "alert", "address"),
    "shop_setting": ("value",),
    "visit": ("items", "status", "note"),
}
DAY = date(2026, 12, 16)
Act = Callable[[VirtualDesk], None]


class People:
    """The people of a salon; `dice` decides what they do, and may be changed from one act to the next."""

    def __init__(self, salon: Prepared, dice: random.Random, meant: Meant) -> None:
        self._salon, self._dice, self._meant = salon, dice, meant
        self._selling = Selling(salon, dice, meant)
        self._words = 0
        #: What people of a history care for, some of it: all of it at once would seldom meet itself.
        trades: dict[str, tuple[Act, ...]] = {
            "records": (*[self.edit] * 6, *[self.address] * 4, self.setting, self.add, self.remove, self.phone, self.undo),
            "visits": (*[self.book] * 5, self.fill, self.fill, *[self.move] * 3, *[self.cancel] * 3, self.status, self.note, self.note, self.undo),
            "goods": (self.receive, *[self._selling.charge] * 5, self._selling.bill, self._selling.mark),
            "errors": (*[self.break_rule] * 4, self.receive, self.edit),
        }  # fmt: skip
        chosen = dice.sample(sorted(trades), dice.choice((1, 2, 2, 3)))
        self.acts = tuple(act for name in chosen for act in trades[name])

    @property
    def dice(self) -> random.Random:
        return self._dice

    @dice.setter
    def dice(self, dice: random.Random) -> None:
        self._dice = self._selling.dice = dice

    def act(self, desk: VirtualDesk) -> str:
        """Somebody does something at a desk; its name."""
        chosen = self.dice.choice(self.acts)
        try:
            chosen(desk)
        except Refused as refusal:
            return f"{chosen.__name__} {refusal.code}"
        return chosen.__name__

    def know(self, desk: VirtualDesk) -> bool:
        """Whether a desk has what its people work with: a new one has nothing at first."""
        needed = {"customer": self._salon.customers[0], "product": self._salon.product}
        needed |= {"member": self._salon.members[desk.shop][0]}
        return all(
            desk.database.rows(f'SELECT 1 FROM "{table}" WHERE id = ?', row.bytes) for table, row in needed.items()
        )

    def edit(self, desk: VirtualDesk) -> None:
        row = self._customer(desk)
        fields = ("notes", "notes", "email", "alert", *(FIELDS if desk.schema is NEWER else ()))
        name = self.dice.choice(fields)
        word = f"{self._word()}@primer.si"
        if name in FIELDS:
            self._edit(desk, "customer", row, name, set_field, row, name, word)
            return
        entry = desk.read(show_customer, UUID(bytes=row)).entry
        changed: Any = {name: word}
        self._edit(desk, "customer", row, name, change_customer, UUID(bytes=row), entry, replace(entry, **changed))

    def address(self, desk: VirtualDesk) -> None:
        row = self._customer(desk)
        entry = desk.read(show_customer, UUID(bytes=row)).entry
        changed: Any = {self.dice.choice(("street", "town")): self._word()}
        self._edit(desk, "customer", row, "address", change_customer, UUID(bytes=row), entry, replace(entry, **changed))

    def setting(self, desk: VirtualDesk) -> None:
        """The first one makes the row, under the same id on every desk of the shop."""
        key = f"sales.footer{self.dice.randrange(2)}"
        before = {row[0]: row[1] for row in desk.database.rows("SELECT id, value FROM shop_setting")}
        desk.write(set_shop_setting, key, self._word())
        for row, value in desk.database.rows("SELECT id, value FROM shop_setting WHERE key = ?", key):
            self._note(desk, "shop_setting", row, "value", (value,), (before.get(row),))

    def add(self, desk: VirtualDesk) -> None:
        desk.write(add_customer, CustomerEntry(self._word(), "Novak"))

    def remove(self, desk: VirtualDesk) -> None:
        row = self._customer(desk)
        if UUID(bytes=row) != self._salon.customers[0]:
            desk.write(remove_customer, UUID(bytes=row))

    def phone(self, desk: VirtualDesk) -> None:
        """Two desks that add one number to one customer make one row."""
        row = UUID(bytes=self._customer(desk))
        entry = desk.read(show_customer, row).entry
        number = f"041 555 28{self.dice.randrange(3)}"
        phones = () if entry.phones else (number,)
        desk.write(change_customer, row, entry, replace(entry, phones=phones))

    def book(self, desk: VirtualDesk) -> None:
        self._book(desk, self._time())

    def fill(self, desk: VirtualDesk) -> None:
        """A time that was given back is given to somebody else; where there is none, one is given back."""
        query = "SELECT starts_at FROM visit WHERE status = 'cancelled' AND shop_id = ? ORDER BY id"
        free = [_wall_time(row[0]) for row in desk.database.rows(query, desk.shop.bytes)]
        if free:
            self._book(desk, self.dice.choice(free))
        else:
            self.cancel(desk)

    def _book(self, desk: VirtualDesk, at: time) -> None:
        [member] = self._salon.members[desk.shop]
        entry = VisitEntry((ItemEntry("Striženje", member, 30),), DAY, at, customer_name="S")
        visit = desk.write(book_visit, entry).visit.id
        self._meant.bookings.append(Booking(visit.hex, desk.last_operation()[0]))

    def move(self, desk: VirtualDesk) -> None:
        row = self._visit(desk)
        self._edit(desk, "visit", row, "items", move_visit, UUID(bytes=row), DAY, self._time())

    def cancel(self, desk: VirtualDesk) -> None:
        row = self._visit(desk)
        self._edit(desk, "visit", row, "status", cancel_visit, UUID(bytes=row), self._word())

    def status(self, desk: VirtualDesk) -> None:
        row = self._visit(desk)
        chosen = self.dice.choice((Status.CONFIRMED, Status.ARRIVED, Status.DONE))
        self._edit(desk, "visit", row, "status", set_status, UUID(bytes=row), chosen)

    def note(self, desk: VirtualDesk) -> None:
        """Of a visit to come, or of one of the first that were over long ago."""
        old = [row.bytes for row in self._salon.old_visits[:2] if row.bytes in desk.ids("visit")]
        row = self.dice.choice(old) if old and self.dice.random() < 0.5 else self._visit(desk)
        self._edit(desk, "visit", row, "note", change_note, UUID(bytes=row), self._word())

    def receive(self, desk: VirtualDesk) -> None:
        quantity = 1000 * self.dice.randint(1, 9)
        desk.write(receive_stock, self._salon.product, quantity)
        self._meant.received.append(Received(desk.shop.hex, quantity, desk.last_operation()[0]))

    def undo(self, desk: VirtualDesk) -> None:
        """The last thing that was done at this desk is taken back, where it may be."""
        last = desk.last_operation()[0]
        if not last:
            return
        rows = desk.database.rows('SELECT "table", "row" FROM operation_row WHERE operation = ?', bytes.fromhex(last))
        touched = [(table, row, unit) for table, row in rows for unit in _UNITS.get(table, ())]
        if desk.schema is NEWER:
            touched += [("customer", row, unit) for table, row in rows if table == "customer" for unit in FIELDS]
        before = [self._seen(desk, *one) for one in touched]
        desk.undo(UUID(hex=last))
        for one, over in zip(touched, before, strict=True):
            if self._seen(desk, *one) != over:
                self._note(desk, *one, self._seen(desk, *one), over)

    def break_rule(self, desk: VirtualDesk) -> None:
        """A program that is wrong: a setting goes to another shop, goods come in and a note is written, all in one operation."""
        if (
            desk.alone or desk.uploading
        ):  # what is wrong in a state is said of its row, see tests/sync/server/test_state.py
            self.setting(desk)
            return
        settings = [
            row
            for row in desk.ids("shop_setting")
            if self._seen(desk, "shop_setting", row, "shop_id") == (desk.shop.bytes,)
        ]
        if not settings:
            self.setting(desk)
            return
        row, customer = self.dice.choice(settings), self._customer(desk)
        foreign = self.dice.choice([shop for shop in self._salon.shops if shop != desk.shop])
        old = self._seen(desk, "customer", customer, "notes")
        word = self._word()
        desk.write(_break, row, foreign.bytes, customer, word, self._salon.product)
        operation = desk.last_operation()[0]
        self._meant.broken.add(operation)
        self._meant.received.append(Received(desk.shop.hex, 1000, operation))
        self._note(desk, "customer", customer, "notes", (word,), old)

    def _edit(
        self, desk: VirtualDesk, table: str, row: bytes, unit: str, use_case: Callable[..., Any], *args: Any
    ) -> None:
        """Runs a use case that writes one value, and notes it if it wrote anything."""
        over, before = self._seen(desk, table, row, unit), desk.last_operation()
        desk.write(use_case, *args)
        if desk.last_operation() != before and self._seen(desk, table, row, unit) != over:
            self._note(desk, table, row, unit, self._seen(desk, table, row, unit), over)

    def _note(
        self, desk: VirtualDesk, table: str, row: bytes, unit: str, value: tuple[Any, ...], over: tuple[Any, ...]
    ) -> None:
        operation, n, clock = desk.last_operation()
        self._meant.edits.append(Edit((table, row.hex(), unit), value, over, desk.device, operation, n, clock))

    def _seen(self, desk: VirtualDesk, table: str, row: bytes, unit: str) -> tuple[Any, ...]:
        names = ", ".join(f'"{name}"' for name in fields_of(table, unit))
        return desk.database.rows(f'SELECT {names} FROM "{table}" WHERE id = ?', row)[0]

    def _customer(self, desk: VirtualDesk) -> bytes:
        """Most often the one whom everybody knows: what meets nobody else's work proves little."""
        if self.dice.random() < 0.6:
            return self._salon.customers[0].bytes
        return self.dice.choice(desk.ids("customer"))

    def _visit(self, desk: VirtualDesk) -> bytes:
        old = {visit.bytes for visit in self._salon.old_visits}
        visits = [visit for visit in desk.ids("visit") if visit not in old]
        if not visits:
            self.book(desk)
            visits = desk.ids("visit")
        return self.dice.choice(visits)

    def _time(self) -> time:
        return time(8 + self.dice.randrange(2), self.dice.choice((0, 15, 30)))

    def _word(self) -> str:
        self._words += 1
        return f"{WORD}{self._words}"


def _wall_time(milliseconds: int) -> time:
    """The time of day in Ljubljana of an instant."""
    return datetime.fromtimestamp(milliseconds / 1000, ZoneInfo("Europe/Ljubljana")).time()


def _break(
    session: Session, action: Action, row: bytes, shop: bytes, customer: bytes, word: str, product: UUID
) -> None:
    connection = session.connection()
    connection.exec_driver_sql("UPDATE customer SET notes = ? WHERE id = ?", (word, customer))
    connection.exec_driver_sql("UPDATE shop_setting SET shop_id = ? WHERE id = ?", (shop, row))
    receive_stock(session, action, product, 1000)
