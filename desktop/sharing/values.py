"""Stored values as people mean them: money, days, names instead of ids. The interface only writes them out.

A value that two rows share is equal, so the sides of a conflict are compared by what they mean.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Boolean, Integer, LargeBinary, Table
from sqlalchemy.orm import Session
from sqlalchemy.types import TypeDecorator

from desktop.appointments.entries import span
from desktop.appointments.model import Visit
from desktop.catalogue.model import Product, Resource, Service
from desktop.customers.model import Customer
from desktop.database.stored import from_json
from desktop.database.types import Day, Id, Instant
from desktop.register.model import NumberSeries
from desktop.staff.model import Member


@dataclass(frozen=True, slots=True)
class Plain:
    """Words as they were typed; "" is nothing."""

    text: str


@dataclass(frozen=True, slots=True)
class Amount:
    cents: int


@dataclass(frozen=True, slots=True)
class Share:
    """A rate or discount in basis points."""

    points: int


@dataclass(frozen=True, slots=True)
class Quantity:
    thousandths: int


@dataclass(frozen=True, slots=True)
class Minutes:
    count: int


@dataclass(frozen=True, slots=True)
class Moment:
    """An instant, aware, UTC; shown in the shop's time."""

    at: datetime


@dataclass(frozen=True, slots=True)
class Dated:
    day: date


@dataclass(frozen=True, slots=True)
class Span:
    """From an instant to another."""

    start: datetime
    end: datetime


@dataclass(frozen=True, slots=True)
class Word:
    """A word of the program: the key of its sentence, and what to show where there is none."""

    key: str
    code: str


@dataclass(frozen=True, slots=True)
class Several:
    """Values one behind the other; none for nothing."""

    values: tuple[Value, ...]


Value = Plain | Amount | Share | Quantity | Minutes | Moment | Dated | Span | Word | Several

NOTHING: Final = Plain("")

#: Where the word of a code stands, by table and column.
_WORDS: Final[Mapping[tuple[str, str], str]] = {
    ("visit", "status"): "appointments.status",
    ("visit", "origin"): "appointments.origin",
    ("visit", "claim_state"): "appointments.claim",
    ("service", "colour"): "shell.colour",
    ("service", "vat_code"): "catalogue.vat",
    ("product", "vat_code"): "catalogue.vat",
    ("member", "role"): "staff.role",
    ("member", "colour"): "shell.colour",
}
_MINUTES: Final = frozenset({"duration", "buffer_before", "buffer_after", "processing_start", "processing"})
_QUANTITIES: Final = frozenset({"quantity", "low_level", "level"})
_POINTS: Final = frozenset({"vat_rate", "rate", "discount_points"})
_NAMED: Final[Mapping[str, Any]] = {
    "customer_id": Customer, "member_id": Member, "created_by": Member, "owner_id": Member, "opened_by": Member,
    "service_id": Service, "product_id": Product, "resource_id": Resource,
}  # fmt: skip


def value_of(session: Session, table: Table, column: str, plain: object) -> Value:
    """A column's value from its plain form in the feed."""
    if column not in table.columns:
        return Plain("" if plain is None else str(plain))
    return stored_value(session, table, column, from_json(table, column, plain))


def stored_value(session: Session, table: Table, column: str, value: Any) -> Value:
    """A column's Python value as it is meant."""
    if value is None or value == "":
        return NOTHING
    if (str(table.name), column) in _WORDS:
        return Word(f"{_WORDS[str(table.name), column]}.{value}", str(value))
    if (str(table.name), column) == ("visit", "items"):
        return items_value(session, value)
    kind = table.c[column].type
    match kind:
        case Id():
            return Plain(name_of(session, column, value))
        case Instant():
            return Moment(value)
        case Day():
            return Dated(value)
        case Boolean():
            return Word("sharing.word.yes" if value else "sharing.word.no", str(value))
    inner = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    if isinstance(inner, LargeBinary):
        return Word("sharing.word.bytes", "…")
    if isinstance(inner, Integer):
        return _number(column, value)
    if isinstance(value, list):
        return Several(tuple(Plain(str(one)) for one in value))
    return Plain(str(value))


def _number(column: str, value: int) -> Value:
    if column.endswith("_cents"):
        return Amount(value)
    if column in _POINTS:
        return Share(value)
    if column in _QUANTITIES:
        return Quantity(value)
    return Minutes(value) if column in _MINUTES else Plain(str(value))


def items_value(session: Session, items: list[dict[str, Any]]) -> Value:
    """The items of a visit: when, what, with whom."""
    if not items:
        return NOTHING
    return Several((Span(*span(items)), *services_of(items).values, members_of(session, items)))


def services_of(items: list[dict[str, Any]]) -> Several:
    """The names of a visit's services."""
    return Several(tuple(Plain(str(item["name"])) for item in items))


def members_of(session: Session, items: list[dict[str, Any]]) -> Value:
    """With whom a visit is."""
    people = dict.fromkeys(UUID(item["member"]) for item in items)
    return Several(tuple(Plain(name_of(session, "member_id", one)) for one in people))


def name_of(session: Session, column: str, identity: UUID) -> str:
    """The name behind an id; a short form of the id where there is none."""
    model = _NAMED.get(column)
    row = session.get(model, identity) if model is not None else None
    if row is None:
        return identity.hex[-6:]
    if isinstance(row, Customer):
        return f"{row.first_name} {row.last_name}".strip()
    return str(row.name)


def row_name(session: Session, table: str, row: UUID) -> str:
    """What a record is called; "" where it has no name of its own."""
    for column, model in _NAMED.items():
        if model.__tablename__ == table:
            return name_of(session, column, row) if session.get(model, row) is not None else ""
    if table == "visit":
        visit = session.get(Visit, row)
        return visit.customer_name if visit is not None else ""
    if table == "number_series":
        series = session.get(NumberSeries, row)
        return f"{series.premise_code}-{series.device_code}" if series is not None else ""
    return ""


def visit_values(session: Session, visit: Visit) -> dict[str, Value]:
    """What two visits are compared by, in the order in which it is shown."""
    return {
        "customer": Plain(visit.customer_name),
        "time": Span(visit.starts_at, visit.ends_at),
        "service": services_of(visit.items),
        "with": members_of(session, visit.items),
        "price": Amount(sum(item["price_cents"] for item in visit.items)),
        "note": Plain(visit.note),
    }
