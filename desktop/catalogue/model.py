"""Tables of the catalogue: VAT rates, services with who can do them, rooms and chairs, products."""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from desktop.database.classes import Base, ShopMergeable, TenantMergeable
from desktop.database.derived import Derived
from desktop.database.types import Day, Id, Json


class VatRate(TenantMergeable, Base):
    """A rate of VAT with its days: `category` as in the fiscal port, `rate` in basis points, `clause` for exempt supplies."""

    __tablename__ = "vat_rate"
    groups: ClassVar[dict[str, tuple[str, ...]]] = {"rate": ("category", "rate", "clause", "valid_from", "valid_until")}

    code: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    rate: Mapped[int] = mapped_column(Integer)
    clause: Mapped[str] = mapped_column(Text)
    valid_from: Mapped[date] = mapped_column(Day)
    valid_until: Mapped[date | None] = mapped_column(Day)
    position: Mapped[int] = mapped_column(Integer)


class Service(TenantMergeable, Base):
    """A service: how long it takes (minutes), what it costs (gross cents), which kinds of room or chair it needs.

    `processing_start` counts from the start; while it processes the person is free for others.
    """

    __tablename__ = "service"
    groups: ClassVar[dict[str, tuple[str, ...]]] = {
        "time": ("duration", "buffer_before", "buffer_after", "processing_start", "processing"),
        "price": ("price_cents", "vat_code"),
    }

    name: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)
    section: Mapped[str] = mapped_column(Text)
    colour: Mapped[str] = mapped_column(Text)
    duration: Mapped[int] = mapped_column(Integer)
    buffer_before: Mapped[int] = mapped_column(Integer)
    buffer_after: Mapped[int] = mapped_column(Integer)
    processing_start: Mapped[int] = mapped_column(Integer)
    processing: Mapped[int] = mapped_column(Integer)
    price_cents: Mapped[int] = mapped_column(Integer)
    vat_code: Mapped[str] = mapped_column(Text)
    needs: Mapped[list[str]] = mapped_column(Json)
    position: Mapped[int] = mapped_column(Integer)
    active: Mapped[bool] = mapped_column()


class ServiceMember(TenantMergeable, Base):
    """That a person can do a service, with a price or a duration of their own; the id is natural."""

    __tablename__ = "service_member"

    service_id: Mapped[UUID] = mapped_column(Id)
    member_id: Mapped[UUID] = mapped_column(Id)
    price_cents: Mapped[int | None] = mapped_column(Integer)
    duration: Mapped[int | None] = mapped_column(Integer)


Index("ix_service_member_service", ServiceMember.service_id)


class Resource(ShopMergeable, Base):
    """A room or chair of a kind; `capacity` visits at a time."""

    __tablename__ = "resource"

    name: Mapped[str] = mapped_column(Text)
    kind: Mapped[str] = mapped_column(Text)
    capacity: Mapped[int] = mapped_column(Integer)
    position: Mapped[int] = mapped_column(Integer)
    active: Mapped[bool] = mapped_column()


class Product(TenantMergeable, Base):
    """A product on the shelf; `stocked` products move the stock when they are sold."""

    __tablename__ = "product"
    groups: ClassVar[dict[str, tuple[str, ...]]] = {"price": ("price_cents", "vat_code")}

    name: Mapped[str] = mapped_column(Text)
    folded: Mapped[str] = mapped_column(Text)
    barcode: Mapped[str] = mapped_column(Text)
    price_cents: Mapped[int] = mapped_column(Integer)
    vat_code: Mapped[str] = mapped_column(Text)
    low_level: Mapped[int] = mapped_column(Integer)
    stocked: Mapped[bool] = mapped_column()
    active: Mapped[bool] = mapped_column()


Index("ix_product_barcode", Product.barcode)

DERIVED: tuple[Derived, ...] = ()
