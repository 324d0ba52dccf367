"""A service or product of the catalogue as a line of a bill: name, price, and VAT as it holds today."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.catalogue.products import show_product
from desktop.catalogue.services import show_service
from desktop.catalogue.vat import vat_of
from desktop.errors import InvalidInput
from desktop.sales.bills import LineEntry

PIECE = 1000


def line_of_item(
    session: Session,
    action: Action,
    kind: str,
    item_id: UUID,
    *,
    member_id: UUID | None = None,
    price_cents: int | None = None,
    quantity: int = PIECE,
) -> LineEntry:
    """A line to add to a bill; `kind` is ``service`` or ``product``, `quantity` in thousandths.

    The price is the catalogue's, a service's that of the person `member_id` who did it; `price_cents` (gross) was agreed
    otherwise. Raises `Refused` ``catalogue.no_service``, ``catalogue.no_product``; `InvalidInput` ``sales.line_kind``,
    ``catalogue.vat_unknown``.
    """
    if kind == "service":
        service = show_service(session, action, item_id)
        name, code = service.entry.name, service.entry.vat_code
        price = service.entry.price_cents if member_id is None else service.price_of(member_id)
    elif kind == "product":
        product = show_product(session, action, item_id)
        name, code, price = product.entry.name, product.entry.vat_code, product.entry.price_cents
    else:
        raise InvalidInput("kind", "sales.line_kind")
    vat = vat_of(session, action, code)
    unit = price if price_cents is None else price_cents
    return LineEntry(kind, name, unit, vat.category, vat.rate, quantity, vat.clause, item_id, member_id)
