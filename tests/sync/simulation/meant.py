"""What people meant: every edit, booking and movement of a history, noted when it was made and independent of how it is synced."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

#: The fields that merge as one value, by table and name: what a desk must never take apart.
UNITS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("customer", "address"): ("street", "post_code", "town", "country"),
    ("visit", "items"): ("items", "starts_at", "ends_at"),
    ("visit", "status"): ("status", "cancel_reason"),
}


def fields_of(table: str, unit: str) -> tuple[str, ...]:
    return UNITS.get((table, unit), (unit,))


#: Begins every word that is written in a history, each of them once.
WORD: Final = "beseda"
Key = tuple[str, str, str]
"""Table, row (hex) and unit."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A value that somebody wrote, over the value that stood before their eyes.

    Attributes:
        operation, n, clock: of the operation that wrote it.
    """

    key: Key
    value: tuple[Any, ...]
    over: tuple[Any, ...]
    device: str
    operation: str
    n: int
    clock: int


@dataclass(frozen=True, slots=True)
class Booking:
    """A visit that was booked."""

    visit: str
    operation: str


@dataclass(frozen=True, slots=True)
class Received:
    """Goods that came in at a shop, in thousandths."""

    shop: str
    quantity: int
    operation: str


@dataclass(frozen=True, slots=True)
class Charged:
    """A bill that was charged at a shop: by which invoice."""

    shop: str
    bill: str
    invoice: str
    operation: str


@dataclass
class Meant:
    """Everything that was meant. `broken`: operations that break a rule on purpose."""

    edits: list[Edit] = field(default_factory=list)
    bookings: list[Booking] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)
    charged: list[Charged] = field(default_factory=list)
    broken: set[str] = field(default_factory=set)

    def pending(self, device: str, after: int) -> dict[Key, Edit]:
        """The latest edit of each value among a device's operations behind a number."""
        latest: dict[Key, Edit] = {}
        for edit in self.edits:
            if edit.device == device and edit.n > after:
                latest[edit.key] = max(latest.get(edit.key, edit), edit, key=lambda one: one.n)
        return latest

    def by_key(self) -> Iterator[tuple[Key, list[Edit]]]:
        found: dict[Key, list[Edit]] = {}
        for edit in self.edits:
            found.setdefault(edit.key, []).append(edit)
        yield from found.items()


def overtaken(edits: list[Edit], counted: set[str]) -> set[str]:
    """Operations whose value somebody saw and wrote over, directly or over several steps; by who counts at the end.

    This order needs no clock: who writes over what they see means it. Values without a word of their own may come twice and say nothing.
    """
    by_value: dict[tuple[Any, ...], Edit] = {}
    for edit in edits:
        if any(WORD in str(part) for part in edit.value):
            by_value[edit.value] = edit
    gone: set[str] = set()
    for edit in edits:
        if edit.operation not in counted:
            continue
        seen = by_value.get(edit.over)
        while seen is not None and seen.operation not in gone and seen.operation != edit.operation:
            gone.add(seen.operation)
            seen = by_value.get(seen.over)
    return gone
