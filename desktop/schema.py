"""The schema of Pult: every room's tables, the libraries' tables and what is derived from them."""

from __future__ import annotations

from desktop.appointments import model as appointments
from desktop.catalogue import model as catalogue
from desktop.customers import model as customers
from desktop.database import feed
from desktop.database.schema import Schema
from desktop.inventory import model as inventory
from desktop.register import model as register
from desktop.sales import model as sales
from desktop.sharing import model as sharing
from desktop.staff import model as staff
from fiscal import tables as fiscal
from printing import tables as printing
from sync import tables as sync

ROOMS = (staff, customers, catalogue, appointments, inventory, register, sales, sharing)

SCHEMA = Schema(
    metadatas=(feed.operation.metadata, fiscal.metadata, printing.metadata, sync.metadata),
    derived=tuple(derived for room in ROOMS for derived in room.DERIVED),
)
