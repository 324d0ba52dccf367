"""Several servers on one database: what another one has written is seen here too, by asking for the counters.

One query a second for all tenants that somebody listens for; it needs nothing of the database but a table.
"""

from __future__ import annotations

import asyncio
import logging
from typing import Final

from sqlalchemy.exc import SQLAlchemyError

from sync.errors import SyncError
from sync.server.app import Backend

SECONDS: Final = 1.0
_log = logging.getLogger("sync.server")


async def watch(backend: Backend, seconds: float = SECONDS) -> None:
    """Tells the listeners of this process how far their scopes are, until it is cancelled."""
    while True:
        await asyncio.sleep(seconds)
        tenants = backend.pokes.tenants()
        if not tenants:
            continue
        try:
            moved = await backend.work(backend.store.counters, tenants)
        except (SQLAlchemyError, SyncError):  # a database that is away for a while must not end the watch
            _log.exception("the counters could not be read")
            continue
        for tenant, counters in moved.items():
            backend.pokes.tell(tenant, counters)
