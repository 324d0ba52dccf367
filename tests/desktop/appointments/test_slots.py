"""The slots that items hold, and the table that refuses the second holder whatever wrote it."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import Engine, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.appointments.model import BlockedTime, Slot, Visit
from desktop.appointments.slots import MINUTE, SLOT, blocked_slots, held_slots, rounded_out, visit_slots
from desktop.clock import milliseconds
from desktop.ids import new_id
from desktop.schema import SCHEMA
from tests.desk import TestDesk

NINE = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
ANA, CHAIR = new_id(), new_id()


def item(start: datetime = NINE, **values: Any) -> dict[str, Any]:
    return {
        "id": new_id().hex,
        "service": None,
        "name": "Striženje",
        "member": ANA.hex,
        "resources": [],
        "start": milliseconds(start),
        "duration": 30,
        "buffer_before": 0,
        "buffer_after": 0,
        "processing_start": 0,
        "processing": 0,
        "price_cents": 2500,
    } | values


def minutes(held: list[tuple[str, int, int]]) -> list[int]:
    return [(start - milliseconds(NINE)) // MINUTE for _, start, _ in held]


def put(session: Session, action: Action, *items: dict[str, Any], **values: Any) -> UUID:
    """A visit written past the use cases, as a pull or an import writes it."""
    end = max(one["start"] + one["duration"] * MINUTE for one in items)
    visit = Visit(
        id=new_id(),
        shop_id=action.desk.shop,
        customer_id=None,
        customer_name="Žana",
        starts_at=NINE,
        ends_at=datetime.fromtimestamp(end / 1000, UTC),
        items=list(items),
        status="confirmed",
        cancel_reason="",
        note="",
        origin="counter",
        claim_state="confirmed",
        created_at=action.now,
        created_by=action.actor.id,
    )
    for name, value in values.items():
        setattr(visit, name, value)
    session.add(visit)
    return visit.id


def put_block(session: Session, action: Action, starts_at: datetime, ends_at: datetime) -> None:
    session.add(
        BlockedTime(
            id=new_id(),
            shop_id=action.desk.shop,
            member_id=ANA,
            starts_at=starts_at,
            ends_at=ends_at,
            reason="",
            created_by=action.actor.id,
        )
    )


def set_fields(session: Session, action: Action, visit_id: UUID, **values: Any) -> None:
    session.execute(update(Visit).where(Visit.id == visit_id).values(**values))


def stored(session: Session, action: Action) -> list[tuple[UUID, datetime, int, UUID]]:
    rows = session.execute(
        select(Slot.resource, Slot.start, Slot.lane, Slot.holder).order_by(Slot.resource, Slot.start)
    )
    return [(row.resource, row.start, row.lane, row.holder) for row in rows]


def rebuild(engine: Engine) -> None:
    with engine.begin() as connection:
        for derived in SCHEMA.derived:
            if derived.name == "slot":
                SCHEMA.rebuild(connection, derived)


def test_rounding_goes_outward() -> None:
    assert list(rounded_out(SLOT + 1, 2 * SLOT)) == [SLOT]
    assert list(rounded_out(SLOT - 1, SLOT + 1)) == [0, SLOT]
    assert list(rounded_out(-1, 1)) == [-SLOT, 0]


def test_an_item_holds_its_buffers() -> None:
    held = held_slots([item(duration=10, buffer_before=5, buffer_after=7)])
    assert minutes(held) == [-5, 0, 5, 10, 15]


def test_processing_frees_the_person_and_not_the_chair() -> None:
    colour = item(
        duration=60, processing_start=20, processing=25, resources=[{"id": CHAIR.hex, "kind": "", "lanes": [1] * 12}]
    )
    held = held_slots([colour])
    assert minutes([one for one in held if one[0] == ANA.hex]) == [0, 5, 10, 15, 45, 50, 55]
    assert [one[2] for one in held if one[0] == CHAIR.hex] == [1] * 12


def test_items_of_one_visit_hold_a_slot_once() -> None:
    held = held_slots([item(duration=10, buffer_after=10), item(NINE + timedelta(minutes=10), duration=10)])
    assert minutes(held) == [0, 5, 10, 15]


@pytest.mark.parametrize(
    ("status", "claim", "deleted", "holds"),
    [
        ("confirmed", "confirmed", None, True),
        ("pending", "pending", None, True),
        ("done", "confirmed", None, True),
        ("cancelled", "confirmed", None, False),
        ("no_show", "confirmed", None, False),
        ("confirmed", "conflict", None, False),
        ("confirmed", "confirmed", 1, False),
    ],
)
def test_who_holds(status: str, claim: str, deleted: int | None, holds: bool) -> None:
    end = milliseconds(NINE)
    slots = json.loads(visit_slots(json.dumps([item()]), status, claim, end, end, deleted))
    assert bool(slots) is holds


def test_an_imported_past_holds_nothing() -> None:
    end = milliseconds(NINE)
    day = 24 * 60 * MINUTE
    assert visit_slots(json.dumps([item()]), "done", "confirmed", end, end + day + 1, None) == "[]"
    assert visit_slots(json.dumps([item()]), "done", "confirmed", end, end + day, None) != "[]"


def test_blocked_time_holds() -> None:
    assert json.loads(blocked_slots(ANA.bytes, 1, SLOT + 1, None)) == [[ANA.hex, 0, 0], [ANA.hex, SLOT, 0]]
    assert blocked_slots(ANA.bytes, 1, SLOT + 1, 5) == "[]"


def test_the_table_refuses_the_second_holder(desk: TestDesk) -> None:
    desk.write(put, item())
    with pytest.raises(IntegrityError):
        desk.write(put, item(NINE + timedelta(minutes=29)))
    with pytest.raises(IntegrityError):
        desk.write(put_block, NINE, NINE + timedelta(minutes=5))
    desk.write(put, item(NINE + timedelta(minutes=30)))
    assert len(desk.read(stored)) == 12


def test_lanes_are_apart(desk: TestDesk) -> None:
    desk.write(put, item(resources=[{"id": CHAIR.hex, "kind": "", "lanes": [0] * 6}]))
    second = item(member=new_id().hex, resources=[{"id": CHAIR.hex, "kind": "", "lanes": [0] * 6}])
    with pytest.raises(IntegrityError):
        desk.write(put, second)
    desk.write(put, second | {"resources": [{"id": CHAIR.hex, "kind": "", "lanes": [1] * 6}]})


def test_the_table_follows_its_sources(desk: TestDesk) -> None:
    visit = desk.write(put, item())
    before = desk.read(stored)
    assert {row[3] for row in before} == {visit}
    later = [item(NINE + timedelta(minutes=15))]  # overlaps its own old place
    desk.write(set_fields, visit, items=later)
    assert desk.read(stored)[0][1] == NINE + timedelta(minutes=15)
    desk.write(set_fields, visit, status="cancelled")
    assert desk.read(stored) == []
    other = desk.write(put, item())
    with pytest.raises(IntegrityError):  # the old place is taken
        desk.write(set_fields, visit, status="confirmed")
    assert {row[3] for row in desk.read(stored)} == {other}
    desk.write(put_block, NINE + timedelta(hours=2), NINE + timedelta(hours=3))
    kept = desk.read(stored)
    desk.on_writer(rebuild)
    assert desk.read(stored) == kept
