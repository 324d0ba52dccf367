"""Settings of tenant, shop and device; values that have had their time are pruned and the chain still holds."""

from __future__ import annotations

from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.feed import operation, operation_row, operation_value
from desktop.database.incoming import acknowledge
from desktop.database.retention import prune_values
from desktop.database.settings import (
    local_setting,
    set_local_setting,
    set_shop_setting,
    shop_setting,
)
from desktop.database.state import paired
from desktop.database.verify import verify_structure
from desktop.schema import SCHEMA
from sync.wire import Pushed
from tests.desk import TestDesk


def test_settings_are_kept_by_scope(desk: TestDesk) -> None:
    def store(session: Session, action: Action, value: Any) -> None:
        set_shop_setting(session, action, "look", [value])
        set_local_setting(session, "look", {"own": value})

    desk.write(store, 1)
    desk.write(store, 2)

    def load(session: Session, action: Action) -> tuple[Any, Any, Any]:
        own = local_setting(session, "look")
        return shop_setting(session, action, "look"), own, local_setting(session, "no", 7)

    assert desk.read(load) == ([2], {"own": 2}, 7)
    assert {table for changes in desk.changes for table in changes.rows} == {"shop_setting"}


def test_values_go_after_their_time_and_the_chain_stays_sound(desk: TestDesk) -> None:
    desk.write(lambda s, a: set_shop_setting(s, a, "old", 1))
    desk.clock.move(days=91)
    desk.write(lambda s, a: set_shop_setting(s, a, "new", 1))
    assert desk.write(prune_values) == 1
    assert desk.write(prune_values) == 0

    def counts(session: Session, action: Action) -> list[int]:
        tables = (operation, operation_row, operation_value)
        return [session.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]

    assert desk.read(counts) == [2, 2, 1]

    def verify(engine: Any) -> list[Any]:
        with engine.connect() as connection:
            return verify_structure(connection, SCHEMA)

    assert desk.on_writer(verify) == []


def test_on_a_paired_desk_the_values_that_the_backend_has_not_judged_stay(desk: TestDesk) -> None:
    for n in range(3):
        desk.write(lambda s, a, n=n: set_shop_setting(s, a, "old", n))
    desk.on_writer(lambda engine: _noting(engine, lambda connection: paired(connection, 1)))
    desk.clock.move(days=200)
    assert desk.write(prune_values) == 1
    assert desk.write(prune_values) == 0
    judged = Pushed((), 3, 0)
    desk.on_writer(lambda engine: _noting(engine, lambda connection: acknowledge(connection, judged)))
    assert desk.write(prune_values) == 2


def _noting(engine: Any, body: Any) -> None:
    with engine.begin() as connection:
        body(connection)
