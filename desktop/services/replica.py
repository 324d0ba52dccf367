"""This desk's data as the sync engine sees it: operations out, pages in, each in one transaction beside the people's work."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import TypeVar
from uuid import UUID

from sqlalchemy import Connection, Engine, bindparam, func, select

from desktop.appointments.arriving import make_room_for_visit
from desktop.database import anew, snapshot
from desktop.database.bringing import Part
from desktop.database.database import Database
from desktop.database.feed import operation
from desktop.database.incoming import Incoming, acknowledge, cursor_of, number
from desktop.database.outgoing import Outgoing
from desktop.database.parents import MissingParent, missing_parents, settle_orphans
from desktop.database.state import PAGE_ROWS, HeldState, UploadReached, note, reached, sent
from desktop.database.synced_table import in_pieces
from desktop.database.twin import require_not_behind, require_own_operations, require_same_past
from desktop.services.page_slices import SLICE_ROWS, slices
from desktop.sync_manifest import PARENTS, PLACES, build_manifest
from sync.client.bootstrap import Reached
from sync.manifest import DataClass, Manifest
from sync.operations import Operation
from sync.snapshot import Chunk, Listing
from sync.tables import refused
from sync.wire import Page, Pushed, State, StateTaken

R = TypeVar("R")
_WAITING = (
    select(func.count())
    .select_from(operation)
    .where(operation.c.device == bindparam("device"), operation.c.n > bindparam("acknowledged"))
)


class DeskReplica:
    """A `sync.client.ports.Replica` on an open database; `state_rows`: most rows of a page of state."""

    def __init__(self, database: Database, *, state_rows: int = PAGE_ROWS) -> None:
        self._database = database
        self._outgoing = Outgoing(database.schema, PLACES)
        self._manifest = build_manifest(database.schema)
        self._incoming = Incoming(
            database.schema,
            self._manifest,
            database.feed_state,
            database.desk.device,
            {"visit": make_room_for_visit},
            PARENTS,
        )
        self._begun = False
        self._held = HeldState(database.schema, self._manifest, database.desk.device, PLACES)
        self._state_rows = state_rows
        self._behind: UploadReached | None = None

    @property
    def scopes(self) -> tuple[str, ...]:
        return "", self._database.desk.shop.hex

    @property
    def manifest(self) -> Manifest:
        return self._manifest

    async def next_state(self) -> State | None:
        place = await self._read(reached)
        if place is None:
            return None
        state, self._behind = await self._read(lambda connection: self._held.page(connection, place, self._state_rows))
        if state is None:
            await self._bring_in_state(lambda connection: note(connection, None))
        return state

    async def state_sent(self, taken: StateTaken) -> None:
        behind = self._behind
        await self._bring_in_state(lambda connection: sent(connection, taken, behind))

    async def server_key(self) -> str:
        return await self._read(snapshot.server_key)

    async def wants_snapshot(self) -> bool:
        return await self._read(lambda connection: snapshot.wants_snapshot(connection, self.scopes))

    async def snapshot_reached(self) -> Reached | None:
        return await self._read(snapshot.reached)

    async def begin_snapshot(self, listing: Listing) -> None:
        await self._bring_in_state(lambda connection: snapshot.begin(connection, listing))

    async def give_up_snapshot(self) -> None:
        await self._bring_in_state(snapshot.give_up)

    async def bring(self, chunk: Chunk, reached: Reached) -> None:
        place = reached
        while place.chunk == reached.chunk:
            place = await self._bring(chunk, place)

    async def _bring(self, chunk: Chunk, reached: Reached) -> Reached:
        """The rest of a part in one transaction, or as much of it as could be written before somebody wanted to write."""
        place = reached

        def body(connection: Connection) -> dict[str, set[UUID]]:
            nonlocal place
            require_own_operations(connection, self._database.desk.device, chunk.envelopes)
            if not snapshot.is_under_way(connection, reached.listing):
                place = replace(reached, chunk=reached.chunk + 1, row=0)
                return {}
            # What comes from the archive is shown when somebody looks for it: no view is painted anew for each part.
            tell = reached.chunk < reached.listing.hot
            part = Part(connection, chunk, self._incoming, self._database.schema, self._database.feed_state)
            row = reached.row
            for some in chunk.slices(reached.row, SLICE_ROWS):
                part.take(some, tell=tell)
                row = some.reached
                if self._database.is_wanted():
                    break
            ended = row >= chunk.count
            place = replace(reached, chunk=reached.chunk + 1, row=0) if ended else replace(reached, row=row)
            snapshot.went(connection, place)
            if place.ended:
                for scope in self.scopes:
                    settle_orphans(connection, scope)
            return part.changed

        await self._database.bring_in(body, "sync.pulled")
        return place

    async def start_over(self) -> None:
        await self._bring_in_state(anew.start_over)

    async def let_go(self) -> None:
        if not await self._read(anew.everything_came):
            return
        for collection in self._manifest.collections:
            if collection.data_class is not DataClass.LEDGER:
                await self._let_go_of(collection.name)
        await self._bring_in_state(anew.end)

    async def _let_go_of(self, table: str) -> None:
        own = self._database
        after: bytes | None = b""
        look = partial(anew.unseen, table=table)
        while after is not None:
            ids, after = await self._read(partial(look, after=after))
            for some in in_pieces(ids, anew.SLICE):
                drop = partial(
                    anew.drop, state=own.feed_state, device=own.desk.device, table=table, ids=some, parents=PARENTS
                )
                await own.bring_in(drop, "sync.pulled")

    async def _bring_in_state(self, body: Callable[[Connection], object]) -> None:
        def job(connection: Connection) -> dict[str, set[UUID]]:
            body(connection)
            return {}

        await self._database.bring_in(job, "sync.state")

    async def pending(self, most: int) -> tuple[Operation, ...]:
        device = self._database.desk.device
        return await self._read(
            lambda connection: tuple(
                self._outgoing.operations(connection, device, number(connection, "acknowledged"), most)
            )
        )

    async def waiting(self) -> int:
        return await self._read(self._waiting)

    def _waiting(self, connection: Connection) -> int:
        behind = {"device": self._database.desk.device, "acknowledged": number(connection, "acknowledged")}
        return connection.execute(_WAITING, behind).scalar_one()

    async def acknowledge(self, pushed: Pushed) -> None:
        def take(connection: Connection) -> dict[str, set[UUID]]:
            require_not_behind(connection, self._database.desk.device, pushed.last)
            return acknowledge(connection, pushed)

        await self._database.bring_in(take, "sync.acknowledged")

    async def refused(self) -> tuple[int, ...]:
        """Numbers of this desk's operations that the backend set aside, for a person to look at."""
        return await self._read(
            lambda connection: tuple(connection.execute(select(refused.c.n).order_by(refused.c.n)).scalars())
        )

    async def missing_parents(self) -> list[MissingParent]:
        """Rows that came and name one that did not."""
        return await self._read(missing_parents)

    async def cursor(self, scope: str) -> int:
        if not self._begun:
            await self._database.bring_in(self._incoming.begin, "sync.begun")
            self._begun = True
        return await self._read(lambda connection: cursor_of(connection, scope))

    async def horizon(self, scope: str) -> int:
        return await self._read(lambda connection: anew.horizon_of(connection, scope))

    async def apply(self, page: Page) -> None:
        waiting = tuple(slices(page))
        while waiting:
            waiting = waiting[await self._apply(waiting) :]

    async def _apply(self, parts: Sequence[Page]) -> int:
        """Takes slices of a page in one transaction, or as many as there was time for before somebody wanted to write; how many."""
        taken = 0

        def take(connection: Connection) -> dict[str, set[UUID]]:
            nonlocal taken
            changed: dict[str, set[UUID]] = {}
            require_same_past(connection, self._database.desk.device, parts[0].judged)
            for part in parts:
                require_own_operations(connection, self._database.desk.device, part.envelopes)
                for table, ids in self._incoming.apply(connection, part).items():
                    changed.setdefault(table, set()).update(ids)
                taken += 1
                if self._database.is_wanted():
                    break
            return changed

        await self._database.bring_in(take, "sync.pulled")
        return taken

    async def _read(self, body: Callable[[Connection], R]) -> R:
        def job(engine: Engine) -> R:
            with engine.connect() as connection:
                return body(connection)

        return await asyncio.wrap_future(self._database.run_on_reader(job))
