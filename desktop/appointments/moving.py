"""Moving, resizing and changing a visit that is booked. Its place is one value: each of these claims the whole of it anew."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, time
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.booking import BookedVisit, customer_alert, find_visit, place_visit
from desktop.appointments.claiming import claim
from desktop.appointments.entries import (
    LONGEST,
    NOTE,
    ItemEntry,
    check_items,
    item_entries,
    lay_out,
    shown_visit,
    start_instant,
)
from desktop.appointments.model import Status, Visit
from desktop.appointments.occupancy import Items, shifted
from desktop.clock import milliseconds
from desktop.entry import block, whole
from desktop.errors import InvalidInput, Refused


def move_visit(
    session: Session,
    action: Action,
    visit_id: UUID,
    day: date,
    at: time,
    member_id: UUID | None = None,
    item_ids: Collection[UUID] = (),
    outside_hours: bool = False,
) -> BookedVisit:
    """Moves a visit so that it starts at a day and wall time; the items keep their distance to each other.

    `member_id` takes over the items of the first item's person, or those of `item_ids` alone. Raises `NotPermitted` without
    `BOOK`; `InvalidInput` as `start_instant`, ``appointments.no_item``; `Refused` as `claim`, ``appointments.not_found``,
    ``appointments.over`` (done, cancelled or missed).
    """
    action.actor.require(Permission.BOOK)
    visit = _open_visit(session, action, visit_id)
    start = start_instant(action, day, at)
    items = shifted(visit.items, milliseconds(start) - milliseconds(visit.starts_at))
    if member_id is not None:
        from_member = items[0]["member"]
        chosen = {one.hex for one in item_ids}
        if not chosen <= {item["id"] for item in items}:
            raise InvalidInput("item_ids", "appointments.no_item")
        for item in items:
            if item["id"] in chosen or (not chosen and item["member"] == from_member):
                item["member"] = member_id.hex
    return _place(session, action, visit, items, outside_hours)


def resize_visit(
    session: Session,
    action: Action,
    visit_id: UUID,
    duration_min: int,
    item_id: UUID | None = None,
    outside_hours: bool = False,
) -> BookedVisit:
    """Gives the last item, or `item_id`, another duration (1 to 1440 minutes); the items behind it follow.

    Raises as `move_visit`; `InvalidInput` ``entry.out_of_range`` (field `duration_min`) and as `check_items`.
    """
    action.actor.require(Permission.BOOK)
    visit = _open_visit(session, action, visit_id)
    whole(duration_min, "duration_min", 1, LONGEST)
    entries = list(item_entries(shown_visit(visit)))
    places = [place for place, entry in enumerate(entries) if item_id is None or entry.id == item_id]
    if not places:
        raise InvalidInput("item_id", "appointments.no_item")
    entries[places[-1]] = replace(entries[places[-1]], duration_min=duration_min)
    return _place(session, action, visit, _laid_out(visit, entries), outside_hours)


def change_items(
    session: Session, action: Action, visit_id: UUID, items: Sequence[ItemEntry], outside_hours: bool = False
) -> BookedVisit:
    """Replaces the items of a visit (added, ordered anew, removed); it starts when it did. Raises as `move_visit`."""
    action.actor.require(Permission.BOOK)
    visit = _open_visit(session, action, visit_id)
    return _place(session, action, visit, _laid_out(visit, items), outside_hours)


def change_note(session: Session, action: Action, visit_id: UUID, note: str) -> BookedVisit:
    """Writes the note of a visit, at most 2000 characters. Raises `Refused` ``appointments.not_found``; ``entry.…``."""
    action.actor.require(Permission.BOOK)
    visit = find_visit(session, action, visit_id)
    visit.note = block(note, "note", maximum=NOTE)
    session.flush()
    return BookedVisit(shown_visit(visit), customer_alert(session, visit.customer_id))


def _laid_out(visit: Visit, entries: Sequence[ItemEntry]) -> list[dict[str, Any]]:
    """The items from the visit's start on; those that were there keep their rooms and chairs, if these stay free."""
    before = {item["id"]: item["resources"] for item in visit.items}
    items = lay_out(check_items(entries), visit.starts_at)
    for item in items:
        old = before.get(item["id"], [])
        if [one["kind"] for one in old] == [one["kind"] for one in item["resources"]]:
            for resource, had in zip(item["resources"], old, strict=True):
                resource["id"] = resource["id"] or had["id"]
    return items


def _open_visit(session: Session, action: Action, visit_id: UUID) -> Visit:
    visit = find_visit(session, action, visit_id)
    if visit.status in (Status.DONE, Status.CANCELLED, Status.NO_SHOW):
        raise Refused("appointments.over", status=visit.status)
    return visit


def _place(session: Session, action: Action, visit: Visit, items: Items, outside_hours: bool) -> BookedVisit:
    claimed = claim(session, action, items, without=visit.id, outside_hours=outside_hours)
    return BookedVisit(place_visit(session, visit, claimed), customer_alert(session, visit.customer_id))
