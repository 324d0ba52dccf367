"""Tables of the room: conflicts that a person has decided although the rows themselves cannot say so."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Text
from sqlalchemy.orm import Mapped, mapped_column

from desktop.database.classes import Base, ShopMergeable
from desktop.database.derived import Derived
from desktop.database.types import Id, Instant


class SettledConflict(ShopMergeable, Base):
    """A conflict that was looked at and left as it is: two receipts that are both right, an operation that is not wanted.

    Its id is the natural id of kind and subject, so that two desks that decide the same decide it once.
    """

    __tablename__ = "settled_conflict"

    kind: Mapped[str] = mapped_column(Text)
    subject: Mapped[UUID] = mapped_column(Id)
    settled_at: Mapped[datetime] = mapped_column(Instant)
    settled_by: Mapped[str] = mapped_column(Text)


DERIVED: tuple[Derived, ...] = ()
