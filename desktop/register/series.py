"""Premise, device and number series: the three parts of a number, PREMISE-DEVICE-N.

Numbers run per device (structure B), because only then two desks can issue while both are offline (ZDavPR art. 5(5)). Every invoice
of a series is verified, transfers too, unless the admin sets up a second series for transfers alone (mixed series).
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.model import ClaimState
from desktop.entry import line
from desktop.errors import InvalidInput, Refused
from desktop.ids import natural_id
from desktop.register.model import NumberSeries, Premise

_LONGEST = 20
_MARK = re.compile(rf"[0-9A-Za-z]{{1,{_LONGEST}}}")


class PremiseKind(StrEnum):
    """What the authority distinguishes: a building, or a movable premise of kind A (vehicle, stand), B (kiosk) or C (other)."""

    BUILDING = "building"
    MOVABLE = "A"
    KIOSK = "B"
    DEVICE = "C"


class Purpose(StrEnum):
    MAIN = "main"
    TRANSFER = "transfer"


@dataclass(frozen=True, slots=True)
class Building:
    """Where a building stands: numbers of the cadastre (0 … 9999, 0 … 99999, 0 … 9999) and the address in its parts."""

    cadastral: int
    building: int
    section: int
    street: str
    house_number: str
    house_number_additional: str
    community: str
    city: str
    post_code: str


@dataclass(frozen=True, slots=True)
class PremiseEntry:
    """A premise as the admin sets it up; `code` has 1 … 20 letters and digits; `building` only for that kind."""

    code: str
    kind: PremiseKind
    valid_from: date
    building: Building | None = None


@dataclass(frozen=True, slots=True)
class Series:
    """A number series of this desk. `verify_all`: transfers in it are verified as well. `conflict`: another desk has these marks."""

    id: UUID
    premise: str
    device: str
    purpose: Purpose
    verify_all: bool
    conflict: bool = False


_OF_DEVICE = (
    select(
        NumberSeries.id,
        NumberSeries.premise_code,
        NumberSeries.device_code,
        NumberSeries.purpose,
        NumberSeries.claim_state,
    )
    .where(NumberSeries.device_id == bindparam("device"), NumberSeries.deleted_at.is_(None))
    .order_by(NumberSeries.purpose)
)


def show_premise(session: Session, action: Action) -> PremiseEntry | None:
    """The premise of this shop; None before set-up."""
    row = session.get(Premise, natural_id(action.desk.shop, "premise"))
    if row is None:
        return None
    kind = PremiseKind(row.kind)
    building = Building(**row.place) if kind is PremiseKind.BUILDING else None
    return PremiseEntry(row.code, kind, row.valid_from, building)


def set_premise(session: Session, action: Action, entry: PremiseEntry) -> PremiseEntry:
    """Stores the shop's premise. A new mark means a new number series from 1.

    Changed data of the same mark hold from today unless a later day is given: the authority takes a change by its day
    (technical specification, section 3.3). Raises `InvalidInput` naming the field.
    """
    action.actor.require(Permission.EDIT_SETTINGS)
    code = _mark(entry.code, "code")
    building = None
    place: dict[str, Any] = {}
    if entry.kind is PremiseKind.BUILDING:
        if entry.building is None:
            raise InvalidInput("building", "entry.required")
        building = _building(entry.building)
        place = {name: getattr(building, name) for name in Building.__slots__}
    identity = natural_id(action.desk.shop, "premise")
    row = session.get(Premise, identity)
    if row is None:
        row = Premise(id=identity, shop_id=action.desk.shop)
        session.add(row)
    changed = row.code == code and (row.kind, row.place) != (entry.kind.value, place)
    valid_from = entry.valid_from
    if changed and valid_from <= row.valid_from:
        valid_from = max(row.valid_from, action.today)
    row.code, row.kind, row.place, row.valid_from = code, entry.kind.value, place, valid_from
    session.flush()
    for series in _rows(session, action):
        _set_series(session, action, Purpose(series.purpose), code, series.device_code)
    return PremiseEntry(code, entry.kind, valid_from, building)


def set_device(session: Session, action: Action, code: str, transfer_code: str = "") -> tuple[Series, ...]:
    """Names this desk's device on receipts; `transfer_code` sets up the second series for transfers alone, "" ends it.

    Raises `InvalidInput` ``register.mark``, ``register.same_mark``, `Refused` ``register.no_premise``.
    """
    action.actor.require(Permission.EDIT_SETTINGS)
    premise = show_premise(session, action)
    if premise is None:
        raise Refused("register.no_premise")
    main = _mark(code, "device_code")
    _set_series(session, action, Purpose.MAIN, premise.code, main)
    row = session.get(NumberSeries, _series_id(action, Purpose.TRANSFER))
    if transfer_code:
        transfer = _mark(transfer_code, "transfer_code")
        if transfer == main:
            raise InvalidInput("transfer_code", "register.same_mark")
        _set_series(session, action, Purpose.TRANSFER, premise.code, transfer)
    elif row is not None and row.deleted_at is None:
        row.deleted_at = action.now
        session.flush()
    return list_series(session, action)


def list_series(session: Session, action: Action) -> tuple[Series, ...]:
    """The number series of this desk, the main one first."""
    rows = session.connection().execute(_OF_DEVICE, {"device": action.desk.device}).all()
    mixed = not any(row.purpose == Purpose.TRANSFER for row in rows)
    return tuple(
        Series(
            row.id,
            row.premise_code,
            row.device_code,
            Purpose(row.purpose),
            mixed or row.purpose == Purpose.MAIN,
            row.claim_state == ClaimState.CONFLICT,
        )
        for row in rows
    )


def choose_series(session: Session, action: Action, *, only_transfer: bool) -> Series:
    """The series for a document; the second one where it is set up and everything is paid by transfer.

    Raises `Refused` with code ``register.no_series`` before set-up.
    """
    found = {series.purpose: series for series in list_series(session, action)}
    if only_transfer and Purpose.TRANSFER in found:
        return replace(found[Purpose.TRANSFER], verify_all=False)
    if Purpose.MAIN not in found:
        raise Refused("register.no_series")
    return found[Purpose.MAIN]


def next_mark(session: Session, action: Action, mark: str, used: Iterable[str] = ()) -> str:
    """A device mark like `mark` with the next number that no desk of the shop has, nor anything that is `used`."""
    shop = NumberSeries.shop_id == action.desk.shop
    taken = {*session.scalars(select(NumberSeries.device_code).where(shop)), *used}
    stem = mark.rstrip("0123456789")
    number = int(mark[len(stem) :] or 1) + 1
    while True:
        digits = str(number)
        found = stem[: _LONGEST - len(digits)] + digits
        if found not in taken:
            return found
        number += 1


def rename_series(session: Session, action: Action, series: Series, device: str) -> None:
    """Gives a series of this desk another device mark, from the next document on."""
    _set_series(session, action, series.purpose, series.premise, device)


def _rows(session: Session, action: Action) -> list[NumberSeries]:
    query = select(NumberSeries).where(NumberSeries.device_id == action.desk.device, NumberSeries.deleted_at.is_(None))
    return list(session.execute(query.order_by(NumberSeries.purpose)).scalars())


def _series_id(action: Action, purpose: Purpose) -> UUID:
    return natural_id(action.desk.device, "series", purpose.value)


def _set_series(session: Session, action: Action, purpose: Purpose, premise: str, device: str) -> None:
    identity = _series_id(action, purpose)
    row = session.get(NumberSeries, identity)
    if row is None:
        row = NumberSeries(id=identity, shop_id=action.desk.shop, device_id=action.desk.device, purpose=purpose.value)
        session.add(row)
    if (row.premise_code, row.device_code) != (premise, device):
        row.claim_state = ClaimState.CONFIRMED.value  # by this desk, until the backend says otherwise
    row.premise_code, row.device_code, row.deleted_at = premise, device, None
    session.flush()


def _mark(typed: str, field: str) -> str:
    code = typed.strip()
    if not _MARK.fullmatch(code):
        raise InvalidInput(field, "register.mark")
    return code


def _building(typed: Building) -> Building:
    for field, highest in (("cadastral", 9999), ("building", 99999), ("section", 9999)):
        if not 0 <= getattr(typed, field) <= highest:
            raise InvalidInput(field, "entry.out_of_range", minimum=0, maximum=highest)
    post_code = line(typed.post_code, "post_code", required=True)
    if not re.fullmatch(r"\d{4}", post_code):
        raise InvalidInput("post_code", "register.post_code")
    return Building(
        typed.cadastral,
        typed.building,
        typed.section,
        line(typed.street, "street", required=True, maximum=100),
        line(typed.house_number, "house_number", required=True, maximum=10),
        line(typed.house_number_additional, "house_number_additional", maximum=10),
        line(typed.community, "community", required=True, maximum=100),
        line(typed.city, "city", required=True, maximum=40),
        post_code,
    )
