"""Cents and basis points as the exact decimals that the protocol wants; no float is ever involved."""

from __future__ import annotations

from decimal import Decimal


def decimal(hundredths: int) -> Decimal:
    """Cents as euros, basis points as per cent, always with two decimals: 6671 is 66.71, 950 is 9.50."""
    return Decimal(hundredths).scaleb(-2)


def amount_text(cents: int) -> str:
    """An amount with a dot and two decimals, ``-`` before negative ones: -5 is ``-0.05``."""
    sign = "-" if cents < 0 else ""
    euros, rest = divmod(abs(cents), 100)
    return f"{sign}{euros}.{rest:02d}"
