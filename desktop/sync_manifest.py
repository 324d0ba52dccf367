"""The manifest of Pult: what its classes say about the tables, in the form that the sync reads."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sqlalchemy import Boolean, Integer, LargeBinary, Table, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from desktop.appointments.slots import FREEING
from desktop.database import classes
from desktop.database.classes import class_of, scope_of
from desktop.database.schema import Schema
from sync.manifest import ClaimKind, Collection, DataClass, Deferred, Field, FieldType, Hot, Manifest, Scope

VERSION: Final = 1

#: What each claim asks for, by table.
CLAIMS: Final[Mapping[str, ClaimKind]] = {"visit": ClaimKind.EXCLUSIVE, "number_series": ClaimKind.UNIQUE}
UNIQUE: Final[Mapping[str, tuple[str, ...]]] = {"number_series": ("premise_code", "device_code")}

#: The places in time that a row asks for, as an SQL expression over its columns; see `desktop.appointments.slots`. Its status and the
#: word about its claim do not count: whether it asks for them, and gets them, is for the server to say, which knows what others wrote.
PLACES: Final[Mapping[str, str]] = {
    "visit": "visit_slots(items, 'confirmed', 'confirmed', ends_at, created_at, NULL)",
}
#: What decides the places, and which values ask for none, by table.
PLACES_OF: Final[Mapping[str, str]] = {"visit": "items"}
FREES: Final[Mapping[str, Mapping[str, tuple[str, ...]]]] = {"visit": {"status": tuple(sorted(FREEING))}}

#: What a new device wants first, by table; all of everything that is not named here. What hangs on an invoice or a bill has its time from
#: the operation that made both. All movements of stock come first: without the oldest one no level would be right.
HOT: Final[Mapping[str, Hot]] = {
    "visit": Hot("starts_at", 90),
    "blocked_time": Hot("starts_at", 90),
    "bill": Hot("opened_at", 90),
    "bill_line": Hot(None, 90),
    "invoice": Hot("issued_at", 90),
    "invoice_line": Hot(None, 90),
    "invoice_vat": Hot(None, 90),
    "invoice_payment": Hot(None, 90),
    "tip": Hot(None, 90),
    "receipt_copy": Hot("at", 90),
    "cash_movement": Hot("at", 90),
    "event": Hot("at", 90),
    "fiscal_journal": Hot("at", 90),
}

#: Which row a field names, by table: what must be there after the last page of a pull. Who wrote a row is no such thing: the name stands
#: beside it.
PARENTS: Final[Mapping[str, Mapping[str, str]]] = {
    "absence": {"member_id": "member"},
    "bill": {"customer_id": "customer", "visit_id": "visit"},
    "bill_line": {"bill_id": "bill"},
    "blocked_time": {"member_id": "member"},
    "cash_movement": {"session_id": "till_session"},
    "customer_phone": {"customer_id": "customer"},
    "day_close": {"session_id": "till_session"},
    "invoice": {
        "session_id": "till_session",
        "customer_id": "customer",
        "bill_id": "bill",
        "visit_id": "visit",
        "corrects": "invoice",
    },
    "invoice_line": {"invoice_id": "invoice", "corrects": "invoice_line"},
    "invoice_payment": {"invoice_id": "invoice"},
    "invoice_vat": {"invoice_id": "invoice"},
    "receipt_copy": {"invoice_id": "invoice"},
    "service_member": {"service_id": "service", "member_id": "member"},
    "stock_movement": {"product_id": "product"},
    "tip": {"invoice_id": "invoice", "session_id": "till_session"},
    "visit": {"customer_id": "customer"},
    "working_day": {"member_id": "member"},
    "working_hours": {"member_id": "member"},
}

#: What it fetches when somebody asks: the messages to and from the authority. Seals and certificates are needed where they lie.
DEFERRED: Final[Mapping[str, Deferred]] = {
    "fiscal_journal": Deferred("body", "kind", ("request", "confirmation", "refusal", "failure")),
}

_CLASSES = {
    classes.DataClass.LEDGER: DataClass.LEDGER,
    classes.DataClass.MERGEABLE: DataClass.MERGEABLE,
    classes.DataClass.CLAIM: DataClass.CLAIM,
}
_SCOPES = {classes.Scope.TENANT: Scope.TENANT, classes.Scope.SHOP: Scope.SHOP}


def build_manifest(schema: Schema) -> Manifest:
    """The manifest of a composed schema, its collections in the order of their names.

    Raises `LookupError` for a table without a class, `sync.errors.ManifestError` for one that contradicts itself.
    """
    groups = schema.groups()
    tables = sorted((table for table in schema.tables() if class_of(table) in _CLASSES), key=lambda table: table.name)
    return Manifest(VERSION, tuple(_collection(table, groups.get(table.name, {})) for table in tables))


def _collection(table: Table, groups: Mapping[str, tuple[str, ...]]) -> Collection:
    return Collection(
        str(table.name),
        _CLASSES[class_of(table)],
        _SCOPES[scope_of(table)],
        {
            column.name: Field(_type(column.type), not column.nullable, column.info.get("since", 1))
            for column in table.columns
            if column.name != "id"
        },
        groups=dict(groups),
        claim=CLAIMS.get(table.name),
        unique=UNIQUE.get(table.name, ()),
        places_of=PLACES_OF.get(table.name),
        freeing=dict(FREES.get(table.name, {})),
        state="claim_state" if "claim_state" in table.columns else None,
        hashed=table.name != "fiscal_journal",  # a chain of its own, see `fiscal.journal`
        hot=HOT.get(table.name),
        deferred=DEFERRED.get(table.name),
    )


def _type(kind: TypeEngine[object]) -> FieldType:
    stored = kind.impl_instance if isinstance(kind, TypeDecorator) else kind
    match stored:
        case LargeBinary():
            return FieldType.ID if stored.length == 16 else FieldType.BLOB
        case Integer() | Boolean():
            return FieldType.INTEGER
        case Text():
            return FieldType.TEXT
    raise TypeError(f"no wire form for {stored!r}")
