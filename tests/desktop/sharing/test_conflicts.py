"""The inbox of conflicts, made by two real desks and the backend's own code."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import time
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import select, update

from desktop.access import Permission
from desktop.appointments.moving import move_visit
from desktop.customers.customers import CustomerEntry, add_customer, show_customer
from desktop.customers.model import Customer
from desktop.database.events import record_event
from desktop.database.history import last_undoable
from desktop.errors import NotPermitted, Refused
from desktop.register.series import list_series, set_device
from desktop.sales.bills import LineEntry, open_bill
from desktop.sales.credit import Credit, issue_credit_note
from desktop.sharing.conflict import Conflict, ConflictKind, Standing
from desktop.sharing.conflicts import count_conflicts, list_conflicts
from desktop.sharing.names import free_mark, take_free_mark
from desktop.sharing.second_try import do_again
from desktop.sharing.settled import leave_as_is
from desktop.sharing.values import Amount, Plain, Several, Span
from fiscal.port import VatCategory
from fiscal.slovenia.certificate import Credential
from sync.server import tables as server
from tests.desk import TestDesk
from tests.desktop.salon import PRINTER
from tests.sync.salon_of_desks import Salon
from tests.sync.two_desks import DAY, collide, open_salon
from tests.sync.two_tills import TwoTills

ANA = CustomerEntry("Ana", "Čeh", ("041 555 283",), notes="kratko")
LINE = LineEntry("free", "Striženje", 34_00, VatCategory.TAXED, 2200)


@pytest.fixture
def salon(tmp_path: Path) -> Iterator[Salon]:
    made = Salon(tmp_path, 2)
    yield made
    made.close()


@pytest.fixture
def tills(salon: Salon, sealing: Credential) -> TwoTills:
    return TwoTills(salon, sealing)


def only(desk: TestDesk) -> Conflict:
    [conflict] = desk.read(list_conflicts)
    assert desk.read(count_conflicts) == 1
    return conflict


def facts(conflict: Conflict, side: int) -> dict[str, object]:
    return {fact.name: fact.value for fact in conflict.sides[side].facts}


def settled(desk: TestDesk) -> bool:
    return desk.read(list_conflicts) == () and desk.read(count_conflicts) == 0


def test_nothing_is_in_conflict_where_nothing_happened(salon: Salon) -> None:
    assert settled(salon.desks[0])


def test_two_visits_in_one_place_stand_beside_each_other_with_who_booked_them_where(salon: Salon) -> None:
    here, there = salon.desks
    stands, lost = collide(salon, open_salon(salon))
    for desk in salon.desks:
        conflict = only(desk)
        assert (conflict.kind, conflict.subject) == (ConflictKind.VISIT, lost)
        assert [(side.row, side.standing) for side in conflict.sides] == [
            (lost, Standing.WAITS),
            (stands, Standing.HOLDS),
        ]
        assert facts(conflict, 0)["customer"] == Plain("Ana")
        assert facts(conflict, 1)["customer"] == Plain("Maja")
        assert facts(conflict, 0)["with"] == facts(conflict, 1)["with"] == Several((Plain("Nuša Čeh"),))
        assert isinstance(facts(conflict, 0)["time"], Span)
        origins = [side.origin for side in conflict.sides]
        assert [one is not None and one.by for one in origins] == [here.owner.name, there.owner.name]
        assert [one is not None and one.desk.here for one in origins] == [desk is here, desk is there]


def test_a_visit_that_was_moved_away_is_settled(salon: Salon) -> None:
    here, there = salon.desks
    _, lost = collide(salon, open_salon(salon))
    there.write(move_visit, lost, DAY, time(12))
    salon.settle()
    assert settled(here)
    assert settled(there)


def charged_twice(tills: TwoTills) -> tuple[UUID, UUID]:
    """One bill, charged at both desks while neither heard of the other: the receipts of this desk and of the other one."""
    bill = tills.here.write(open_bill, lines=(LINE,))
    tills.salon.settle()
    here, there = tills.charge(0, bill.id), tills.charge(1, bill.id)
    tills.salon.settle()
    return here.id, there.id


def test_a_bill_charged_at_two_desks_keeps_both_receipts_and_is_shown(tills: TwoTills) -> None:
    first, second = charged_twice(tills)
    for desk in tills.salon.desks:
        conflict = only(desk)
        assert conflict.kind is ConflictKind.CHARGED_TWICE
        assert [side.row for side in conflict.sides] == [second, first]
        assert [one.origin is not None and one.origin.desk.mark for one in conflict.sides] == ["BL2", "BL1"]
        assert facts(conflict, 0)["total"] == Amount(34_00)
    tills.salon.assert_agreed()


def test_receipts_of_an_earlier_quarter_are_still_listed_but_no_badge_counts_them(tills: TwoTills) -> None:
    charged_twice(tills)
    tills.here.clock.move(days=100)
    assert len(tills.here.read(list_conflicts)) == 1
    assert tills.here.read(count_conflicts) == 0


def test_a_credit_note_of_one_of_them_settles_it(tills: TwoTills) -> None:
    _, second = charged_twice(tills)
    note = Credit(second, "Zaračunano dvakrat")
    tills.here.write(issue_credit_note, note, tills.registers[0], PRINTER)
    tills.salon.settle()
    assert all(settled(desk) for desk in tills.salon.desks)


def test_two_receipts_that_are_both_right_are_left_and_that_can_be_undone(tills: TwoTills) -> None:
    charged_twice(tills)
    conflict = only(tills.here)
    tills.here.write(leave_as_is, conflict.kind, conflict.subject)
    tills.salon.settle()
    assert all(settled(desk) for desk in tills.salon.desks)
    tills.here.database.undo_now(tills.here.owner, tills.here.read(last_undoable)[0].id, {})
    assert only(tills.here).subject == conflict.subject


def test_who_may_not_charge_sees_no_receipts(tills: TwoTills) -> None:
    charged_twice(tills)
    practitioner = tills.here.practitioner
    assert Permission.CHARGE not in practitioner.permissions
    assert tills.here.read(list_conflicts, actor=practitioner) == ()
    assert tills.here.read(count_conflicts, actor=practitioner) == 0
    with pytest.raises(NotPermitted):
        tills.here.write(leave_as_is, ConflictKind.CHARGED_TWICE, only(tills.here).subject, actor=practitioner)


def write_too_much(desk: TestDesk, customer: UUID) -> None:
    """An edit that the backend refuses: no program writes such a value, a broken one does."""
    desk.write(
        lambda session, action: (
            session.execute(update(Customer).where(Customer.id == customer).values(notes="x" * 1_000_001)) and None
        )
    )


def refused_edit(salon: Salon) -> tuple[TestDesk, UUID]:
    here = salon.desks[0]
    customer = here.write(add_customer, ANA).customer.id
    salon.settle()
    write_too_much(here, customer)
    salon.settle()
    return here, customer


def test_an_operation_that_the_backend_refused_is_shown_beside_what_stands(salon: Salon) -> None:
    here, customer = refused_edit(salon)
    conflict = only(here)
    assert (conflict.kind, conflict.code, conflict.again) == (ConflictKind.SET_ASIDE, "value_too_long", True)
    assert here.read(show_customer, customer).entry.notes == "kratko"
    assert facts(conflict, 0)["customer.notes"] == Plain("x" * 1_000_001)
    assert facts(conflict, 1)["customer.notes"] == Plain("kratko")
    assert conflict.sides[0].origin is not None
    assert conflict.sides[0].origin.desk.here
    assert settled(salon.desks[1]), "it is this desk's own affair"


def test_a_refused_edit_is_done_again_and_leaves_the_inbox(salon: Salon) -> None:
    here, customer = refused_edit(salon)
    here.write(do_again, only(here).subject, here.database.feed_state)
    assert here.read(show_customer, customer).entry.notes == "x" * 1_000_001
    assert settled(here)
    here.database.undo_now(here.owner, here.read(last_undoable)[0].id, {})
    assert here.read(show_customer, customer).entry.notes == "kratko"
    assert only(here).kind is ConflictKind.SET_ASIDE


def test_doing_again_asks_for_the_right_of_the_room(salon: Salon) -> None:
    here, _ = refused_edit(salon)
    with pytest.raises(NotPermitted):
        here.write(do_again, only(here).subject, here.database.feed_state, actor=here.practitioner)


def test_a_refused_operation_that_is_not_wanted_is_laid_away(salon: Salon) -> None:
    here, _ = refused_edit(salon)
    here.write(leave_as_is, ConflictKind.SET_ASIDE, only(here).subject)
    assert settled(here)


def test_an_operation_that_made_a_row_and_was_not_refused_cannot_be_done_again(salon: Salon) -> None:
    here = salon.desks[0]
    made = here.write(add_customer, ANA)
    made_by = here.read(last_undoable)[0].id
    with pytest.raises(Refused, match="not_repeatable"):
        here.write(do_again, made_by, here.database.feed_state)
    assert here.read(show_customer, made.customer.id).entry.notes == "kratko"


def test_a_ledger_row_that_came_with_other_content_is_shown_beside_the_known_one(salon: Salon) -> None:
    here = salon.desks[0]
    row = here.write(lambda session, action: record_event(session, action, "drawer_opened"))
    salon.settle()
    with salon.backend.engine.begin() as connection:
        found = connection.execute(select(server.row.c["values"]).where(server.row.c.row == row.hex)).scalar_one()
        values = json.loads(found)
        values |= {"actor_name": "Nekdo drug", "hash": "f" * 64}
        connection.execute(
            update(server.row).where(server.row.c.row == row.hex).values(values=json.dumps(values), seq=10_000)
        )
        connection.execute(update(server.scope).values(counter=10_000))
    salon.pull(here)
    conflict = only(here)
    assert (conflict.kind, conflict.subject, conflict.table) == (ConflictKind.STRAY, row, "event")
    assert facts(conflict, 0)["event.actor_name"] == Plain(here.owner.name)
    assert facts(conflict, 1)["event.actor_name"] == Plain("Nekdo drug")
    here.write(leave_as_is, ConflictKind.STRAY, row)
    assert settled(here)


def test_two_desks_with_one_mark_are_shown_and_this_one_takes_a_free_mark(tills: TwoTills) -> None:
    there = tills.there
    there.write(set_device, "BL1", "BL2")
    tills.salon.settle()
    conflict = only(there)
    assert conflict.kind is ConflictKind.NAME_TWICE
    assert conflict.again
    assert [side.origin is not None and side.origin.desk.here for side in conflict.sides] == [True, False]
    assert there.read(free_mark, conflict.subject) == "BL3"
    there.write(take_free_mark, conflict.subject)
    assert [one.device for one in there.read(list_series)] == ["BL3", "BL2"]
    tills.salon.settle()
    assert all(settled(desk) for desk in tills.salon.desks)


def test_the_mark_of_another_desk_is_changed_there(tills: TwoTills) -> None:
    series = tills.there.read(list_series)[0].id
    with pytest.raises(Refused, match="other_desk"):
        tills.here.write(take_free_mark, series)
