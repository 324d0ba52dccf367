"""The inbox: everything that needs a person, the latest first; and how much of it there is, for the light and the badge."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.appointments.colliding import count_colliding
from desktop.sharing.charged_twice import charge_conflicts, twice_charged
from desktop.sharing.conflict import Conflict
from desktop.sharing.names import count_twins, name_conflicts
from desktop.sharing.set_aside import count_set_aside, refusal_conflicts, stray_conflicts
from desktop.sharing.visit_conflicts import visit_conflicts

PAGE = 256
RECENT = timedelta(days=93)
#: Tables whose changes make or settle conflicts.
TABLES = frozenset({"visit", "blocked_time", "invoice", "number_series", "settled_conflict"})


def list_conflicts(session: Session, action: Action) -> tuple[Conflict, ...]:
    """What needs a person, the latest first, at most 256; receipts only for who may charge.

    Raises `NotPermitted` without `BOOK`.
    """
    action.actor.require(Permission.BOOK)
    found = visit_conflicts(session, action)
    if Permission.CHARGE in action.actor.permissions:
        found += charge_conflicts(session, action)
    found += name_conflicts(session, action)
    found += refusal_conflicts(session, action)
    found += stray_conflicts(session, action)
    found.sort(key=lambda one: one.at, reverse=True)
    return tuple(found[:PAGE])


def count_conflicts(session: Session, action: Action) -> int:
    """How many conflicts there are for this person; of receipts charged twice those of the last quarter, because a badge must not
    read ten years of them. Raises `NotPermitted` without `BOOK`."""
    action.actor.require(Permission.BOOK)
    recent = action.now - RECENT
    charged = len(twice_charged(session, action, recent)) if Permission.CHARGE in action.actor.permissions else 0
    return count_colliding(session, action) + charged + count_twins(session, action) + count_set_aside(session, action)
