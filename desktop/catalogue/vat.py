"""VAT rates as data, with the days on which they hold; the starter set of Slovenia.

Rates: 22, 9.5 and 5 % (ZDDV-1 art. 41); medical care is exempt (art. 42(1)); what a small taxpayer sells carries no VAT at all
(art. 94), which the register decides for every line, whatever stands here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.catalogue.model import VatRate
from desktop.errors import InvalidInput
from desktop.ids import natural_id
from fiscal.port import VatCategory

_MEDICAL = "DDV ni obračunan na podlagi 1. točke prvega odstavka 42. člena ZDDV-1."
_PROFESSION = "DDV ni obračunan na podlagi 2. točke prvega odstavka 42. člena ZDDV-1."
#: Code, category, basis points, clause.
_SLOVENIA: tuple[tuple[str, VatCategory, int, str], ...] = (
    ("standard", VatCategory.TAXED, 2200, ""),
    ("reduced", VatCategory.TAXED, 950, ""),
    ("special", VatCategory.TAXED, 500, ""),
    ("medical_care", VatCategory.EXEMPT, 0, _MEDICAL),
    ("medical_profession", VatCategory.EXEMPT, 0, _PROFESSION),
)


@dataclass(frozen=True, slots=True)
class Vat:
    """A rate as it holds on a day: `rate` in basis points, 0 unless taxed."""

    code: str
    category: VatCategory
    rate: int
    clause: str


def set_up_vat_rates(session: Session, action: Action) -> tuple[Vat, ...]:
    """Stores the starter set of the shop's country where it is not there yet."""
    action.actor.require(Permission.EDIT_SETTINGS)
    for position, (code, category, rate, clause) in enumerate(_SLOVENIA):
        identity = natural_id(action.desk.tenant, "vat", code)
        if session.get(VatRate, identity) is None:
            session.add(
                VatRate(
                    id=identity,
                    code=code,
                    category=category.value,
                    rate=rate,
                    clause=clause,
                    valid_from=date(2013, 7, 1),
                    valid_until=None,
                    position=position,
                )
            )
    session.flush()
    return list_vat_rates(session, action)


def list_vat_rates(session: Session, action: Action) -> tuple[Vat, ...]:
    """The rates that hold today, in their order."""
    today = action.today
    rows = session.execute(
        select(VatRate.code, VatRate.category, VatRate.rate, VatRate.clause, VatRate.valid_from, VatRate.valid_until)
        .where(VatRate.deleted_at.is_(None))
        .order_by(VatRate.position)
    )
    return tuple(
        Vat(row.code, VatCategory(row.category), row.rate, row.clause)
        for row in rows
        if row.valid_from <= today and (row.valid_until is None or today <= row.valid_until)
    )


def vat_of(session: Session, action: Action, code: str, field: str = "vat_code") -> Vat:
    """The rate of a code today; raises `InvalidInput` ``catalogue.vat_unknown``."""
    for vat in list_vat_rates(session, action):
        if vat.code == code:
            return vat
    raise InvalidInput(field, "catalogue.vat_unknown", rate=code)
