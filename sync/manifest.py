"""The manifest: what is synced, as data. The server and the engine read it and know nothing else of the application.

A collection has a class (what may happen to its rows), a scope (who holds them), typed fields, groups of fields that merge as one
value, the kind of its claim, and a rule that says which rows a new device wants first. A manifest has a version; a later version
only adds collections and nullable fields, so that an older device and a newer server (and the other way round) understand each other.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Final

import msgspec

from sync.errors import ManifestError, Unlawful

#: What a field may hold, as JSON shows it; a BLOB is lower-case hex.
Value = str | int | None
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]{0,62}$", max_length=63)]

#: Of a manifest; the bound is far away and fits every database.
Version = Annotated[int, msgspec.Meta(ge=1, le=2**31 - 1)]

LARGEST_INTEGER: Final = 2**63 - 1
LARGEST_TEXT: Final = 1_000_000
ID_DIGITS: Final = 32
WHOLE_ROW: Final = "*"


class DataClass(StrEnum):
    """What may happen to the rows of a collection."""

    LEDGER = "ledger"
    MERGEABLE = "mergeable"
    CLAIM = "claim"


class Scope(StrEnum):
    """Who holds a row: every shop of the tenant, or one shop."""

    TENANT = "tenant"
    SHOP = "shop"


class FieldType(StrEnum):
    """How a field is stored: an id of 16 bytes, other bytes, text, or a 64-bit integer."""

    ID = "id"
    BLOB = "blob"
    TEXT = "text"
    INTEGER = "integer"


class ClaimKind(StrEnum):
    """What a claim asks for: places in time, an amount of a balance, a name."""

    EXCLUSIVE = "exclusive"
    BOUNDED = "bounded"
    UNIQUE = "unique"


class Field(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of a collection; `required` ones are never null. `since`: the version of a ledger's hash that first covers it."""

    type: FieldType
    required: bool = False
    since: Annotated[int, msgspec.Meta(ge=1)] = 1


