"""Tables of the register: the company, premises, number series, and the ledgers of the till (sessions, cash, day closes).

A session is the time from one opening of the till to its close; it belongs to one business day and one series device. What
happens at the till names its session, so that a close sums its own rows and nothing else.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from desktop.database.classes import Base, ShopClaim, ShopLedger, ShopMergeable, TenantMergeable
from desktop.database.derived import Derived
from desktop.database.types import Day, Id, Instant, Json


class Company(TenantMergeable, Base):
    """The company behind the receipts: one row, its id is natural."""

    __tablename__ = "company"
    groups: ClassVar[dict[str, tuple[str, ...]]] = {
        "address": ("street", "post_code", "town", "country"),
        "tax": ("tax_number", "vat_payer"),
    }

    name: Mapped[str] = mapped_column(Text)
    legal_name: Mapped[str] = mapped_column(Text)
    street: Mapped[str] = mapped_column(Text)
    post_code: Mapped[str] = mapped_column(Text)
    town: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    tax_number: Mapped[str] = mapped_column(Text)
    vat_payer: Mapped[bool] = mapped_column()
    iban: Mapped[str] = mapped_column(Text)
    phone: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)


class Premise(ShopMergeable, Base):
    """A business premise: its mark is the first part of every number. `place` holds what the authority asks of its kind."""

    __tablename__ = "premise"

    code: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    place: Mapped[dict[str, Any]] = mapped_column(Json)
    valid_from: Mapped[date] = mapped_column(Day)


class NumberSeries(ShopClaim, Base):
    """A series of numbers of one desk: its device mark is the second part of the number. Purpose ``main`` or ``transfer``.

    `claim_state` is ``confirmed``, or ``conflict`` where the backend knows another desk with these marks.
    """

    __tablename__ = "number_series"

    device_id: Mapped[UUID] = mapped_column(Id)
    premise_code: Mapped[str] = mapped_column(Text)
    device_code: Mapped[str] = mapped_column(Text)
    purpose: Mapped[str] = mapped_column(Text)
    claim_state: Mapped[str] = mapped_column(Text)


class TillSession(ShopLedger, Base):
    """An opening of the till: who, when, for which business day, with how much cash."""

    __tablename__ = "till_session"

    device_id: Mapped[UUID] = mapped_column(Id)
    business_day: Mapped[date] = mapped_column(Day)
    opened_at: Mapped[datetime] = mapped_column(Instant)
    member_id: Mapped[UUID] = mapped_column(Id)
    member_name: Mapped[str] = mapped_column(Text)
    float_cents: Mapped[int] = mapped_column(Integer)


class CashMovement(ShopLedger, Base):
    """A change of the cash in the drawer, in cents, signed: + into the drawer."""

    __tablename__ = "cash_movement"

    session_id: Mapped[UUID] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(Text)
    cents: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    document_id: Mapped[UUID | None] = mapped_column(Id)
    member_id: Mapped[UUID] = mapped_column(Id)
    member_name: Mapped[str] = mapped_column(Text)


Index("ix_cash_movement_session", CashMovement.session_id)


class DayClose(ShopLedger, Base):
    """The close of a session: counted against expected, with the sums of the Z report as they were then."""

    __tablename__ = "day_close"

    session_id: Mapped[UUID] = mapped_column(Id)
    device_id: Mapped[UUID] = mapped_column(Id)
    z_number: Mapped[int] = mapped_column(Integer)
    business_day: Mapped[date] = mapped_column(Day)
    closed_at: Mapped[datetime] = mapped_column(Instant)
    member_id: Mapped[UUID] = mapped_column(Id)
    member_name: Mapped[str] = mapped_column(Text)
    expected_cents: Mapped[int] = mapped_column(Integer)
    counted_cents: Mapped[int] = mapped_column(Integer)
    difference_cents: Mapped[int] = mapped_column(Integer)
    left_cents: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    report: Mapped[dict[str, Any]] = mapped_column(Json)


Index("uq_day_close_session", DayClose.session_id, unique=True)

DERIVED: tuple[Derived, ...] = ()
