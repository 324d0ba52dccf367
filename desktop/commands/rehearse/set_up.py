"""The salon of a rehearsal: made by the same use cases as a real one, and taken as it is where it is there already.

A crash may have left half of it; every piece is looked for by its name before it is made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from desktop.access import Actor, Role
from desktop.catalogue.products import ProductEntry, ShownProduct, add_product, list_products
from desktop.catalogue.services import ServiceEntry, ShownService, Terms, add_service, list_services
from desktop.clock import to_local
from desktop.colour import ColourFamily
from desktop.commands.practice_salon import Outside, actor_of, connect_salon
from desktop.customers.customers import CustomerEntry, add_customer
from desktop.customers.search import search_customers
from desktop.database.database import Database
from desktop.database.secrets import SecretStore
from desktop.inventory.movements import level_of, receive_stock
from desktop.staff.members import MemberEntry, StaffMember, add_member, list_members
from desktop.staff.opening import set_opening_hours
from desktop.staff.spans import WHOLE_DAY

STOCK = 100_000  # thousandths
LOW = 20_000

_PEOPLE: tuple[MemberEntry, ...] = (
    MemberEntry("Špela Žnidaršič", "SZ", Role.RECEPTION, without_tax_number=True, bookable=False, position=1),
    MemberEntry("Nuša Čeh", "NC", Role.PRACTITIONER, colour=ColourFamily.BLUE, position=2),
    MemberEntry("Andrej Đurić", "AD", Role.PRACTITIONER, position=3),
    MemberEntry("Tjaša Šinkovec", "TS", Role.PRACTITIONER, position=4),
)
_SERVICES: tuple[ServiceEntry, ...] = (
    ServiceEntry("Žensko striženje", 45, 34_00, "reduced", "Lasje"),
    ServiceEntry("Moško striženje", 30, 21_00, "reduced", "Lasje", buffer_after=5),
    ServiceEntry("Nega obraza", 60, 48_50, "standard", "Nega"),
    ServiceEntry("Pregled kože", 30, 50_00, "medical_care", "Nega"),
)
_PRODUCTS: tuple[ProductEntry, ...] = (
    ProductEntry("Šampon za suhe lase 250 ml", 16_90, "standard", "3831234567892"),
    ProductEntry("Knjiga Nega las", 24_90, "special", "9789610000006"),
    ProductEntry("Zeliščni čaj", 4_50, "reduced"),
)
#: Typed as a scanner or a pasted text may bring it; the door takes the control characters out.
ACCENTED = CustomerEntry(first_name="Živa", last_name="Čšžđ Weiß", phones=("041 555 010",))
CONTROL = CustomerEntry(first_name="Boris\x1b\x07", last_name="Ko\x10va\x14čič\x08")
_CUSTOMERS: Mapping[str, CustomerEntry] = {
    "Weiß": ACCENTED,
    "Boris": CONTROL,
    "Hribernik": CustomerEntry(first_name="Ana", last_name="Hribernik", phones=("+386 40 555 011",)),
    "Großmann": CustomerEntry(first_name="Jörg", last_name="Großmann", language="de"),
}


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as a visit and a bill name one."""

    id: UUID
    name: str


@dataclass(frozen=True, slots=True)
class Salon:
    """Who acts in the rehearsal and what there is to sell; services and products by name."""

    owner: Actor
    reception: Actor
    practitioners: tuple[StaffMember, ...]
    services: Mapping[str, ShownService]
    products: Mapping[str, ShownProduct]
    accented: Customer
    control: Customer
    others: tuple[Customer, ...]


def set_up(database: Database, secrets: SecretStore, outside: Outside) -> Salon:
    """Makes or completes the salon and connects it. Blocks.

    Raises as `connect_salon`.
    """
    owner = connect_salon(database, secrets, outside)
    today = to_local(database.clock.now(), database.desk.zone).date()
    database.write_now(owner, set_opening_hours, today, dict.fromkeys(range(7), (WHOLE_DAY,)))
    people = _people(database, owner)
    bookable = tuple(one for one in people if one.entry.bookable and one.id != owner.id)
    services = _services(database, owner, bookable)
    reception = next(one for one in people if one.entry.role is Role.RECEPTION)
    customers = {key: _customer(database, owner, key, entry) for key, entry in _CUSTOMERS.items()}
    return Salon(
        owner,
        actor_of(reception),
        bookable,
        services,
        _products(database, owner),
        customers["Weiß"],
        customers["Boris"],
        tuple(customers[key] for key in ("Hribernik", "Großmann")),
    )


def _people(database: Database, owner: Actor) -> tuple[StaffMember, ...]:
    marks = {member.entry.mark for member in database.read_now(owner, list_members)}
    for entry in _PEOPLE:
        if entry.mark not in marks:
            database.write_now(owner, add_member, entry)
    return database.read_now(owner, list_members)


def _services(database: Database, owner: Actor, people: tuple[StaffMember, ...]) -> Mapping[str, ShownService]:
    terms = tuple(Terms(one.id) for one in people)
    there = {one.entry.name for one in database.read_now(owner, list_services)}
    for entry in _SERVICES:
        if entry.name not in there:
            database.write_now(owner, add_service, entry, terms)
    return {one.entry.name: one for one in database.read_now(owner, list_services)}


def _products(database: Database, owner: Actor) -> Mapping[str, ShownProduct]:
    there = {one.entry.name for one in database.read_now(owner, list_products)}
    for entry in _PRODUCTS:
        if entry.name not in there:
            database.write_now(owner, add_product, entry)
    products = {one.entry.name: one for one in database.read_now(owner, list_products)}
    for entry in _PRODUCTS:
        product = products[entry.name]
        if database.read_now(owner, level_of, product.id) < LOW:
            database.write_now(owner, receive_stock, product.id, STOCK)
    return products


def _customer(database: Database, owner: Actor, key: str, entry: CustomerEntry) -> Customer:
    for hit in database.read_now(owner, search_customers, key):
        return Customer(hit.id, f"{hit.first_name} {hit.last_name}".strip())
    saved = database.write_now(owner, add_customer, entry).customer
    return Customer(saved.id, saved.name)
