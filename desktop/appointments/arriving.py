"""A visit of another desk arrives: who holds its places here gives way, in the open.

What the server confirmed has the places. A visit of this desk that stands in them becomes a conflict, in the same transaction, and waits
for a person; blocked time stays as it is, but no longer holds the places that the visit has.
"""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

import msgspec
from sqlalchemy import Connection, bindparam, delete, exists, select, text, update

from desktop.appointments.model import ClaimState, Slot, Visit
from desktop.clock import from_milliseconds

_WANTED = text("SELECT visit_slots(:items, :status, :claim_state, :ends_at, :created_at, :deleted_at)")
_FIELDS = ("items", "status", "claim_state", "ends_at", "created_at", "deleted_at")
_HELD = (Slot.resource == bindparam("r"), Slot.start == bindparam("s"), Slot.lane == bindparam("l"))
_HOLDER = select(Slot.holder).where(*_HELD, Slot.holder != bindparam("visit"))
_read_places = msgspec.json.Decoder(list[tuple[str, int, int]])


def make_room_for_visit(connection: Connection, visit_id: UUID, values: Mapping[str, str | int | None]) -> bool:
    """Frees the places that a visit is about to take; `values` as they will be stored. Whether it takes any."""
    found = connection.execute(_WANTED, {name: values.get(name) for name in _FIELDS}).scalar()
    places = _read_places.decode(found or "[]")
    for resource, start, lane in places:
        key = {"r": UUID(hex=resource), "s": from_milliseconds(start), "l": lane}
        holder = connection.execute(_HOLDER, key | {"visit": visit_id}).scalar()
        if holder is None:
            continue
        if connection.execute(select(exists().where(Visit.id == holder))).scalar():
            lost = update(Visit).where(Visit.id == holder).values(claim_state=ClaimState.CONFLICT.value)
            connection.execute(lost)
        else:
            connection.execute(delete(Slot).where(*_HELD), key)
    return bool(places)
