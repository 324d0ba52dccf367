"""Setting up a salon at the first run: company, VAT rates, the owner with a PIN, and opening hours to begin with."""

from __future__ import annotations

from datetime import time

from sqlalchemy.orm import Session

from desktop.access import PERMISSIONS, Actor, Role
from desktop.action import Action
from desktop.catalogue.vat import set_up_vat_rates
from desktop.register.company import CompanyEntry, set_company
from desktop.staff.members import MemberEntry, set_up_owner
from desktop.staff.opening import set_opening_hours
from desktop.staff.spans import Span


def set_up_salon(
    session: Session, action: Action, company: CompanyEntry, name: str, mark: str, tax_number: str, pin: str
) -> Actor:
    """Stores what the first run asked, all of it or nothing; returns the owner, who is signed in then.

    Raises `InvalidInput` naming the field, `Refused` ``staff.owner_exists``.
    """
    set_company(session, action, company)
    set_up_vat_rates(session, action)
    entry = MemberEntry(name, mark, Role.OWNER, tax_number=tax_number)
    owner = set_up_owner(session, action, entry, pin)
    open_spans = (Span(time(8), time(20)),)
    set_opening_hours(session, action, action.today, dict.fromkeys(range(6), open_spans))
    return Actor(owner.id, owner.name, PERMISSIONS[Role.OWNER])
