"""A counter of the tests: seals sales and hands them to a real submitter; and its clock."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Engine

from fiscal.journal import EntryKind, confirmation_of, entries, pending
from fiscal.port import Confirmation, Draft, Transact
from fiscal.records import RequestRecord
from fiscal.slovenia.register import SlovenianRegister
from fiscal.submitter import Submitter
from tests.fiscal.world import DEVICE, Drafts


class Clock:
    """The present, which a test may move."""

    def __init__(self) -> None:
        self.ahead = timedelta()

    def __call__(self) -> datetime:
        return datetime.now(UTC) + self.ahead


class Till:
    """A counter: seals sales and hands them to its submitter, whose outcomes it keeps."""

    def __init__(
        self, engine: Engine, register: SlovenianRegister, transact: Transact, make: Callable[[Till], Submitter]
    ) -> None:
        self.engine = engine
        self.transact = transact
        self._register = register
        self._drafts = Drafts()
        self._make = make
        self.outcomes: list[Confirmation] = []
        self.submitter = make(self)

    def sell(self, **changes: Any) -> Draft:
        draft = self._drafts(**changes)
        with self.engine.begin() as connection:
            self._register.seal(connection, draft)
        return draft

    async def restart(self) -> None:
        await self.submitter.shutdown()
        self.submitter = self._make(self)

    def known(self, draft: Draft) -> Confirmation:
        with self.engine.begin() as connection:
            return confirmation_of(connection, [draft.document_id])[draft.document_id]

    def kinds(self, draft: Draft) -> list[str]:
        with self.engine.begin() as connection:
            return [row.kind.value for row in entries(connection, DEVICE, document_id=draft.document_id)]

    def late(self) -> list[bool]:
        with self.engine.begin() as connection:
            rows = list(entries(connection, DEVICE, kinds=[EntryKind.REQUEST]))
        return [msgspec.json.decode(row.body, type=RequestRecord).late for row in rows]

    async def all_confirmed(self) -> None:
        async with asyncio.timeout(30):
            while True:
                with self.engine.begin() as connection:
                    if not pending(connection):
                        return
                await asyncio.sleep(0.02)
