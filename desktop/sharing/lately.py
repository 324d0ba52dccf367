"""What was settled lately: by a person, or by the merge alone, where a later edit won against one of this desk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.model import ClaimState
from desktop.database.classes import Base
from desktop.database.feed import operation, operation_row, operation_value
from desktop.sharing.desks import Origin, desk_name, desk_names
from desktop.sharing.rights import may_see, right_to_see
from desktop.sharing.units import units_of
from desktop.sharing.values import Plain, Value, row_name
from sync.tables import lost

PAGE = 256
SHOWN: Final = timedelta(days=30)
_SETTLING: Final = ("sharing.leave_as_is", "sharing.do_again", "sharing.take_free_mark", "sharing.restore_field")


@dataclass(frozen=True, slots=True)
class Settled:
    """Something that needs nobody any more.

    Attributes:
        name: the operation that settled it, or that lost.
        table, row: the record that it was about.
        units: the fields and groups that lost; empty where a person settled it.
        about: the record in words.
    """

    name: str
    origin: Origin
    table: str
    row: UUID
    units: tuple[str, ...] = ()
    about: tuple[Value, ...] = ()


def recently_settled(session: Session, action: Action) -> tuple[Settled, ...]:
    """What was settled in the last 30 days, the latest first, at most 256. Raises `NotPermitted` without `BOOK`."""
    action.actor.require(Permission.BOOK)
    names = desk_names(session, action)
    found = []
    for one in [*_by_people(session, action), *_by_merging(session, action)]:
        units: tuple[str, ...] = ()
        if one.fields:
            table = Base.metadata.tables[one.table]
            units = tuple(
                unit
                for unit in units_of(table, one.fields.split(","))
                if may_see(action.actor.permissions, one.table, unit)
            )
            if not units or right_to_see(one.table) not in action.actor.permissions:
                continue
        origin = Origin(one.actor_name, one.at, desk_name(names, one.device))
        about = Plain(row_name(session, one.table, one.row))
        found.append(Settled(one.name, origin, one.table, one.row, units, (about,)))
    found.sort(key=lambda one: one.origin.at, reverse=True)
    return tuple(found[:PAGE])


def _header() -> tuple[Any, ...]:
    return (operation.c.name, operation.c.at, operation.c.actor_name, operation.c.device)


def _by_people(session: Session, action: Action) -> list[Any]:
    """Operations that settle, and those that took a visit out of its conflict."""
    was = func.json_extract(operation_value.c.old, "$.claim_state")
    out = (operation_row.c["table"] == "visit") & (was == ClaimState.CONFLICT.value)
    on = (operation_value.c.operation == operation_row.c.operation) & (operation_value.c.n == operation_row.c.n)
    query = (
        select(*_header(), operation_row.c["table"], operation_row.c["row"], func.coalesce(None, "").label("fields"))
        .select_from(
            operation.join(operation_row, operation_row.c.operation == operation.c.id).outerjoin(operation_value, on)
        )
        .where(operation.c.at > action.now - SHOWN, operation.c.undoes.is_(None))
        .where(operation.c.name.in_(_SETTLING) | out)
        .group_by(operation.c.id)
        .order_by(operation.c.at.desc())
        .limit(PAGE)
    )
    return list(session.execute(query))


def _by_merging(session: Session, action: Action) -> list[Any]:
    """Edits of this desk that lost, a row at a time."""
    query = (
        select(
            *_header(),
            lost.c.collection.label("table"),
            lost.c.row,
            func.group_concat(lost.c.field, ",").label("fields"),
        )
        .join(operation, operation.c.n == lost.c.n)
        .where(operation.c.device == action.desk.device, operation.c.at > action.now - SHOWN)
        .group_by(lost.c.n, lost.c.collection, lost.c.row)
        .order_by(operation.c.at.desc())
        .limit(PAGE)
    )
    return [
        _WithId(one.name, one.at, one.actor_name, one.device, one.table, UUID(hex=one.row), one.fields)
        for one in session.execute(query)
    ]


@dataclass(frozen=True, slots=True)
class _WithId:
    """A row of `_by_merging` with its id as such."""

    name: str
    at: Any
    actor_name: str
    device: UUID
    table: str
    row: UUID
    fields: str
