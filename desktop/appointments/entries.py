"""What is typed when a visit is booked, and what is shown of one; the checks of single fields.

A visit's items follow each other: each starts where the one before it ends, plus its own waiting time `gap_min`. Durations
are elapsed minutes, so an appointment over a change of the clock keeps its length.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID

from desktop.action import Action
from desktop.appointments.model import Origin, Status, Visit
from desktop.appointments.slots import MINUTE
from desktop.clock import from_milliseconds, milliseconds
from desktop.entry import line, whole
from desktop.errors import InvalidInput
from desktop.ids import new_id

LONGEST = 24 * 60  # minutes of an item and of a whole visit
LONGEST_BUFFER = 4 * 60
MOST_ITEMS = 20
MOST_CENTS = 100_000_000
FURTHEST = timedelta(days=3 * 366)
NOTE = 2000
_MINUTE = timedelta(minutes=1)
REASON = 200


@dataclass(frozen=True, slots=True)
class ItemEntry:
    """One service of a visit as typed.

    Minutes: `duration_min` 1 to 1440, buffers 0 to 240, `processing_start_min` from the item's start, `processing_min` 0 for
    none, `gap_min` waiting time behind the item before. `resource_ids` are certain rooms and chairs, `needs` kinds of which any
    free one will do. `price_cents`: gross, as agreed at booking. `id` keeps an item's
    identity when the items of a visit are changed.
    """

    name: str
    member_id: UUID
    duration_min: int
    price_cents: int = 0
    service_id: UUID | None = None
    resource_ids: tuple[UUID, ...] = ()
    needs: tuple[str, ...] = ()
    buffer_before_min: int = 0
    buffer_after_min: int = 0
    processing_start_min: int = 0
    processing_min: int = 0
    gap_min: int = 0
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class VisitEntry:
    """A visit as typed: a day and wall time of the shop (``at.fold=1``: the second of October's doubled hour).

    A customer, or the name of a walk-in ("" shows as walk-in). `status`: pending, confirmed or arrived.
    """

    items: tuple[ItemEntry, ...]
    day: date
    at: time
    customer_id: UUID | None = None
    customer_name: str = ""
    note: str = ""
    origin: Origin = Origin.COUNTER
    status: Status = Status.CONFIRMED


@dataclass(frozen=True, slots=True)
class VisitItem:
    """A stored item; instants are aware, UTC. `pause` is the processing time, None where there is none.

    `resource_ids` are all rooms and chairs it has; for those at the end another one of the kind in `needs` would do as well.
    """

    id: UUID
    service_id: UUID | None
    name: str
    member_id: UUID
    resource_ids: tuple[UUID, ...]
    needs: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    duration_min: int
    buffer_before_min: int
    buffer_after_min: int
    processing_start_min: int
    processing_min: int
    price_cents: int

    @property
    def pause(self) -> tuple[datetime, datetime] | None:
        if not self.processing_min:
            return None
        start = self.starts_at + timedelta(minutes=self.processing_start_min)
        return start, start + timedelta(minutes=self.processing_min)


@dataclass(frozen=True, slots=True)
class ShownVisit:
    """A visit as stored. `customer_name` is "" for a walk-in without a name; `price_cents` the sum of the items."""

    id: UUID
    customer_id: UUID | None
    customer_name: str
    starts_at: datetime
    ends_at: datetime
    items: tuple[VisitItem, ...]
    status: Status
    cancel_reason: str
    note: str
    origin: Origin
    claim_state: str
    created_at: datetime
    created_by: UUID

    @property
    def price_cents(self) -> int:
        return sum(item.price_cents for item in self.items)


def start_instant(action: Action, day: date, at: time) -> datetime:
    """The instant of a start as typed: from yesterday to three years ahead, to the minute.

    Raises `InvalidInput`: ``appointments.too_far_back``, ``appointments.too_far_ahead`` (field `day`),
    ``appointments.whole_minutes``, ``clock.gap`` (field `at`).
    """
    if day < action.today - timedelta(days=1):
        raise InvalidInput("day", "appointments.too_far_back")
    if day > action.today + FURTHEST:
        raise InvalidInput("day", "appointments.too_far_ahead", days=FURTHEST.days)
    if at.second or at.microsecond:
        raise InvalidInput("at", "appointments.whole_minutes")
    return action.instant(day, at, "at")


def check_items(entries: Sequence[ItemEntry]) -> tuple[ItemEntry, ...]:
    """The items with clean names; raises `InvalidInput` with the field, e.g. ``items.0.duration_min``.

    Codes: ``appointments.no_items``, ``appointments.too_many_items``, ``appointments.too_long``,
    ``appointments.processing_outside``, ``entry.…``.
    """
    if not entries:
        raise InvalidInput("items", "appointments.no_items")
    if len(entries) > MOST_ITEMS:
        raise InvalidInput("items", "appointments.too_many_items", maximum=MOST_ITEMS)
    clean = tuple(_check_item(entry, f"items.{place}") for place, entry in enumerate(entries))
    if sum(entry.duration_min + entry.gap_min for entry in clean) > LONGEST:
        raise InvalidInput("items", "appointments.too_long", hours=LONGEST // 60)
    return clean


def _check_item(entry: ItemEntry, at: str) -> ItemEntry:
    whole(entry.duration_min, f"{at}.duration_min", 1, LONGEST)
    for name in ("buffer_before_min", "buffer_after_min"):
        whole(getattr(entry, name), f"{at}.{name}", 0, LONGEST_BUFFER)
    whole(entry.gap_min, f"{at}.gap_min", 0, LONGEST)
    whole(entry.price_cents, f"{at}.price_cents", 0, MOST_CENTS)
    whole(entry.processing_min, f"{at}.processing_min", 0, LONGEST)
    whole(entry.processing_start_min, f"{at}.processing_start_min", 0, LONGEST)
    if entry.processing_min and entry.processing_start_min + entry.processing_min > entry.duration_min:
        raise InvalidInput(f"{at}.processing_min", "appointments.processing_outside")
    return ItemEntry(
        name=line(entry.name, f"{at}.name", required=True),
        member_id=entry.member_id,
        duration_min=entry.duration_min,
        price_cents=entry.price_cents,
        service_id=entry.service_id,
        resource_ids=tuple(dict.fromkeys(entry.resource_ids)),
        needs=tuple(line(kind, f"{at}.needs", required=True, maximum=40) for kind in entry.needs[:MOST_ITEMS]),
        buffer_before_min=entry.buffer_before_min,
        buffer_after_min=entry.buffer_after_min,
        processing_start_min=entry.processing_start_min if entry.processing_min else 0,
        processing_min=entry.processing_min,
        gap_min=entry.gap_min,
        id=entry.id,
    )


def lay_out(entries: Sequence[ItemEntry], start: datetime) -> list[dict[str, Any]]:
    """The items as they are stored, one behind the other from `start`; lanes are not chosen yet."""
    found: list[dict[str, Any]] = []
    next_start = milliseconds(start)
    for place, entry in enumerate(entries):
        next_start += entry.gap_min * MINUTE if place else 0
        found.append(
            {
                "id": (entry.id or new_id()).hex,
                "service": entry.service_id.hex if entry.service_id else None,
                "name": entry.name,
                "member": entry.member_id.hex,
                "resources": [{"id": identity.hex, "kind": "", "lanes": []} for identity in entry.resource_ids]
                + [{"id": "", "kind": kind, "lanes": []} for kind in entry.needs],
                "start": next_start,
                "duration": entry.duration_min,
                "buffer_before": entry.buffer_before_min,
                "buffer_after": entry.buffer_after_min,
                "processing_start": entry.processing_start_min,
                "processing": entry.processing_min,
                "price_cents": entry.price_cents,
            }
        )
        next_start += entry.duration_min * MINUTE
    return found


@lru_cache(maxsize=1024)
def _known_id(stored: str) -> UUID:
    """The id of a person, service or room: a day of the calendar names the same few a thousand times."""
    return UUID(stored)


def span(items: Sequence[Mapping[str, Any]]) -> tuple[datetime, datetime]:
    """First start and last end of stored items, without buffers."""
    return (
        from_milliseconds(min(item["start"] for item in items)),
        from_milliseconds(max(item["start"] + item["duration"] * MINUTE for item in items)),
    )


def shown_item(item: Mapping[str, Any]) -> VisitItem:
    """A stored item as the interface gets it."""
    starts_at = from_milliseconds(item["start"])
    resources = item["resources"]
    return VisitItem(
        id=UUID(item["id"]),
        service_id=_known_id(item["service"]) if item["service"] else None,
        name=item["name"],
        member_id=_known_id(item["member"]),
        resource_ids=tuple([_known_id(resource["id"]) for resource in resources]) if resources else (),
        needs=tuple([resource["kind"] for resource in resources if resource["kind"]]) if resources else (),
        starts_at=starts_at,
        ends_at=starts_at + _MINUTE * item["duration"],
        duration_min=item["duration"],
        buffer_before_min=item["buffer_before"],
        buffer_after_min=item["buffer_after"],
        processing_start_min=item["processing_start"],
        processing_min=item["processing"],
        price_cents=item["price_cents"],
    )


def shown_visit(visit: Visit) -> ShownVisit:
    """A row of `visit` as the interface gets it."""
    return ShownVisit(
        id=visit.id,
        customer_id=visit.customer_id,
        customer_name=visit.customer_name,
        starts_at=visit.starts_at,
        ends_at=visit.ends_at,
        items=tuple(shown_item(item) for item in visit.items),
        status=Status(visit.status),
        cancel_reason=visit.cancel_reason,
        note=visit.note,
        origin=Origin(visit.origin),
        claim_state=visit.claim_state,
        created_at=visit.created_at,
        created_by=visit.created_by,
    )


def item_entries(visit: ShownVisit) -> tuple[ItemEntry, ...]:
    """The items of a visit as they would be typed: to copy it, or to change some of them."""
    found = []
    end: datetime | None = None
    for item in visit.items:
        gap = 0 if end is None else max(0, (item.starts_at - end) // timedelta(minutes=1))
        end = item.ends_at
        found.append(
            ItemEntry(
                name=item.name,
                member_id=item.member_id,
                duration_min=item.duration_min,
                price_cents=item.price_cents,
                service_id=item.service_id,
                resource_ids=item.resource_ids[: len(item.resource_ids) - len(item.needs)],
                needs=item.needs,
                buffer_before_min=item.buffer_before_min,
                buffer_after_min=item.buffer_after_min,
                processing_start_min=item.processing_start_min,
                processing_min=item.processing_min,
                gap_min=gap,
                id=item.id,
            )
        )
    return tuple(found)
