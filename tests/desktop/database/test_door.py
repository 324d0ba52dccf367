"""The door: one action is one operation, seen whatever way it is written, chained, undone whole, and never past it."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import DatabaseError, IntegrityError
from sqlalchemy.orm import Session

from desktop.access import Permission
from desktop.action import Action
from desktop.database.events import record_event
from desktop.database.feed import Event, Setting, ShopSetting, field_clock, operation, operation_row, operation_value
from desktop.database.history import audit_trail, last_undoable, record_history
from desktop.database.ledger import append
from desktop.database.triggers import PREFIX
from desktop.database.undo import undo_operation
from desktop.database.verify import verify_structure
from desktop.errors import InvalidInput, NotPermitted, Refused
from desktop.ids import natural_id, new_id
from desktop.schema import SCHEMA
from tests.desk import TestDesk


def set_value(session: Session, action: Action, key: str, value: Any) -> UUID:
    identity = natural_id(action.desk.tenant, key)
    found = session.get(Setting, identity)
    if found is None:
        session.add(Setting(id=identity, key=key, value=value))
    else:
        found.value = value
    return identity


def note(session: Session, action: Action, kind: str = "note") -> UUID:
    return record_event(session, action, kind)


def refuse(session: Session, action: Action, error: Exception) -> None:
    session.add(Setting(key="half", value="done"))
    session.flush()
    raise error


def count(session: Session, action: Action, table: Any) -> int:
    return session.execute(select(func.count()).select_from(table)).scalar_one()


def findings(desk: TestDesk) -> list[str]:
    def job(engine: Any) -> list[str]:
        with engine.connect() as connection:
            return [str(finding) for finding in verify_structure(connection, SCHEMA)]

    return desk.on_writer(job)


def undo_last(desk: TestDesk) -> None:
    desk.database.undo_now(desk.owner, desk.read(last_undoable)[0].id, {})


def test_an_action_is_one_operation_with_its_rows(desk: TestDesk) -> None:
    row = desk.write(set_value, "name", "Salon")
    [entry] = desk.read(record_history, "setting", row)
    assert (entry.name, entry.kind, entry.actor_name) == ("tests.set_value", "i", "Test owner")
    assert entry.new is not None
    assert entry.new["value"] == '"Salon"'
    [changes] = desk.changes
    assert changes.rows == {"setting": frozenset({row})}


def test_no_change_is_no_operation(desk: TestDesk) -> None:
    desk.write(set_value, "name", "Salon")
    desk.write(set_value, "name", "Salon")
    assert desk.read(count, operation) == 1


def test_every_way_of_writing_is_seen(desk: TestDesk) -> None:
    row = desk.write(set_value, "name", "a")

    def orm_expired(session: Session, action: Action) -> None:
        found = session.get_one(Setting, row)
        session.expire(found)
        found.value = "b"

    def core(session: Session, action: Action) -> None:
        session.execute(update(Setting).where(Setting.id == row).values(value="c"))

    def sql(session: Session, action: Action) -> None:
        session.execute(text("UPDATE setting SET value = '\"d\"'"))

    def upsert(session: Session, action: Action) -> None:
        session.execute(
            text(
                "INSERT INTO setting(id, key, value) VALUES (:id, 'name', '\"e\"')"
                " ON CONFLICT(id) DO UPDATE SET value = excluded.value"
            ),
            {"id": row.bytes},
        )

    for way in (orm_expired, core, sql, upsert):
        desk.write(way)
    entries = desk.read(record_history, "setting", row)
    seen = [(e.old and e.old["value"], e.new and e.new["value"]) for e in entries[:-1]]
    assert seen == [('"d"', '"e"'), ('"c"', '"d"'), ('"b"', '"c"'), ('"a"', '"b"')]
    assert findings(desk) == []


def test_a_savepoint_that_is_rolled_back_leaves_nothing(desk: TestDesk) -> None:
    def partly(session: Session, action: Action) -> None:
        set_value(session, action, "kept", 1)
        session.flush()
        savepoint = session.begin_nested()
        set_value(session, action, "lost", 2)
        session.flush()
        savepoint.rollback()

    desk.write(partly)
    assert desk.read(count, operation_row) == 1
    assert findings(desk) == []


@pytest.mark.parametrize(
    ("error", "recorded"),
    [
        (Refused("sales.nothing_to_pay"), {"code": "sales.nothing_to_pay", "operation": "tests.refuse"}),
        (InvalidInput("name", "too_long"), {"code": "too_long", "operation": "tests.refuse", "field": "name"}),
    ],
)
def test_a_refusal_stores_nothing_but_its_event(desk: TestDesk, error: Refused, recorded: dict[str, str]) -> None:
    with pytest.raises(Refused):
        desk.write(refuse, error)
    assert desk.read(count, Setting) == 0
    [entry] = [e for e in desk.read(audit_trail) if e.name == "refused"]
    assert entry.details == recorded
    assert findings(desk) == []


def test_a_bug_leaves_nothing_at_all(desk: TestDesk) -> None:
    with pytest.raises(ZeroDivisionError):
        desk.write(refuse, ZeroDivisionError())
    assert desk.read(count, Setting) == 0
    assert desk.read(count, operation) == 0
    desk.write(set_value, "after", 1)
    assert findings(desk) == []


def test_nobody_writes_past_the_door(desk: TestDesk) -> None:
    def past(engine: Any) -> None:
        with engine.begin() as connection:
            connection.execute(insert(Setting), {"id": new_id(), "key": "x", "value": 1})

    with pytest.raises(DatabaseError, match="user-defined function raised exception"):
        desk.on_writer(past)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE event SET kind = 'other'",
        "DELETE FROM event",
        "INSERT OR REPLACE INTO event SELECT * FROM event",
        "UPDATE operation SET name = 'other'",
        "DELETE FROM operation",
        "DELETE FROM operation_row",
        "DELETE FROM setting",
        "UPDATE setting SET id = randomblob(16)",
    ],
)
def test_what_is_written_cannot_be_rewritten(desk: TestDesk, statement: str) -> None:
    desk.write(note)
    desk.write(set_value, "name", 1)

    def tamper(session: Session, action: Action) -> None:
        session.execute(text(statement))

    with pytest.raises(IntegrityError):
        desk.write(tamper)
    assert findings(desk) == []


def test_operations_of_a_device_are_chained(desk: TestDesk) -> None:
    for value in range(3):
        desk.write(set_value, "name", value)
    desk.reopen()
    desk.write(set_value, "name", "after a restart")

    def chain(session: Session, action: Action) -> list[tuple[int, str, str]]:
        rows = session.execute(
            select(operation.c.n, operation.c.previous_hash, operation.c.hash).order_by(operation.c.n)
        )
        return [(row.n, row.previous_hash, row.hash) for row in rows]

    links = desk.read(chain)
    assert [n for n, _, _ in links] == [1, 2, 3, 4]
    assert [previous for _, previous, _ in links] == ["", *(own for _, _, own in links[:-1])]


def test_the_clock_of_operations_never_goes_back(desk: TestDesk) -> None:
    desk.write(set_value, "name", 1)
    desk.clock.move(days=-3)
    desk.write(set_value, "name", 2)

    def clocks(session: Session, action: Action) -> list[int]:
        return list(session.execute(select(operation.c.clock).order_by(operation.c.n)).scalars())

    first, second = desk.read(clocks)
    assert second > first


def _as_vandal(desk: TestDesk, *statements: str) -> None:
    """Changes rows as somebody with the key and a tool could: without the triggers."""

    def job(engine: Any) -> None:
        with engine.begin() as connection:
            texts = dict(connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all())
            for name in texts:
                connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
            for statement in statements:
                connection.exec_driver_sql(statement)
            for trigger in texts.values():
                connection.exec_driver_sql(trigger)

    desk.on_writer(job)


@pytest.mark.parametrize(
    ("statement", "code"),
    [
        ("UPDATE event SET kind = 'forged'", "database.ledger_changed event"),
        ("DELETE FROM event", "database.ledger_row_missing event"),
        ("UPDATE operation SET actor_name = 'somebody' WHERE n = 2", "database.operation_changed operation"),
        ("DELETE FROM operation WHERE n = 2", "database.operation_gap operation"),
        ("UPDATE operation SET previous_hash = 'x' WHERE n = 2", "database.chain_broken operation"),
        ("DELETE FROM operation_row WHERE n = 1", "database.operation_changed operation"),
        ("UPDATE operation_value SET new = '{}'", "database.value_changed operation_value"),
    ],
)
def test_verify_names_what_was_forged(desk: TestDesk, statement: str, code: str) -> None:
    for value in range(3):
        desk.write(set_value, "name", value)
    desk.write(note)
    assert findings(desk) == []
    _as_vandal(desk, statement)
    assert any(found.startswith(code) for found in findings(desk))


def test_verify_names_a_changed_trigger(desk: TestDesk) -> None:
    def job(engine: Any) -> None:
        with engine.begin() as connection:
            connection.exec_driver_sql(f"DROP TRIGGER {PREFIX}event_update")
            connection.exec_driver_sql(
                f"CREATE TRIGGER {PREFIX}event_update BEFORE UPDATE ON event BEGIN SELECT 1; END"
            )
            connection.exec_driver_sql(f"DROP TRIGGER {PREFIX}event_delete")

    desk.on_writer(job)
    assert findings(desk) == [
        f"database.trigger_missing {PREFIX}event_delete",
        f"database.trigger_changed {PREFIX}event_update",
    ]


def test_a_change_is_undone_and_the_undo_is_an_operation(desk: TestDesk) -> None:
    row = desk.write(set_value, "name", "a")
    desk.write(set_value, "name", "b")
    undo_last(desk)
    newest = desk.read(record_history, "setting", row)[0]
    assert newest.new is not None
    assert newest.new["value"] == '"a"'
    undo_last(desk)
    assert desk.read(lambda s, a: s.get_one(Setting, row).deleted_at) == desk.clock.now()


def test_undo_is_refused_where_somebody_wrote_since(desk: TestDesk) -> None:
    desk.write(set_value, "name", "a")
    desk.write(set_value, "name", "b")
    entry = desk.read(last_undoable)[0]
    desk.write(set_value, "name", "c", actor=desk.reception)
    with pytest.raises(Refused) as refusal:
        desk.write(undo_operation, entry.id, SCHEMA, {})
    assert refusal.value.code == "database.changed_since"
    assert refusal.value.values["by"] == "Test reception"


def test_undo_happens_once(desk: TestDesk) -> None:
    desk.write(set_value, "name", "a")
    desk.write(set_value, "name", "b")
    entry = desk.read(last_undoable)[0]
    desk.database.undo_now(desk.owner, entry.id, {})
    with pytest.raises(Refused, match=r"database\.undone_before"):
        desk.database.undo_now(desk.owner, entry.id, {})


def test_a_ledger_row_is_not_undone_but_asks_the_room(desk: TestDesk) -> None:
    desk.write(note)
    entry = desk.read(last_undoable)[0]
    with pytest.raises(Refused, match=r"database\.not_undoable"):
        desk.write(undo_operation, entry.id, SCHEMA, {})
    asked: list[str] = []
    desk.write(undo_operation, entry.id, SCHEMA, {"tests.note": lambda s, a, o: asked.append(o.name)})
    assert asked == ["tests.note"]


def test_the_audit_trail_needs_its_right(desk: TestDesk) -> None:
    with pytest.raises(NotPermitted) as refusal:
        desk.read(audit_trail, actor=desk.practitioner)
    assert refusal.value.values["permission"] == Permission.SEE_AUDIT


def test_a_ledger_holds_no_floats_and_no_unknown_columns(desk: TestDesk) -> None:
    def with_float(session: Session, action: Action) -> None:
        append(session, Event, [{"kind": 1.5}])

    def unknown(session: Session, action: Action) -> None:
        append(session, Event, [{"colour": "red"}])

    def no_ledger(session: Session, action: Action) -> None:
        append(session, Setting, [{"key": "x"}])

    for use_case, error in ((with_float, ValueError), (unknown, ValueError), (no_ledger, TypeError)):
        with pytest.raises(error):
            desk.write(use_case)


def test_field_clocks_name_the_field_or_the_whole_row(desk: TestDesk) -> None:
    row = desk.write(set_value, "name", "a")
    desk.write(set_value, "name", "b")

    def fields(session: Session, action: Action) -> set[str]:
        return set(session.execute(select(field_clock.c.field).where(field_clock.c["row"] == row)).scalars())

    assert desk.read(fields) == {"*", "value"}


def test_a_mode_that_replays_captures_nothing(desk: TestDesk) -> None:
    def replayed(session: Session, action: Action, state: Any) -> None:
        state.mode = "replay"
        set_value(session, action, "pulled", 1)

    state = desk.database.run_on_writer(lambda engine: desk.database.feed_state).result()
    desk.write(replayed, state)
    assert desk.read(count, Setting) == 1
    assert desk.read(count, operation_value) == 0


def test_a_large_action_has_parts_that_name_the_first(desk: TestDesk) -> None:
    def bulk(session: Session, action: Action) -> None:
        session.execute(insert(Setting), [{"id": new_id(), "key": f"k{n}", "value": n} for n in range(1200)])

    desk.write(bulk)

    def parts(session: Session, action: Action) -> list[tuple[int, bool]]:
        rows = session.execute(select(operation.c.n, operation.c.part_of).order_by(operation.c.n))
        return [(row.n, row.part_of is None) for row in rows]

    assert desk.read(parts) == [(1, True), (2, False), (3, False)]
    assert len(desk.changes[-1].rows["setting"]) == 1200
    assert findings(desk) == []
    undo_last(desk)
    assert desk.read(lambda s, a: s.scalar(select(func.count()).where(Setting.deleted_at.is_(None)))) == 0


def test_cancelling_the_wait_does_not_undo_the_write(desk: TestDesk) -> None:
    async def impatient() -> None:
        task = asyncio.ensure_future(desk.database.write(desk.owner, set_value, "name", "kept"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    asyncio.run(impatient())
    desk.on_writer(lambda engine: None)  # behind the write that nobody waits for any more
    assert desk.read(count, Setting) == 1


def test_a_library_writes_as_an_operation_of_its_name(desk: TestDesk) -> None:
    def body(connection: Connection) -> str:
        connection.execute(insert(ShopSetting), {"id": new_id(), "shop_id": desk.shop, "key": "k", "value": 1})
        return "done"

    async def run() -> Any:
        return await desk.database.transactor("fiscal.submitter")(body)

    assert asyncio.run(run()) == "done"
    assert desk.changes[-1].name == "fiscal.submitter"
