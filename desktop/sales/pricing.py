"""Prices of a bill: line totals, discounts, and VAT once per rate. Pure arithmetic on cents.

A line's discount comes off first; the bill's discount is spread over the lines by what they still cost, by largest remainder.
The parts always add up to the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from desktop.money import divide, share, spread, take_out_vat
from fiscal.port import VatBucket, VatCategory

PIECE = 1000


@dataclass(frozen=True, slots=True)
class Discount:
    """A discount in basis points of the price, or in cents; at most one of them is not 0."""

    points: int = 0
    cents: int = 0
    reason: str = ""

    def of(self, gross_cents: int) -> int:
        """What comes off a price, never more than the price."""
        return min(gross_cents, share(gross_cents, self.points) if self.points else self.cents)


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is entered: `quantity` in thousandths, `unit_cents` gross."""

    id: UUID
    kind: str
    item_id: UUID | None
    name: str
    quantity: int
    unit_cents: int
    vat_category: VatCategory
    vat_rate: int
    clause: str = ""
    member_id: UUID | None = None
    discount: Discount = Discount()


@dataclass(frozen=True, slots=True)
class PricedLine:
    """A line with its sums: `total_cents` = `gross_cents` - `discount_cents` - `bill_discount_cents`."""

    line: Line
    gross_cents: int
    discount_cents: int
    bill_discount_cents: int
    total_cents: int


@dataclass(frozen=True, slots=True)
class Priced:
    """A bill with its sums, in cents; `vat` once per category and rate, the highest rate first."""

    lines: tuple[PricedLine, ...]
    subtotal_cents: int
    discount_cents: int
    total_cents: int
    vat: tuple[VatBucket, ...]


def price(lines: Sequence[Line], discount: Discount = Discount()) -> Priced:
    """The sums of a bill."""
    gross = [divide(line.unit_cents * line.quantity, PIECE) for line in lines]
    own = [line.discount.of(cents) for line, cents in zip(lines, gross, strict=True)]
    left = [cents - off for cents, off in zip(gross, own, strict=True)]
    whole = discount.of(sum(left))
    parts = spread(whole, left) if lines else []
    priced = tuple(
        PricedLine(line, cents, off, part, cents - off - part)
        for line, cents, off, part in zip(lines, gross, own, parts, strict=True)
    )
    total = sum(one.total_cents for one in priced)
    return Priced(priced, sum(gross), sum(own) + whole, total, vat_buckets(priced))


def vat_buckets(lines: Sequence[PricedLine]) -> tuple[VatBucket, ...]:
    """VAT of lines, taken out once per category and rate from the sum."""
    sums: dict[tuple[VatCategory, int], int] = {}
    for one in lines:
        key = (one.line.vat_category, one.line.vat_rate)
        sums[key] = sums.get(key, 0) + one.total_cents
    return tuple(
        bucket(category, rate, sums[category, rate])
        for category, rate in sorted(sums, key=lambda key: (-key[1], key[0].value))
    )


def bucket(category: VatCategory, rate: int, gross_cents: int) -> VatBucket:
    """One VAT bucket; only taxed supplies carry tax."""
    if category is not VatCategory.TAXED:
        return VatBucket(category, 0, gross_cents, 0, gross_cents)
    vat = take_out_vat(gross_cents, rate)
    return VatBucket(category, rate, vat.net_cents, vat.tax_cents, gross_cents)
