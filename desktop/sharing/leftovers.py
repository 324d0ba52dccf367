"""What the sharing left over for an admin to know of: rows that name others which never came, what only a newer program can read, and
what the backend did not take of the books that this desk brought."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Table, func, select
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from sync import tables


@dataclass(frozen=True, slots=True)
class Leftovers:
    """How many of each; all 0 where everything is as it should be."""

    orphans: int = 0
    unread: int = 0
    not_taken: int = 0


def show_leftovers(session: Session, action: Action) -> Leftovers:
    """Counts what was left over. Raises `NotPermitted` without `EDIT_SETTINGS`."""
    action.actor.require(Permission.EDIT_SETTINGS)

    def count(table: Table, *where: ColumnElement[bool]) -> int:
        return session.connection().execute(select(func.count()).select_from(table).where(*where)).scalar_one()

    own = tables.noted
    return Leftovers(
        count(tables.orphan, tables.orphan.c.missed == 1),
        count(tables.unread),
        count(own, own.c.code != "conflict"),  # conflicts stand in the inbox
    )
