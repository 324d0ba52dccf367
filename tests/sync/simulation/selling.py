"""What people sell at the desks of a history: bills that every desk of a shop sees, and that two of them may charge; marks of devices."""

from __future__ import annotations

import random
from uuid import UUID

from desktop.register.series import set_device
from desktop.register.till import open_till
from desktop.sales.bills import open_bill
from desktop.sales.check_out import CheckOut, check_out
from desktop.sales.issuing import Paid
from desktop.sales.open_bills import show_bill
from desktop.sharing.names import take_free_mark
from fiscal.port import Means
from fiscal.slovenia.environment import Mode
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from fiscal.slovenia.standin.certificates import TAX_NUMBER
from tests.desktop.salon import PRINTER, service
from tests.sync.simulation.desk import VirtualDesk
from tests.sync.simulation.meant import Charged, Meant
from tests.sync.simulation.prepared import PREMISES, Prepared

_OPEN = """SELECT id FROM bill WHERE shop_id = ? AND deleted_at IS NULL
 AND id NOT IN (SELECT bill_id FROM invoice WHERE bill_id IS NOT NULL) ORDER BY id"""
_TILL = "SELECT count(*) FROM till_session WHERE device_id = ?"
_IN_CONFLICT = "SELECT id FROM number_series WHERE device_id = ? AND claim_state = 'conflict' AND deleted_at IS NULL"


class Selling:
    """What is sold in a salon. `dice` may be changed from one act to the next."""

    def __init__(self, salon: Prepared, dice: random.Random, meant: Meant) -> None:
        self._salon, self.dice, self._meant = salon, dice, meant

    def bill(self, desk: VirtualDesk) -> None:
        """A bill is opened; it stays so until somebody charges it, here or at another desk."""
        desk.write(open_bill, lines=(service(),))

    def charge(self, desk: VirtualDesk) -> None:
        """The oldest open bill that this desk sees is paid in cash: two desks that do not hear of each other choose the same."""
        bills = desk.database.rows(_OPEN, desk.shop.bytes)
        if not bills:
            self.bill(desk)
            return
        if not desk.database.rows(_TILL, bytes.fromhex(desk.device))[0][0]:
            self.mark(desk)
            desk.write(open_till, 0)
        bill = UUID(bytes=bills[0][0])
        total = desk.read(show_bill, bill).priced.total_cents
        request = CheckOut(bill, total, (Paid(Means.CASH, total),))
        issued = desk.write(check_out, request, self._register(desk), PRINTER)
        self._meant.charged.append(Charged(desk.shop.hex, bill.hex, issued.id.hex, desk.last_operation()[0]))

    def mark(self, desk: VirtualDesk) -> None:
        """The desk gets a mark for its receipts, perhaps one that another has; one whose mark is another's gets a free one."""
        lost = desk.database.rows(_IN_CONFLICT, bytes.fromhex(desk.device))
        if lost:
            desk.write(take_free_mark, UUID(bytes=lost[0][0]))
        else:
            desk.write(set_device, f"BL{self.dice.randrange(6)}")

    def _register(self, desk: VirtualDesk) -> SlovenianRegister:
        settings = RegisterSettings(Mode.PRACTICE, desk.shop, UUID(hex=desk.device), TAX_NUMBER)
        return SlovenianRegister(settings, [self._salon.credential], registered_premises=frozenset(PREMISES))
