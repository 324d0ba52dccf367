"""Tables of the customers room, and the derived tables that find a customer while somebody types.

The word index holds the folded words of the name, the digit index the stored numbers without their plus, cut into groups of
three so that any part of a number is found. Both are contentless FTS5 tables beside `customer_search`, whose integer key they
share; that key exists because SQLite renumbers rows that have none of their own.
"""

from __future__ import annotations

from datetime import date
from typing import ClassVar
from uuid import UUID

from sqlalchemy import Index, Integer, Text
from sqlalchemy.orm import Mapped, mapped_column

from desktop.database.classes import Base, DerivedRow, TenantMergeable
from desktop.database.derived import ROW_BY_ROW, Derived, SqlFunction
from desktop.database.types import Day, Id
from desktop.folding import search_form, sort_form


class Customer(TenantMergeable, Base):
    """A customer. Texts are "" where nothing is known; `since` is the day of the first entry.

    `alert` is shown at booking and at checkout. `language` is that of messages and receipts ("" means the shop's).
    """

    __tablename__ = "customer"
    groups: ClassVar[dict[str, tuple[str, ...]]] = {
        "name": ("first_name", "last_name"),
        "birthday": ("birth_day", "birth_month", "birth_year"),
        "address": ("street", "post_code", "town", "country"),
    }

    first_name: Mapped[str] = mapped_column(Text)
    last_name: Mapped[str] = mapped_column(Text)
    email: Mapped[str] = mapped_column(Text)
    birth_day: Mapped[int | None] = mapped_column(Integer)
    birth_month: Mapped[int | None] = mapped_column(Integer)
    birth_year: Mapped[int | None] = mapped_column(Integer)
    language: Mapped[str] = mapped_column(Text)
    notes: Mapped[str] = mapped_column(Text)
    alert: Mapped[str] = mapped_column(Text)
    street: Mapped[str] = mapped_column(Text)
    post_code: Mapped[str] = mapped_column(Text)
    town: Mapped[str] = mapped_column(Text)
    country: Mapped[str] = mapped_column(Text)
    since: Mapped[date] = mapped_column(Day)


class CustomerPhone(TenantMergeable, Base):
    """A number of a customer in E.164; id by customer and number, so that two desks adding it add it once."""

    __tablename__ = "customer_phone"

    customer_id: Mapped[UUID] = mapped_column(Id)
    number: Mapped[str] = mapped_column(Text)
    position: Mapped[int] = mapped_column(Integer)


class CustomerSearch(DerivedRow, Base):
    """What the search shows and sorts by; `numbers` are the customer's numbers in their order, a space between."""

    __tablename__ = "customer_search"

    row: Mapped[int] = mapped_column(Integer, primary_key=True)
    customer_id: Mapped[UUID] = mapped_column(Id, unique=True)
    sort_form: Mapped[str] = mapped_column(Text)
    numbers: Mapped[str] = mapped_column(Text)


Index("ix_customer_email", Customer.email, sqlite_where=Customer.email != "")
Index("ix_customer_phone_customer_id", CustomerPhone.customer_id)
Index("ix_customer_phone_number", CustomerPhone.number)

