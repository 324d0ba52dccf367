"""Stock by movements: receiving, using up, correcting, counting; sales and returns come with their documents.

Selling below zero is allowed and shown: the paper in the shelf is right, the count in the computer was not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.database.ledger import append
from desktop.entry import line
from desktop.errors import InvalidInput
from desktop.inventory.model import StockLevel, StockMovement

MOST = 1_000_000_000
PAGE = 256


class MovementKind(StrEnum):
    RECEIVE = "receive"
    SALE = "sale"
    RETURN = "return"
    USE = "use"
    CORRECTION = "correction"
    STOCKTAKE = "stocktake"


@dataclass(frozen=True, slots=True)
class Sold:
    """A product that a document takes out of the stock (or puts back, negative); `quantity` in thousandths."""

    product_id: UUID
    quantity: int


@dataclass(frozen=True, slots=True)
class StockEntry:
    """A movement with the level that it left, in thousandths."""

    id: UUID
    product_id: UUID
    kind: MovementKind
    quantity: int
    level: int
    at: datetime
    reason: str


def receive_stock(session: Session, action: Action, product_id: UUID, quantity: int, reason: str = "") -> StockEntry:
    """Goods that came in; `quantity` 1 … one million pieces in thousandths."""
    return _record(session, action, product_id, MovementKind.RECEIVE, _positive(quantity), line(reason, "reason"))


def use_stock(session: Session, action: Action, product_id: UUID, quantity: int, reason: str = "") -> StockEntry:
    """Goods used up in the shop."""
    return _record(session, action, product_id, MovementKind.USE, -_positive(quantity), line(reason, "reason"))


def count_stock(session: Session, action: Action, product_id: UUID, counted: int, reason: str = "") -> StockEntry:
    """A stocktake: the difference between what was counted and the level becomes a movement, also when it is none."""
    if not 0 <= counted <= MOST:
        raise InvalidInput("counted", "entry.out_of_range", minimum=0, maximum=MOST)
    difference = counted - level_of(session, action, product_id)
    return _record(session, action, product_id, MovementKind.STOCKTAKE, difference, line(reason, "reason"))


def level_of(session: Session, action: Action, product_id: UUID) -> int:
    """What is there of a product in this shop, in thousandths."""
    found = session.execute(
        select(StockLevel.quantity).where(StockLevel.product_id == product_id, StockLevel.shop_id == action.desk.shop)
    ).scalar()
    return found or 0


def stock_levels(session: Session, action: Action, product_ids: Sequence[UUID]) -> dict[UUID, int]:
    """The levels of up to 256 products in this shop, in thousandths; 0 where nothing ever moved."""
    found = session.execute(
        select(StockLevel.product_id, StockLevel.quantity).where(
            StockLevel.product_id.in_(product_ids[:PAGE]), StockLevel.shop_id == action.desk.shop
        )
    )
    return dict.fromkeys(product_ids, 0) | dict(found.all())


def stock_history(session: Session, action: Action, product_id: UUID) -> list[StockEntry]:
    """The movements of a product in this shop, the newest first, at most 256, each with the level behind it."""
    rows = session.execute(
        select(StockMovement.id, StockMovement.kind, StockMovement.quantity, StockMovement.at, StockMovement.reason)
        .where(StockMovement.product_id == product_id, StockMovement.shop_id == action.desk.shop)
        .order_by(StockMovement.id.desc())
        .limit(PAGE)
    ).all()
    level = level_of(session, action, product_id)
    entries = []
    for row in rows:
        entries.append(StockEntry(row.id, product_id, MovementKind(row.kind), row.quantity, level, row.at, row.reason))
        level -= row.quantity
    return entries


def record_sold(session: Session, action: Action, document_id: UUID, sold: Sequence[Sold]) -> None:
    """The stock movements of an issued document, in its transaction, in one statement; no right of its own."""
    append(
        session,
        StockMovement,
        [
            {
                "shop_id": action.desk.shop,
                "product_id": one.product_id,
                "at": action.now,
                "kind": (MovementKind.SALE if one.quantity > 0 else MovementKind.RETURN).value,
                "quantity": -one.quantity,
                "reason": "",
                "document_id": document_id,
                "member_id": action.actor.id,
            }
            for one in sold
        ],
    )


def _positive(quantity: int) -> int:
    if not 1 <= quantity <= MOST:
        raise InvalidInput("quantity", "entry.out_of_range", minimum=1, maximum=MOST)
    return quantity


def _record(
    session: Session, action: Action, product_id: UUID, kind: MovementKind, quantity: int, reason: str
) -> StockEntry:
    action.actor.require(Permission.MOVE_STOCK)
    [identity] = append(
        session,
        StockMovement,
        [
            {
                "shop_id": action.desk.shop,
                "product_id": product_id,
                "at": action.now,
                "kind": kind.value,
                "quantity": quantity,
                "reason": reason,
                "document_id": None,
                "member_id": action.actor.id,
            }
        ],
    )
    return StockEntry(identity, product_id, kind, quantity, level_of(session, action, product_id), action.now, reason)
