"""Merging a row: per field or declared group the later clock wins, and the device breaks ties. Pure arithmetic.

A clock is a hybrid clock (milliseconds since 1970 shifted by 16 bits, plus a counter). The order of two stamps never depends on
the order of arrival, so merging is commutative, associative and idempotent: whoever has seen the same changes shows the same row.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from sync.manifest import WHOLE_ROW, Collection, Value


class Stamp(NamedTuple):
    """When, where and by which operation a value was written; stamps are compared, the later one wins.

    `device` and `operation` have 32 hex digits; the operations of one action that went in parts share clock and device.
    """

    clock: int
    device: str
    operation: str = ""


NEVER = Stamp(-1, "")


class RowState(msgspec.Struct, frozen=True):
    """A row as everybody will see it: its values, and the stamp of each field or group; ``*`` stands for those without one."""

    values: dict[str, Value]
    stamps: dict[str, Stamp]

    def stamp_of(self, collection: Collection, unit: str) -> Stamp:
        """Who wrote a field or group last; `NEVER` for one that the row does not hold."""
        own = self.stamps.get(unit)
        if own is not None:
            return own
        held = any(field in self.values for field in collection.fields_of(unit))
        return self.stamps[WHOLE_ROW] if held else NEVER


class Merged(msgspec.Struct, frozen=True):
    """The outcome: the row, which fields of the change were taken, and which lost, with the value that stands instead."""

    row: RowState
    taken: frozenset[str]
    lost: dict[str, Value]


def merge(collection: Collection, row: RowState | None, values: Mapping[str, Value], stamp: Stamp) -> Merged:
    """Puts a change (the fields that it wrote) into a row; a row that is not there yet begins with it.

    Fields that the collection does not know are a newer program's and merge each for itself.
    """
    if row is None:
        return Merged(RowState(dict(values), {WHOLE_ROW: stamp}), frozenset(values), {})
    result, stamps = dict(row.values), dict(row.stamps)
    taken: set[str] = set()
    lost: dict[str, Value] = {}
    for unit in {collection.unit_of(field) for field in values}:
        fields = [field for field in collection.fields_of(unit) if field in values]
        standing = row.stamp_of(collection, unit)
        if stamp > standing:
            result.update((field, values[field]) for field in fields)
            stamps[unit] = stamp
            taken.update(fields)
        elif stamp != standing:
            lost.update((field, row.values.get(field)) for field in fields)
    return Merged(RowState(result, stamps), frozenset(taken), lost)
