"""What customers of a rehearsed day want: the parts that a day always has, and chance for the rest.

The first visits take the parts in their order; what is left of them walks in without a visit, so that a day of one visit has
them all as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from fiscal.port import Means


@dataclass(frozen=True, slots=True)
class Wish:
    """One bill of the day.

    Attributes:
        services, products: names in the catalogue; the services become a visit where there is one.
        shares: means with their part of the total in percent, 100 in all; cash is given rounded up to ten euros.
        line_discount: basis points off the first line; `bill_discount` off the whole bill.
        tip_cents: given by card.
        who: key of a customer, "" walks in.
        company: the receipt names a buyer with a VAT number.
    """

    services: tuple[str, ...]
    products: tuple[str, ...] = ()
    shares: tuple[tuple[Means, int], ...] = ((Means.CASH, 100),)
    line_discount: int = 0
    bill_discount: int = 0
    tip_cents: int = 0
    who: str = ""
    company: bool = False


CUT, TRIM, FACE, SKIN = "Žensko striženje", "Moško striženje", "Nega obraza", "Pregled kože"
SHAMPOO, BOOK, TEA = "Šampon za suhe lase 250 ml", "Knjiga Nega las", "Zeliščni čaj"

#: Every means, every rate, an exempt line, both discounts, a tip, and the two difficult names.
ALWAYS: tuple[Wish, ...] = (
    Wish((CUT,), (SHAMPOO, BOOK), ((Means.CASH, 40), (Means.CARD, 60)), who="accented"),
    Wish((TRIM,), (TEA,), line_discount=1000, who="control"),
    Wish((SKIN, FACE), shares=((Means.TRANSFER, 100),), who="other", company=True),
    Wish((FACE,), shares=((Means.CARD, 100),), bill_discount=500, tip_cents=300, who="other"),
)
#: Somebody from the street who buys and leaves.
WALK_IN = Wish((), (SHAMPOO, TEA))


def of_visits(visits: int, chance: Random) -> Iterator[Wish]:
    """The wishes of so many visits: what a day always has first, then chance."""
    yield from ALWAYS[:visits]
    for _ in range(visits - len(ALWAYS)):
        cash = chance.choice((0, 0, 30, 100, 100))
        rest = chance.choice((Means.CARD, Means.CARD, Means.TRANSFER))
        shares = tuple(one for one in ((Means.CASH, cash), (rest, 100 - cash)) if one[1])
        yield Wish(
            tuple(chance.sample((CUT, TRIM, FACE, SKIN), chance.choice((1, 1, 2)))),
            tuple(chance.sample((SHAMPOO, BOOK, TEA), chance.choice((0, 0, 1)))),
            shares,
            bill_discount=chance.choice((0, 0, 0, 1000)),
            tip_cents=chance.choice((0, 0, 200)),
            who=chance.choice(("other", "accented", "control", "")),
        )


def without_visit(visits: int) -> Iterator[Wish]:
    """What is sold beside the visits: a walk-in always, and the parts that had no visit."""
    yield WALK_IN
    yield from ALWAYS[visits:]
