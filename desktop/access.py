"""Actors, roles and permissions: deny by default, checked inside the use cases.

A permission is a code that a use case asks for; a role is a set of them. The owner may do everything. The program itself
acts as `SYSTEM` where no person does (submission replies, start-up), with every permission.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from desktop.errors import NotPermitted


class Role(StrEnum):
    OWNER = "owner"
    MANAGER = "manager"
    RECEPTION = "reception"
    PRACTITIONER = "practitioner"


class Permission(StrEnum):
    BOOK = "book"  # make, move and cancel visits
    EDIT_CUSTOMERS = "edit_customers"
    SEE_CONTACTS = "see_contacts"  # phones and addresses of customers
    EDIT_CATALOGUE = "edit_catalogue"
    EDIT_STAFF = "edit_staff"  # people, roles, hours, absences
    EDIT_HOURS = "edit_hours"
    MOVE_STOCK = "move_stock"
    CHARGE = "charge"  # check out, reprint, park bills
    DISCOUNT = "discount"
    CREDIT = "credit"  # credit notes, change of payment means
    OPEN_DRAWER = "open_drawer"  # without a sale
    MOVE_CASH = "move_cash"  # float, cash in and out
    CLOSE_DAY = "close_day"
    SEE_TURNOVER = "see_turnover"
    EDIT_SETTINGS = "edit_settings"
    SEE_AUDIT = "see_audit"
    EXPORT = "export"


_PRACTITIONER = frozenset({Permission.BOOK, Permission.SEE_CONTACTS})
_RECEPTION = _PRACTITIONER | {
    Permission.EDIT_CUSTOMERS,
    Permission.CHARGE,
    Permission.DISCOUNT,
    Permission.MOVE_CASH,
    Permission.MOVE_STOCK,
    Permission.CLOSE_DAY,
}
_MANAGER = _RECEPTION | {
    Permission.EDIT_CATALOGUE,
    Permission.EDIT_HOURS,
    Permission.CREDIT,
    Permission.OPEN_DRAWER,
    Permission.SEE_TURNOVER,
    Permission.SEE_AUDIT,
    Permission.EDIT_STAFF,
    Permission.EXPORT,
}

PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.OWNER: frozenset(Permission),
    Role.MANAGER: _MANAGER,
    Role.RECEPTION: _RECEPTION,
    Role.PRACTITIONER: _PRACTITIONER,
}


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a signed-in member of staff, or the program."""

    id: UUID
    name: str
    permissions: frozenset[Permission]

    def require(self, permission: Permission) -> None:
        """Raises `NotPermitted` with code ``access.not_permitted`` when the actor lacks the permission."""
        if permission not in self.permissions:
            raise NotPermitted("access.not_permitted", permission=permission.value, actor=self.name)


SYSTEM = Actor(UUID(int=0), "Pult", frozenset(Permission))
