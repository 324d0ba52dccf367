"""Rooms and chairs as booking sees them: a name, a kind, and how many may use one at a time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.appointments.slots import Item
from desktop.catalogue.model import Resource


@dataclass(frozen=True, slots=True)
class Place:
    """A room or chair; `capacity` visits may use it at a time (1 or more)."""

    name: str
    kind: str
    capacity: int


def read_places(session: Session, action: Action, items: Iterable[Item]) -> Mapping[str, Place]:
    """The active rooms and chairs that the items name or could use, by 32 hex digits, in the catalogue's order."""
    wanted = [resource for item in items for resource in item["resources"]]
    if not wanted:
        return {}
    named = {UUID(resource["id"]) for resource in wanted if resource["id"]}
    kinds = {resource["kind"] for resource in wanted if resource["kind"]}
    rows = session.execute(
        select(Resource.id, Resource.name, Resource.kind, Resource.capacity)
        .where(Resource.shop_id == action.desk.shop, Resource.active, Resource.deleted_at.is_(None))
        .where(Resource.id.in_(named) | Resource.kind.in_(kinds))
        .order_by(Resource.position, Resource.name, Resource.id)
    )
    return {row.id.hex: Place(row.name, row.kind, row.capacity) for row in rows}
