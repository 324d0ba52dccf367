"""The bones of a practice salon: owner, company, premise and device, the line to the authority, the printer.

For the rehearsal and the demo. Everything goes through the use cases of the settings; what is there already stays.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from desktop.access import PERMISSIONS, SYSTEM, Actor, Role
from desktop.catalogue.vat import set_up_vat_rates
from desktop.clock import to_local
from desktop.commands.fiscal_arguments import FiscalArguments, set_up_line
from desktop.database.database import Database
from desktop.database.secrets import SecretStore
from desktop.errors import InvalidInput, Refused
from desktop.register.company import CompanyEntry, set_company, show_company
from desktop.register.fiscal_line import list_certificates, load_fiscal_line, read_certificate
from desktop.register.printers import PrinterEntry, set_printer
from desktop.register.series import (
    Building,
    PremiseEntry,
    PremiseKind,
    list_series,
    set_device,
    set_premise,
    show_premise,
)
from desktop.sales.receipt_texts import ReceiptTexts, set_receipt_texts
from desktop.staff.members import MemberEntry, StaffMember, list_members, set_up_owner

PREMISE, DEVICE = "PE1", "BL1"
PIN = "7301"  # of the made-up people of practice databases


@dataclass(frozen=True, slots=True)
class Outside:
    """What a practice salon uses of the world: the line to the authority, the printer, and the marks on the receipts.

    `premise` and `device` None: those that are set up, or PE1 and BL1.
    """

    fiscal: FiscalArguments
    printer: PrinterEntry
    premise: str | None = None
    device: str | None = None


def connect_salon(database: Database, secrets: SecretStore, outside: Outside) -> Actor:
    """Makes or completes the bones of the salon and connects it to the outside; returns its owner. Blocks.

    Raises `Refused` ``rehearsal.live``; `InvalidInput` ``rehearsal.no_certificate``, ``rehearsal.no_anchors``, and for an
    address, certificate or mark that cannot be used.
    """
    if not database.desk.practice:
        raise Refused("rehearsal.live")
    tax_number = _tax_number(database, outside.fiscal)
    owner = _owner(database, tax_number)
    _company(database, owner, tax_number)
    _marks(database, owner, outside)
    set_up_line(database, secrets, owner, outside.fiscal)
    if database.read_now(owner, load_fiscal_line, secrets).anchors is None:
        raise InvalidInput("fiscal-ca", "rehearsal.no_anchors")
    database.write_now(owner, set_printer, outside.printer)
    database.write_now(owner, set_up_vat_rates)
    return owner


def actor_of(member: StaffMember) -> Actor:
    """The person as somebody who acts. Practice asks for no PIN here: whoever runs the command has the practice key in hand."""
    return Actor(member.id, member.name, PERMISSIONS[member.entry.role])


def _tax_number(database: Database, given: FiscalArguments) -> str:
    if given.certificate is not None:
        return read_certificate(given.certificate, given.password).facts.tax_number
    stored = database.read_now(SYSTEM, list_certificates)
    if not stored:
        raise InvalidInput("certificate", "rehearsal.no_certificate")
    return stored[0].tax_number


def _owner(database: Database, tax_number: str) -> Actor:
    for member in database.read_now(SYSTEM, list_members):
        if member.entry.role is Role.OWNER:
            return actor_of(member)
    entry = MemberEntry("Maja Kovač", "MK", Role.OWNER, tax_number=tax_number)
    return actor_of(database.write_now(SYSTEM, set_up_owner, entry, PIN))


def _company(database: Database, owner: Actor, tax_number: str) -> None:
    """The company of the certificate; another one's name and address stay as they are."""
    company = database.read_now(owner, show_company)
    if company is None:
        company = CompanyEntry(
            "Salon Živa", "Živa lepota, d. o. o.", "Čopova ulica 5", "1000", "Ljubljana", tax_number, vat_payer=True
        )
        words = ReceiptTexts(
            "Naročanje: 01 000 00 00", "Hvala za obisk.\nNaročeni termin lahko prestavite do dneva prej."
        )
        database.write_now(owner, set_receipt_texts, words)
    elif company.tax_number == tax_number:
        return
    database.write_now(owner, set_company, replace(company, tax_number=tax_number))


def _marks(database: Database, owner: Actor, outside: Outside) -> None:
    today = to_local(database.clock.now(), database.desk.zone).date()
    premise = database.read_now(owner, show_premise)
    code = outside.premise or (premise.code if premise else PREMISE)
    if premise is None:
        building = Building(1725, 5, 1, "Čopova ulica", "5", "", "Ljubljana", "Ljubljana", "1000")
        database.write_now(owner, set_premise, PremiseEntry(code, PremiseKind.BUILDING, today, building))
    elif premise.code != code:
        database.write_now(owner, set_premise, replace(premise, code=code))
    series = database.read_now(owner, list_series)
    device = outside.device or (series[0].device if series else DEVICE)
    if not series or series[0].device != device:
        database.write_now(owner, set_device, device)
