"""Which right a record asks for where it is not reached through its own room: to see its history, and to write it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from desktop.access import Permission

_WRITING: Final[Mapping[str, Permission]] = {
    "customer": Permission.EDIT_CUSTOMERS,
    "customer_phone": Permission.EDIT_CUSTOMERS,
    "product": Permission.EDIT_CATALOGUE,
    "service": Permission.EDIT_CATALOGUE,
    "service_member": Permission.EDIT_CATALOGUE,
    "resource": Permission.EDIT_CATALOGUE,
    "member": Permission.EDIT_STAFF,
    "absence": Permission.EDIT_STAFF,
    "working_hours": Permission.EDIT_HOURS,
    "working_day": Permission.EDIT_HOURS,
    "opening_hours": Permission.EDIT_HOURS,
    "opening_day": Permission.EDIT_HOURS,
    "visit": Permission.BOOK,
    "blocked_time": Permission.BOOK,
    "bill": Permission.CHARGE,
    "bill_line": Permission.CHARGE,
}

_SEEING: Final[Mapping[str, Permission]] = {
    "customer": Permission.BOOK,
    "visit": Permission.BOOK,
    "blocked_time": Permission.BOOK,
    "product": Permission.BOOK,
    "service": Permission.BOOK,
}

#: What of a record only those see who may see contacts: table → fields and groups, "*" for all.
CONTACTS: Final[Mapping[str, frozenset[str]]] = {
    "customer": frozenset({"email", "address"}),
    "customer_phone": frozenset({"*"}),
}


def right_to_write(table: str) -> Permission:
    """The right that writing a table by hand asks for: the room's own, else that of the settings."""
    return _WRITING.get(table, Permission.EDIT_SETTINGS)


def right_to_see(table: str) -> Permission:
    """The right that the history of a table's record asks for."""
    return _SEEING.get(table, Permission.SEE_AUDIT)


def may_see(permissions: frozenset[Permission], table: str, unit: str) -> bool:
    """Whether a field or group is shown to who has these rights."""
    hidden = CONTACTS.get(table, frozenset())
    return Permission.SEE_CONTACTS in permissions or not hidden & {unit, "*"}