class Hot(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Rows whose `field` (milliseconds since 1970, or an ISO day) is not older than `days` come first on a new device.

    Without a field the time counts at which the row was made, as its stamp says.
    """

    field: Name | None
    days: Annotated[int, msgspec.Meta(ge=1, le=36_500)]


class Deferred(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A field of bytes that a new device does without at first, where another field has one of these values.

    Zero bytes stand for it; the device fetches it when somebody asks for it.
    """

    field: Name
    where: Name
    values: tuple[str, ...]


class Bound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the rows of a bounded claim do to a balance, which is the sum of them.

    Attributes:
        of: the field that names the balance: a voucher, a prepaid card.
        amount: the integer field with what a row adds; less than 0: what it takes.
        least: no row that takes may bring the balance below this.
    """

    of: Name
    amount: Name
    least: int = 0


class Collection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A collection of rows.

    Attributes:
        unique: the fields that together are a name, where the claim is unique.
        places_of: the field or group that decides which places an exclusive claim asks for, whatever its other fields say.
        freeing: values of fields with which an exclusive claim asks for no place at all, and a bounded one for no amount; a deleted
            row never does.
        bound: the balance of a bounded claim.
        state: the field in which everybody reads how a claim stands: ``confirmed``, ``pending`` or ``conflict``.
        hashed: whether a ledger row's hash is the one of `sync.operations.ledger_hash`; otherwise it has a chain of its own.
    """

    name: Name
    data_class: DataClass
    scope: Scope
    fields: dict[Name, Field]
    groups: dict[Name, tuple[Name, ...]] = {}
    claim: ClaimKind | None = None
    unique: tuple[Name, ...] = ()
    places_of: Name | None = None
    freeing: dict[Name, tuple[str, ...]] = {}
    bound: Bound | None = None
    state: Name | None = None
    hashed: bool = True
    hot: Hot | None = None
    deferred: Deferred | None = None

    def unit_of(self, field: str) -> str:
        """The name under which a field merges: its group, or itself."""
        return next((unit for unit, fields in self.groups.items() if field in fields), field)

    def fields_of(self, unit: str) -> tuple[str, ...]:
        """The fields that merge under a name."""
        return self.groups.get(unit, (unit,))

    def is_free(self, values: Mapping[str, Value]) -> bool:
        """Whether a row with these values asks for nothing."""
        return values.get("deleted_at") is not None or any(
            values.get(name) in words for name, words in self.freeing.items()
        )

    def hashed_fields(self, version: int) -> list[str]:
        """The columns of a ledger row that its hash of a version covers."""
        return ["id", *(name for name, field in self.fields.items() if name != "hash" and field.since <= version)]

    def check(self, values: Mapping[str, object]) -> None:
        """Raises `Unlawful` for a known field with a value that it cannot hold and for a part of a group.

        Unknown fields are a newer program's.
        """
        for name, value in values.items():
            field = self.fields.get(name)
            if field is not None:
                _check_value(self.name, name, field, value)
        for unit, fields in self.groups.items():
            given = values.keys() & set(fields)
            if given and len(given) < len(fields):
                raise Unlawful("group_incomplete", collection=self.name, group=unit)


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All collections of an application at one version (from 1)."""

    version: Version
    collections: Annotated[tuple[Collection, ...], msgspec.Meta(max_length=1_000)]

    def __post_init__(self) -> None:
        problems = list(_problems(self))
        if problems:
            raise ManifestError("; ".join(problems))

    def collection(self, name: str) -> Collection:
        """The collection of a name; raises `Unlawful` ``unknown_collection``."""
        found = self._by_name().get(name)
        if found is None:
            raise Unlawful("unknown_collection", collection=name)
        return found

    def _by_name(self) -> dict[str, Collection]:
        return {one.name: one for one in self.collections}

    def fingerprint(self) -> str:
        """SHA-256 (hex) over the canonical JSON: two programs with the same fingerprint mean the same."""
        return hashlib.sha256(msgspec.json.encode(self, order="sorted")).hexdigest()


def follows(earlier: Manifest, later: Manifest) -> None:
    """Raises `ManifestError` if `later` does more than add: takes something away, changes a type, class, scope or group."""
    if later.version <= earlier.version:
        raise ManifestError(f"version {later.version} does not follow {earlier.version}")
    known = later._by_name()
    for old in earlier.collections:
        new = known.get(old.name)
        if new is None:
            raise ManifestError(f"{old.name} is gone")
        for what in ("data_class", "scope", "claim", "unique", "places_of", "freeing", "bound", "groups"):
            if getattr(old, what) != getattr(new, what):
                raise ManifestError(f"{old.name}: {what} changed")
        for name, field in old.fields.items():
            if new.fields.get(name) != field:
                raise ManifestError(f"{old.name}.{name} changed or is gone")
        for name in new.fields.keys() - old.fields.keys():
            if new.fields[name].required:
                raise ManifestError(f"{old.name}.{name} is new and required")


def _problems(manifest: Manifest) -> Iterator[str]:
    names = [one.name for one in manifest.collections]
    for name in [one for one, times in Counter(names).items() if times > 1]:
        yield f"{name} twice"
    for one in manifest.collections:
        grouped = [field for fields in one.groups.values() for field in fields]
        for field in {
            *grouped,
            *one.unique,
            *one.freeing,
            *(one.fields_of(one.places_of) if one.places_of else ()),
            *([one.hot.field] if one.hot and one.hot.field else []),
            *([one.deferred.field, one.deferred.where] if one.deferred else []),
            *([one.state] if one.state else []),
            *([one.bound.of, one.bound.amount] if one.bound else []),
        } - one.fields.keys():
            yield f"{one.name}: {field} is no field"
        if len(grouped) != len(set(grouped)):
            yield f"{one.name}: a field in two groups"
        if one.groups.keys() & one.fields.keys() - set(grouped):
            yield f"{one.name}: a group has the name of a field outside it"
        if (one.claim is not None) != (one.data_class is DataClass.CLAIM):
            yield f"{one.name}: a claim has a kind, and nothing else has"
        if (one.places_of is not None) != (one.claim is ClaimKind.EXCLUSIVE):
            yield f"{one.name}: an exclusive claim says what decides its places, and nothing else does"
        if bool(one.unique) != (one.claim is ClaimKind.UNIQUE):
            yield f"{one.name}: a unique claim names its fields, and nothing else does"
        if (one.bound is not None) != (one.claim is ClaimKind.BOUNDED):
            yield f"{one.name}: a bounded claim names its balance, and nothing else does"
        if one.bound and one.bound.amount in one.fields and one.fields[one.bound.amount].type is not FieldType.INTEGER:
            yield f"{one.name}: {one.bound.amount} is no amount"
        if one.data_class is DataClass.LEDGER and one.groups:
            yield f"{one.name}: a ledger merges nothing"


def _check_value(collection: str, name: str, field: Field, value: object) -> None:
    def refuse(code: str) -> Unlawful:
        return Unlawful(code, collection=collection, field=name)

    if value is None:
        if field.required:
            raise refuse("value_missing")
        return
    match field.type:
        case FieldType.INTEGER:
            if (
                not isinstance(value, int)
                or isinstance(value, bool)
                or not -LARGEST_INTEGER - 1 <= value <= LARGEST_INTEGER
            ):
                raise refuse("value_type")
        case FieldType.TEXT:
            if not isinstance(value, str):
                raise refuse("value_type")
            if len(value) > LARGEST_TEXT:
                raise refuse("value_too_long")
        case FieldType.ID | FieldType.BLOB:
            if not isinstance(value, str) or not _is_hex(value):
                raise refuse("value_type")
            if field.type is FieldType.ID and len(value) != ID_DIGITS:
                raise refuse("value_type")
            if len(value) > 2 * LARGEST_TEXT:
                raise refuse("value_too_long")


def _is_hex(value: str) -> bool:
    return len(value) % 2 == 0 and not set(value) - set("0123456789abcdef")
