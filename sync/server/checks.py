"""Whether the values of a change can be what they say: a compiled type says yes at once, the manifest says why not."""

from __future__ import annotations

from typing import Annotated, Any, Final, TypedDict

import msgspec
from msgspec import Meta

from sync.errors import Unlawful
from sync.manifest import LARGEST_INTEGER, LARGEST_TEXT, Collection, DataClass, Field, FieldType, Manifest, Scope
from sync.operations import Change, Kind, ledger_hash

_TYPES: Final[dict[FieldType, Any]] = {
    FieldType.INTEGER: Annotated[int, Meta(ge=-LARGEST_INTEGER - 1, le=LARGEST_INTEGER)],
    FieldType.TEXT: Annotated[str, Meta(max_length=LARGEST_TEXT)],
    FieldType.ID: Annotated[str, Meta(pattern=r"\A[0-9a-f]{32}\Z")],
    FieldType.BLOB: Annotated[str, Meta(pattern=r"\A([0-9a-f]{2})*\Z", max_length=2 * LARGEST_TEXT)],
}


class Rules:
    """The rules of a manifest, each collection's compiled when it is first asked for; may serve many pushes at once."""

    def __init__(self, manifest: Manifest) -> None:
        self.manifest = manifest
        self.collections = {one.name: one for one in manifest.collections}
        self._checks: dict[str, Checks] = {}

    def collection(self, name: str) -> Collection:
        """Raises `Unlawful` ``unknown_collection``."""
        found = self.collections.get(name)
        if found is None:
            raise Unlawful("unknown_collection", collection=name)
        return found

    def check(self, collection: Collection, change: Change, shop: str) -> None:
        """Raises `Unlawful` for a change that breaks a rule; `shop`: the one of the device."""
        known = self._checks.get(collection.name)
        if known is None:
            known = self._checks[collection.name] = Checks(collection)
        known.check(change, shop)


class Checks:
    """The rules of one collection about a change, whatever stands."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._ledger = collection.data_class is DataClass.LEDGER
        self._required = tuple(name for name, field in collection.fields.items() if field.required)
        self._groups = tuple(frozenset(fields) for fields in collection.groups.values())
        fields = {name: _type_of(field) for name, field in collection.fields.items()}
        self._shape: Any = TypedDict(collection.name, fields, total=False)  # type: ignore[misc]  # made from data

    def check(self, change: Change, shop: str) -> None:
        """Raises `Unlawful` for a change that breaks a rule; `shop`: the one of the device."""
        collection, values = self._collection, change.values
        if change.kind is Kind.DELETE:
            raise Unlawful("deleted", collection=collection.name)
        if values is None:
            return  # erased since: nothing to store, and nothing wrong
        if not self._is_right(values):
            collection.check(values)
        if collection.scope is Scope.SHOP and values.get("shop_id", shop) != shop:
            raise Unlawful("foreign_shop", collection=collection.name)
        for name in self._required if self._ledger or change.kind is Kind.INSERT else ():
            if name not in values:
                raise Unlawful("value_missing", collection=collection.name, field=name)
        if self._ledger:
            self._check_ledger(change, values)

    def _is_right(self, values: dict[str, Any]) -> bool:
        """Whether nothing is wrong with the values; False: the manifest is to be asked."""
        names = values.keys()
        if not all(group <= names or group.isdisjoint(names) for group in self._groups):
            return False
        try:
            msgspec.convert(values, self._shape)
        except msgspec.ValidationError:
            return False
        return True

    def _check_ledger(self, change: Change, values: dict[str, Any]) -> None:
        collection = self._collection
        if change.kind is not Kind.INSERT:
            raise Unlawful("ledger_changed", collection=collection.name)
        if values.get("hash") != change.hash:
            raise Unlawful("row_changed", collection=collection.name, row=change.row)
        version = values.get("hash_version")
        if collection.hashed and isinstance(version, int):
            hashed = {name: values.get(name) for name in collection.fields} | {"id": change.row}
            if ledger_hash(hashed, collection.hashed_fields(version)) != change.hash:
                raise Unlawful("row_changed", collection=collection.name, row=change.row)


def _type_of(field: Field) -> Any:
    kind = _TYPES[field.type]
    return kind if field.required else kind | None
