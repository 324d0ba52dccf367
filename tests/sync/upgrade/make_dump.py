"""Makes the files of this release: ``python -m tests.sync.upgrade.make_dump``. Once, when a version is released.

A desk worked with another one at a backend, then on its own: its outbox holds new and changed customers, a visit moved and one
cancelled, a receipt with its fiscal record and an undone action, while the other desk went on and its edits lie at the backend.
"""

from __future__ import annotations

import sys
import tempfile
from dataclasses import replace
from datetime import date, time, timedelta
from pathlib import Path

import msgspec

import desktop
from desktop.access import Role
from desktop.appointments.booking import BookedVisit, book_visit
from desktop.appointments.entries import ItemEntry, VisitEntry
from desktop.appointments.progress import cancel_visit
from desktop.catalogue.products import ProductEntry, add_product
from desktop.catalogue.vat import set_up_vat_rates
from desktop.customers.customers import CustomerEntry, add_customer, change_customer
from desktop.inventory.movements import receive_stock
from desktop.staff.members import MemberEntry, add_member
from fiscal.slovenia.certificate import read_pkcs12
from fiscal.slovenia.standin.certificates import make_authority
from tests.desk import START
from tests.desktop.salon import Salon as House
from tests.desktop.salon import product, service
from tests.desktop.staff.people import every_day, open_shop
from tests.sync.backend import outgoing
from tests.sync.salon_of_desks import Salon
from tests.sync.upgrade import stored

DAY = date(2026, 11, 23)


def play(salon: Salon) -> stored.Facts:
    """Plays the salon's story; what is true at its end."""
    here, there = salon.desks
    authority = make_authority()
    taxpayer = authority.taxpayer(not_before=START - timedelta(days=30), not_after=START + timedelta(days=1500))
    house = House(here, read_pkcs12(taxpayer.pkcs12("geslo", issuer=authority.tax_ca), "geslo"))
    open_shop(here, every_day("7:00-20:00"))
    here.write(set_up_vat_rates)
    shampoo = here.write(add_product, ProductEntry("Šampon", 16_90, "standard")).id
    here.write(receive_stock, shampoo, 10_000)
    member = here.write(add_member, MemberEntry("Nuša Čeh", "NČ", Role.PRACTITIONER, without_tax_number=True)).id

    def book(at: time, name: str) -> BookedVisit:
        return here.write(
            book_visit, VisitEntry((ItemEntry("Striženje", member, 30, 3400),), DAY, at, customer_name=name)
        )

    ana = CustomerEntry("Ana", "Čeh", ("041 555 283",), street="Nova 1", town="Celje")
    first = here.write(add_customer, ana).customer
    second = here.write(add_customer, CustomerEntry("Maja", "Kos", ("041 555 284",))).customer
    house.sell(service(), product(shampoo))
    early = book(time(9), "Ana").visit
    book(time(10), "Maja")
    salon.settle()
    salon.assert_agreed()

    here.clock.move(hours=2)
    there.clock.move(hours=3)
    here.write(change_customer, first.id, first.entry, replace(first.entry, notes="alergija na lateks"))
    third = here.write(add_customer, CustomerEntry("Zala", "Žagar", ("041 555 285",), notes="nova")).customer
    house.sell(service("Barvanje", 65_00))
    here.write(cancel_visit, early.id, "bolezen")
    here.write(change_customer, third.id, third.entry, replace(third.entry, town="Kranj"))
    last = here.changes[-1].operation
    assert last is not None
    here.database.undo_now(here.owner, last, {})
    there.write(change_customer, first.id, first.entry, replace(first.entry, town="Ljubljana"))
    there.write(change_customer, second.id, second.entry, replace(second.entry, notes="raje zjutraj"))
    salon.push(there)
    return stored.Facts(
        clock=int(here.clock.now().timestamp() * 1000),
        waiting=len(outgoing(here, salon.number(here, "acknowledged"))),
        customers={"Ana": ("alergija na lateks", "Ljubljana"), "Maja": ("raje zjutraj", ""), "Zala": ("nova", "")},
        visits={"cancelled": 1, "confirmed": 1},
        invoices={
            str(number): int(cents) for number, cents in salon.rows_of(here, "SELECT number, total_cents FROM invoice")
        },
    )


def main() -> int:
    target = stored.FOLDER / desktop.__version__
    if target.exists():
        print("This version has its files already: what is released stays as it is.", file=sys.stderr)
        return 1
    make(target)
    return 0


def make(target: Path) -> None:
    """Writes the files of this program into a folder, which is made."""
    with tempfile.TemporaryDirectory() as folder:
        salon = Salon(Path(folder), 2)
        try:
            facts = play(salon)
            image, path = salon.backend.image(), salon.desks[0].path
        finally:
            salon.close()
        target.mkdir()
        stored.keep_desk(path, target / stored.DESK)
        stored.keep_backend(image, target / stored.BACKEND)
        (target / stored.FACTS).write_bytes(msgspec.json.format(msgspec.json.encode(facts), indent=2) + b"\n")


if __name__ == "__main__":
    sys.exit(main())
