"""Rooms and chairs: what services need besides people, by kind, with a capacity."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.catalogue.model import Resource
from desktop.entry import line, whole
from desktop.errors import Refused
from desktop.ids import new_id


@dataclass(frozen=True, slots=True)
class ResourceEntry:
    """A room or chair; services name its `kind`; `capacity` 1 … 100 visits at a time."""

    name: str
    kind: str
    capacity: int = 1
    position: int = 0
    active: bool = True


@dataclass(frozen=True, slots=True)
class ShownResource:
    """A room or chair as stored."""

    id: UUID
    entry: ResourceEntry


def add_resource(session: Session, action: Action, entry: ResourceEntry) -> ShownResource:
    """Adds a room or chair of this shop."""
    action.actor.require(Permission.EDIT_CATALOGUE)
    row = Resource(id=new_id(), shop_id=action.desk.shop)
    _fill(row, entry)
    session.add(row)
    session.flush()
    return ShownResource(row.id, entry)


def change_resource(session: Session, action: Action, resource_id: UUID, entry: ResourceEntry) -> ShownResource:
    """Changes a room or chair. Raises `Refused` ``catalogue.no_resource``."""
    action.actor.require(Permission.EDIT_CATALOGUE)
    row = session.get(Resource, resource_id)
    if row is None or row.deleted_at is not None:
        raise Refused("catalogue.no_resource")
    _fill(row, entry)
    session.flush()
    return ShownResource(resource_id, entry)


def remove_resource(session: Session, action: Action, resource_id: UUID) -> UUID:
    """Takes a room or chair away."""
    action.actor.require(Permission.EDIT_CATALOGUE)
    row = session.get(Resource, resource_id)
    if row is None or row.deleted_at is not None:
        raise Refused("catalogue.no_resource")
    row.deleted_at = action.now
    session.flush()
    return resource_id


def list_resources(session: Session, action: Action) -> tuple[ShownResource, ...]:
    """The rooms and chairs of this shop, by place and name."""
    rows = session.execute(
        select(Resource.id, Resource.name, Resource.kind, Resource.capacity, Resource.position, Resource.active)
        .where(Resource.shop_id == action.desk.shop, Resource.deleted_at.is_(None))
        .order_by(Resource.position, Resource.name)
    )
    return tuple(
        ShownResource(row.id, ResourceEntry(row.name, row.kind, row.capacity, row.position, row.active)) for row in rows
    )


def _fill(row: Resource, entry: ResourceEntry) -> None:
    row.name = line(entry.name, "name", required=True)
    row.kind = line(entry.kind, "kind", required=True, maximum=40)
    row.capacity = whole(entry.capacity, "capacity", 1, 100)
    row.position = whole(entry.position, "position", 0, 10_000)
    row.active = entry.active
