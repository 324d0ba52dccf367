"""Finding a customer while somebody types: parts of the name in any order, parts of a number, or an e-mail address.

The first 500 hits are ordered by name and cut to the page; ranking all hits of one letter would take half a second at
250,000 customers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Integer, Row, TextualSelect, column, select, text
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.customers.birthday import Birthday, stored_birthday
from desktop.customers.model import Customer, CustomerSearch
from desktop.customers.phones import searched_digits
from desktop.folding import match_expression

CAP = 500
_PHONE_WORD = re.compile(r"[+\d()/.\-]*\d[+\d()/.\-]*")

_COLUMNS = (
    Customer.id,
    Customer.first_name,
    Customer.last_name,
    CustomerSearch.numbers,
    Customer.birth_day,
    Customer.birth_month,
    Customer.birth_year,
    Customer.alert,
)


@dataclass(frozen=True, slots=True)
class CustomerHit:
    """A line of the search: enough to tell two people of one name apart.

    `phones` in E.164, the preferred first; empty without the right to see contacts. `alert` is the customer's warning.
    """

    id: UUID
    first_name: str
    last_name: str
    phones: tuple[str, ...]
    birthday: Birthday | None
    alert: str

    @property
    def name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


def search_customers(session: Session, action: Action, typed: str, limit: int = 30) -> tuple[CustomerHit, ...]:
    """Customers that fit what was typed, ordered by last name; with too little typed the latest ones, newest first.

    `limit`: 1 … 256. Digits find any part of a number (three or more, with or without the leading zero or country code).
    Raises `NotPermitted` without `BOOK`.
    """
    action.actor.require(Permission.BOOK)
    limit = max(1, min(limit, 256))
    found = _candidates(action, typed[:200])
    query = select(*_COLUMNS).join(CustomerSearch, CustomerSearch.customer_id == Customer.id)
    if found is None:
        return _hits(action, session.execute(query.order_by(CustomerSearch.row.desc()).limit(limit)))
    statement, values = found
    first = (
        select(CustomerSearch.row)
        .where(CustomerSearch.row.in_(select(statement.subquery())))
        .order_by(CustomerSearch.sort_form, CustomerSearch.row)
        .limit(limit)
    )
    query = query.where(CustomerSearch.row.in_(first)).order_by(CustomerSearch.sort_form, CustomerSearch.row)
    return _hits(action, session.execute(query, values))


def read_hits(session: Session, action: Action, customer_ids: Sequence[UUID]) -> tuple[CustomerHit, ...]:
    """The lines of known customers, by name; removed ones are left out."""
    query = (
        select(*_COLUMNS)
        .join(CustomerSearch, CustomerSearch.customer_id == Customer.id)
        .where(Customer.id.in_(customer_ids))
        .order_by(CustomerSearch.sort_form, CustomerSearch.row)
    )
    return _hits(action, session.execute(query))


def _candidates(action: Action, typed: str) -> tuple[TextualSelect, dict[str, object]] | None:
    """The statement for the rows of at most `CAP` hits and its values; None when too little was typed to search for."""
    contacts = Permission.SEE_CONTACTS in action.actor.permissions
    if "@" in typed:
        start = typed.strip().lower()
        return _BY_EMAIL, {"start": start, "end": start + "\U0010ffff", "cap": CAP if contacts else 0}
    parts = typed.split()
    names = [part for part in parts if not _PHONE_WORD.fullmatch(part)]
    digits = searched_digits("".join(part for part in parts if _PHONE_WORD.fullmatch(part)))
    words = match_expression(" ".join(names))
    if len(digits) >= 3 and contacts:
        values = {"digits": f'"{digits}"', "words": words or match_expression(typed), "cap": CAP}
        return (_BOTH if words else _EITHER), values
    expression = words or match_expression(typed)
    return (_WORDS, {"words": expression, "cap": CAP}) if expression else None


def _rows(statement: str) -> TextualSelect:
    return text(statement).columns(column("row", Integer))


_WORD_HITS = "SELECT rowid AS row FROM customer_words WHERE customer_words MATCH :words"
_DIGIT_HITS = "SELECT rowid AS row FROM customer_digits WHERE customer_digits MATCH :digits"
_WORDS = _rows(f"{_WORD_HITS} LIMIT :cap")
_BOTH = _rows(f"{_DIGIT_HITS} INTERSECT {_WORD_HITS} LIMIT :cap")
#: Digits alone may also be part of a name ("Studio 54").
_EITHER = _rows(f"SELECT row FROM ({_DIGIT_HITS} LIMIT :cap) UNION SELECT row FROM ({_WORD_HITS} LIMIT :cap)")
_BY_EMAIL = _rows(
    "SELECT s.row FROM customer c JOIN customer_search s ON s.customer_id = c.id"
    " WHERE c.email <> '' AND c.email >= :start AND c.email < :end LIMIT :cap"
)


def _hits(action: Action, rows: Iterable[Row[Any]]) -> tuple[CustomerHit, ...]:
    contacts = Permission.SEE_CONTACTS in action.actor.permissions
    return tuple(
        CustomerHit(
            id=row.id,
            first_name=row.first_name,
            last_name=row.last_name,
            phones=tuple(row.numbers.split()) if contacts else (),
            birthday=stored_birthday(row.birth_day, row.birth_month, row.birth_year),
            alert=row.alert,
        )
        for row in rows
    )
