"""Fields and groups of a table as history and inbox tell them: what merges as one is told as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Table
from sqlalchemy.orm import Session

from desktop.database.classes import Base
from desktop.sharing.values import NOTHING, Plain, Several, Value, value_of

#: Rows that belong to a record: table → (table of the parts, column that names the record, column that says what a part is).
PARTS: Final[Mapping[str, tuple[tuple[str, str, str], ...]]] = {
    "customer": (("customer_phone", "customer_id", "number"),),
    "service": (("service_member", "service_id", "member_id"),),
}
#: Table of parts → the column that says what a part is.
SAYS: Final = {part: says for found in PARTS.values() for part, _, says in found}
DELETED: Final = "deleted_at"
_KEYS: Final = frozenset(column for found in PARTS.values() for _, column, _ in found)
_HIDDEN: Final = frozenset(
    {"id", "shop_id", "extra", "hash", "hash_version", "since", "created_at", "created_by", "folded"}
)
#: Of these groups one field says all.
_SAID_BY: Final = {("visit", "items"): "items", ("visit", "customer"): "customer_name"}
_JOINED: Final = {"name": " ", "address": " ", "birthday": ". "}


def groups_of(table: str) -> Mapping[str, tuple[str, ...]]:
    """The declared groups of a table."""
    for mapper in Base.registry.mappers:
        if mapper.local_table.description == table:
            groups: Mapping[str, tuple[str, ...]] = mapper.class_.groups
            return groups
    return {}


def units_of(table: Table, fields: Sequence[str] | None = None) -> Mapping[str, tuple[str, ...]]:
    """Of some fields (all, when none are named) the fields and groups that are told, each with its fields.

    Of a part of a record counts that it came and went: unit `DELETED`.
    """
    groups = groups_of(table.name)
    grouped = {field: unit for unit, names in groups.items() for field in names}
    named = [column.name for column in table.columns] if fields is None else fields
    units = dict.fromkeys(grouped.get(field, field) for field in named if field not in _HIDDEN)
    if table.name in SAYS:
        says = SAYS[table.name]
        units = dict.fromkeys(DELETED if unit == says else unit for unit in units if unit not in {"position", *_KEYS})
    return {unit: groups.get(unit, (unit,)) for unit in units}


def unit_value(session: Session, table: Table, unit: str, values: Mapping[str, Any]) -> Value:
    """A field or group as it is meant, from plain values of the feed."""
    names = groups_of(table.name).get(unit, (unit,))
    told = _SAID_BY.get((table.name, unit))
    found = [value_of(session, table, name, values.get(name)) for name in ((told,) if told else names)]
    found = [one for one in found if one not in (NOTHING, Several(()))]
    if unit in _JOINED and len(names) > 1:
        return Plain(_JOINED[unit].join(one.text for one in found if isinstance(one, Plain)))
    if not found:
        return NOTHING
    return found[0] if len(found) == 1 else Several(tuple(found))
