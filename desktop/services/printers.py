"""The print service: the spooler with the printers of this desk, rebuilt when their settings change."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from desktop.access import SYSTEM
from desktop.database.database import Database
from desktop.register.printers import RECEIPTS, PrinterEntry, show_printer
from printing.delivery import PrinterConfig
from printing.profiles import PROFILES
from printing.spooler import Found, SpoolChange, Spooler
from printing.transports.address import parse_address


def printer_config(entry: PrinterEntry) -> PrinterConfig:
    """What the spooler needs of a printer that was set up."""
    profile = PROFILES[entry.profile]
    if entry.columns:
        profile = profile.adjusted(columns=entry.columns)
    return PrinterConfig(parse_address(entry.address), profile, entry.drawer_pin or 2)


class PrintService:
    """Owns the spooler for one open database. `on_change` is called on the loop's thread."""

    def __init__(self, database: Database, on_change: Callable[[SpoolChange], None], locks: Path | None = None) -> None:
        self._database = database
        self._on_change = on_change
        self._locks = locks
        self._spooler: Spooler | None = None
        self.printer: PrinterEntry | None = None

    @property
    def name(self) -> str:
        """The receipt printer's name for the spool; "" without one."""
        return RECEIPTS if self.printer is not None else ""

    async def start(self) -> Found:
        """Starts the printers; what was held or is in doubt comes back and is not decided here."""
        self.printer = await self._database.read(SYSTEM, show_printer)
        configs = {RECEIPTS: printer_config(self.printer)} if self.printer is not None else {}
        transact = self._database.transactor("printing.spool")
        self._spooler = Spooler(transact, configs, self._database.clock, self._on_change, locks=self._locks)
        return await self._spooler.start()

    async def shutdown(self) -> None:
        """Lets the paper that is being sent end, then stops."""
        spooler, self._spooler = self._spooler, None
        if spooler is not None:
            await spooler.shutdown()

    async def reload(self) -> Found:
        """Starts anew after the settings changed."""
        await self.shutdown()
        return await self.start()

    def wake(self) -> None:
        """There is something to print."""
        if self._spooler is not None:
            self._spooler.wake()

    async def probe(self) -> SpoolChange | None:
        """Asks the receipt printer how it is; None without one."""
        if self._spooler is None or self.printer is None:
            return None
        await self._spooler.probe(RECEIPTS)
        return self._spooler.status(RECEIPTS)

    def status(self) -> SpoolChange | None:
        """What is known of the receipt printer; None without one."""
        if self._spooler is None or self.printer is None:
            return None
        return self._spooler.status(RECEIPTS)

    async def settled(self, seconds: float) -> bool:
        """Waits until nothing is left to print that can be printed, at most so long."""
        return self._spooler is None or await self._spooler.settled(seconds)
