"""Tables of the stock: movements (ledger) and the level that they add up to (derived). Quantities are thousandths."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from desktop.database.classes import Base, DerivedRow, ShopLedger
from desktop.database.derived import Derived
from desktop.database.types import Id, Instant


class StockMovement(ShopLedger, Base):
    """A change of the stock of a product: `quantity` in thousandths, signed: + into the shop."""

    __tablename__ = "stock_movement"

    product_id: Mapped[UUID] = mapped_column(Id)
    at: Mapped[datetime] = mapped_column(Instant)
    kind: Mapped[str] = mapped_column(Text)
    quantity: Mapped[int] = mapped_column(Integer)
    reason: Mapped[str] = mapped_column(Text)
    document_id: Mapped[UUID | None] = mapped_column(Id)
    member_id: Mapped[UUID] = mapped_column(Id)


Index("ix_stock_movement_product", StockMovement.product_id)
Index("ix_stock_movement_document", StockMovement.document_id, sqlite_where=StockMovement.document_id.is_not(None))


class StockLevel(DerivedRow, Base):
    """What is there of a product in a shop: the sum of its movements."""

    __tablename__ = "stock_level"

    product_id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    shop_id: Mapped[UUID] = mapped_column(Id, primary_key=True)
    quantity: Mapped[int] = mapped_column(Integer)


_ADD = (
    "INSERT INTO stock_level(product_id, shop_id, quantity) VALUES (NEW.product_id, NEW.shop_id, NEW.quantity)"
    " ON CONFLICT(product_id, shop_id) DO UPDATE SET quantity = quantity + excluded.quantity;"
)

DERIVED: tuple[Derived, ...] = (
    Derived(
        name="stock_level",
        triggers={"derived_stock_level_insert": f"AFTER INSERT ON stock_movement BEGIN {_ADD} END"},
        rebuild=(
            "DELETE FROM stock_level",
            "INSERT INTO stock_level(product_id, shop_id, quantity)"
            " SELECT product_id, shop_id, sum(quantity) FROM stock_movement GROUP BY product_id, shop_id",
        ),
        compare="SELECT product_id, shop_id, quantity FROM stock_level ORDER BY product_id, shop_id",
    ),
)
