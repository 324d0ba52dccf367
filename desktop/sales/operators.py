"""The operator of a document: the person at the desk, with the mark on the receipt and what the authority wants to know."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.errors import Refused
from desktop.staff.model import Member

_OPERATOR = select(Member.mark, Member.tax_number, Member.without_tax_number).where(
    Member.id == bindparam("identity"), Member.deleted_at.is_(None)
)


@dataclass(frozen=True, slots=True)
class Operator:
    """Who issues: the mark on the receipt and the tax number for the authority (None: a foreigner without one)."""

    id: UUID
    name: str
    mark: str
    tax_number: str | None
    foreign: bool


def find_operator(session: Session, action: Action) -> Operator:
    """The member of staff who acts. Raises `Refused` ``sales.no_operator`` for anybody else."""
    row = session.connection().execute(_OPERATOR, {"identity": action.actor.id}).first()
    if row is None:
        raise Refused("sales.no_operator")
    return Operator(action.actor.id, action.actor.name, row.mark, row.tax_number or None, row.without_tax_number)
