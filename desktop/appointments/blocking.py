"""Blocked time: a person is not booked, for a reason of the shop (a break, a meeting, a delivery)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.claiming import claim
from desktop.appointments.entries import LONGEST, REASON, start_instant
from desktop.appointments.model import BlockedTime
from desktop.clock import milliseconds
from desktop.entry import line, whole
from desktop.errors import Refused
from desktop.ids import new_id


@dataclass(frozen=True, slots=True)
class ShownBlock:
    """Blocked time as stored; instants aware, UTC."""

    id: UUID
    member_id: UUID
    starts_at: datetime
    ends_at: datetime
    reason: str
    created_by: UUID


def block_time(
    session: Session, action: Action, member_id: UUID, day: date, at: time, duration_min: int, reason: str = ""
) -> ShownBlock:
    """Blocks a person's time for 1 to 1440 minutes, also outside working hours.

    Raises `NotPermitted` without `BOOK`; `InvalidInput` as `start_instant`, ``entry.out_of_range`` (field `duration_min`),
    ``appointments.no_member``; `Refused` ``appointments.slot_taken``, ``appointments.time_blocked``.
    """
    action.actor.require(Permission.BOOK)
    whole(duration_min, "duration_min", 1, LONGEST)
    text = line(reason, "reason", maximum=REASON)
    start = start_instant(action, day, at)
    claim_block(session, action, member_id, start, start + timedelta(minutes=duration_min))
    row = BlockedTime(
        id=new_id(),
        shop_id=action.desk.shop,
        member_id=member_id,
        starts_at=start,
        ends_at=start + timedelta(minutes=duration_min),
        reason=text,
        created_by=action.actor.id,
    )
    session.add(row)
    session.flush()
    return shown_block(row)


def move_block(
    session: Session,
    action: Action,
    block_id: UUID,
    member_id: UUID,
    day: date,
    at: time,
    duration_min: int,
) -> ShownBlock:
    """Gives blocked time another person, start or duration. Raises as `block_time`; `Refused` ``appointments.not_found``."""
    action.actor.require(Permission.BOOK)
    row = find_block(session, action, block_id)
    whole(duration_min, "duration_min", 1, LONGEST)
    start = start_instant(action, day, at)
    end = start + timedelta(minutes=duration_min)
    claim_block(session, action, member_id, start, end, without=row.id)
    row.member_id, row.starts_at, row.ends_at = member_id, start, end
    session.flush()
    return shown_block(row)


def unblock_time(session: Session, action: Action, block_id: UUID) -> ShownBlock:
    """Gives blocked time free. Raises `NotPermitted` without `BOOK`; `Refused` ``appointments.not_found``."""
    action.actor.require(Permission.BOOK)
    row = find_block(session, action, block_id)
    row.deleted_at = action.now
    session.flush()
    return shown_block(row)


def claim_block(
    session: Session, action: Action, member_id: UUID, start: datetime, end: datetime, without: UUID | None = None
) -> None:
    """Refuses, as `claim` does, when the person is booked or blocked in that time."""
    as_item: dict[str, Any] = {
        "member": member_id.hex,
        "resources": [],
        "start": milliseconds(start),
        "duration": (end - start) // timedelta(minutes=1),
        "buffer_before": 0,
        "buffer_after": 0,
        "processing_start": 0,
        "processing": 0,
    }
    claim(session, action, [as_item], without=without, outside_hours=True)


def find_block(session: Session, action: Action, block_id: UUID) -> BlockedTime:
    """Blocked time of this shop; raises `Refused` ``appointments.not_found``."""
    row = session.get(BlockedTime, block_id)
    if row is None or row.deleted_at is not None or row.shop_id != action.desk.shop:
        raise Refused("appointments.not_found")
    return row


def shown_block(row: BlockedTime) -> ShownBlock:
    """A row of `blocked_time` as the interface gets it."""
    return ShownBlock(row.id, row.member_id, row.starts_at, row.ends_at, row.reason, row.created_by)
