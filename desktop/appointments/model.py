"""Tables of the appointments room: visits, blocked time, and the slots that make double booking impossible.

`slot` has the primary key (resource, start, lane): whatever the program does, one person, room or chair is never held twice
at a time beyond its capacity, because the second holder's row cannot be inserted. It is kept by triggers on `visit` and
`blocked_time`. Absences hold no slots: they may be entered over visits that are already there, which then wait for a
person's decision; booking asks the working time for them.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, Integer, Text
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from desktop.appointments.slots import blocked_slots, visit_slots
from desktop.database.classes import Base, DataClass, DerivedRow, Scope, ShopClaim, ShopMergeable
from desktop.database.derived import Derived, SqlFunction
from desktop.database.types import Id, Instant, Json


class Status(StrEnum):
    """Where a visit stands. "Late" and "paid" are derived when it is shown."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    ARRIVED = "arrived"
    IN_SERVICE = "in_service"
    DONE = "done"
    NO_SHOW = "no_show"
    CANCELLED = "cancelled"


class Origin(StrEnum):
    """How a visit came."""

    COUNTER = "counter"
    PHONE = "phone"
    WALK_IN = "walk_in"
    ONLINE = "online"


class ClaimState(StrEnum):
    """What the backend, or this desk while it is not paired, said to the visit's claim on its slots."""

    CONFIRMED = "confirmed"
    PENDING = "pending"
    CONFLICT = "conflict"


class Visit(ShopClaim, Base):
    """A customer's stay. `items`, `starts_at` and `ends_at` are one value: the exclusive claim.

    Each item of `items`: id, service (or None), member and the ids in resources as 32 hex digits; resources as
    ``[{"id", "kind", "lanes"}]``, `kind` when another one of it
    would do as well, else "", and a lane for each slot in order; name; start in milliseconds (UTC); duration, buffer_before, buffer_after, processing_start (from the
    start), processing in minutes; price_cents; `lane` only where the visit stands beside another one of its person on purpose. `starts_at` and `ends_at` are the first start and the last end without
    buffers. `customer_name` stands for a walk-in, and keeps the name that a customer had when the visit was booked.
    """

    __tablename__ = "visit"
    groups: ClassVar[dict[str, tuple[str, ...]]] = {
        "items": ("items", "starts_at", "ends_at"),
        "status": ("status", "cancel_reason"),
        "customer": ("customer_id", "customer_name"),
    }

    customer_id: Mapped[UUID | None] = mapped_column(Id)
    customer_name: Mapped[str] = mapped_column(Text)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    items: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    status: Mapped[str] = mapped_column(Text)
    cancel_reason: Mapped[str] = mapped_column(Text)
    note: Mapped[str] = mapped_column(Text)
    origin: Mapped[str] = mapped_column(Text)
    claim_state: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(Instant)
    created_by: Mapped[UUID] = mapped_column(Id)


class BlockedTime(ShopMergeable, Base):
    """A time in which a person is not booked: a meeting, a break. It holds slots as a visit does."""

    __tablename__ = "blocked_time"
    groups: ClassVar[dict[str, tuple[str, ...]]] = {"time": ("member_id", "starts_at", "ends_at")}

    member_id: Mapped[UUID] = mapped_column(Id)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    reason: Mapped[str] = mapped_column(Text)
    created_by: Mapped[UUID] = mapped_column(Id)


class Slot(DerivedRow, Base):
    """Five minutes of a person, room or chair, held by a visit or by blocked time; lanes count up to the capacity."""

    __tablename__ = "slot"

    @declared_attr.directive
    def __table_args__(cls) -> Any:
        return {"info": {"data_class": DataClass.DERIVED, "scope": Scope.DEVICE}, "sqlite_with_rowid": False}

    resource: Mapped[UUID] = mapped_column(Id, primary_key=True)
    start: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    lane: Mapped[int] = mapped_column(Integer, primary_key=True)
    holder: Mapped[UUID] = mapped_column(Id)


Index("ix_visit_shop_id_starts_at", Visit.shop_id, Visit.starts_at, Visit.ends_at)
Index("ix_visit_customer_id_starts_at", Visit.customer_id, Visit.starts_at)
Index("ix_visit_conflict", Visit.shop_id, sqlite_where=Visit.claim_state == "conflict")
Index("ix_blocked_time_shop_id_starts_at", BlockedTime.shop_id, BlockedTime.starts_at)

_VISIT = "visit_slots({row}.items, {row}.status, {row}.claim_state, {row}.ends_at, {row}.created_at, {row}.deleted_at)"
_BLOCKED = "blocked_slots({row}.member_id, {row}.starts_at, {row}.ends_at, {row}.deleted_at)"
_FIELDS = "unhex(held.value ->> 0), held.value ->> 1, held.value ->> 2"


def _take(slots: str) -> str:
    return (
        f"INSERT INTO slot(resource, start, lane, holder) SELECT {_FIELDS}, NEW.id"
        f" FROM json_each({slots.format(row='NEW')}) AS held;"
    )


def _free(slots: str) -> str:
    return (
        "DELETE FROM slot WHERE holder = OLD.id AND (resource, start, lane) IN"
        f" (SELECT {_FIELDS} FROM json_each({slots.format(row='OLD')}) AS held);"
    )


def _refill(table: str, slots: str) -> str:
    return (
        f"INSERT OR IGNORE INTO slot(resource, start, lane, holder) SELECT {_FIELDS}, {table}.id"
        f" FROM {table}, json_each({slots.format(row=table)}) AS held"
    )


def _triggers(table: str, slots: str) -> dict[str, str]:
    changed = f"{slots.format(row='OLD')} IS NOT {slots.format(row='NEW')}"
    return {
        f"derived_slot_{table}_insert": f"AFTER INSERT ON {table} BEGIN {_take(slots)} END",
        f"derived_slot_{table}_update": f"AFTER UPDATE ON {table} WHEN {changed} BEGIN {_free(slots)} {_take(slots)} END",
        f"derived_slot_{table}_delete": f"AFTER DELETE ON {table} BEGIN {_free(slots)} END",
    }


DERIVED: tuple[Derived, ...] = (
    Derived(
        name="slot",
        triggers=_triggers("visit", _VISIT) | _triggers("blocked_time", _BLOCKED),
        rebuild=("DELETE FROM slot", _refill("visit", _VISIT), _refill("blocked_time", _BLOCKED)),
        functions={"visit_slots": SqlFunction(6, visit_slots), "blocked_slots": SqlFunction(4, blocked_slots)},
        compare="SELECT hex(resource), start, lane, hex(holder) FROM slot ORDER BY resource, start, lane",
    ),
)
