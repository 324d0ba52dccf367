"""Everything that runs behind the window of one open database, started and ended in its order."""

from __future__ import annotations

from collections.abc import Callable

from desktop.clock import Clock
from desktop.database.backup_service import BackupService
from desktop.database.opening import OpenPlace
from desktop.services.counter import Counter, Settled
from desktop.services.sharing import Sharing, SharingStatus
from fiscal.port import Confirmation
from printing.spooler import Found, SpoolChange


class Services:
    """The counter, the sharing and the backups. The functions that are handed in are called on the loop's thread."""

    def __init__(
        self,
        opened: OpenPlace,
        clock: Clock,
        *,
        on_settled: Callable[[Settled], None],
        on_fiscal: Callable[[Confirmation | None], None],
        on_print: Callable[[SpoolChange], None],
        on_sharing: Callable[[SharingStatus], None],
        on_backup: Callable[[object], None],
    ) -> None:
        self.counter = Counter(
            opened.database, opened.secrets, on_settled=on_settled, on_fiscal=on_fiscal, on_print=on_print
        )
        self.sharing = Sharing(opened.database, opened.secrets, on_sharing)
        self._backups = BackupService(opened, clock, on_backup)

    async def start(self) -> Found:
        """Starts all of it; what the spool found in doubt comes back to be asked about."""
        found = await self.counter.start()
        self._backups.start()
        self.counter.fiscal.keep_registered()
        await self.sharing.start()
        return found

    async def shutdown(self) -> None:
        """Ends all of it; what follows the last sales is waited for."""
        await self.sharing.shutdown()
        await self._backups.shutdown()
        await self.counter.shutdown()

    async def back_up_at_close(self) -> object:
        """A closed day is backed up."""
        return await self._backups.back_up_at_close()