_NUMBERS = (
    "coalesce((SELECT group_concat(number, ' ' ORDER BY position, number) FROM customer_phone"
    " WHERE customer_id = {customer}.id AND deleted_at IS NULL), '')"
)
_ADD = (
    " INSERT INTO customer_search(customer_id, sort_form, numbers)"
    " SELECT NEW.id, sort_form(NEW.last_name || ' ' || NEW.first_name), " + _NUMBERS.format(customer="NEW") + ""
    " WHERE NEW.deleted_at IS NULL;"
    " INSERT INTO customer_words(rowid, words)"
    " SELECT row, search_form(NEW.first_name || ' ' || NEW.last_name) FROM customer_search WHERE customer_id = NEW.id;"
    " INSERT INTO customer_digits(rowid, digits)"
    " SELECT row, replace(numbers, '+', '') FROM customer_search WHERE customer_id = NEW.id AND numbers <> '';"
)
_DROP = (
    " DELETE FROM customer_words WHERE rowid = (SELECT row FROM customer_search WHERE customer_id = OLD.id);"
    " DELETE FROM customer_digits WHERE rowid = (SELECT row FROM customer_search WHERE customer_id = OLD.id);"
    " DELETE FROM customer_search WHERE customer_id = OLD.id;"
)
_RENUMBER = (
    " DELETE FROM customer_digits WHERE rowid = (SELECT row FROM customer_search WHERE customer_id = NEW.customer_id);"
    " UPDATE customer_search SET numbers = coalesce((SELECT group_concat(number, ' ' ORDER BY position, number)"
    " FROM customer_phone WHERE customer_id = NEW.customer_id AND deleted_at IS NULL), '')"
    " WHERE customer_id = NEW.customer_id;"
    " INSERT INTO customer_digits(rowid, digits) SELECT row, replace(numbers, '+', '') FROM customer_search"
    " WHERE customer_id = NEW.customer_id AND numbers <> '';"
)
_ADD_BEHIND = (
    "INSERT INTO customer_search(customer_id, sort_form, numbers)"
    " SELECT id, sort_form(last_name || ' ' || first_name), "
    + _NUMBERS.format(customer="customer")
    + " FROM customer WHERE rowid > :after AND deleted_at IS NULL ORDER BY rowid",
    "INSERT INTO customer_words(rowid, words) SELECT s.row, search_form(c.first_name || ' ' || c.last_name)"
    " FROM customer c CROSS JOIN customer_search s ON s.customer_id = c.id WHERE c.rowid > :after ORDER BY c.rowid",
    "INSERT INTO customer_digits(rowid, digits) SELECT s.row, replace(s.numbers, '+', '')"
    " FROM customer c CROSS JOIN customer_search s ON s.customer_id = c.id"
    " WHERE c.rowid > :after AND s.numbers <> '' ORDER BY c.rowid",
)
_NEW_NUMBERS = "(SELECT customer_id FROM customer_phone WHERE rowid > :after)"
_RENUMBER_BEHIND = (
    f"DELETE FROM customer_digits WHERE rowid IN (SELECT row FROM customer_search WHERE customer_id IN {_NEW_NUMBERS})",
    "UPDATE customer_search SET numbers = coalesce((SELECT group_concat(number, ' ' ORDER BY position, number)"
    " FROM customer_phone WHERE customer_id = customer_search.customer_id AND deleted_at IS NULL), '')"
    f" WHERE customer_id IN {_NEW_NUMBERS}",
    "INSERT INTO customer_digits(rowid, digits) SELECT row, replace(numbers, '+', '')"
    f" FROM customer_search WHERE numbers <> '' AND customer_id IN {_NEW_NUMBERS}",
)

DERIVED: tuple[Derived, ...] = (
    Derived(
        name="customer_search",
        create=(
            "CREATE VIRTUAL TABLE customer_words USING fts5(words, content='', contentless_delete=1,"
            " prefix='1 2 3', detail=column, tokenize='unicode61')",
            "CREATE VIRTUAL TABLE customer_digits USING fts5(digits, content='', contentless_delete=1, tokenize='trigram')",
        ),
        triggers={
            "derived_customer_search_insert": f"AFTER INSERT ON customer {ROW_BY_ROW} BEGIN{_ADD} END",
            "derived_customer_search_update": (
                "AFTER UPDATE ON customer WHEN OLD.first_name IS NOT NEW.first_name"
                " OR OLD.last_name IS NOT NEW.last_name OR OLD.deleted_at IS NOT NEW.deleted_at"
                f" BEGIN{_DROP}{_ADD} END"
            ),
            "derived_customer_search_delete": f"AFTER DELETE ON customer BEGIN{_DROP} END",
            "derived_customer_search_phone_insert": (
                f"AFTER INSERT ON customer_phone {ROW_BY_ROW} BEGIN{_RENUMBER} END"
            ),
            "derived_customer_search_phone_update": (
                "AFTER UPDATE ON customer_phone WHEN OLD.number IS NOT NEW.number OR OLD.position IS NOT NEW.position"
                f" OR OLD.deleted_at IS NOT NEW.deleted_at BEGIN{_RENUMBER} END"
            ),
            "derived_customer_search_phone_delete": (
                f"AFTER DELETE ON customer_phone BEGIN{_RENUMBER.replace('NEW.', 'OLD.')} END"
            ),
        },
        rebuild=(
            "DELETE FROM customer_words",
            "DELETE FROM customer_digits",
            "DELETE FROM customer_search",
            "INSERT INTO customer_search(customer_id, sort_form, numbers)"
            " SELECT id, sort_form(last_name || ' ' || first_name), "
            + _NUMBERS.format(customer="customer")
            + " FROM customer WHERE deleted_at IS NULL ORDER BY id",
            "INSERT INTO customer_words(rowid, words) SELECT s.row, search_form(c.first_name || ' ' || c.last_name)"
            " FROM customer_search s JOIN customer c ON c.id = s.customer_id ORDER BY s.row",
            "INSERT INTO customer_digits(rowid, digits) SELECT row, replace(numbers, '+', '')"
            " FROM customer_search WHERE numbers <> '' ORDER BY row",
        ),
        behind={"customer": _ADD_BEHIND, "customer_phone": _RENUMBER_BEHIND},
        functions={"search_form": SqlFunction(1, search_form), "sort_form": SqlFunction(1, sort_form)},
        compare="SELECT hex(customer_id), sort_form, numbers FROM customer_search ORDER BY customer_id",
    ),
)
