"""What the server makes of a state: rows merged field by field, clocks bounded, claims in their order, rules kept."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import msgspec
import pytest
from sqlalchemy import select

from desktop.ids import new_id
from sync.errors import Unlawful
from sync.manifest import Value
from sync.merge import Stamp
from sync.operations import Place
from sync.server import tables
from sync.server.ahead import AHEAD_MS
from sync.server.judge import TENANT_SCOPE
from sync.wire import Envelope, State, StateRow
from tests.sync.backend import NOW, Backend
from tests.sync.server.writer import CLOCK_BITS, Writer, Written, customer

HERE, THERE = new_id(), new_id()
SHOP, OTHER_SHOP = new_id(), new_id()
PLACE = Place("e" * 32, 1_800_000_300_000, 0)


@pytest.fixture
def backend() -> Iterator[Backend]:
    made = Backend()
    made.admit(HERE, SHOP)
    made.admit(THERE, OTHER_SHOP)
    yield made
    made.close()


def envelope(before: int, device: str = HERE.hex) -> Envelope:
    """An operation of some milliseconds ago."""
    header: dict[str, Any] = {"actor": "a" * 32, "actor_name": "Ana Čeh", "name": "customers.add_customer"}
    at = NOW - before
    return Envelope(
        id=uuid4().hex, shop_id=SHOP.hex, device=device, n=1, clock=at << CLOCK_BITS, at=at, part_of=None, undoes=None,
        previous_hash="", hash="0" * 64, **header,
    )  # fmt: skip


def stamp(one: Envelope) -> Stamp:
    return Stamp(one.clock, one.device, one.id)


def state(row: StateRow, *envelopes: Envelope) -> State:
    return State(1, (row,), envelopes)


def visit(one: Envelope, identity: str, word: str = "confirmed", shop: str = SHOP.hex) -> StateRow:
    values: dict[str, Value] = {
        "shop_id": shop, "customer_id": None, "customer_name": "Ana", "starts_at": PLACE.start, "ends_at": PLACE.start + 1,
        "items": "[]", "status": "booked", "cancel_reason": "", "note": "", "origin": "counter", "claim_state": word,
        "created_at": one.at, "created_by": "a" * 32, "extra": None, "deleted_at": None,
    }  # fmt: skip
    return StateRow("visit", identity, values, {"*": stamp(one)}, (PLACE,))


def test_each_field_keeps_its_own_stamp_when_two_devices_bring_one_row(backend: Backend) -> None:
    first, second, third = envelope(3_000), envelope(2_000), envelope(1_000, THERE.hex)
    row = StateRow("customer", "c" * 32, customer(1) | {"notes": "kava"}, {"*": stamp(first), "notes": stamp(second)})
    other = StateRow("customer", "c" * 32, customer(1) | {"notes": "čaj", "alert": "!"}, {"*": stamp(first)})
    other = msgspec.structs.replace(other, stamps=other.stamps | {"alert": stamp(third)})
    backend.take_state(state(row, first, second))
    said = backend.take_state(state(other, first, third), THERE.hex)
    stands = backend.state("customer", "c" * 32)
    assert (stands["notes"], stands["alert"]) == ("kava", "!")
    assert [(one.field, one.stands) for one in said.lost] == [("notes", "kava")]
    [pulled] = backend.give(TENANT_SCOPE, 0).rows
    assert pulled.stamps == {"*": stamp(first), "notes": stamp(second), "alert": stamp(third)}
    assert {one.id for one in backend.give(TENANT_SCOPE, 0).envelopes} == {first.id, second.id, third.id}


def test_a_clock_of_next_year_counts_as_a_minute_ahead_and_stays_in_the_envelope(backend: Backend) -> None:
    ahead = envelope(-365 * 24 * 3_600_000)
    backend.take_state(state(StateRow("customer", "c" * 32, customer(1), {"*": stamp(ahead)}), ahead))
    page = backend.give(TENANT_SCOPE, 0)
    assert page.rows[0].stamps["*"].clock == NOW + AHEAD_MS << CLOCK_BITS | ahead.n
    assert page.envelopes[0].clock == ahead.clock


def test_of_two_visits_in_one_place_the_one_that_the_desk_confirmed_stands(backend: Backend) -> None:
    early, late = envelope(2_000), envelope(1_000)
    lost, stands = visit(early, "1" * 32, "conflict"), visit(late, "2" * 32)
    said = backend.take_state(State(1, (lost, stands), (early, late)))
    assert [(one.row, one.code) for one in said.notes] == [("1" * 32, "conflict")]
    assert backend.state("visit", "2" * 32)["claim_state"] == "confirmed"


def test_of_two_confirmed_visits_the_earlier_stands_and_who_came_before_stays(backend: Backend) -> None:
    first, early, late = envelope(500), envelope(2_000), envelope(1_000)
    backend.take_state(state(visit(first, "0" * 32), first))
    rows = [visit(late, "2" * 32), visit(early, "1" * 32)]
    elsewhere = PLACE.__class__("d" * 32, PLACE.start, 0)
    rows = [msgspec.structs.replace(one, places=(elsewhere,)) for one in rows]
    said = backend.take_state(State(1, (*rows, visit(early, "3" * 32)), (early, late)))
    assert {(one.row, one.code) for one in said.notes} == {("2" * 32, "conflict"), ("3" * 32, "conflict")}
    again = backend.take_state(State(1, (*rows, visit(early, "3" * 32)), (early, late)))
    assert again.notes == said.notes
    assert {row: values["claim_state"] for row, values in backend.states("visit").items()} == {
        "0" * 32: "confirmed", "1" * 32: "confirmed", "2" * 32: "conflict", "3" * 32: "conflict",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"collection": "nothing"}, "unknown_collection"),
        ({"values": customer(1) | {"first_name": 7}}, "value_type"),
        ({"values": {n: v for n, v in customer(1).items() if n != "language"}}, "value_missing"),
        ({"stamps": {}}, "value_missing"),
    ],
)
def test_a_row_that_breaks_a_rule_is_left_out_and_the_others_are_taken(
    backend: Backend, changed: dict[str, Any], code: str
) -> None:
    one = envelope(1_000)
    good = StateRow("customer", "c" * 32, customer(1), {"*": stamp(one)})
    bad = msgspec.structs.replace(good, row="d" * 32, **changed)
    said = backend.take_state(State(1, (bad, good), (one,)))
    assert [(note.row, note.code) for note in said.notes] == [("d" * 32, code)]
    assert set(backend.states("customer")) == {"c" * 32}


def test_a_device_brings_rows_of_its_own_shop_only(backend: Backend) -> None:
    one = envelope(1_000)
    said = backend.take_state(state(visit(one, "1" * 32, shop=OTHER_SHOP.hex), one))
    assert [note.code for note in said.notes] == ["foreign_shop"]
    backend.take_state(state(visit(one, "1" * 32), one))
    theirs = visit(one, "1" * 32, shop=OTHER_SHOP.hex)
    assert [note.code for note in backend.take_state(state(theirs, one), THERE.hex).notes] == ["foreign_shop"]


def test_a_stamp_needs_its_operation(backend: Backend) -> None:
    one = envelope(1_000)
    row = StateRow("customer", "c" * 32, customer(1), {"*": stamp(one)})
    for wrong in (replace_clock(one), envelope(1_000)):
        with pytest.raises(Unlawful, match="stamp_unknown"):
            backend.take_state(state(row, wrong))
    with pytest.raises(Unlawful, match="unknown_device"):
        backend.take_state(state(row, one), "9" * 32)


def replace_clock(one: Envelope) -> Envelope:
    return msgspec.structs.replace(one, clock=one.clock + 1)


def test_what_is_known_of_an_operation_is_never_replaced(backend: Backend) -> None:
    one = envelope(1_000)
    row = StateRow("customer", "c" * 32, customer(1), {"*": stamp(one)})
    backend.take_state(state(row, one))
    backend.take_state(state(row, msgspec.structs.replace(one, actor_name="Kdo Drug")))
    with backend.engine.begin() as connection:
        kept = connection.execute(select(tables.envelope.c.envelope)).scalars().all()
    assert len(kept) == 1
    assert "Ana Čeh" in kept[0]


def test_a_clock_that_was_ahead_counts_as_when_it_first_came_whoever_brings_it_again(backend: Backend) -> None:
    """Somebody saw what it wrote and wrote over it; a third desk that still holds it does not take that back."""
    ahead = envelope(-10 * 24 * 3_600_000)
    row = StateRow("customer", "c" * 32, customer(1) | {"notes": "kava"}, {"*": stamp(ahead)})
    backend.take_state(state(row, ahead))
    backend.now += 2 * AHEAD_MS
    over = msgspec.structs.replace(envelope(-2 * AHEAD_MS, THERE.hex), clock=backend.now << CLOCK_BITS)
    edited = StateRow("customer", "c" * 32, row.values | {"notes": "čaj"}, {"*": stamp(ahead), "notes": stamp(over)})
    backend.take_state(state(edited, ahead, over), THERE.hex)
    backend.now += 2 * AHEAD_MS
    said = backend.take_state(state(row, ahead))
    assert backend.state("customer", "c" * 32)["notes"] == "čaj"
    assert [(one.field, one.stands) for one in said.lost] == [("notes", "čaj")]


def test_an_operation_that_was_ahead_counts_as_when_its_row_came_in_a_state(backend: Backend) -> None:
    """What is edited while the state goes up comes twice, and between the two somebody may write over it."""
    writer = Writer(SHOP.hex, NOW + 10 * 24 * 3_600_000)
    backend.admit(UUID(hex=writer.device), SHOP)
    made = writer.operation([Written("customer", "c" * 32, customer(1) | {"notes": "kava"})])
    header = {name: getattr(made, name) for name in Envelope.__struct_fields__}
    first = Stamp(made.clock, made.device, made.id)
    row = StateRow("customer", "c" * 32, customer(1) | {"notes": "kava"}, {"*": first})
    backend.take_state(state(row, Envelope(**header)), writer.device)
    backend.now += 2 * AHEAD_MS
    over = msgspec.structs.replace(envelope(0, THERE.hex), clock=backend.now << CLOCK_BITS)
    edited = StateRow("customer", "c" * 32, row.values | {"notes": "čaj"}, {"*": first, "notes": stamp(over)})
    backend.take_state(state(edited, Envelope(**header), over), THERE.hex)
    backend.now += 2 * AHEAD_MS
    backend.push([made])
    assert backend.state("customer", "c" * 32)["notes"] == "čaj"
    backend.now += 2 * AHEAD_MS
    backend.take_state(state(row, Envelope(**header)), writer.device)  # and the other way round
    assert backend.state("customer", "c" * 32)["notes"] == "čaj"
