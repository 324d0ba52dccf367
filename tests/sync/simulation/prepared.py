"""A salon that is ready for a history: two shops, five desks, people, a product and customers, agreed with the backend.

Made once; every history begins with a copy of its files and of the backend's tables.
"""

from __future__ import annotations

import functools
import json
import random
import tempfile
from dataclasses import dataclass
from datetime import date, time, timedelta
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import delete, insert, select

from desktop.access import PERMISSIONS, Actor, Role
from desktop.appointments.booking import book_visit
from desktop.appointments.entries import ItemEntry, VisitEntry
from desktop.catalogue.products import ProductEntry, add_product
from desktop.catalogue.vat import set_up_vat_rates
from desktop.customers.customers import CustomerEntry, add_customer
from desktop.database.settings import set_shop_setting
from desktop.ids import new_id
from desktop.register.company import set_company
from desktop.register.series import PremiseEntry, PremiseKind, set_device, set_premise
from desktop.register.till import open_till
from desktop.staff.members import MemberEntry, add_member, set_up_owner
from fiscal.slovenia.certificate import Credential, read_pkcs12
from fiscal.slovenia.standin.certificates import TAX_NUMBER, make_authority
from sync.server import tables
from tests.desk import START, TestDesk
from tests.desktop.salon import COMPANY
from tests.desktop.staff.people import every_day, open_shop
from tests.sync.backend import MANIFEST, TENANT, Backend
from tests.sync.salon_of_desks import Salon, empty_file
from tests.sync.simulation.newer import upgrade
from tests.sync.simulation.turn import DeskClock, Turn, in_turn

#: The shop of each desk.
PLACES: Final = (0, 0, 1, 0, 1)
#: The mark of each shop's premise.
PREMISES: Final = ("PE1", "PE2")
#: Devices that come new to the salon while a history runs.
NEWCOMERS: Final = 2
#: Visits of each shop that were over long ago: what a snapshot brings last.
OLD: Final = 6


@dataclass(frozen=True, slots=True)
class Prepared:
    """Images of files by desk, as this program and as a newer one has them, and of the backend's tables.

    Attributes:
        empty: the tables of a backend where nobody has been paired.
        tenant: the salon's own id.
        devices: the device of each desk.
        shops: the shop of each desk.
        members: people by shop.
        newcomers: devices that nobody has seen yet.
        owner: who works at every desk.
        credential: what receipts are sealed with; another one in each process.
    """

    files: tuple[bytes, ...]
    newer_files: tuple[bytes, ...]
    backend: bytes
    empty: bytes
    tenant: UUID
    devices: tuple[UUID, ...]
    shops: tuple[UUID, ...]
    members: dict[UUID, tuple[UUID, ...]]
    old_visits: tuple[UUID, ...]
    product: UUID
    customers: tuple[UUID, ...]
    newcomers: tuple[UUID, ...]
    owner: Actor
    credential: Credential


@functools.cache
def prepared() -> Prepared:
    """Takes a second or two at its first call."""
    empty_file()
    with tempfile.TemporaryDirectory() as folder, in_turn(Turn(random.Random(0), DeskClock(lambda: 0.0))):
        salon = Salon(Path(folder), 0)
        shops_of_salon = (salon.shop, new_id())
        salon.desks = [salon.add_desk(shops_of_salon[n]) for n in PLACES]
        first = salon.desks[0]
        empty = _empty_backend(salon.backend)
        credential, owner = _credential(), _owner(first)
        first.write(set_company, COMPANY)
        salon.settle()
        for desk in salon.desks:
            desk.owner = owner
        members, old = {}, []
        for n in sorted(set(PLACES)):
            desk = salon.desks[PLACES.index(n)]
            desk.clock.set(START - timedelta(days=200))
            open_shop(desk, every_day("7:00-20:00"))
            entry = MemberEntry(f"Oseba {n}", f"O{n}", Role.PRACTITIONER, without_tax_number=True)
            members[desk.shop] = (desk.write(add_member, entry).id,)
            old += [_old_visit(desk, members[desk.shop][0], time(8 + n)) for n in range(OLD)]
            desk.clock.set(START)
            desk.write(set_shop_setting, "sales.footer1", "Hvala")
            desk.write(set_premise, PremiseEntry(PREMISES[n], PremiseKind.DEVICE, date(2026, 1, 1)))
        first.write(set_up_vat_rates)
        product = first.write(add_product, ProductEntry("Šampon", 16_90, "standard")).id
        customers = tuple(
            first.write(add_customer, CustomerEntry(name, "Čeh", town="Celje")).customer.id for name in ("Ana", "Maja")
        )
        salon.settle()
        for n, desk in enumerate(salon.desks):
            desk.write(set_device, f"BL{n}")
            desk.write(open_till, 100_00)
        salon.settle()
        devices = tuple(desk.database.desk.device for desk in salon.desks)
        shops = tuple(desk.shop for desk in salon.desks)
        bring_manifest(salon)
        image = salon.backend.image()
        salon.close()
        paths = [desk.path for desk in salon.desks]
        files = tuple(path.read_bytes() for path in paths)
        for path in paths:
            upgrade(path)
        newer = tuple(path.read_bytes() for path in paths)
        newcomers = tuple(new_id() for _ in range(NEWCOMERS))
        return Prepared(
            files, newer, image, empty, salon.tenant, devices, shops, members, tuple(old), product, customers, newcomers,
            owner, credential,
        )  # fmt: skip


def _old_visit(desk: TestDesk, member: UUID, at: time) -> UUID:
    day = (START - timedelta(days=200)).date()
    entry = VisitEntry((ItemEntry("Striženje", member, 30),), day, at, customer_name="Stara")
    return desk.write(book_visit, entry).visit.id


def _owner(desk: TestDesk) -> Actor:
    entry = MemberEntry("Maja Kovač", "MK", Role.OWNER, tax_number=TAX_NUMBER)
    owner = desk.write(set_up_owner, entry, "2580")
    return Actor(owner.id, owner.name, PERMISSIONS[Role.OWNER])


def _credential() -> Credential:
    authority = make_authority()
    taxpayer = authority.taxpayer(not_before=START - timedelta(days=30), not_after=START + timedelta(days=300))
    return read_pkcs12(taxpayer.pkcs12("geslo", issuer=authority.tax_ca), "geslo")


def _empty_backend(backend: Backend) -> bytes:
    """The tables of the backend with nothing in them but its tenant; of `backend` no row is touched that a device brought."""
    tables.central.create_all(backend.engine)
    with backend.engine.begin() as connection:
        connection.execute(insert(tables.tenant), {"tenant": TENANT, "name": "Salon Živa", "created_at": 1})
        connection.execute(insert(tables.secret), {"name": "signing", "value": "5" * 64})
        devices = connection.execute(select(tables.device)).mappings().all()
        connection.execute(delete(tables.device))
    image = backend.image()
    with backend.engine.begin() as connection:
        connection.execute(insert(tables.device), [dict(one) for one in devices])
    return image


def bring_manifest(salon: Salon) -> None:
    """What the pairing of the first desk brings."""
    manifest = json.dumps(msgspec.to_builtins(MANIFEST))
    values = {"salon": salon.tenant.hex, "practice": 1, "manifest_version": MANIFEST.version, "manifest": manifest}
    with salon.backend.engine.begin() as connection:
        connection.execute(insert(tables.salon), {"tenant": TENANT, **values})
        for n, shop in enumerate({desk.shop: None for desk in salon.desks}):
            connection.execute(insert(tables.shop), {"tenant": TENANT, "shop": shop.hex, "name": f"Trgovina {n}"})
