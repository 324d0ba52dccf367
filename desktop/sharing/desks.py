"""Who wrote a row and at which desk: desks are called by the mark that stands on their receipts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.feed import field_clock, operation, operation_row
from desktop.register.model import NumberSeries
from desktop.register.series import Purpose
from sync.manifest import WHOLE_ROW


@dataclass(frozen=True, slots=True)
class DeskName:
    """A desk: its mark ("" while it has none), and whether it is this one."""

    mark: str
    here: bool


@dataclass(frozen=True, slots=True)
class Origin:
    """Who did something, when (aware, UTC), and at which desk."""

    by: str
    at: datetime
    desk: DeskName


def desk_names(session: Session, action: Action) -> Mapping[UUID, DeskName]:
    """The desks of this shop that have a mark, by device; this desk always."""
    query = select(NumberSeries.device_id, NumberSeries.device_code).where(
        NumberSeries.shop_id == action.desk.shop,
        NumberSeries.purpose == Purpose.MAIN.value,
        NumberSeries.deleted_at.is_(None),
    )
    here = action.desk.device
    found = {device: DeskName(mark, device == here) for device, mark in session.execute(query)}
    return {here: DeskName("", here=True)} | found


def desk_name(names: Mapping[UUID, DeskName], device: UUID) -> DeskName:
    """A desk by its device; one without a mark has no name."""
    return names.get(device, DeskName("", here=False))


def made_by(session: Session, action: Action, table: str, row: UUID) -> Origin | None:
    """Who wrote a row down first; None where its operation is not known here."""
    header = select(operation.c.actor_name, operation.c.at, operation.c.device)
    written = header.join(operation_row, operation_row.c.operation == operation.c.id).where(
        operation_row.c["row"] == row, operation_row.c["table"] == table, operation_row.c.kind == "i"
    )
    stamped = header.join(field_clock, field_clock.c.operation == operation.c.id).where(
        field_clock.c["row"] == row, field_clock.c["table"] == table, field_clock.c.field == WHOLE_ROW
    )
    found = session.execute(written).first() or session.execute(stamped).first()
    if found is None:
        return None
    return Origin(found.actor_name, found.at, desk_name(desk_names(session, action), found.device))
