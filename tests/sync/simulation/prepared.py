"""A salon that is ready for a history: two shops, five desks, people, a product and customers, agreed with the backend.

Made once; every history begins with a copy of its files and of the backend's tables.
"""

from __future__ import annotations

import functools
import json
import random
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from uuid import UUID

import msgspec
from sqlalchemy import insert

from desktop.access import Role
from desktop.catalogue.products import ProductEntry, add_product
from desktop.catalogue.vat import set_up_vat_rates
from desktop.customers.customers import CustomerEntry, add_customer
from desktop.database.settings import set_shop_setting
from desktop.ids import new_id
from desktop.staff.members import MemberEntry, add_member
from sync.server import tables
from tests.desktop.staff.people import every_day, open_shop
from tests.sync.backend import MANIFEST, TENANT
from tests.sync.salon_of_desks import Salon, empty_file
from tests.sync.simulation.newer import upgrade
from tests.sync.simulation.turn import DeskClock, Turn, in_turn

#: The shop of each desk.
PLACES: Final = (0, 0, 1, 0, 1)


@dataclass(frozen=True, slots=True)
class Prepared:
    """Images of files by desk, as this program and as a newer one has them, and of the backend's tables.

    Attributes:
        devices: the device of each desk.
        shops: the shop of each desk.
        members: people by shop.
    """

    files: tuple[bytes, ...]
    newer_files: tuple[bytes, ...]
    backend: bytes
    devices: tuple[UUID, ...]
    shops: tuple[UUID, ...]
    members: dict[UUID, tuple[UUID, ...]]
    product: UUID
    customers: tuple[UUID, ...]


@functools.cache
def prepared() -> Prepared:
    """Takes a second or two at its first call."""
    empty_file()
    with tempfile.TemporaryDirectory() as folder, in_turn(Turn(random.Random(0), DeskClock(lambda: 0.0))):
        salon = Salon(Path(folder), 0)
        shops_of_salon = (salon.shop, new_id())
        salon.desks = [salon.add_desk(shops_of_salon[n]) for n in PLACES]
        first = salon.desks[0]
        members = {}
        for n in sorted(set(PLACES)):
            desk = salon.desks[PLACES.index(n)]
            open_shop(desk, every_day("7:00-20:00"))
            entry = MemberEntry(f"Oseba {n}", f"O{n}", Role.PRACTITIONER, without_tax_number=True)
            members[desk.shop] = (desk.write(add_member, entry).id,)
            desk.write(set_shop_setting, "sales.footer1", "Hvala")
        first.write(set_up_vat_rates)
        product = first.write(add_product, ProductEntry("Šampon", 16_90, "standard")).id
        customers = tuple(
            first.write(add_customer, CustomerEntry(name, "Čeh", town="Celje")).customer.id for name in ("Ana", "Maja")
        )
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
        return Prepared(files, newer, image, devices, shops, members, product, customers)


def bring_manifest(salon: Salon) -> None:
    """What the pairing of the first desk brings."""
    manifest = json.dumps(msgspec.to_builtins(MANIFEST))
    values = {"salon": salon.tenant.hex, "practice": 1, "manifest_version": MANIFEST.version, "manifest": manifest}
    with salon.backend.engine.begin() as connection:
        connection.execute(insert(tables.salon), {"tenant": TENANT, **values})
