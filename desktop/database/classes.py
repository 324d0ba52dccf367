"""The data classes of tables and the mixins that give a table its class and scope.

Every table has exactly one class (what may happen to its rows) and one scope (who holds them); a test fails on a table that
lacks either. A model takes its class by its mixin; the tables of the libraries get theirs in `LIBRARY_CLASSES`.

| class | rule |
|---|---|
| ledger | insert only; each row carries the hash of its columns; a correction is a new row |
| mergeable | per field or declared group the later clock wins; never deleted, only marked |
| claim | exclusive, bounded or unique: confirmed, pending or conflict |
| local | this device only, never synced |
| derived | kept by triggers on its source tables, rebuilt at will, never synced |
| feed | the machinery itself: operations and what hangs on them, written by the triggers and the door |
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import MetaData, Table, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

from desktop.database.types import Id, Instant, Json
from desktop.ids import new_id


class DataClass(StrEnum):
    LEDGER = "ledger"
    MERGEABLE = "mergeable"
    CLAIM = "claim"
    LOCAL = "local"
    DERIVED = "derived"
    FEED = "feed"


class Scope(StrEnum):
    TENANT = "tenant"
    SHOP = "shop"
    DEVICE = "device"


class Base(DeclarativeBase):
    """The base of every model of the desktop."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    #: Declared groups: fields that merge as one value, for example ``{"address": ("street", "town", "post_code")}``.
    groups: ClassVar[dict[str, tuple[str, ...]]] = {}


def _args(data_class: DataClass, scope: Scope) -> dict[str, Any]:
    return {"info": {"data_class": data_class, "scope": scope}}


class _Row:
    """What synced rows share: an id made by the client."""

    id: Mapped[UUID] = mapped_column(Id, primary_key=True, default=new_id)


class _Editable(_Row):
    """What rows that change share: unknown fields of newer programs, kept and returned, and the mark of deletion."""

    extra: Mapped[dict[str, Any] | None] = mapped_column(Json, nullable=True)
    deleted_at: Mapped[Any | None] = mapped_column(Instant, nullable=True)


class TenantMergeable(_Editable):
    """A mergeable row that all shops of the tenant share."""

    @declared_attr.directive
    def __table_args__(cls) -> Any:
        return _args(DataClass.MERGEABLE, Scope.TENANT)


class ShopMergeable(_Editable):
    """A mergeable row of one shop."""

    shop_id: Mapped[UUID] = mapped_column(Id, nullable=False)

    @declared_attr.directive
    def __table_args__(cls) -> Any:
        return _args(DataClass.MERGEABLE, Scope.SHOP)


class TenantClaim(_Editable):
    """A claim that all shops of the tenant share (unique names, balances)."""

    @declared_attr.directive
    def __table_args__(cls) -> Any:
        return _args(DataClass.CLAIM, Scope.TENANT)


class ShopClaim(_Editable):
    """A claim of one shop (visits)."""

    shop_id: Mapped[UUID] = mapped_column(Id, nullable=False)

    @declared_attr.directive
    def __table_args__(cls) -> Any:
        return _args(DataClass.CLAIM, Scope.SHOP)


class ShopLedger(_Row):
    """An insert-only row of one shop; written by `desktop.database.ledger.append`, which fills `hash`."""

    shop_id: Mapped[UUID] = mapped_column(Id, nullable=False)
    hash: Mapped[str] = mapped_column(Text, nullable=False)
    hash_version: Mapped[int] = mapped_column(nullable=False, default=1)

    @declared_attr.directive
    def __table_args__(cls) -> Any:
        return _args(DataClass.LEDGER, Scope.SHOP)


class TenantLedger(_Row):
    """An insert-only row that all shops of the tenant share."""

    hash: Mapped[str] = mapped_column(Text, nullable=False)
    hash_version: Mapped[int] = mapped_column(nullable=False, default=1)

    @declared_attr.directive
    def __table_args__(cls) -> Any:
        return _args(DataClass.LEDGER, Scope.TENANT)


class LocalRow:
    """A row of this device only; the model names its own primary key."""

    @declared_attr.directive
    def __table_args__(cls) -> Any:
        return _args(DataClass.LOCAL, Scope.DEVICE)


class DerivedRow:
    """A row kept by triggers on its sources; the model names its own primary key."""

    @declared_attr.directive
    def __table_args__(cls) -> Any:
        return _args(DataClass.DERIVED, Scope.DEVICE)


#: Classes of the tables that `fiscal`, `printing` and `sync` define, by table name.
LIBRARY_CLASSES: dict[str, tuple[DataClass, Scope]] = {
    "fiscal_journal": (DataClass.LEDGER, Scope.SHOP),
    "fiscal_outbox": (DataClass.LOCAL, Scope.DEVICE),
    "fiscal_credential": (DataClass.LOCAL, Scope.DEVICE),
    "printing_job": (DataClass.LOCAL, Scope.DEVICE),
    "sync_cursor": (DataClass.LOCAL, Scope.DEVICE),
    "sync_progress": (DataClass.LOCAL, Scope.DEVICE),
    "sync_refused": (DataClass.LOCAL, Scope.DEVICE),
    "sync_lost": (DataClass.LOCAL, Scope.DEVICE),
    "sync_stray": (DataClass.LOCAL, Scope.DEVICE),
    "sync_upload": (DataClass.LOCAL, Scope.DEVICE),
    "sync_noted": (DataClass.LOCAL, Scope.DEVICE),
    "sync_unread": (DataClass.LOCAL, Scope.DEVICE),
    "sync_orphan": (DataClass.LOCAL, Scope.DEVICE),
    "sync_seen": (DataClass.LOCAL, Scope.DEVICE),
    "sync_server": (DataClass.LOCAL, Scope.DEVICE),
    "sync_snapshot": (DataClass.LOCAL, Scope.DEVICE),
}


def class_of(table: Table) -> DataClass:
    """The data class of a table; raises `LookupError` naming a table without one."""
    data_class: DataClass | None = table.info.get("data_class")
    if data_class is None:
        if table.name not in LIBRARY_CLASSES:
            raise LookupError(f"table {table.name} has no data class")
        return LIBRARY_CLASSES[table.name][0]
    return data_class


def scope_of(table: Table) -> Scope:
    """The scope of a table; raises `LookupError` naming a table without one."""
    scope: Scope | None = table.info.get("scope")
    if scope is None:
        if table.name not in LIBRARY_CLASSES:
            raise LookupError(f"table {table.name} has no scope")
        return LIBRARY_CLASSES[table.name][1]
    return scope
