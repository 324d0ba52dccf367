"""Bugs of the desk that the simulation has to find: each breaks one behaviour while it is planted."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

import msgspec
from sqlalchemy import insert, select

from desktop.database import anew, door, incoming
from desktop.database.incoming import Incoming
from desktop.database.state import note, paired
from desktop.database.synced_table import SyncedTable
from desktop.services.replica import DeskReplica
from sync import tables
from sync.client.engine import Engine
from sync.client.ports import Unreachable
from sync.manifest import WHOLE_ROW
from sync.snapshot import Chunk, Rows
from sync.wire import Outcome, Page, Pushed
from tests.sync.simulation import desk

Planted = AbstractContextManager[Any]


def acknowledged_before_it_is_pushed() -> Planted:
    async def pending(self: Any, most: int) -> Any:
        found = await original(self, most)
        if found:
            await self.acknowledge(Pushed((), found[-1].n, 0))
        return found

    original = DeskReplica.pending
    return patch.object(DeskReplica, "pending", pending)


def cursor_before_the_rows() -> Planted:
    async def apply(self: Any, page: Page) -> None:
        await original(self, msgspec.structs.replace(page, rows=()))
        await original(self, page)

    original = DeskReplica.apply
    return patch.object(DeskReplica, "apply", apply)


def a_pull_overwrites_what_is_pending() -> Planted:
    return patch.object(incoming, "pending_edits", lambda *_args: {})


def what_was_judged_is_still_pending() -> Planted:
    """A lost answer leaves operations pending here that the backend has judged."""

    def apply(self: Any, connection: Any, page: Page) -> Any:
        return original(self, connection, msgspec.structs.replace(page, judged=0))

    original = Incoming.apply
    return patch.object(Incoming, "apply", apply)


def what_got_no_answer_is_given_up() -> Planted:
    async def push(self: Any) -> None:
        sent = await self._replica.pending(500)
        if not sent:
            return
        try:
            await original(self)
        except Unreachable:
            await self._replica.acknowledge(Pushed((), sent[-1].n, 0))
            raise

    original = Engine._push
    return patch.object(Engine, "_push", push)


def the_clock_stays_behind_what_was_pulled() -> Planted:
    def head(connection: Any, device: Any) -> Any:
        row = connection.execute(door._HEAD, {"device": device}).first()
        return None if row is None else (row.n, row.clock, row.hash)

    return patch.object(door, "_head", head)


def one_cursor_for_all_scopes() -> Planted:
    async def cursor(self: Any, _scope: str) -> Any:
        return await original(self, "")

    original = DeskReplica.cursor
    return patch.object(DeskReplica, "cursor", cursor)


def no_try_after_a_failure() -> Planted:
    return patch.object(Engine, "_wait_after", lambda _self, _failures: 1e9)


def a_refused_operation_blocks_the_queue() -> Planted:
    async def acknowledge(self: Any, pushed: Pushed) -> None:
        if all(one.outcome is not Outcome.REFUSED for one in pushed.verdicts):
            await original(self, pushed)

    original = DeskReplica.acknowledge
    return patch.object(DeskReplica, "acknowledge", acknowledge)


def a_refused_operation_is_not_shown() -> Planted:
    async def acknowledge(self: Any, pushed: Pushed) -> None:
        await original(self, msgspec.structs.replace(pushed, verdicts=()))

    original = DeskReplica.acknowledge
    return patch.object(DeskReplica, "acknowledge", acknowledge)


def what_is_unknown_here_is_dropped() -> Planted:
    def lift(self: Any, values: Any) -> Any:
        return {name: value for name, value in values.items() if name in self._known}

    return patch.object(SyncedTable, "lift", lift)


def deleted_rows_stay() -> Planted:
    def apply(self: Any, connection: Any, page: Page) -> Any:
        rows = tuple(one for one in page.rows if one.values.get("deleted_at") is None)
        return original(self, connection, msgspec.structs.replace(page, rows=rows))

    original = Incoming.apply
    return patch.object(Incoming, "apply", apply)


def only_new_rows_are_taken() -> Planted:
    return patch.object(Incoming, "_take_known", lambda *_args: set())


def everything_counts_as_written_at_its_making() -> Planted:
    """The stamps of fields are lost on the way: an edit counts as old as its row."""

    def apply(self: Any, connection: Any, page: Page) -> Any:
        rows = tuple(msgspec.structs.replace(one, stamps={WHOLE_ROW: one.stamps[WHOLE_ROW]}) for one in page.rows)
        return original(self, connection, msgspec.structs.replace(page, rows=rows))

    original = Incoming.apply
    return patch.object(Incoming, "apply", apply)


def the_upload_goes_on_before_it_is_answered() -> Planted:
    async def next_state(self: Any) -> Any:
        state = await original(self)
        if state is not None:
            await self._bring_in_state(lambda connection: note(connection, self._behind))
        return state

    original = DeskReplica.next_state
    return patch.object(DeskReplica, "next_state", next_state)


def what_went_up_as_state_is_pushed_again() -> Planted:
    return patch.object(desk, "paired", lambda connection, _n, key: paired(connection, 0, key))


def the_cursors_of_another_server_stay() -> Planted:
    def pair(connection: Any, n: int, key: str) -> None:
        cursors = [dict(one) for one in connection.execute(select(tables.cursor)).mappings()]
        paired(connection, n, key)
        if cursors:
            connection.execute(insert(tables.cursor), cursors)

    return patch.object(desk, "paired", pair)


def a_snapshot_overwrites_what_was_pulled() -> Planted:
    return patch.object(anew, "later_rows", lambda _connection, _table, rows: dict(rows))


def a_snapshot_is_kept_in_halves() -> Planted:
    """Of a part of a snapshot only the first rows are written before the next one is begun."""

    async def bring(self: Any, chunk: Chunk, reached: Any) -> None:
        await original(self, msgspec.structs.replace(chunk, rows=tuple([_half(one) for one in chunk.rows])), reached)

    original = DeskReplica.bring
    return patch.object(DeskReplica, "bring", bring)


def _half(rows: Rows) -> Rows:
    most = (len(rows.ids) + 1) // 2
    return msgspec.structs.replace(rows, ids=rows.ids[:most], values=rows.values[:most], stamps=rows.stamps[:most])
