"""The judge on what real desks write: everything taken once, every row as the desk has it, claims decided, rules kept."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date, time
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlalchemy import Engine, create_engine, select, text

from desktop.access import Role
from desktop.appointments.booking import book_visit
from desktop.appointments.entries import ItemEntry, VisitEntry
from desktop.appointments.moving import move_visit
from desktop.customers.customers import CustomerEntry, add_customer, change_customer
from desktop.staff.members import MemberEntry, add_member
from sync.errors import Unlawful
from sync.operations import Change, Operation, operation_hash
from sync.server import tables
from sync.server.claims import SERVER
from sync.server.judge import TENANT_SCOPE
from sync.server.pulling import pull
from sync.wire import Outcome
from tests.desk import TestDesk
from tests.desktop.salon import Salon, service
from tests.desktop.staff.people import every_day, open_shop
from tests.sync.backend import MANIFEST, NOW, TENANT, Backend, outgoing

DAY = date(2026, 11, 25)


@pytest.fixture(params=["sqlite", "postgres"])
def backend(desk: TestDesk, request: pytest.FixtureRequest) -> Iterator[Backend]:
    postgres = request.param == "postgres"
    made = Backend(serializable(request.getfixturevalue("new_postgres")()) if postgres else None)
    made.admit(desk.database.desk.device, desk.shop)
    yield made
    made.close()


def serializable(url: str) -> Engine:
    return create_engine(url, isolation_level="SERIALIZABLE")


def forged(one: Operation, **changed: Any) -> Operation:
    """The operation with something changed and its hash made right again: what a broken program would send."""
    new = msgspec.structs.replace(one, **changed)
    rows = [(c.n, c.collection, c.row, c.kind.value, c.fields, c.hash) for c in new.changes]
    return msgspec.structs.replace(new, hash=operation_hash(msgspec.structs.asdict(new), rows))


def change_of(one: Operation, **changed: Any) -> tuple[Change, ...]:
    first, *rest = one.changes
    return (msgspec.structs.replace(first, **changed), *rest)


def stored_rows(desk: TestDesk, table: str) -> dict[str, dict[str, Any]]:
    """Rows of a table as the desk holds them, bytes as hex."""

    def read(engine: Engine) -> dict[str, dict[str, Any]]:
        with engine.connect() as connection:
            found = connection.execute(text(f'SELECT * FROM "{table}"')).mappings().all()
        plain = [{k: v.hex() if isinstance(v, bytes) else v for k, v in row.items()} for row in found]
        return {row.pop("id"): row for row in plain}

    return desk.on_writer(read)


def test_a_day_of_a_real_desk_is_taken_whole_and_stands_as_the_desk_has_it(salon: Salon, backend: Backend) -> None:
    desk = salon.desk
    salon.sell(service())
    entry = CustomerEntry("Ana", "Čeh", ("041 555 283",), street="Nova 1", town="Celje")
    made = desk.write(add_customer, entry).customer
    desk.write(change_customer, made.id, made.entry, replace(made.entry, street="Druga 2", notes="đ ß"))
    sent = outgoing(desk)
    assert [one.n for one in sent] == list(range(1, len(sent) + 1))
    verdicts = backend.push(sent)
    assert {one.outcome for one in verdicts} == {Outcome.TAKEN}, [v for v in verdicts if v.outcome != Outcome.TAKEN]
    for collection in MANIFEST.collections:
        for row, values in stored_rows(desk, collection.name).items():
            assert backend.state(collection.name, row) == values, collection.name
    assert backend.count(tables.row) == sum(len(stored_rows(desk, one.name)) for one in MANIFEST.collections)


def test_a_push_that_comes_again_gets_the_same_word_and_does_nothing(salon: Salon, backend: Backend) -> None:
    salon.sell(service())
    sent = outgoing(salon.desk)
    first = backend.push(sent[:3])
    again = backend.push(sent)
    assert again[:3] == first
    with backend.engine.begin() as connection:
        before = connection.execute(select(tables.scope)).all()
    assert backend.push(sent) == again
    with backend.engine.begin() as connection:
        assert connection.execute(select(tables.scope)).all() == before


def test_a_gap_a_fork_and_a_changed_operation_are_refused(desk: TestDesk, backend: Backend) -> None:
    for n in range(3):
        desk.write(add_customer, CustomerEntry(f"Ana {n}", "Čeh"))
    one, two, three = outgoing(desk)
    backend.push([one])
    for wrong, code in (
        ([three], "gap"),
        ([forged(one, id="0" * 32)], "forked"),
        ([forged(two, previous_hash="0" * 64)], "forked"),
        ([msgspec.structs.replace(two, name="customers.remove_customer")], "operation_changed"),
        ([msgspec.structs.replace(two, changes=change_of(two, row="1" * 32))], "operation_changed"),
    ):
        with pytest.raises(Unlawful) as refused:
            backend.push(wrong)
        assert refused.value.code == code
    with pytest.raises(Unlawful, match="unknown_device"):
        backend.push([two], device="0" * 32)
    with pytest.raises(Unlawful, match="wrong_device"):
        backend.push([msgspec.structs.replace(two, device="0" * 32)], device=two.device)
    assert [v.outcome for v in backend.push([two, three])] == [Outcome.TAKEN, Outcome.TAKEN]


def test_a_poisonous_operation_is_set_aside_and_the_queue_goes_on(desk: TestDesk, backend: Backend) -> None:
    for n in range(2):
        desk.write(add_customer, CustomerEntry(f"Ana {n}", "Čeh"))
    one, two = outgoing(desk)
    assert one.changes[0].values is not None
    values = one.changes[0].values | {"first_name": 5}
    bad = forged(one, changes=change_of(one, values=values))
    good = forged(two, previous_hash=bad.hash)
    refused, taken = backend.push([bad, good])
    assert (refused.outcome, refused.code) == (Outcome.REFUSED, "value_type")
    assert taken.outcome is Outcome.TAKEN
    with backend.engine.begin() as connection:
        assert [row.row for row in pull(connection, TENANT, TENANT_SCOPE, 0, NOW).rows] == [two.changes[0].row]


def test_what_happened_on_paper_is_kept_even_of_a_refused_operation(salon: Salon, backend: Backend) -> None:
    salon.sell(service())
    sent = outgoing(salon.desk)
    sale = next(one for one in sent if one.name == "sales.check_out")
    backend.push(sent[: sale.n - 1])
    stray = msgspec.structs.replace(sale.changes[0], n=99, collection="nowhere")
    [verdict] = backend.push([forged(sale, changes=(*sale.changes, stray))])
    assert (verdict.outcome, verdict.code) == (Outcome.REFUSED, "unknown_collection")
    invoice = next(one for one in sale.changes if one.collection == "invoice")
    assert backend.state("invoice", invoice.row)["total_cents"] == 34_00


def test_a_ledger_row_with_other_bytes_is_kept_aside_with_an_alarm(salon: Salon, backend: Backend) -> None:
    salon.sell(service())
    sent = outgoing(salon.desk)
    sale = next(one for one in sent if one.name == "sales.check_out")
    backend.push(sent[: sale.n - 1])
    wrong = [
        msgspec.structs.replace(one, values=one.values | {"total_cents": 1})
        if one.collection == "invoice" and one.values is not None
        else one
        for one in sale.changes
    ]
    [verdict] = backend.push([forged(sale, changes=tuple(wrong))])
    assert (verdict.outcome, verdict.code) == (Outcome.REFUSED, "row_changed")


def booked(desk: TestDesk, member: UUID, at: time, name: str) -> UUID:
    entry = VisitEntry((ItemEntry("Striženje", member, 30, 3400),), DAY, at, customer_name=name)
    return desk.write(book_visit, entry).visit.id


def practitioner(desk: TestDesk) -> UUID:
    open_shop(desk, every_day("7:00-20:00"))
    return desk.write(add_member, MemberEntry("Nuša Čeh", "NČ", Role.PRACTITIONER)).id


def test_the_first_who_asks_for_a_place_has_it_and_the_second_stays_in_conflict(
    desk: TestDesk, backend: Backend
) -> None:
    member = practitioner(desk)
    visit = booked(desk, member, time(9), "Ana")
    sent = outgoing(desk)
    booking = sent[-1]
    other = "9" * 32
    backend.admit(UUID(hex=other), desk.shop)
    rival = forged(booking, device=other, n=1, id="8" * 32, previous_hash="", changes=change_of(booking, row="7" * 32))
    assert [one.outcome for one in backend.push([rival])] == [Outcome.TAKEN]
    verdict = backend.push(sent)[-1]
    assert (verdict.outcome, verdict.conflicts) == (Outcome.CONFLICT, (visit.hex,))
    assert backend.state("visit", "7" * 32)["claim_state"] == "confirmed"
    assert backend.state("visit", visit.hex)["claim_state"] == "conflict"
    with backend.engine.begin() as connection:
        mine = next(row for row in pull(connection, TENANT, desk.shop.hex, 0, NOW).rows if row.row == visit.hex)
        assert mine.stamps["claim_state"].device == SERVER


def test_a_visit_that_moves_frees_its_old_place(desk: TestDesk, backend: Backend) -> None:
    member = practitioner(desk)
    visit = booked(desk, member, time(9), "Ana")
    backend.push(outgoing(desk))
    done = len(outgoing(desk))
    held = backend.count(tables.place)
    desk.write(move_visit, visit, DAY, time(11))
    [verdict] = backend.push(outgoing(desk, done))
    assert verdict.outcome is Outcome.TAKEN
    assert backend.count(tables.place) == held
    booked(desk, member, time(9), "Maja")
    [verdict] = backend.push(outgoing(desk, done + 1))
    assert verdict.outcome is Outcome.TAKEN


def test_a_pull_goes_on_where_it_stopped_and_brings_each_row_once_in_its_latest_state(
    desk: TestDesk, backend: Backend
) -> None:
    made = [desk.write(add_customer, CustomerEntry(f"Ana {n}", "Čeh")).customer for n in range(5)]
    backend.push(outgoing(desk))
    with backend.engine.begin() as connection:
        first = pull(connection, TENANT, TENANT_SCOPE, 0, NOW, most=2)
    assert first.more
    done = len(outgoing(desk))
    desk.write(change_customer, made[4].id, made[4].entry, replace(made[4].entry, notes="nova"))
    desk.write(change_customer, made[4].id, replace(made[4].entry, notes="nova"), replace(made[4].entry, notes="še"))
    backend.push(outgoing(desk, done))
    seen = list(first.rows)
    page = first
    while page.more:
        with backend.engine.begin() as connection:
            page = pull(connection, TENANT, TENANT_SCOPE, page.cursor, NOW, most=2)
        seen += page.rows
    rows = [row for row in seen if row.collection == "customer"]
    assert [row.row for row in rows] == [one.id.hex for one in made]
    assert rows[4].values["notes"] == "še"
    assert [row.seq for row in seen] == sorted({row.seq for row in seen})


def test_a_refused_operation_holds_no_place(desk: TestDesk, backend: Backend) -> None:
    member = practitioner(desk)
    booked(desk, member, time(9), "Ana")
    *before, booking = outgoing(desk)
    backend.push(before)
    stray = msgspec.structs.replace(booking.changes[0], n=99, collection="nowhere")
    refused = forged(booking, changes=(*booking.changes, stray))
    assert backend.push([refused])[0].outcome is Outcome.REFUSED
    assert backend.count(tables.place) == 0
    again = forged(booking, n=booking.n + 1, id="8" * 32, previous_hash=refused.hash)
    assert backend.push([again])[0].outcome is Outcome.TAKEN


def test_a_change_of_a_row_that_nobody_knows_is_refused(desk: TestDesk, backend: Backend) -> None:
    made = desk.write(add_customer, CustomerEntry("Ana", "Čeh")).customer
    desk.write(change_customer, made.id, made.entry, replace(made.entry, notes="nova"))
    added, changed = outgoing(desk)
    lost = forged(added, changes=())
    [_, verdict] = backend.push([lost, forged(changed, previous_hash=lost.hash)])
    assert (verdict.outcome, verdict.code) == (Outcome.REFUSED, "unknown_row")
