"""Two desks of one salon where receipts can be issued, each with a register and a mark of its own."""

from __future__ import annotations

from uuid import UUID

from desktop.access import Actor
from desktop.register.series import set_device
from desktop.register.till import open_till
from desktop.sales.check_out import CheckOut, check_out
from desktop.sales.issuing import Issued, Paid
from desktop.sales.open_bills import show_bill
from fiscal.port import Means
from fiscal.slovenia.certificate import Credential
from fiscal.slovenia.environment import Mode
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from fiscal.slovenia.standin.certificates import TAX_NUMBER
from tests.desk import TestDesk
from tests.desktop.salon import PRINTER
from tests.desktop.salon import Salon as Selling
from tests.sync.salon_of_desks import Salon


class TwoTills:
    """Both desks of a salon, ready to sell; the same owner works at both.

    Attributes:
        registers: one for each desk.
    """

    def __init__(self, salon: Salon, credential: Credential) -> None:
        self.salon = salon
        self.here, self.there = salon.desks
        selling = Selling(self.here, credential)
        self.owner: Actor = selling.owner
        salon.settle()
        self.there.owner = self.owner
        self.there.write(set_device, "BL2")
        self.there.write(open_till, 100_00)
        place = self.there.database.desk
        settings = RegisterSettings(Mode.PRACTICE, place.shop, place.device, TAX_NUMBER)
        other = SlovenianRegister(settings, [credential], registered_premises=frozenset({"PE1"}))
        self.registers = (selling.register, other)
        salon.settle()

    def charge(self, desk: int, bill: UUID) -> Issued:
        """Charges a bill in cash at one of the desks."""
        at: TestDesk = self.salon.desks[desk]
        at.clock.move(minutes=desk + 1)
        total = at.read(show_bill, bill).priced.total_cents
        request = CheckOut(bill, total, (Paid(Means.CASH, total),))
        return at.write(check_out, request, self.registers[desk], PRINTER)
