"""The company behind the receipts: who it is, where, and whether it is a VAT payer."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session
from stdnum import iban as iban_number
from stdnum.exceptions import ValidationError
from stdnum.si import ddv

from desktop.access import Permission
from desktop.action import Action
from desktop.entry import email, line
from desktop.errors import InvalidInput, Refused
from desktop.ids import natural_id
from desktop.register.model import Company


@dataclass(frozen=True, slots=True)
class CompanyEntry:
    """What a receipt says about its issuer. `tax_number` has 8 digits, `country` is an ISO code of two letters."""

    name: str
    legal_name: str
    street: str
    post_code: str
    town: str
    tax_number: str
    vat_payer: bool
    country: str = "SI"
    iban: str = ""
    phone: str = ""
    email: str = ""


_COMPANY = select(*(getattr(Company, field) for field in CompanyEntry.__slots__)).where(
    Company.id == bindparam("identity")
)


def show_company(session: Session, action: Action) -> CompanyEntry | None:
    """The company as stored; None before set-up."""
    row = session.connection().execute(_COMPANY, {"identity": natural_id(action.desk.tenant, "company")}).first()
    return None if row is None else CompanyEntry(*row)


def require_company(session: Session, action: Action) -> CompanyEntry:
    """The company; raises `Refused` with code ``register.no_company`` before set-up."""
    company = show_company(session, action)
    if company is None:
        raise Refused("register.no_company")
    return company


def set_company(session: Session, action: Action, entry: CompanyEntry) -> CompanyEntry:
    """Stores the company. Raises `InvalidInput` naming the field: ``register.tax_number``, ``register.iban``, ``entry.*``."""
    action.actor.require(Permission.EDIT_SETTINGS)
    clean = _clean(entry)
    identity = natural_id(action.desk.tenant, "company")
    row = session.get(Company, identity)
    if row is None:
        row = Company(id=identity)
        session.add(row)
    for field in CompanyEntry.__slots__:
        setattr(row, field, getattr(clean, field))
    session.flush()
    return clean


def _clean(entry: CompanyEntry) -> CompanyEntry:
    tax_number = entry.tax_number.upper().replace("SI", "").replace(" ", "")
    if not ddv.is_valid(tax_number):
        raise InvalidInput("tax_number", "register.tax_number")
    country = entry.country.strip().upper()
    if len(country) != 2 or not country.isalpha():
        raise InvalidInput("country", "register.country")
    account = ""
    if entry.iban.strip():
        try:
            account = iban_number.validate(entry.iban)
        except ValidationError:
            raise InvalidInput("iban", "register.iban") from None
    return CompanyEntry(
        name=line(entry.name, "name", required=True),
        legal_name=line(entry.legal_name, "legal_name", required=True),
        street=line(entry.street, "street", required=True),
        post_code=line(entry.post_code, "post_code", required=True, maximum=10),
        town=line(entry.town, "town", required=True),
        tax_number=tax_number,
        vat_payer=entry.vat_payer,
        country=country,
        iban=account,
        phone=line(entry.phone, "phone", maximum=40),
        email=email(entry.email),
    )
