"""Signing in: a person and a PIN make an actor. Wrong PINs are counted at this desk, and too many of them cost time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm import Session

from desktop.access import PERMISSIONS, Actor, Permission, Role
from desktop.action import Action
from desktop.database.events import record_event
from desktop.errors import InvalidInput, NotPermitted, Refused
from desktop.staff.model import Member, PinAttempt
from desktop.staff.pin import hash_pin, is_pin

TRIES = 5
_FIRST_WAIT = timedelta(seconds=30)
_LONGEST_WAIT = timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class SignIn:
    """The answer to a PIN.

    Attributes:
        actor: who is signed in now; None when the PIN was wrong or is not looked at yet.
        tries_left: wrong PINs that are free of a wait, 0 … 5.
        blocked_until: aware instant until which no PIN of this person is looked at, or None.
    """

    actor: Actor | None
    tries_left: int
    blocked_until: datetime | None = None


def sign_in(session: Session, action: Action, member_id: UUID, pin: str) -> SignIn:
    """Checks the PIN of the chosen person. After five wrong ones every further one waits 30 s, 1 min, 2 min … 15 min.

    Both ends are recorded as events. A wrong PIN is an answer and no refusal, because a refused use case is rolled back and would forget the count. Raises
    `Refused` ``staff.not_found`` (also for people who left) and ``staff.no_pin``.
    """
    member = session.get(Member, member_id)
    if member is None or member.deleted_at is not None or not member.active:
        raise Refused("staff.not_found")
    if member.pin_hash is None:
        raise Refused("staff.no_pin", name=member.name)
    attempt = session.get(PinAttempt, member_id)
    if attempt is not None and attempt.blocked_until is not None and action.now < attempt.blocked_until:
        return SignIn(None, 0, attempt.blocked_until)
    if is_pin(pin, member.pin_hash):
        if attempt is not None:
            attempt.failures, attempt.blocked_until = 0, None
        record_event(session, action, "staff.signed_in", subject_table="member", subject=member_id)
        return SignIn(Actor(member.id, member.name, PERMISSIONS[Role(member.role)]), TRIES)
    if attempt is None:
        attempt = PinAttempt(member_id=member_id, failures=0, blocked_until=None)
        session.add(attempt)
    attempt.failures += 1
    extra = attempt.failures - TRIES
    attempt.blocked_until = action.now + min(_FIRST_WAIT * 2 ** min(extra, 10), _LONGEST_WAIT) if extra >= 0 else None
    session.flush()
    record_event(session, action, "staff.pin_wrong", subject_table="member", subject=member_id)
    return SignIn(None, max(0, -extra), attempt.blocked_until)


def set_pin(session: Session, action: Action, member_id: UUID, pin: str, current: str = "") -> None:
    """Gives a person a new PIN and frees a blocked one. One's own PIN asks for the current one; another's for the right.

    Raises `NotPermitted` without `EDIT_STAFF` for somebody else, or for an owner's PIN unless the actor is an owner;
    `InvalidInput` ``staff.pin_wrong`` (field `current`), ``staff.pin_form``, ``staff.pin_simple``; `Refused`
    ``staff.not_found``.
    """
    member = session.get(Member, member_id)
    if member is None or member.deleted_at is not None:
        raise Refused("staff.not_found")
    if member_id == action.actor.id:
        if member.pin_hash is not None and not is_pin(current, member.pin_hash):
            raise InvalidInput("current", "staff.pin_wrong")
    else:
        action.actor.require(Permission.EDIT_STAFF)
        if member.role == Role.OWNER and not action.actor.permissions >= frozenset(Permission):
            raise NotPermitted("staff.owner_only", permission=Permission.EDIT_STAFF.value, actor=action.actor.name)
    member.pin_hash = hash_pin(pin)
    attempt = session.get(PinAttempt, member_id)
    if attempt is not None:
        attempt.failures, attempt.blocked_until = 0, None
    session.flush()
