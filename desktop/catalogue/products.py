"""Products: what stands on the shelf, found by name or by the scanner."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session
from stdnum import ean

from desktop.access import Permission
from desktop.action import Action
from desktop.catalogue.model import Product, Service
from desktop.catalogue.vat import vat_of
from desktop.entry import line, whole
from desktop.errors import InvalidInput, Refused
from desktop.folding import fold, words
from desktop.ids import new_id

MOST_CENTS = 1_000_000_00
PAGE = 256


@dataclass(frozen=True, slots=True)
class ProductEntry:
    """What is typed about a product: gross cents, any barcode; `low_level` in thousandths warns of the last pieces."""

    name: str
    price_cents: int
    vat_code: str
    barcode: str = ""
    low_level: int = 0
    stocked: bool = True
    active: bool = True


@dataclass(frozen=True, slots=True)
class ShownProduct:
    """A product as stored; `odd_barcode`: it looks like an EAN but its check digit is wrong."""

    id: UUID
    entry: ProductEntry
    odd_barcode: bool


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can be put on a bill: `kind` is ``service`` or ``product``."""

    kind: str
    id: UUID
    name: str
    price_cents: int
    vat_code: str


def add_product(session: Session, action: Action, entry: ProductEntry) -> ShownProduct:
    """Adds a product. Raises `InvalidInput`, ``catalogue.barcode_taken`` with the name of the other one."""
    action.actor.require(Permission.EDIT_CATALOGUE)
    row = Product(id=new_id())
    _fill(session, action, row, entry)
    session.add(row)
    session.flush()
    return show_product(session, action, row.id)


def change_product(session: Session, action: Action, product_id: UUID, entry: ProductEntry) -> ShownProduct:
    """Changes a product."""
    action.actor.require(Permission.EDIT_CATALOGUE)
    _fill(session, action, _find(session, product_id), entry)
    session.flush()
    return show_product(session, action, product_id)


def remove_product(session: Session, action: Action, product_id: UUID) -> UUID:
    """Takes a product out of the catalogue."""
    action.actor.require(Permission.EDIT_CATALOGUE)
    _find(session, product_id).deleted_at = action.now
    session.flush()
    return product_id


def show_product(session: Session, action: Action, product_id: UUID) -> ShownProduct:
    """A product; raises `Refused` ``catalogue.no_product``."""
    row = session.execute(_select().where(Product.id == product_id)).first()
    if row is None:
        raise Refused("catalogue.no_product")
    return _shown(row)


def list_products(
    session: Session, action: Action, typed: str = "", *, inactive: bool = False
) -> tuple[ShownProduct, ...]:
    """Products by name, at most 256; `typed` narrows by parts of the name or the barcode."""
    query = _select().order_by(Product.folded).limit(PAGE)
    if not inactive:
        query = query.where(Product.active.is_(True))
    if typed.strip().isdigit():
        query = query.where(Product.barcode.startswith(typed.strip(), autoescape=True))
    else:
        for word in words(typed):
            query = query.where(Product.folded.contains(word, autoescape=True))
    return tuple(_shown(row) for row in session.execute(query))


def find_by_barcode(session: Session, action: Action, code: str) -> ShownProduct | None:
    """The product of a scanned code; None when no product has it."""
    clean = code.strip()
    if not clean:
        return None
    query = _select().where(Product.barcode == clean, Product.active.is_(True)).limit(1)
    row = session.execute(query).first()
    return None if row is None else _shown(row)


def search_items(session: Session, action: Action, typed: str, limit: int = 30) -> list[Item]:
    """Services and products whose name has all typed words, services first."""
    asked = words(typed)
    if not asked:
        return []
    services = select(Service.id, Service.name, Service.price_cents, Service.vat_code).where(
        Service.deleted_at.is_(None), Service.active.is_(True)
    )
    products = select(Product.id, Product.name, Product.price_cents, Product.vat_code).where(
        Product.deleted_at.is_(None), Product.active.is_(True)
    )
    for word in asked:
        services = services.where(Service.folded.contains(word, autoescape=True))
        products = products.where(Product.folded.contains(word, autoescape=True))
    found = [Item("service", *row) for row in session.execute(services.order_by(Service.folded).limit(limit))]
    found += [Item("product", *row) for row in session.execute(products.order_by(Product.folded).limit(limit))]
    return found[:limit]


def _select() -> Select[UUID, str, int, str, str, int, bool, bool]:
    return select(
        Product.id,
        Product.name,
        Product.price_cents,
        Product.vat_code,
        Product.barcode,
        Product.low_level,
        Product.stocked,
        Product.active,
    ).where(Product.deleted_at.is_(None))


def _shown(row: Row[UUID, str, int, str, str, int, bool, bool]) -> ShownProduct:
    code = row.barcode
    odd = code.isdigit() and len(code) in (8, 12, 13, 14) and not ean.is_valid(code)
    entry = ProductEntry(
        row.name, row.price_cents, row.vat_code, code, row.low_level, stocked=row.stocked, active=row.active
    )
    return ShownProduct(row.id, entry, odd)


def _find(session: Session, product_id: UUID) -> Product:
    row = session.get(Product, product_id)
    if row is None or row.deleted_at is not None:
        raise Refused("catalogue.no_product")
    return row


def _fill(session: Session, action: Action, row: Product, entry: ProductEntry) -> None:
    row.name = line(entry.name, "name", required=True)
    row.folded = fold(row.name)
    row.price_cents = whole(entry.price_cents, "price_cents", 0, MOST_CENTS)
    row.vat_code = vat_of(session, action, entry.vat_code).code
    row.barcode = line(entry.barcode, "barcode", maximum=40).replace(" ", "")
    if row.barcode:
        taken = session.execute(
            select(Product.name).where(
                Product.barcode == row.barcode, Product.deleted_at.is_(None), Product.id != row.id
            )
        ).scalar()
        if taken is not None:
            raise InvalidInput("barcode", "catalogue.barcode_taken", name=taken)
    row.low_level = whole(entry.low_level, "low_level", 0, 1_000_000_000)
    row.stocked, row.active = entry.stocked, entry.active
