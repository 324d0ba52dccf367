"""A salon for stories: a practice place with its counter, a stand-in of the authority and a virtual printer."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from desktop.access import Actor
from desktop.commands.fiscal_arguments import FiscalArguments
from desktop.commands.practice_salon import Outside
from desktop.commands.rehearse.set_up import Salon, set_up
from desktop.database.opening import OpenPlace, make_place, open_place
from desktop.database.place import Place
from desktop.register.printers import PrinterEntry
from desktop.sales.check_out import CheckOut
from desktop.sales.issuing import Issued, Paid, Tipped
from desktop.sales.open_bills import BillView
from desktop.schema import SCHEMA
from desktop.services.counter import Counter, Settled
from fiscal.slovenia.standin.server import StandIn
from printing.spooler import Found
from printing.virtual import VirtualPrinter
from tests.desk import TestClock

LJUBLJANA = ZoneInfo("Europe/Ljubljana")
R = TypeVar("R")


class House:
    """What a story acts on. The clock stands still until `at` sets it; the day is today, as the certificates are."""

    def __init__(self, folder: Path, furs: StandIn, printer: VirtualPrinter) -> None:
        self.place, self.furs, self.printer = Place(folder), furs, printer
        self.clock = TestClock()
        self.at("7:30")
        taxpayer = furs.admit(furs.authority.taxpayer())
        self.opened: OpenPlace = make_place(self.place, "practice", schema=SCHEMA, zone=LJUBLJANA, clock=self.clock)
        p12 = taxpayer.pkcs12("geslo", issuer=furs.authority.tax_ca)
        fiscal = FiscalArguments(furs.url, furs.authority.anchors_pem, p12, "geslo")
        outside = Outside(fiscal, PrinterEntry(printer.address, "epson-tm-80"))
        self.salon: Salon = set_up(self.opened.database, self.opened.secrets, outside)
        self.settled: list[Settled] = []
        self.counter = self._counter()

    def at(self, wall: str) -> None:
        """The clock on the wall shows this."""
        hour, minute = (int(part) for part in wall.split(":"))
        today = datetime.now(LJUBLJANA).date()
        self.clock.set(datetime.combine(today, time(hour, minute), LJUBLJANA).astimezone(UTC))

    async def start(self) -> Found:
        """The program starts."""
        found = await self.counter.start()
        await self.counter.fiscal.register_premise()
        return found

    async def stop(self) -> None:
        """The program ends in order."""
        await self.counter.shutdown()
        self.opened.close()

    async def restart(self) -> Found:
        """The program ends and starts again."""
        await self.stop()
        self.opened = open_place(self.place, schema=SCHEMA, clock=self.clock)
        self.counter = self._counter()
        return await self.start()

    async def do(self, who: Actor, use_case: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        """Somebody does something."""
        done: R = await self.opened.database.write(who, use_case, *args, **kwargs)
        return done

    async def see(self, who: Actor, use_case: Callable[..., R], *args: Any, **kwargs: Any) -> R:
        """Somebody looks at something."""
        seen: R = await self.opened.database.read(who, use_case, *args, **kwargs)
        return seen

    async def charge(self, who: Actor, bill: BillView, *payments: Paid, tips: tuple[Tipped, ...] = ()) -> Issued:
        """Somebody takes the money; the paper is out when this returns."""
        issued = await self.hurried(who, bill, *payments, tips=tips)
        assert await self.counter.settled()
        return issued

    async def hurried(self, who: Actor, bill: BillView, *payments: Paid, tips: tuple[Tipped, ...] = ()) -> Issued:
        """The same without waiting for the paper."""
        return await self.counter.charge(who, CheckOut(bill.id, bill.priced.total_cents, payments, tips))

    def papers(self, issued: Issued) -> list[str]:
        """The papers on which a number stands, as they came out of the printer."""
        return [sheet.text for sheet in self.printer.sheets if issued.number in sheet.text.split()]

    def _counter(self) -> Counter:
        return Counter(
            self.opened.database,
            self.opened.secrets,
            on_settled=self.settled.append,
            on_fiscal=lambda known: None,
            on_print=lambda change: None,
        )
