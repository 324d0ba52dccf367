"""Money in integer cents, one rounding function, VAT per rate, exact spreading.

Prices are gross. VAT is taken out once per rate from the invoice's sum, rounded half away from zero, so that the credit note
of an invoice is its exact negative. A rate is held in basis points: 2200 is 22 %.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass


def divide(numerator: int, denominator: int) -> int:
    """The quotient rounded half away from zero: the only rounding of money in this program. `denominator` is positive."""
    if denominator <= 0:
        raise ValueError("the denominator must be positive")
    quotient = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -quotient if numerator < 0 else quotient


def share(cents: int, basis_points: int) -> int:
    """The part of an amount that `basis_points` (1/100 of a percent) name, rounded."""
    return divide(cents * basis_points, 10_000)


@dataclass(frozen=True, slots=True)
class VatSum:
    """One rate of an invoice, in cents: `net_cents` + `tax_cents` = `gross_cents`."""

    rate: int
    net_cents: int
    tax_cents: int
    gross_cents: int


def take_out_vat(gross_cents: int, rate: int) -> VatSum:
    """Splits a gross sum at a rate in basis points into net and tax."""
    if rate < 0:
        raise ValueError("a rate is not negative")
    tax = divide(gross_cents * rate, 10_000 + rate)
    return VatSum(rate, gross_cents - tax, tax, gross_cents)


def vat_sums(gross_by_rate: Mapping[int, int]) -> tuple[VatSum, ...]:
    """VAT of an invoice: one sum per rate, highest rate first."""
    return tuple(take_out_vat(gross_by_rate[rate], rate) for rate in sorted(gross_by_rate, reverse=True))


def spread(cents: int, weights: Sequence[int]) -> list[int]:
    """Parts of an amount in proportion to non-negative weights, by largest remainder; they add up to it exactly.

    Of equal remainders the earlier one wins. All weights zero: the first part takes everything. Raises `ValueError`
    without weights or with a negative one.
    """
    if not weights or min(weights) < 0:
        raise ValueError("weights must be there and not negative")
    total = sum(weights)
    if total == 0:
        return [cents] + [0] * (len(weights) - 1)
    sign = -1 if cents < 0 else 1
    whole = [abs(cents) * weight // total for weight in weights]
    left = abs(cents) - sum(whole)
    by_remainder = sorted(range(len(weights)), key=lambda i: (-(abs(cents) * weights[i] % total), i))
    for index in by_remainder[:left]:
        whole[index] += 1
    return [sign * part for part in whole]
