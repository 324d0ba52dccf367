"""A salon that is set up to sell: company, premise, device, people with tax numbers, a certificate and an open till."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from desktop.access import PERMISSIONS, Actor, Role
from desktop.register.company import CompanyEntry, set_company
from desktop.register.series import PremiseEntry, PremiseKind, set_device, set_premise
from desktop.register.till import open_till
from desktop.sales.bills import LineEntry, open_bill
from desktop.sales.check_out import CheckOut, check_out
from desktop.sales.issuing import Issued, Paid, Tipped
from desktop.sales.open_bills import BillView
from desktop.staff.members import MemberEntry, add_member, set_up_owner
from fiscal.port import Means, VatCategory
from fiscal.slovenia.certificate import Credential, read_pkcs12
from fiscal.slovenia.environment import Mode
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from fiscal.slovenia.standin.certificates import TAX_NUMBER, Authority, make_authority
from tests.desk import START, TestDesk

PRINTER = "receipts"
COMPANY = CompanyEntry(
    "Salon Živa", "Živa lepota, d. o. o.", "Čopova ulica 5", "1000", "Ljubljana", TAX_NUMBER, vat_payer=True
)


class Salon:
    """A desk where receipts can be issued.

    Attributes:
        owner, reception: actors who are members of staff.
        register: the Slovenian register with a certificate made for the test.
    """

    def __init__(self, desk: TestDesk, credential: Credential, company: CompanyEntry = COMPANY) -> None:
        self.desk = desk
        owner = desk.write(set_up_owner, MemberEntry("Maja Kovač", "MK", Role.OWNER, tax_number=TAX_NUMBER), "2580")
        self.owner = Actor(owner.id, owner.name, PERMISSIONS[Role.OWNER])
        desk.owner = self.owner
        person = desk.write(
            add_member, MemberEntry("Špela Žnidaršič", "SZ", Role.RECEPTION, without_tax_number=True), ""
        )
        self.reception = Actor(person.id, person.name, PERMISSIONS[Role.RECEPTION])
        desk.write(set_company, company)
        desk.write(set_premise, PremiseEntry("PE1", PremiseKind.DEVICE, date(2026, 1, 1)))
        desk.write(set_device, "BL1")
        place = desk.database.desk
        settings = RegisterSettings(Mode.PRACTICE, place.shop, place.device, TAX_NUMBER)
        self.register = SlovenianRegister(settings, [credential], registered_premises=frozenset({"PE1"}))
        desk.write(open_till, 100_00)

    def bill(self, *entries: LineEntry, **kwargs: Any) -> BillView:
        return self.desk.write(open_bill, lines=entries, **kwargs)

    def charge(self, bill: BillView | UUID, *payments: Paid, tips: tuple[Tipped, ...] = (), **kwargs: Any) -> Issued:
        """Charges a bill, in cash unless payments are given."""
        view = bill if isinstance(bill, BillView) else self.desk.read(_show, bill)
        paid = payments or (Paid(Means.CASH, view.priced.total_cents),)
        request = CheckOut(view.id, view.priced.total_cents, paid, tips, **kwargs)
        return self.desk.write(check_out, request, self.register, PRINTER)

    def sell(self, *entries: LineEntry) -> Issued:
        return self.charge(self.bill(*entries))


def _show(session: Any, action: Any, bill_id: UUID) -> BillView:
    from desktop.sales.open_bills import show_bill

    return show_bill(session, action, bill_id)


def service(name: str = "Žensko striženje", cents: int = 34_00, rate: int = 950, **kwargs: Any) -> LineEntry:
    return LineEntry("service", name, cents, VatCategory.TAXED, rate, **kwargs)


def product(item_id: UUID, name: str = "Šampon", cents: int = 16_90, **kwargs: Any) -> LineEntry:
    return LineEntry("product", name, cents, VatCategory.TAXED, 2200, item_id=item_id, **kwargs)


def exempt(name: str = "Pregled kože", cents: int = 50_00) -> LineEntry:
    clause = "DDV ni obračunan na podlagi 1. točke prvega odstavka 42. člena ZDDV-1."
    return LineEntry("service", name, cents, VatCategory.EXEMPT, 0, clause=clause)


@pytest.fixture(scope="session")
def certificates() -> Authority:
    """A tax authority of our own with its certificates."""
    return make_authority()


@pytest.fixture(scope="session")
def sealing(certificates: Authority) -> Credential:
    """The taxpayer's certificate and key."""
    taxpayer = certificates.taxpayer(not_before=START - timedelta(days=30), not_after=START + timedelta(days=1500))
    return read_pkcs12(taxpayer.pkcs12("geslo", issuer=certificates.tax_ca), "geslo")


@pytest.fixture
def salon(desk: TestDesk, sealing: Credential) -> Salon:
    """A salon with an open till."""
    return Salon(desk, sealing)
