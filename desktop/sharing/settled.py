"""Conflicts that a person left as they are, and doing so."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.ids import natural_id
from desktop.sharing.conflict import ConflictKind
from desktop.sharing.model import SettledConflict

_RIGHTS = {ConflictKind.CHARGED_TWICE: Permission.CHARGE}


def settled_subjects(session: Session, action: Action, kind: ConflictKind) -> frozenset[UUID]:
    """The subjects that were left as they are."""
    rows = session.scalars(
        select(SettledConflict.subject).where(
            SettledConflict.shop_id == action.desk.shop,
            SettledConflict.kind == kind.value,
            SettledConflict.deleted_at.is_(None),
        )
    )
    return frozenset(rows)


def leave_as_is(session: Session, action: Action, kind: ConflictKind, subject: UUID) -> UUID:
    """Says that a conflict needs nothing more; its rows stay as they are. Can be undone.

    Raises `NotPermitted` without `BOOK` (of receipts: `CHARGE`).
    """
    action.actor.require(_RIGHTS.get(kind, Permission.BOOK))
    identity = natural_id(action.desk.shop, "settled", kind.value, subject.hex)
    row = session.get(SettledConflict, identity)
    if row is None:
        row = SettledConflict(id=identity, shop_id=action.desk.shop, kind=kind.value, subject=subject)
        session.add(row)
    row.settled_at, row.settled_by, row.deleted_at = action.now, action.actor.name, None
    session.flush()
    return identity
