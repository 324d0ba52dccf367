"""Tables of the staff room: people, their hours and absences, and the hours of the shop.

People and absences belong to the tenant (somebody may work in two shops, and is ill in both); hours belong to a shop. Hours
are wall times: they follow the clock on the wall through the spring and autumn changes. Every list of spans is one value, so
two desks that set the same day never mix their spans.
"""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from desktop.database.classes import Base, LocalRow, ShopMergeable, TenantMergeable
from desktop.database.derived import Derived
from desktop.database.types import Day, Id, Instant, Json, WallTime


class Member(TenantMergeable, Base):
    """A person who works here.

    `mark` is what receipts print for the person (ZDavPR, art. 5: the mark of the natural person who issues). `tax_number` has
    8 digits, or is NULL with `without_tax_number` for a foreign operator. `pin_hash` is an argon2id string.
    """

    __tablename__ = "member"
    groups: ClassVar[dict[str, tuple[str, ...]]] = {"tax": ("tax_number", "without_tax_number")}

    name: Mapped[str] = mapped_column(Text)
    mark: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(Text)
    tax_number: Mapped[str | None] = mapped_column(Text)
    without_tax_number: Mapped[bool] = mapped_column(default=False)
    colour: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer, default=0)
    bookable: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    pin_hash: Mapped[str | None] = mapped_column(Text)


class PinAttempt(LocalRow, Base):
    """Wrong PINs since the last right one, at this desk; until `blocked_until` no PIN is looked at."""

    __tablename__ = "pin_attempt"

    member_id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    failures: Mapped[int] = mapped_column(Integer)
    blocked_until: Mapped[datetime | None] = mapped_column(Instant)


class OpeningHours(ShopMergeable, Base):
    """The shop's spans of one weekday (0 Monday … 6 Sunday) from a day on; id by shop, day and weekday.

    `spans` is a list of ``["HH:MM", "HH:MM"]``; an end that is not behind its start lies on the next day.
    """

    __tablename__ = "opening_hours"

    valid_from: Mapped[date] = mapped_column(Day)
    weekday: Mapped[int] = mapped_column(Integer)
    spans: Mapped[list[Any]] = mapped_column(Json)


class OpeningDay(ShopMergeable, Base):
    """A dated exception of the shop: other hours, or none (closed), with the reason; id by shop and day."""

    __tablename__ = "opening_day"

    day: Mapped[date] = mapped_column(Day)
    spans: Mapped[list[Any]] = mapped_column(Json)
    reason: Mapped[str] = mapped_column(Text)


class WorkingHours(ShopMergeable, Base):
    """A person's spans of one weekday in this shop from a day on; id by shop, person, day and weekday."""

    __tablename__ = "working_hours"

    member_id: Mapped[UUID] = mapped_column(Id)
    valid_from: Mapped[date] = mapped_column(Day)
    weekday: Mapped[int] = mapped_column(Integer)
    spans: Mapped[list[Any]] = mapped_column(Json)


class WorkingDay(ShopMergeable, Base):
    """A dated exception of a person in this shop: other hours that day, or none; id by shop, person and day."""

    __tablename__ = "working_day"

    member_id: Mapped[UUID] = mapped_column(Id)
    day: Mapped[date] = mapped_column(Day)
    spans: Mapped[list[Any]] = mapped_column(Json)
    note: Mapped[str] = mapped_column(Text)


class Absence(TenantMergeable, Base):
    """A time in which a person does not work: whole days, or between two wall times of one day.

    `starts_at` and `ends_at` are the same time as instants, for everything that holds slots.
    """

    __tablename__ = "absence"
    groups: ClassVar[dict[str, tuple[str, ...]]] = {
        "time": ("first_day", "last_day", "start_time", "end_time", "starts_at", "ends_at")
    }

    member_id: Mapped[UUID] = mapped_column(Id)
    kind: Mapped[str] = mapped_column(Text)
    first_day: Mapped[date] = mapped_column(Day)
    last_day: Mapped[date] = mapped_column(Day)
    start_time: Mapped[time | None] = mapped_column(WallTime)
    end_time: Mapped[time | None] = mapped_column(WallTime)
    starts_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    note: Mapped[str] = mapped_column(Text)


Index(
    "ix_opening_hours_shop_id_weekday_valid_from", OpeningHours.shop_id, OpeningHours.weekday, OpeningHours.valid_from
)
Index("ix_opening_day_shop_id_day", OpeningDay.shop_id, OpeningDay.day)
Index(
    "ix_working_hours_shop_id_weekday_valid_from", WorkingHours.shop_id, WorkingHours.weekday, WorkingHours.valid_from
)
Index("ix_working_day_shop_id_day", WorkingDay.shop_id, WorkingDay.day)
Index("ix_absence_ends_at", Absence.ends_at)

DERIVED: tuple[Derived, ...] = ()
