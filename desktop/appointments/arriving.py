"""A visit of another desk arrives: who holds its places here gives way, in the open.

What the server confirmed has the places. A visit of this desk that stands in them becomes a conflict, in the same transaction, and waits
for a person; blocked time stays as it is, but no longer holds the places that the visit has.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

import msgspec
from sqlalchemy import Connection, exists, select, update

from desktop.appointments.model import ClaimState, Visit
from desktop.appointments.slots import visit_slots

_FIELDS: Final = ("items", "status", "claim_state", "ends_at", "created_at", "deleted_at")
_HELD: Final = "FROM slot WHERE (resource, start, lane) IN (VALUES {places})"
_read_places = msgspec.json.Decoder(list[tuple[str, int, int]])


def make_room_for_visit(
    connection: Connection, visit_id: UUID, values: Mapping[str, str | int | None], gives_way: bool = False
) -> bool:
    """Frees the places that a visit is about to take; `values` as they will be stored. Whether they are free now.

    One that `gives_way` (the backend has not judged where it stands) takes nothing from others.
    """
    row: dict[str, Any] = {name: values.get(name) for name in _FIELDS}
    places = _read_places.decode(visit_slots(**row))
    if not places:
        return True
    held = _HELD.format(places=",".join(["(?,?,?)"] * len(places)))
    keys = tuple([part for resource, start, lane in places for part in (bytes.fromhex(resource), start, lane)])
    query = f"SELECT DISTINCT holder {held} AND holder <> ?"
    holders = connection.exec_driver_sql(query, (*keys, visit_id.bytes)).scalars().all()
    if gives_way:
        return not holders
    for holder in holders:
        other = UUID(bytes=holder)
        if connection.execute(select(exists().where(Visit.id == other))).scalar():
            lost = update(Visit).where(Visit.id == other).values(claim_state=ClaimState.CONFLICT.value)
            connection.execute(lost)
        else:
            connection.exec_driver_sql(f"DELETE {held} AND holder = ?", (*keys, holder))
    return True
