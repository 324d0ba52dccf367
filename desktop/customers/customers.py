"""Customers: adding, changing, removing and showing one, with a hint at people who are probably there already."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import date
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.customers.birthday import Birthday, check_birthday, stored_birthday
from desktop.customers.model import Customer, CustomerPhone
from desktop.customers.phones import read_phone
from desktop.customers.search import CustomerHit, read_hits
from desktop.entry import block, email, line
from desktop.errors import InvalidInput, Refused
from desktop.ids import natural_id, new_id

LANGUAGES = ("", "sl", "de", "hr", "en")
MOST_PHONES = 10


@dataclass(frozen=True, slots=True)
class CustomerEntry:
    """What is typed about a customer; "" where nothing is known. A first or a last name is needed.

    `phones` in any form, the preferred one first. `language`: sl, de, hr, en or "" (the shop's). `country`: ISO 3166 code
    or "" (the shop's).
    """

    first_name: str = ""
    last_name: str = ""
    phones: tuple[str, ...] = ()
    email: str = ""
    birthday: Birthday | None = None
    language: str = ""
    notes: str = ""
    alert: str = ""
    street: str = ""
    post_code: str = ""
    town: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class ShownCustomer:
    """A customer as stored: `entry` fills a form (phones in E.164, empty without the right to see contacts)."""

    id: UUID
    entry: CustomerEntry
    since: date

    @property
    def name(self) -> str:
        return f"{self.entry.first_name} {self.entry.last_name}".strip()


@dataclass(frozen=True, slots=True)
class SavedCustomer:
    """A stored customer and, as a hint, other customers with the same number or e-mail address (at most ten)."""

    customer: ShownCustomer
    possible_duplicates: tuple[CustomerHit, ...]


def add_customer(session: Session, action: Action, entry: CustomerEntry) -> SavedCustomer:
    """Adds a customer, also one that looks like another.

    Raises `NotPermitted` without `EDIT_CUSTOMERS`; `InvalidInput` ``customers.name`` (field `last_name`: no name at all),
    ``customers.phone``, ``customers.phones_too_many`` (field `phones`), ``customers.birthday``, ``customers.language``,
    ``customers.country``, ``entry.…``.
    """
    action.actor.require(Permission.EDIT_CUSTOMERS)
    clean = _clean(action, entry)
    customer = Customer(id=new_id(), since=action.today, **_columns(clean))
    session.add(customer)
    session.flush()
    _set_phones(session, action, customer.id, clean.phones)
    return _saved(session, action, customer)


def change_customer(
    session: Session, action: Action, customer_id: UUID, before: CustomerEntry, after: CustomerEntry
) -> SavedCustomer:
    """Writes what differs between the entry that the form was filled with and the one it holds now.

    Raises as `add_customer`; `Refused` ``customers.not_found``.
    """
    action.actor.require(Permission.EDIT_CUSTOMERS)
    customer = _find(session, customer_id)
    clean = _clean(action, after)
    changed = {
        field.name for field in fields(CustomerEntry) if getattr(before, field.name) != getattr(clean, field.name)
    }
    old = _columns(before)
    for name, value in _columns(clean).items():
        if value != old[name]:
            setattr(customer, name, value)
    session.flush()
    if "phones" in changed:
        _set_phones(session, action, customer_id, clean.phones)
    return _saved(session, action, customer)


def remove_customer(session: Session, action: Action, customer_id: UUID) -> ShownCustomer:
    """Takes a customer out of the search and the lists; visits and receipts keep the name.

    Raises `NotPermitted` without `EDIT_CUSTOMERS`; `Refused` ``customers.not_found``.
    """
    action.actor.require(Permission.EDIT_CUSTOMERS)
    customer = _find(session, customer_id)
    shown = _shown(session, action, customer)
    customer.deleted_at = action.now
    session.flush()
    return shown


def show_customer(session: Session, action: Action, customer_id: UUID) -> ShownCustomer:
    """One customer. Raises `NotPermitted` without `BOOK`; `Refused` ``customers.not_found``."""
    action.actor.require(Permission.BOOK)
    return _shown(session, action, _find(session, customer_id))


def _clean(action: Action, entry: CustomerEntry) -> CustomerEntry:
    first_name, last_name = line(entry.first_name, "first_name"), line(entry.last_name, "last_name")
    if not first_name and not last_name:
        raise InvalidInput("last_name", "customers.name")
    typed = [phone for phone in entry.phones if phone.strip()]
    if len(typed) > MOST_PHONES:
        raise InvalidInput("phones", "customers.phones_too_many", maximum=MOST_PHONES)
    if entry.language not in LANGUAGES:
        raise InvalidInput("language", "customers.language")
    country = line(entry.country, "country", maximum=2).upper()
    if country and not (len(country) == 2 and country.isascii() and country.isalpha()):
        raise InvalidInput("country", "customers.country")
    return CustomerEntry(
        first_name=first_name,
        last_name=last_name,
        phones=tuple(dict.fromkeys(read_phone(phone, action.desk.country) for phone in typed)),
        email=email(entry.email),
        birthday=check_birthday(entry.birthday, action.today),
        language=entry.language,
        notes=block(entry.notes, "notes"),
        alert=line(entry.alert, "alert", maximum=300),
        street=line(entry.street, "street"),
        post_code=line(entry.post_code, "post_code", maximum=20),
        town=line(entry.town, "town"),
        country=country,
    )


def _columns(entry: CustomerEntry) -> dict[str, object]:
    birthday = entry.birthday
    return {
        "first_name": entry.first_name,
        "last_name": entry.last_name,
        "email": entry.email,
        "birth_day": birthday.day if birthday else None,
        "birth_month": birthday.month if birthday else None,
        "birth_year": birthday.year if birthday else None,
        "language": entry.language,
        "notes": entry.notes,
        "alert": entry.alert,
        "street": entry.street,
        "post_code": entry.post_code,
        "town": entry.town,
        "country": entry.country,
    }


def _set_phones(session: Session, action: Action, customer_id: UUID, numbers: Sequence[str]) -> None:
    """Marks numbers that went, adds those that came (or come back), keeps the order."""
    stored = {
        phone.number: phone
        for phone in session.scalars(select(CustomerPhone).where(CustomerPhone.customer_id == customer_id))
    }
    for position, number in enumerate(numbers):
        phone = stored.pop(number, None)
        if phone is None:
            identity = natural_id(customer_id, "phone", number)
            session.add(CustomerPhone(id=identity, customer_id=customer_id, number=number, position=position))
        else:
            phone.position, phone.deleted_at = position, None
    for phone in stored.values():
        if phone.deleted_at is None:
            phone.deleted_at = action.now
    session.flush()


def _numbers(session: Session, customer_id: UUID) -> tuple[str, ...]:
    query = (
        select(CustomerPhone.number)
        .where(CustomerPhone.customer_id == customer_id, CustomerPhone.deleted_at.is_(None))
        .order_by(CustomerPhone.position, CustomerPhone.number)
    )
    return tuple(session.scalars(query))


def _find(session: Session, customer_id: UUID) -> Customer:
    customer = session.get(Customer, customer_id)
    if customer is None or customer.deleted_at is not None:
        raise Refused("customers.not_found")
    return customer


def _saved(session: Session, action: Action, customer: Customer) -> SavedCustomer:
    numbers = _numbers(session, customer.id)
    by_number = select(CustomerPhone.customer_id).where(
        CustomerPhone.number.in_(numbers), CustomerPhone.deleted_at.is_(None)
    )
    same = set(session.scalars(by_number)) if numbers else set()
    if customer.email:
        same |= set(session.scalars(select(Customer.id).where(Customer.email == customer.email)))
    same.discard(customer.id)
    return SavedCustomer(_shown(session, action, customer), read_hits(session, action, sorted(same)[:10]))


def _shown(session: Session, action: Action, customer: Customer) -> ShownCustomer:
    contacts = Permission.SEE_CONTACTS in action.actor.permissions
    birthday = stored_birthday(customer.birth_day, customer.birth_month, customer.birth_year)
    entry = CustomerEntry(
        first_name=customer.first_name,
        last_name=customer.last_name,
        phones=_numbers(session, customer.id) if contacts else (),
        email=customer.email if contacts else "",
        birthday=birthday,
        language=customer.language,
        notes=customer.notes,
        alert=customer.alert,
        street=customer.street if contacts else "",
        post_code=customer.post_code if contacts else "",
        town=customer.town if contacts else "",
        country=customer.country if contacts else "",
    )
    return ShownCustomer(customer.id, entry, customer.since)
