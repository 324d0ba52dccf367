"""The tables of the feed: operations, their rows and values, field clocks, events, settings and the stamp of the file.

`operation` and `operation_row` are kept for ever and cannot be changed; `operation_value` holds old and new values for undo
and field history and may be pruned or erased; `field_clock` says who wrote a field last. They are written by the generated
triggers and by the door alone (class FEED).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, Index, Integer, LargeBinary, Table, Text
from sqlalchemy.orm import Mapped, mapped_column

from desktop.database.classes import Base, DataClass, LocalRow, Scope, ShopLedger, ShopMergeable, TenantMergeable
from desktop.database.types import Id, Instant, Json

_FEED: dict[str, Any] = {"data_class": DataClass.FEED, "scope": Scope.SHOP}

#: One user action. `clock` is a hybrid clock: milliseconds since 1970 shifted by 16 bits, plus a counter.
operation = Table(
    "operation",
    Base.metadata,
    Column("id", Id, primary_key=True),
    Column("shop_id", Id, nullable=False),
    Column("device", Id, nullable=False),
    Column("n", Integer, nullable=False),
    Column("actor", Id, nullable=False),
    Column("actor_name", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("clock", Integer, nullable=False),
    Column("at", Instant, nullable=False),
    Column("part_of", Id, nullable=True),
    Column("undoes", Id, nullable=True),
    Column("previous_hash", Text, nullable=False),
    Column("hash", Text, nullable=False),
    Column("hash_version", Integer, nullable=False),
    info=dict(_FEED),
)
#: Not unique: a restored backup and what went on before it may both have given a number; the chain of each is verified.
Index("ix_operation_device_n", operation.c.device, operation.c.n)
Index("ix_operation_at", operation.c.at)
Index("ix_operation_undoes", operation.c.undoes, sqlite_where=operation.c.undoes.is_not(None))
Index("ix_operation_part_of", operation.c.part_of, sqlite_where=operation.c.part_of.is_not(None))

#: The row changes of an operation, in the order of writing. `kind`: i insert, u update, d delete.
operation_row = Table(
    "operation_row",
    Base.metadata,
    Column("operation", Id, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("table", Text, nullable=False),
    Column("row", Id, nullable=False),
    Column("kind", Text, nullable=False),
    Column("fields", Text, nullable=True),
    Column("hash", Text, nullable=False),
    sqlite_with_rowid=False,
    info=dict(_FEED),
)
Index("ix_operation_row_row", operation_row.c.row)

#: Old and new values of a row change as JSON objects (blobs as hex); the salt of their hash lies with them.
operation_value = Table(
    "operation_value",
    Base.metadata,
    Column("operation", Id, primary_key=True),
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("old", Text, nullable=True),
    Column("new", Text, nullable=True),
    Column("salt", LargeBinary, nullable=False),
    sqlite_with_rowid=False,
    info=dict(_FEED),
)

#: The stamp of a field (or declared group): clock, device and operation that wrote it last; ``*`` is the whole row at its making.
field_clock = Table(
    "field_clock",
    Base.metadata,
    Column("table", Text, primary_key=True),
    Column("row", Id, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("clock", Integer, nullable=False),
    Column("device", Id, nullable=False),
    Column("operation", Id, nullable=False),
    sqlite_with_rowid=False,
    info=dict(_FEED),
)


class Event(ShopLedger, Base):
    """A fact that is no row change: a refused action, a look at protected data, a drawer opened."""

    __tablename__ = "event"

    at: Mapped[Any] = mapped_column(Instant, nullable=False)
    kind: Mapped[str] = mapped_column(Text, nullable=False)
    actor: Mapped[Any] = mapped_column(Id, nullable=False)
    actor_name: Mapped[str] = mapped_column(Text, nullable=False)
    device: Mapped[Any] = mapped_column(Id, nullable=False)
    subject_table: Mapped[str | None] = mapped_column(Text, nullable=True)
    subject: Mapped[Any | None] = mapped_column(Id, nullable=True)
    details: Mapped[dict[str, Any] | None] = mapped_column(Json, nullable=True)


Index("ix_event_at", Event.at)


class Setting(TenantMergeable, Base):
    """A setting that all shops share; its id is the natural id of the key."""

    __tablename__ = "setting"

    key: Mapped[str] = mapped_column(Text, nullable=False, unique=True)
    value: Mapped[Any] = mapped_column(Json, nullable=False)


class ShopSetting(ShopMergeable, Base):
    """A setting of one shop; its id is the natural id of shop and key."""

    __tablename__ = "shop_setting"

    key: Mapped[str] = mapped_column(Text, nullable=False)
    value: Mapped[Any] = mapped_column(Json, nullable=False)


class LocalSetting(LocalRow, Base):
    """A setting of this device: printers, window, last user."""

    __tablename__ = "local_setting"

    key: Mapped[str] = mapped_column(Text, primary_key=True)
    value: Mapped[Any] = mapped_column(Json, nullable=False)


class DeviceStamp(LocalRow, Base):
    """What this file is, written once when it is made: one row.

    Attributes:
        mode: ``practice`` or ``live``, for ever.
        zone: IANA name of the shop's time zone.
        schema: version of the schema (revision of the last migration).
    """

    __tablename__ = "device_stamp"

    database_id: Mapped[Any] = mapped_column(Id, primary_key=True)
    mode: Mapped[str] = mapped_column(Text, nullable=False)
    tenant_id: Mapped[Any] = mapped_column(Id, nullable=False)
    shop_id: Mapped[Any] = mapped_column(Id, nullable=False)
    device_id: Mapped[Any] = mapped_column(Id, nullable=False)
    zone: Mapped[str] = mapped_column(Text, nullable=False)
    schema: Mapped[str] = mapped_column(Text, nullable=False)
    created_at: Mapped[Any] = mapped_column(Instant, nullable=False)
