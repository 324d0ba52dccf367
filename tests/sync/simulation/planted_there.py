"""Bugs of the backend and of the merging that the simulation has to find: each breaks one behaviour while it is planted."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import msgspec
from sqlalchemy import select

from desktop.database import incoming
from sync.manifest import WHOLE_ROW, Collection
from sync.merge import Merged, RowState, Stamp, merge
from sync.server import ahead, claims, exchange, judge, state, tables
from sync.server.judge import Judge
from sync.server.standing import Standing
from sync.wire import Outcome, Page, Verdict
from tests.sync.simulation.backend import MemoryStore
from tests.sync.simulation.planted_here import Planted


@contextmanager
def merging(bad: Callable[..., Merged]) -> Iterator[None]:
    """Another way of merging, on the backend and on the desks."""
    with patch.object(judge, "merge", bad), patch.object(state, "merge", bad), patch.object(incoming, "merge", bad):
        yield


def the_later_row_wins_whole() -> Planted:
    def bad(collection: Collection, row: RowState | None, values: Any, stamp: Stamp) -> Merged:
        if row is not None and stamp > max(row.stamps.values()):
            return Merged(RowState(row.values | values, {WHOLE_ROW: stamp}), frozenset(values), {})
        if row is not None and stamp not in row.stamps.values():
            return Merged(row, frozenset(), {name: row.values.get(name) for name in values})
        return merge(collection, row, values, stamp)

    return merging(bad)


def who_comes_last_wins() -> Planted:
    def bad(collection: Collection, row: RowState | None, values: Any, stamp: Stamp) -> Merged:
        if row is None:
            return merge(collection, row, values, stamp)
        units = {collection.unit_of(name): stamp for name in values}
        return Merged(RowState(row.values | values, row.stamps | units), frozenset(values), {})

    return merging(bad)


def who_comes_first_wins_a_tie() -> Planted:
    """The device does not break ties: of two edits with one clock the one that arrives first stands."""

    def bad(collection: Collection, row: RowState | None, values: Any, stamp: Stamp) -> Merged:
        if row is not None:
            units = {collection.unit_of(name) for name in values}
            same = [row.stamp_of(collection, unit) for unit in units]
            if any(one.clock == stamp.clock and one.device not in (stamp.device, claims.SERVER) for one in same):
                return Merged(row, frozenset(), {})
        return merge(collection, row, values, stamp)

    return merging(bad)


def a_group_is_taken_apart() -> Planted:
    def bad(collection: Collection, row: RowState | None, values: Any, stamp: Stamp) -> Merged:
        changed = {name: value for name, value in values.items() if row is None or row.values.get(name) != value}
        return merge(msgspec.structs.replace(collection, groups={}), row, changed, stamp)

    return merging(bad)


def a_clock_far_ahead_counts() -> Planted:
    return patch.object(ahead, "AHEAD_MS", 100 * 86_400_000)


def clocks_far_ahead_are_all_one() -> Planted:
    """Of the edits of a device that is ahead the one with the greater id stands, not the later one."""

    def bounded(one: Any, now: int) -> int:
        return min(int(one.clock), now + ahead.AHEAD_MS << 16)

    return patch.object(ahead, "bounded", bounded)


def known_numbers_are_believed() -> Planted:
    """Another operation under a known number is taken for the known one, and no chain is checked."""

    def new(device: str, operations: Any, last: int, _chain: str, _ids: Any) -> Any:
        return [one for one in operations if one.n > last]

    stack = ExitStack()
    stack.enter_context(patch.object(judge, "_new", new))
    stack.enter_context(
        patch.multiple(
            "desktop.services.replica",
            require_own_operations=lambda *_args: None,
            require_not_behind=lambda *_args: None,
            require_same_past=lambda *_args: None,
        )
    )
    return stack


def the_word_is_forgotten() -> Planted:
    """What was judged gets another word when it is pushed again."""

    def words(self: Any, connection: Any, device: str, numbers: Any) -> Any:
        found = original(self, connection, device, numbers)
        return {n: _Word(one.id, msgspec.json.encode(Verdict(n, Outcome.TAKEN)).decode()) for n, one in found.items()}

    original = Judge._words
    return patch.object(Judge, "_words", words)


class _Word(msgspec.Struct):
    id: str
    verdict: str


def answered_before_it_is_committed() -> Planted:
    def tenant(self: Any, _tenant: str, work: Any) -> Any:
        connection = self._engine.connect()
        transaction = connection.begin()
        found = work(connection)
        if self._dies():
            transaction.rollback()
        else:
            transaction.commit()
        connection.close()
        return found

    return patch.object(MemoryStore, "tenant", tenant)


def a_changed_row_keeps_its_place() -> Planted:
    def touch(self: Any, key: Any, scope: str) -> None:
        if key not in self._known:
            original(self, key, scope)

    original = Standing.touch
    return patch.object(Standing, "touch", touch)


def a_page_ends_at_the_counter() -> Planted:
    """The cursor of a page that is too small is that of the scope."""

    def pull(connection: Any, tenant: str, scope: str, cursor: int, now: int, most: int = 2_000) -> Page:
        page = original(connection, tenant, scope, cursor, now, most)
        end = original(connection, tenant, scope, cursor, now, 100_000).cursor
        return msgspec.structs.replace(page, cursor=end, more=False)

    original = exchange.pull
    return patch.object(exchange, "pull", pull)


def the_cursor_is_a_time() -> Planted:
    """Rows are counted by when they were judged: two in one millisecond are one."""

    def counted(self: Any, scope: str, by: int) -> int:
        counter = original(self, scope, by)
        return counter - by + 1 if by > 1 else counter

    original = Standing._counted
    return patch.object(Standing, "_counted", counted)


def places_are_not_given_back() -> Planted:
    def hold(self: Any, row: str, places: Any) -> bool:
        return original(self, row, places) if places else True

    original = Standing.hold_places
    return patch.object(Standing, "hold_places", hold)


def places_are_held_by_two() -> Planted:
    def hold(self: Any, row: str, places: Any) -> bool:
        original(self, row, places)
        return True

    original = Standing.hold_places
    return patch.object(Standing, "hold_places", hold)


def places_of_whoever_wrote_last() -> Planted:
    """The places that come with a change count although somebody else has moved the row."""

    def hold(one: Any, _collection: Any, key: Any, _row: Any, _written: Any, places: Any) -> bool:
        return bool(one.hold_places(key[1], places or ()))

    return patch.object(judge, "hold", hold)


def a_conflict_is_not_written_into_the_row() -> Planted:
    def claim(self: Any, one: Any, work: Any, collection: Any, change: Any, row: RowState, taken: Any) -> RowState:
        original(self, one, work, collection, change, row, taken)
        return row

    original = Judge._claim
    return patch.object(Judge, "_claim", claim)


def a_refused_operation_leaves_its_first_rows() -> Planted:
    return patch.object(Standing, "take_back", lambda self: self._undo.clear())


def ledger_rows_of_a_refused_operation_are_dropped() -> Planted:
    def nothing(_self: Any, _standing: Any, one: Any, stamp: Stamp, _shop: str) -> Any:
        return judge._Work(one, stamp)

    return patch.object(Judge, "_only_ledger", nothing)


def a_refused_operation_takes_the_one_before_back() -> Planted:
    """Only the end of a push accepts: what a refused operation takes back is all of the push."""
    return patch.object(Standing, "accept", lambda _self: None)


def what_was_refused_is_not_shown_again() -> Planted:
    return patch.object(Judge, "_show_again", lambda *_args: None)


def the_rows_of_the_tenant_alone_are_counted() -> Planted:
    def rows(self: Any) -> None:
        self._order = type(self._order)(dict, {scope: keys for scope, keys in self._order.items() if not scope})
        original(self)

    original = Standing._write_rows
    return patch.object(Standing, "_write_rows", rows)


def names_are_borne_by_two() -> Planted:
    def bear(self: Any, key: Any, name: Any) -> bool:
        original(self, key, name)
        return True

    original = Standing.bear_name
    return patch.object(Standing, "bear_name", bear)


def uploaded_claims_are_all_confirmed() -> Planted:
    return patch.object(state, "hold", lambda *_args: True)


def uploaded_rows_win_whole() -> Planted:
    return patch.object(state, "_merged", lambda _collection, _before, came: (came, {}))


def a_second_receipt_of_a_bill_is_dropped() -> Planted:
    """As a server would that thinks it knows better than the paper."""

    def take(self: Any, standing: Any, work: Any, collection: Collection, change: Any, shop: str) -> None:
        bills: list[object] = []
        if collection.name == "invoice":
            query = select(tables.row.c["values"]).where(tables.row.c.collection == "invoice")
            bills = [json.loads(one)["bill_id"] for one in standing._connection.execute(query).scalars()]
        if not bills or change.values["bill_id"] not in bills:
            original(self, standing, work, collection, change, shop)

    original = Judge._take
    return patch.object(Judge, "_take", take)
