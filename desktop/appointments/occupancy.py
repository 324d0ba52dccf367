"""What is taken and what is open around a time, read once and asked many times.

Booking asks it whether a plan fits, the refusal what is free instead, and the proposals where a plan fits at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.appointments.model import Slot
from desktop.appointments.resources import Place, read_places
from desktop.appointments.slots import DAY, MINUTE, SLOT, Item, member_times, rounded_out, whole_time
from desktop.clock import day_bounds, milliseconds
from desktop.errors import InvalidInput
from desktop.staff.spans import Interval
from desktop.staff.working_time import WorkingTime, working_time

Items = Sequence[Item]
_Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class Clash:
    """A place that is held: the resource (32 hex digits), the slot in milliseconds, who holds it (one of them)."""

    resource: str
    slot: int
    holder: UUID


@dataclass
class Occupancy:
    """Held slots and working time of some people and rooms.

    Attributes:
        taken: (resource, slot) → lane → holder.
        places: rooms and chairs by 32 hex digits.
        working: (person, day) → working time; filled as days are asked for.
    """

    session: Session
    action: Action
    members: tuple[UUID, ...]
    places: Mapping[str, Place]
    taken: dict[_Key, dict[int, UUID]] = field(default_factory=dict)
    working: dict[tuple[UUID, date], WorkingTime] = field(default_factory=dict)

    def load(self, start: datetime, end: datetime, without: UUID | None = None) -> None:
        """Reads who holds what from `start` to `end`, as if the visit `without` were not there."""
        query = select(Slot.resource, Slot.start, Slot.lane, Slot.holder).where(
            Slot.resource.in_([*self.members, *(UUID(one) for one in self.places)]), Slot.start.between(start, end)
        )
        for resource, slot, lane, holder in self.session.execute(query):
            if holder != without:
                self.taken.setdefault((resource.hex, milliseconds(slot)), {})[lane] = holder

    def clash(self, items: Items) -> Clash | None:
        """The first place that the items need and somebody else holds; None when they fit."""
        for resource, capacity, slots in self._needs(items):
            for slot in slots:
                lanes = self.taken.get((resource, slot))
                if lanes and len(lanes) >= capacity:
                    return Clash(resource, slot, next(iter(lanes.values())))
        return None

    def place(self, items: Items) -> list[dict[str, Any]]:
        """Items that fit, with a lane of each room and chair for each slot: one lane all through where there is one."""
        return [
            {name: value for name, value in item.items() if name != "lane"}
            | {"resources": [dict(one) | {"lanes": self._lanes(item, one["id"])} for one in item["resources"]]}
            for item in items
        ]

    def choose(self, items: Items) -> list[dict[str, Any]]:
        """The items with a room or chair for each kind they need: the one they have, else the first with room in it.

        Raises `InvalidInput` ``appointments.no_resource`` for a kind of which there is none and for one that is gone.
        """
        return [dict(item) | {"resources": self._chosen(item)} for item in items]

    def _chosen(self, item: Item) -> list[dict[str, Any]]:
        chosen: list[dict[str, Any]] = []
        for resource in item["resources"]:
            used = {one["id"] for one in chosen}
            able = [resource["id"]] if resource["id"] in self.places else []
            if resource["kind"]:
                able += [one for one, place in self.places.items() if place.kind == resource["kind"]]
            able = [one for one in able if one not in used]
            if not able:
                raise InvalidInput("items", "appointments.no_resource", kind=resource["kind"])
            best = next((one for one in able if self._has_room(item, one)), able[0])
            chosen.append(dict(resource) | {"id": best})
        return chosen

    def _has_room(self, item: Item, resource: str) -> bool:
        capacity = self.places[resource].capacity
        return all(len(self.taken.get((resource, slot), ())) < capacity for slot in rounded_out(*whole_time(item)))

    def fits(self, items: Items) -> bool:
        """Whether everybody works, is free, and there is a room or chair of each kind."""
        return self.closed(items) is None and self.clash(self.choose(items)) is None

    def closed(self, items: Items) -> tuple[Item, WorkingTime, date] | None:
        """The first item that lies outside its person's working time, with that time and its day."""
        for item in items:
            start = datetime.fromtimestamp(item["start"] / 1000, self.action.desk.zone)
            time = self.hours(UUID(item["member"]), start.date())
            end_ms = item["start"] + item["duration"] * MINUTE
            if not any(
                milliseconds(opens) <= item["start"] and end_ms <= milliseconds(closes)
                for opens, closes in time.intervals
            ):
                return item, time, start.date()
        return None

    def hours(self, member: UUID, day: date) -> WorkingTime:
        """A person's working time that touches a day."""
        if (member, day) not in self.working:
            for one in working_time(self.session, self.action, day, self.members):
                self.working[one.member_id, day] = one
        return self.working[member, day]

    def _needs(self, items: Items) -> Iterator[tuple[str, int, Iterable[int]]]:
        for item in items:
            for start, end in member_times(item):
                yield item["member"], 1, rounded_out(start, end)
            for resource in item["resources"]:
                yield resource["id"], self.places[resource["id"]].capacity, rounded_out(*whole_time(item))

    def _lanes(self, item: Item, resource: str) -> list[int]:
        slots = rounded_out(*whole_time(item))
        capacity = self.places[resource].capacity
        taken = [self.taken.get((resource, slot), {}) for slot in slots]
        for lane in range(capacity):
            if not any(lane in one for one in taken):
                return [lane] * len(slots)
        return [min(set(range(capacity)) - one.keys()) for one in taken]


def occupancy(session: Session, action: Action, items: Items, extra_members: Iterable[UUID] = ()) -> Occupancy:
    """An empty occupancy for the people, rooms and chairs of the items."""
    members = dict.fromkeys([UUID(item["member"]) for item in items] + list(extra_members))
    return Occupancy(session, action, tuple(members), read_places(session, action, items))


def shifted(items: Items, by: int) -> list[dict[str, Any]]:
    """The items `by` milliseconds later."""
    return [dict(item) | {"start": item["start"] + by} for item in items]


def needed_window(items: Items) -> tuple[int, int]:
    """From the first to the last slot that the items touch; milliseconds."""
    times = [whole_time(item) for item in items]
    return min(start for start, _ in times) - SLOT, max(end for _, end in times) + SLOT


def whole_days(action: Action, day: date, days: int) -> Interval:
    """The time of some days from a day on, and a day more at either end for what hangs over."""
    margin = timedelta(milliseconds=DAY)
    return day_bounds(day, action.desk.zone)[0] - margin, day_bounds(day + timedelta(days - 1), action.desk.zone)[
        1
    ] + margin
