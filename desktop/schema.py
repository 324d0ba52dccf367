"""The schema of Pult: every room's tables, the libraries' tables and what is derived from them."""

from __future__ import annotations

from desktop.database import feed
from desktop.database.schema import Schema
from desktop.staff import model as staff
from printing import tables as printing

ROOMS = (staff,)

SCHEMA = Schema(
    metadatas=(feed.operation.metadata, printing.metadata),
    derived=tuple(derived for room in ROOMS for derived in room.DERIVED),
)
