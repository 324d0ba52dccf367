"""The till of this desk: opening with a float, cash in and out, the drawer, and which business day is running.

A business day has its own end for those who work past midnight. A session that belongs to an earlier business day must be
closed before anything is sold.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import StrEnum
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.database.events import record_event
from desktop.database.ledger import append
from desktop.database.settings import set_shop_setting, shop_setting
from desktop.entry import line
from desktop.errors import InvalidInput, Refused
from desktop.ids import new_id
from desktop.register.model import CashMovement, DayClose, TillSession

MOST_CENTS = 10_000_000_00
_DAY_END = "register.day_end"


class CashKind(StrEnum):
    FLOAT = "float"
    SALE = "sale"
    REFUND = "refund"
    TIP = "tip"
    IN = "in"
    OUT = "out"
    DIFFERENCE = "difference"


# Built once: every sale asks for the open session with what its movements add up to.
_CASH = select(func.coalesce(func.sum(CashMovement.cents), 0))
_OPEN = (
    select(
        TillSession.id,
        TillSession.business_day,
        TillSession.opened_at,
        TillSession.member_name,
        _CASH.where(CashMovement.session_id == TillSession.id).correlate(TillSession).scalar_subquery().label("cash"),
    )
    .outerjoin(DayClose, DayClose.session_id == TillSession.id)
    .where(TillSession.device_id == bindparam("device"), DayClose.id.is_(None))
    .order_by(TillSession.opened_at.desc())
    .limit(1)
)
_CASH_OF = _CASH.where(CashMovement.session_id == bindparam("session_id"))


@dataclass(frozen=True, slots=True)
class OpenTill:
    """The session that is open. `overdue`: it belongs to an earlier business day and must be closed first."""

    session_id: UUID
    business_day: date
    opened_at: datetime
    opened_by: str
    cash_cents: int
    overdue: bool


@dataclass(frozen=True, slots=True)
class TillState:
    """What the screen says of the till: `open` is None while it is closed; `left_cents` lay in it at the last close."""

    open: OpenTill | None
    business_day: date
    left_cents: int


@dataclass(frozen=True, slots=True)
class Movement:
    """A cash movement as it was stored."""

    id: UUID
    kind: CashKind
    cents: int
    cash_cents: int


def day_end(session: Session, action: Action) -> time:
    """The wall time after midnight at which the business day ends; 00:00 unless set."""
    return time.fromisoformat(shop_setting(session, action, _DAY_END, "00:00"))


def set_day_end(session: Session, action: Action, end: time) -> time:
    """Sets the end of the business day, 00:00 … 08:00. Raises `InvalidInput` ``register.day_end``."""
    action.actor.require(Permission.EDIT_SETTINGS)
    if end > time(8) or end.second or end.microsecond:
        raise InvalidInput("day_end", "register.day_end")
    set_shop_setting(session, action, _DAY_END, end.strftime("%H:%M"))
    return end


def till_state(session: Session, action: Action) -> TillState:
    """Whether the till of this desk is open, for which day, and what lies in it."""
    today = action.business_day(day_end(session, action))
    row = session.connection().execute(_OPEN, {"device": action.desk.device}).first()
    if row is not None:
        overdue = row.business_day < today
        opened = OpenTill(row.id, row.business_day, row.opened_at, row.member_name, row.cash, overdue)
        return TillState(opened, today, 0)
    left = session.execute(
        select(DayClose.left_cents)
        .where(DayClose.device_id == action.desk.device)
        .order_by(DayClose.z_number.desc())
        .limit(1)
    ).scalar()
    return TillState(None, today, left or 0)


def require_open(session: Session, action: Action) -> OpenTill:
    """The open session; raises `Refused` ``register.not_open``, or ``register.close_first`` for an earlier day's."""
    opened = till_state(session, action).open
    if opened is None:
        raise Refused("register.not_open")
    if opened.overdue:
        raise Refused("register.close_first", day=opened.business_day)
    return opened


def open_till(session: Session, action: Action, float_cents: int) -> OpenTill:
    """Opens the till with the counted float. Raises `Refused` ``register.already_open`` or ``register.close_first``."""
    action.actor.require(Permission.MOVE_CASH)
    state = till_state(session, action)
    if state.open is not None:
        if state.open.overdue:
            raise Refused("register.close_first", day=state.open.business_day)
        raise Refused("register.already_open")
    _amount(float_cents, "float", least=0)
    identity = new_id()
    append(
        session,
        TillSession,
        [
            {
                "id": identity,
                "shop_id": action.desk.shop,
                "device_id": action.desk.device,
                "business_day": state.business_day,
                "opened_at": action.now,
                "member_id": action.actor.id,
                "member_name": action.actor.name,
                "float_cents": float_cents,
            }
        ],
    )
    record_cash(session, action, identity, CashKind.FLOAT, float_cents)
    return OpenTill(identity, state.business_day, action.now, action.actor.name, float_cents, overdue=False)


def move_cash(session: Session, action: Action, cents: int, reason: str) -> Movement:
    """Cash in (positive) or out (negative) with its reason. Raises `InvalidInput`, `Refused` ``register.not_enough_cash``."""
    action.actor.require(Permission.MOVE_CASH)
    clean = line(reason, "reason", required=True)
    _amount(abs(cents), "cents", least=1)
    opened = require_open(session, action)
    if opened.cash_cents + cents < 0:
        raise Refused("register.not_enough_cash", cash_cents=opened.cash_cents)
    kind = CashKind.IN if cents > 0 else CashKind.OUT
    identity = record_cash(session, action, opened.session_id, kind, cents, reason=clean)
    return Movement(identity, kind, cents, opened.cash_cents + cents)


def open_drawer(session: Session, action: Action, reason: str) -> UUID:
    """Records that the drawer is opened without a sale, with its reason; the caller kicks it. Needs its own right."""
    action.actor.require(Permission.OPEN_DRAWER)
    clean = line(reason, "reason", required=True)
    opened = require_open(session, action)
    return record_event(
        session,
        action,
        "register.drawer_opened",
        subject_table="till_session",
        subject=opened.session_id,
        details={"reason": clean},
    )


def record_cash(
    session: Session,
    action: Action,
    session_id: UUID,
    kind: CashKind,
    cents: int,
    *,
    reason: str = "",
    document_id: UUID | None = None,
) -> UUID:
    """Adds a cash movement to an open session."""
    [identity] = append(
        session,
        CashMovement,
        [
            {
                "shop_id": action.desk.shop,
                "session_id": session_id,
                "at": action.now,
                "kind": kind.value,
                "cents": cents,
                "reason": reason,
                "document_id": document_id,
                "member_id": action.actor.id,
                "member_name": action.actor.name,
            }
        ],
    )
    return identity


def cash_in_drawer(session: Session, session_id: UUID) -> int:
    """Cents that must lie in the drawer by the movements of a session."""
    return session.connection().execute(_CASH_OF, {"session_id": session_id}).scalar_one()


def _amount(cents: int, field: str, *, least: int) -> None:
    if not least <= cents <= MOST_CENTS:
        raise InvalidInput(field, "entry.out_of_range", minimum=least, maximum=MOST_CENTS)
