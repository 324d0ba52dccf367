"""Business premises: what is registered with the authority before the first receipt is issued there.

Source: FURS technical specification v3.2, section 3.3 (P_3.0 to P_9.0). Devices are not registered, only premises.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class MovableKind(StrEnum):
    """Premises that are no part of a building."""

    MOVABLE = "A"  # vehicle, movable stand
    PERMANENT_PLACE = "B"  # kiosk or market stall at a permanent place
    DEVICE_ALONE = "C"  # an individual device where no other premise is used


@dataclass(frozen=True, slots=True)
class RealEstate:
    """A premise in a building: land register numbers and address.

    `cadastral` 0–9999, `building` 0–99999, `section` 0–9999; `community` is the town, `city` the post office (at most 40
    characters), `post_code` 4 digits.
    """

    cadastral: int
    building: int
    section: int
    street: str
    house_number: str
    community: str
    city: str
    post_code: str
    house_number_additional: str | None = None


@dataclass(frozen=True, slots=True)
class Premise:
    """What is sent of a premise.

    Attributes:
        mark: 1–20 of 0-9, a-z, A-Z; the first part of every number printed there.
        valid_from: the day from which the data hold; the same mark with a later day changes them.
        supplier_tax_number / supplier_foreign: producer or maintainer of the software; exactly one of them.
        closed: closes the premise for ever.
    """

    mark: str
    tax_number: str
    place: RealEstate | MovableKind
    valid_from: date
    supplier_tax_number: str | None = None
    supplier_foreign: str | None = None
    closed: bool = False
    note: str | None = None
