"""The body of a journal row that a snapshot left out: fetched from the backend when somebody wants to read it, and checked."""

from __future__ import annotations

import asyncio
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Engine, select

from desktop.database.database import Database
from fiscal.errors import JournalDamaged
from fiscal.journal import uncompress
from fiscal.tables import journal
from fiscal.verify import stored_hash
from sync.snapshot import Body


class BodyLine(Protocol):
    """The way to the backend. Raises `Unreachable`, and `Unlawful` with the server's code."""

    async def body(self, collection: str, row: str) -> Body: ...


async def fetch_body(database: Database, line: BodyLine, row: UUID) -> bytes:
    """The JSON of a journal row's body, from here or from the backend; nothing of it is kept.

    Raises `LookupError` for an unknown row, `JournalDamaged` for a body that is not the row's, and as the line.
    """

    def read(engine: Engine) -> Any:
        with engine.connect() as connection:
            return connection.execute(select(journal).where(journal.c.id == row.bytes)).first()

    stored = await asyncio.wrap_future(database.run_on_reader(read))
    if stored is None:
        raise LookupError(row.hex)
    if stored.body:
        return uncompress(stored.body, stored.n)
    sent = (await line.body(journal.name, row.hex)).value
    try:
        body = bytes.fromhex(sent)
    except ValueError:
        raise JournalDamaged(n=stored.n) from None
    if stored_hash(stored, body) != stored.hash:
        raise JournalDamaged(n=stored.n)
    return uncompress(body, stored.n)
