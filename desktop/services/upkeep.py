"""What a database needs once a day: values that have had their time are pruned, in slices."""

from __future__ import annotations

import asyncio

from desktop.access import SYSTEM
from desktop.database.database import Database
from desktop.database.retention import prune_values

_PAUSE = 0.2


async def prune(database: Database) -> int:
    """Prunes slice by slice, with room for people between them; returns how many values went."""
    gone = 0
    while slice_ := await database.write(SYSTEM, prune_values):
        gone += slice_
        await asyncio.sleep(_PAUSE)
    return gone
