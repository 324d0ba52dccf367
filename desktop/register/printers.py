"""The receipt printer of this desk: a local setting, never synced."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.database.settings import local_setting, set_local_setting
from desktop.errors import InvalidInput
from printing.errors import AddressError
from printing.profiles import PROFILES
from printing.transports.address import parse_address

RECEIPTS = "receipts"
_KEY = "register.receipt_printer"


@dataclass(frozen=True, slots=True)
class PrinterEntry:
    """A printer as it is set up: ``tcp://HOST[:PORT]`` or ``file:PATH``, a profile name, columns (0: the profile's).

    `drawer_pin` is 2 or 5, 0 without a drawer.
    """

    address: str
    profile: str
    columns: int = 0
    drawer_pin: int = 2


def show_printer(session: Session, action: Action) -> PrinterEntry | None:
    """The receipt printer of this desk; None while there is none."""
    stored = local_setting(session, _KEY)
    return PrinterEntry(**stored) if stored else None


def set_printer(session: Session, action: Action, entry: PrinterEntry | None) -> PrinterEntry | None:
    """Sets or, with None, takes away the receipt printer. Raises `InvalidInput` naming the field."""
    action.actor.require(Permission.EDIT_SETTINGS)
    if entry is not None:
        try:
            parse_address(entry.address)
        except AddressError as error:
            raise InvalidInput("address", "register.printer_address") from error
        if entry.profile not in PROFILES:
            raise InvalidInput("profile", "register.printer_profile")
        if entry.columns and not 24 <= entry.columns <= 64:
            raise InvalidInput("columns", "entry.out_of_range", minimum=24, maximum=64)
        if entry.drawer_pin not in (0, 2, 5):
            raise InvalidInput("drawer_pin", "register.drawer_pin")
    set_local_setting(session, _KEY, asdict(entry) if entry else {})
    return entry
