"""Two rows with one name that only one may have: two desks that call themselves alike, and so number their receipts alike."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.errors import Refused
from desktop.register.model import NumberSeries
from desktop.register.series import Purpose, next_mark, set_device
from desktop.sharing.conflict import Conflict, ConflictKind, Fact, Side, Standing
from desktop.sharing.desks import DeskName, made_by
from desktop.sharing.values import Plain, Word

PAGE = 256


def _twins(session: Session, action: Action) -> list[list[NumberSeries]]:
    own = (NumberSeries.shop_id == action.desk.shop, NumberSeries.deleted_at.is_(None))
    names = session.execute(
        select(NumberSeries.premise_code, NumberSeries.device_code)
        .where(*own)
        .group_by(NumberSeries.premise_code, NumberSeries.device_code)
        .having(func.count() > 1)
        .limit(PAGE)
    )
    return [
        list(
            session.scalars(
                select(NumberSeries)
                .where(*own, NumberSeries.premise_code == premise, NumberSeries.device_code == device)
                .order_by(NumberSeries.device_id != action.desk.device, NumberSeries.id)
            )
        )
        for premise, device in names.all()
    ]


def count_twins(session: Session, action: Action) -> int:
    """How many names are borne twice."""
    return len(_twins(session, action))


def name_conflicts(session: Session, action: Action) -> list[Conflict]:
    """A conflict for each number series that two desks use; this desk's own comes first."""
    found = []
    for rows in _twins(session, action):
        sides = tuple(_side(session, action, row, first=place == 0) for place, row in enumerate(rows))
        times = [side.origin.at for side in sides if side.origin is not None]
        about = (Plain(f"{rows[0].premise_code}-{rows[0].device_code}"),)
        at = max(times, default=action.now)
        again = rows[0].device_id == action.desk.device
        found.append(Conflict(ConflictKind.NAME_TWICE, rows[0].id, at, sides, about, "number_series", again=again))
    return found


def _side(session: Session, action: Action, row: NumberSeries, *, first: bool) -> Side:
    here = row.device_id == action.desk.device
    origin = made_by(session, action, "number_series", row.id)
    if origin is not None:
        origin = type(origin)(origin.by, origin.at, DeskName(row.device_code, here))
    facts = (
        Fact("number_series.premise_code", Plain(row.premise_code)),
        Fact("number_series.device_code", Plain(row.device_code)),
        Fact("number_series.purpose", Word(f"sharing.purpose.{row.purpose}", row.purpose)),
    )
    return Side(row.id, origin, Standing.WAITS if first else Standing.HOLDS, facts)


def free_mark(session: Session, action: Action, series_id: UUID) -> str:
    """A mark like that of a series, with the next number that no desk of the shop has."""
    row = session.get_one(NumberSeries, series_id)
    return next_mark(session, action, row.device_code)


def take_free_mark(session: Session, action: Action, series_id: UUID) -> str:
    """Gives this desk another mark, from its next receipt on; what was issued keeps its number.

    Raises `NotPermitted` without `EDIT_SETTINGS`; `Refused` ``sharing.other_desk`` for the series of another desk,
    ``sharing.transfers`` for that of transfers, which is set in the settings.
    """
    action.actor.require(Permission.EDIT_SETTINGS)
    row = session.get(NumberSeries, series_id)
    if row is None or row.device_id != action.desk.device:
        raise Refused("sharing.other_desk")
    if row.purpose != Purpose.MAIN.value:
        raise Refused("sharing.transfers")
    mark = free_mark(session, action, series_id)
    transfers = session.scalars(
        select(NumberSeries.device_code).where(
            NumberSeries.device_id == action.desk.device,
            NumberSeries.purpose == Purpose.TRANSFER.value,
            NumberSeries.deleted_at.is_(None),
        )
    ).first()
    set_device(session, action, mark, transfers or "")
    return mark
