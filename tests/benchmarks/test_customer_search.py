"""Customer search while typing, 250,000 customers in an encrypted file: every key press is one read through the door."""

import random
import statistics
from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import insert, text
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.customers.customers import CustomerEntry, add_customer, change_customer
from desktop.customers.model import Customer, CustomerPhone
from desktop.customers.search import search_customers
from desktop.ids import natural_id, new_id
from tests.benchmarks.report import Row, timed
from tests.desk import TestDesk

CUSTOMERS = 250_000
SLICE = 10_000
FIRST = [
    "Ana",
    "Marija",
    "Maja",
    "Irena",
    "Mojca",
    "Mateja",
    "Nina",
    "Nataša",
    "Andreja",
    "Barbara",
    "Petra",
    "Katja",
    "Jožica",
    "Sonja",
    "Tatjana",
    "Katarina",
    "Tanja",
    "Milena",
    "Tina",
    "Alenka",
    "Vesna",
    "Martina",
    "Majda",
    "Urška",
    "Nuša",
    "Špela",
    "Živa",
    "Đurđa",
    "Žana",
    "Čarna",
    "Franc",
    "Janez",
    "Marko",
    "Ivan",
    "Anton",
    "Andrej",
    "Jožef",
    "Luka",
    "Peter",
    "Matej",
    "Tomaž",
    "Žiga",
    "Rok",
    "Žan",
    "Aljaž",
    "Boštjan",
    "Miha",
    "Đorđe",
    "Jürgen",
    "Günther",
]
START = [
    "No",
    "Kov",
    "Žag",
    "Šuš",
    "Čuč",
    "Đur",
    "Ko",
    "Zu",
    "Kr",
    "Ho",
    "Pot",
    "Vid",
    "Tur",
    "Bab",
    "Mla",
    "Go",
    "Je",
    "Ber",
    "Ro",
    "Str",
    "Müll",
    "Weiß",
    "Schä",
    "Pe",
    "Va",
    "Ce",
    "Ku",
    "Do",
    "Le",
    "Hri",
]
MIDDLE = [
    "va",
    "ar",
    "te",
    "en",
    "ov",
    "ič",
    "na",
    "ri",
    "lo",
    "šta",
    "če",
    "ži",
    "đe",
    "mer",
    "nik",
    "sel",
    "re",
    "bo",
    "pi",
    "zo",
    "la",
    "du",
    "go",
]
END = ["k", "č", "ć", "šek", "nik", "ar", "er", "ič", "ović", "čan", "ec", "an", "šič", "mann", "ß", "in", "a"]


def fill(session: Session, action: Action, seed: int) -> None:
    """One slice of made-up customers; two of a hundred without a phone, three of a hundred twice."""
    dice = random.Random(seed)
    customers: list[dict[str, Any]] = []
    phones: list[dict[str, Any]] = []
    for number in range(SLICE):
        identity = new_id()
        last = dice.choice(START) + dice.choice(MIDDLE) * dice.randint(0, 1) + dice.choice(MIDDLE) + dice.choice(END)
        first = FIRST[min(int(dice.expovariate(0.08)), len(FIRST) - 1)]
        customers.append(
            {
                "id": identity,
                "first_name": first,
                "last_name": last,
                "email": f"{seed}.{number}@primer.si" if dice.random() < 0.6 else "",
                "language": "sl",
                "notes": "",
                "alert": "",
                "street": "",
                "post_code": "",
                "town": "Ljubljana",
                "country": "",
                "since": date(2020, 1, 1),
            }
        )
        if dice.random() < 0.98:
            phone = f"+386{dice.choice(['31', '41', '51', '40', '70'])}{dice.randint(100_000, 999_999)}"
            identity_of_phone = natural_id(identity, "phone", phone)
            phones.append({"id": identity_of_phone, "customer_id": identity, "number": phone, "position": 0})
    session.execute(insert(Customer), customers)
    session.execute(insert(CustomerPhone), phones)


def typed_parts(kind: str, dice: random.Random) -> list[str]:
    """What stands in the field after each key press of one search."""
    first, last = dice.choice(FIRST), dice.choice(START) + dice.choice(MIDDLE) + dice.choice(END)
    phone = f"0{dice.choice(['31', '41', '51'])} {dice.randint(100_000, 999_999)}"
    whole = {"name": f"{last[:4]} {first[:3]}", "phone": phone, "both": f"{first[:3]} {phone[-4:]}"}[kind]
    return [whole[: length + 1] for length in range(len(whole))]


def test_customer_search(desk: TestDesk, report: Callable[[Row], None]) -> None:
    for seed in range(CUSTOMERS // SLICE):
        desk.write(fill, seed)
    desk.on_writer(lambda engine: engine.raw_connection().cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)"))
    size = desk.path.stat().st_size / 1e6
    facts = [f"{CUSTOMERS:,} customers", "encrypted", "WAL", "synchronous FULL", f"{size:,.0f} MB"]
    floor = timed(lambda: desk.read(nothing), times=200)
    dice = random.Random(7)
    for kind in ("name", "phone", "both"):
        typed = [part for _ in range(40) for part in typed_parts(kind, dice)]
        waiting = iter([typed[0], *typed])
        timing = timed(lambda waiting=waiting: desk.read(search_customers, next(waiting)), times=len(typed))  # type: ignore[misc]  # bound now
        samples = timing.samples
        facts_here = [*facts, f"max {max(samples) * 1e3:.1f} ms", f"mean {statistics.mean(samples) * 1e3:.2f} ms"]
        report(Row(f"customer search by {kind}", timing, floor, "an empty read", p95=0.005, facts=facts_here))
    report(Row("add a customer", timed(lambda: desk.write(add_customer, person(dice)), times=100), facts=facts))
    saved = desk.write(add_customer, person(dice)).customer

    def rename() -> None:
        after = CustomerEntry(last_name=f"Novak {dice.randint(0, 10**6)}")
        desk.write(change_customer, saved.id, saved.entry, after)

    report(Row("rename a customer", timed(rename, times=100), facts=facts))


def nothing(session: Session, action: Action) -> None:
    session.execute(text("SELECT 1"))


def person(dice: random.Random) -> CustomerEntry:
    return CustomerEntry(dice.choice(FIRST), "Novak", (f"041 {dice.randint(100_000, 999_999)}",))
