"""A device that writes operations without a desk behind it: as many as a test of the backend wants, with chain and hashes right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from desktop.ids import new_id
from sync.manifest import Value
from sync.operations import Change, Kind, Operation, Place, operation_hash

CLOCK_BITS: Final = 16


@dataclass(frozen=True)
class Written:
    """What an operation does to one row."""

    collection: str
    row: str
    values: Mapping[str, Value]
    kind: Kind = Kind.INSERT
    places: tuple[Place, ...] | None = None


class Writer:
    """Numbers and chains the operations of one device; `now`: its clock in milliseconds since 1970."""

    def __init__(self, shop: str, now: int, device: str | None = None) -> None:
        self.device = device or new_id().hex
        self.shop = shop
        self.now = now
        self._n = 0
        self._hash = ""

    def operation(self, rows: Iterable[Written], name: str = "customers.add_customer") -> Operation:
        """The next operation; every one is a millisecond later than the one before."""
        self._n += 1
        self.now += 1
        changes = tuple(
            Change(n, one.collection, one.row, one.kind, f"{n:064x}", None, dict(one.values), one.places)
            for n, one in enumerate(rows, 1)
        )
        header = {
            "previous_hash": self._hash,
            "id": new_id().hex,
            "shop_id": self.shop,
            "device": self.device,
            "n": self._n,
            "actor": "a" * 32,
            "actor_name": "Ana Čeh",
            "name": name,
            "clock": self.now << CLOCK_BITS,
            "at": self.now,
            "part_of": None,
            "undoes": None,
        }
        hashed = [(c.n, c.collection, c.row, c.kind.value, c.fields, c.hash) for c in changes]
        self._hash = operation_hash(header, hashed)
        return Operation(**header, hash=self._hash, changes=changes)  # type: ignore[arg-type]  # header holds mixed types


def customer(n: int) -> dict[str, Value]:
    """The values of a customer as the desk's table holds them, about 300 bytes."""
    return {
        "first_name": "Ana Marija",
        "last_name": f"Kovačič {n}",
        "email": f"ana.kovacic.{n}@example.com",
        "birth_day": 1 + n % 28,
        "birth_month": 1 + n % 12,
        "birth_year": None,
        "language": "sl",
        "notes": "Pride navadno s hčerko, kava brez sladkorja.",
        "alert": "",
        "street": f"Cesta v Mestni log {n}",
        "post_code": "1000",
        "town": "Ljubljana",
        "country": "SI",
        "since": "2026-11-25",
        "extra": None,
        "deleted_at": None,
    }
