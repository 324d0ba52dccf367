"""A desk that worked alone and is paired late: what the pairing notes on both sides, and its state going up."""

from __future__ import annotations

import asyncio
from datetime import date, time
from typing import Any
from uuid import UUID

from sqlalchemy import Engine, update

from desktop.access import Role
from desktop.appointments.booking import book_visit
from desktop.appointments.entries import ItemEntry, VisitEntry
from desktop.catalogue.products import ProductEntry, add_product
from desktop.catalogue.vat import set_up_vat_rates
from desktop.customers.customers import CustomerEntry, add_customer, change_customer
from desktop.database.retention import prune_values
from desktop.database.state import begin_pairing, paired
from desktop.inventory.movements import receive_stock
from desktop.register.till import open_till
from desktop.sales.closing import close_day, x_report
from desktop.services.replica import DeskReplica
from desktop.staff.members import MemberEntry, add_member
from fiscal.slovenia.certificate import Credential
from sync.server import tables
from sync.wire import StateTaken
from tests.desk import TestDesk
from tests.desktop.salon import Salon as House
from tests.desktop.salon import product, service
from tests.desktop.staff.people import every_day, open_shop
from tests.sync.backend import Backend


class Year:
    """A year of a desk that works alone; the values of its earlier operations are pruned at the end.

    Attributes:
        product: a product of which 10 came and 3 were sold.
        old_visit: a visit of a year ago.
        visits: visits of the coming days, in the order of their booking.
    """

    def __init__(self, desk: TestDesk, credential: Credential, day: date = date(2027, 11, 25)) -> None:
        self.desk, self.day = desk, day
        self.house = House(desk, credential)
        open_shop(desk, every_day("7:00-20:00"))
        desk.write(set_up_vat_rates)
        self.product = desk.write(add_product, ProductEntry("Šampon", 16_90, "standard")).id
        desk.write(receive_stock, self.product, 10_000)
        entry = MemberEntry("Nuša Čeh", "NČ", Role.PRACTITIONER, without_tax_number=True)
        self.member = desk.write(add_member, entry).id
        self.customers: list[UUID] = []
        self.sold: list[UUID] = []
        self.old_visit = self.book(time(18), "Stara", day=desk.clock.now().date())
        for month in range(12):
            self._month(month)
        self.visits = [self.book(time(9), "Ana"), self.book(time(10), "Maja")]
        while desk.write(prune_values):
            pass

    def _month(self, month: int) -> None:
        made = self.desk.write(add_customer, CustomerEntry(f"Ana {month}", "Čeh", (f"041 555 2{month:02}",))).customer
        self.customers.append(made.id)
        counted = self.desk.read(x_report).cash_cents
        self.desk.write(close_day, counted, counted)
        self.desk.clock.move(days=30)
        self.desk.write(open_till, counted)
        changed = CustomerEntry(f"Ana {month}", "Kos", (f"041 555 2{month:02}",), notes="kava")
        self.desk.write(change_customer, made.id, made.entry, changed)
        issued = self.house.sell(service(), *([product(self.product)] if month < 3 else []))
        self.sold.append(issued.id)

    def book(self, at: time, name: str, day: date | None = None) -> UUID:
        item = ItemEntry("Striženje", self.member, 30, 3400)
        return self.desk.write(book_visit, VisitEntry((item,), day or self.day, at, customer_name=name)).visit.id


def pair(backend: Backend, desk: TestDesk) -> None:
    """Pairs a desk as the pairing service does: where it stands is noted on both sides."""
    device = desk.database.desk.device

    def begin(engine: Engine) -> tuple[int, str]:
        with engine.begin() as connection:
            return begin_pairing(connection, device)

    n, digest = desk.on_writer(begin)
    own = tables.device
    with backend.engine.begin() as connection:
        connection.execute(update(own).where(own.c.device == device.hex).values(n=n, hash=digest))

    def note(engine: Engine) -> None:
        with engine.begin() as connection:
            paired(connection, n)

    desk.on_writer(note)


def upload(
    backend: Backend, desk: TestDesk, *, pages: int = 1000, times: int = 1, lose_reply: bool = False
) -> list[StateTaken]:
    """Sends what a desk held, at most some pages; what the backend said. A lost reply is one that the desk never saw."""

    async def run() -> list[StateTaken]:
        replica = DeskReplica(desk.database, state_rows=25)  # as after a restart: what is remembered lies in the file
        said: list[StateTaken] = []
        for _ in range(pages):
            state = await replica.next_state()
            if state is None:
                break
            for _ in range(times):
                said.append(backend.take_state(state, desk.database.desk.device.hex))
            if lose_reply:
                break
            await replica.state_sent(said[-1])
        return said

    return asyncio.run(run())


def everything(backend: Backend) -> dict[str, Any]:
    """All that the backend keeps about rows, without their places in the order."""
    from sqlalchemy import select

    kept: dict[str, Any] = {}
    with backend.engine.begin() as connection:
        for table in (tables.row, tables.place, tables.name, tables.alarm, tables.envelope, tables.scope):
            kept[table.name] = sorted(tuple(map(str, one)) for one in connection.execute(select(table)))
    return kept
