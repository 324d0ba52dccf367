"""A shop after ten years: 20,000 customers, 225,000 visits, 220,000 invoices, made through the door on an encrypted file."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import insert
from sqlalchemy.orm import Session

from desktop.access import SYSTEM, Actor, Role
from desktop.action import Action
from desktop.appointments.entries import ItemEntry, lay_out, span
from desktop.appointments.model import Visit
from desktop.clock import SystemClock
from desktop.customers.model import Customer, CustomerPhone
from desktop.database.database import Database
from desktop.database.ledger import append
from desktop.database.opening import make_place
from desktop.database.place import Place
from desktop.ids import natural_id, new_id
from desktop.register.company import CompanyEntry
from desktop.sales.model import Invoice, InvoiceLine, InvoicePayment, InvoiceVat
from desktop.schema import SCHEMA
from desktop.settings.set_up import set_up_salon
from desktop.staff.members import MemberEntry, add_member

CUSTOMERS, VISITS, INVOICES = 20_000, 225_000, 220_000
DAYS = 3650
SLICE = 5_000
COMPANY = CompanyEntry("Salon", "Salon d.o.o.", "Testna 1", "1000", "Ljubljana", "10039856", True)


def build(place: Place) -> None:
    """Makes the whole place; some minutes."""
    opened = make_place(place, "practice", schema=SCHEMA, zone=ZoneInfo("Europe/Ljubljana"), clock=SystemClock())
    database = opened.database
    today = database.clock.now().date()
    try:
        owner = database.write_now(SYSTEM, set_up_salon, COMPANY, "Maja Kovač", "MK", "12345679", "2580")
        people = [owner.id, *_people(database, owner)]
        customers: list[UUID] = []
        for seed in range(CUSTOMERS // SLICE):
            customers += database.write_now(SYSTEM, add_customers, seed)
        rows = history(people, today)
        while some := list(islice(rows, SLICE)):
            database.write_now(SYSTEM, import_visits, some)
        for first in range(0, INVOICES, SLICE):
            database.write_now(SYSTEM, add_invoices, first, min(SLICE, INVOICES - first), owner.id, customers, today)
    finally:
        opened.close()


def _people(database: Database, owner: Actor) -> list[UUID]:
    return [
        database.write_now(
            owner, add_member, MemberEntry(f"Oseba {n}", f"O{n}", Role.PRACTITIONER, without_tax_number=True)
        ).id
        for n in range(5)
    ]


def history(members: Sequence[UUID], last: date) -> Iterator[dict[str, Any]]:
    """About 62 visits a day of the ten years up to `last`, one behind the other at each person."""
    each = -(-VISITS // DAYS)
    for number in range(VISITS):
        day, place = divmod(number, each)
        start = datetime.combine(last - timedelta(days=VISITS // each - 1 - day), time(7), UTC)
        member, row = members[place % len(members)], place // len(members)
        start += timedelta(minutes=45 * row)
        items = lay_out([ItemEntry("Striženje", member, 45, 3400)], start)
        first, end = span(items)
        yield {
            "id": new_id(), "customer_id": None, "customer_name": "Stranka", "starts_at": first, "ends_at": end,
            "items": items, "status": "done", "cancel_reason": "", "note": "", "origin": "counter",
            "claim_state": "confirmed",
        }  # fmt: skip


def import_visits(session: Session, action: Action, rows: list[dict[str, Any]]) -> None:
    """Stores visits as they are, without asking whether they fit."""
    own = {"shop_id": action.desk.shop, "created_at": action.now, "created_by": action.actor.id}
    session.execute(insert(Visit), [row | own for row in rows])


def add_customers(session: Session, action: Action, seed: int) -> list[UUID]:
    """A slice of made-up customers with a phone each."""
    dice = random.Random(seed)
    ids = [new_id() for _ in range(SLICE)]
    empty = dict.fromkeys(("email", "notes", "alert", "street", "post_code", "town", "country"), "")
    session.execute(
        insert(Customer),
        [
            {"id": one, "first_name": dice.choice(("Ana", "Maja", "Špela", "Luka", "Žan")), "language": "sl",
             "last_name": f"{dice.choice(('Novak', 'Žagar', 'Đurić', 'Weiß'))} {n}", "since": date(2020, 1, 1), **empty}
            for n, one in enumerate(ids)
        ],
    )  # fmt: skip
    phones = [(one, f"+38641{dice.randint(100_000, 999_999)}") for one in ids]
    session.execute(
        insert(CustomerPhone),
        [
            {"id": natural_id(one, "phone", number), "customer_id": one, "number": number, "position": 0}
            for one, number in phones
        ],
    )
    return ids


def add_invoices(
    session: Session, action: Action, first: int, count: int, member: UUID, customers: Sequence[UUID], last: date
) -> None:
    """Invoices of one line, one rate and one payment each; nothing of them was signed."""
    shop = action.desk.shop
    ids = [new_id() for _ in range(count)]
    invoices, lines, rates, payments = [], [], [], []
    for n, identity in enumerate(ids, first):
        day = last - timedelta(days=DAYS - n * DAYS // INVOICES)
        at = datetime.combine(day, time(8), UTC)
        invoices.append(
            {"id": identity, "shop_id": shop, "kind": "sale", "number": f"S1-B1-{n + 1}", "premise": "S1", "device": "B1",
             "sequence": n + 1, "session_id": shop, "business_day": day, "issued_at": at,
             "wall_time": at.replace(tzinfo=None).isoformat(), "zone": "Europe/Ljubljana", "member_id": member,
             "member_mark": "MK", "total_cents": 34_00, "customer_id": customers[n % len(customers)], "reason": "",
             "subject": False, "snapshot": {"company": {"name": COMPANY.name}}}
        )  # fmt: skip
        lines.append(
            {"shop_id": shop, "invoice_id": identity, "position": 0, "kind": "service", "name": "Striženje",
             "quantity": 1000, "unit_cents": 34_00, "gross_cents": 34_00, "discount_cents": 0, "discount_reason": "",
             "bill_discount_cents": 0, "total_cents": 34_00, "vat_category": "taxed", "vat_rate": 2200, "clause": ""}
        )  # fmt: skip
        rates.append(
            {"shop_id": shop, "invoice_id": identity, "category": "taxed", "rate": 2200, "net_cents": 27_87,
             "tax_cents": 6_13, "gross_cents": 34_00, "clause": ""}
        )  # fmt: skip
        payments.append(
            {"shop_id": shop, "invoice_id": identity, "position": 0, "means": "cash", "cents": 34_00, "given_cents": 0,
             "change_cents": 0}
        )  # fmt: skip
    for model, rows in ((Invoice, invoices), (InvoiceLine, lines), (InvoiceVat, rates), (InvoicePayment, payments)):
        append(session, model, rows)
