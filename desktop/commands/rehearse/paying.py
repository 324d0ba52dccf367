"""How a wish is paid: the shares of each means, and the buyer who wants to stand on the receipt."""

from __future__ import annotations

from desktop.commands.rehearse.set_up import CONTROL
from desktop.commands.rehearse.wishes import Wish
from desktop.sales.issuing import Buyer, Paid
from fiscal.port import Means


def payments(total: int, shares: tuple[tuple[Means, int], ...]) -> tuple[Paid, ...]:
    """A total split by percent, the rest on the last; cash is given in whole tens of euros."""
    paid = []
    left = total
    for number, (means, percent) in enumerate(shares, 1):
        cents = left if number == len(shares) else total * percent // 100
        left -= cents
        given = -(-cents // 10_00) * 10_00 if means is Means.CASH else 0
        paid.append(Paid(means, cents, given))
    return tuple(one for one in paid if one.cents)


def buyer_of(wish: Wish) -> Buyer | None:
    """The buyer on the receipt; None for most."""
    if wish.company:
        return Buyer("Gostilna Pri Žabi, d. o. o.", "Šolska ulica 1\n4000 Kranj", "SI10039856")
    if wish.who == "control":  # typed as it came: the door cleans it
        return Buyer(f"{CONTROL.first_name} {CONTROL.last_name}")
    return None
