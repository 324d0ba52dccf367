"""The history of a record in words, with what was lost, and bringing a value back."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import time
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import Engine, text

from desktop.access import Permission
from desktop.appointments.moving import move_visit
from desktop.catalogue.products import ProductEntry, add_product, change_product, list_products
from desktop.catalogue.vat import set_up_vat_rates
from desktop.customers.customers import (
    CustomerEntry,
    ShownCustomer,
    add_customer,
    change_customer,
    remove_customer,
    show_customer,
)
from desktop.database.history import last_undoable
from desktop.errors import NotPermitted, Refused
from desktop.sharing.history import Fate, FieldStep, HistoryStep, field_history, restore_field
from desktop.sharing.values import NOTHING, Amount, Plain, Several, Span, Word
from tests.desk import TestDesk
from tests.sync.salon_of_desks import Salon
from tests.sync.two_desks import DAY, booked, collide, open_salon

ANA = CustomerEntry("Ana", "Čeh", ("041 555 283",), notes="prva", street="Nova 1", post_code="3000", town="Celje")


@pytest.fixture
def salon(tmp_path: Path) -> Iterator[Salon]:
    made = Salon(tmp_path, 2)
    yield made
    made.close()


@pytest.fixture
def ana(desk: TestDesk) -> ShownCustomer:
    return desk.write(add_customer, ANA).customer


def history(desk: TestDesk, customer: UUID) -> tuple[HistoryStep, ...]:
    return desk.read(field_history, "customer", customer)


def change(desk: TestDesk, shown: ShownCustomer, **to: object) -> ShownCustomer:
    desk.clock.move(minutes=1)
    before = desk.read(show_customer, shown.id).entry
    return desk.write(change_customer, shown.id, before, replace(before, **to)).customer  # type: ignore[arg-type]  # fields of the entry


def restore(desk: TestDesk, step: HistoryStep, field: FieldStep) -> None:
    assert field.back
    desk.clock.move(minutes=1)
    desk.write(restore_field, field.table, field.row, field.unit, step.operation, field.back)


def field_of(step: HistoryStep, unit: str) -> FieldStep:
    return next(one for one in step.fields if one.unit == unit)


def test_a_change_says_who_when_where_and_what_stood_before(desk: TestDesk, ana: ShownCustomer) -> None:
    change(desk, ana, notes="druga", street="Stara 2")
    changed, made = history(desk, ana.id)
    assert (changed.name, changed.origin.by, changed.origin.at) == (
        "customers.change_customer", desk.owner.name, desk.clock.now(),
    )  # fmt: skip
    assert changed.origin.desk.here
    notes, address = field_of(changed, "notes"), field_of(changed, "address")
    assert (notes.before, notes.after, notes.fate, notes.back) == (
        Plain("prva"), Plain("druga"), Fate.STANDS, "before",
    )  # fmt: skip
    assert (address.before, address.after) == (Plain("Nova 1 3000 Celje"), Plain("Stara 2 3000 Celje"))
    assert made.made
    assert (field_of(made, "notes").fate, field_of(made, "notes").back) == (Fate.REPLACED, "after")
    assert field_of(made, "name").fate is Fate.STANDS
    assert field_of(made, "name").back == ""


def test_what_stood_before_is_brought_back_and_that_can_be_undone(desk: TestDesk, ana: ShownCustomer) -> None:
    change(desk, ana, street="Stara 2", town="Laško")
    step = history(desk, ana.id)[0]
    restore(desk, step, field_of(step, "address"))
    shown = desk.read(show_customer, ana.id).entry
    assert (shown.street, shown.post_code, shown.town) == ("Nova 1", "3000", "Celje")
    desk.database.undo_now(desk.owner, desk.read(last_undoable)[0].id, {})
    assert desk.read(show_customer, ana.id).entry.street == "Stara 2"


def test_an_older_value_is_brought_back_over_two_later_ones(desk: TestDesk, ana: ShownCustomer) -> None:
    change(desk, ana, notes="druga")
    change(desk, ana, notes="tretja")
    _, second, made = history(desk, ana.id)
    assert field_of(second, "notes").by is not None
    restore(desk, made, field_of(made, "notes"))
    assert desk.read(show_customer, ana.id).entry.notes == "prva"
    assert field_of(history(desk, ana.id)[1], "notes").fate is Fate.REPLACED


def test_a_phone_that_went_is_told_and_comes_back(desk: TestDesk, ana: ShownCustomer) -> None:
    change(desk, ana, phones=("040 111 222",))
    step = history(desk, ana.id)[0]
    told = {(one.before, one.after) for one in step.fields}
    assert told == {(Plain("+38641555283"), NOTHING), (NOTHING, Plain("+38640111222"))}
    gone = next(one for one in step.fields if one.after == NOTHING)
    restore(desk, step, gone)
    assert set(desk.read(show_customer, ana.id).entry.phones) == {"+38641555283", "+38640111222"}


def test_a_removed_customer_comes_back(desk: TestDesk, ana: ShownCustomer) -> None:
    desk.clock.move(minutes=1)
    desk.write(remove_customer, ana.id)
    removed = history(desk, ana.id)[0]
    desk.write(restore_field, "customer", ana.id, "deleted_at", removed.operation, "before")
    assert desk.read(show_customer, ana.id).entry.notes == "prva"


def test_contacts_are_told_only_to_who_may_see_them(desk: TestDesk, ana: ShownCustomer) -> None:
    change(desk, ana, street="Stara 2", phones=("040 111 222",), notes="druga")
    blind = replace(desk.practitioner, permissions=frozenset({Permission.BOOK}))
    step = desk.read(field_history, "customer", ana.id, actor=blind)[0]
    assert [(one.unit, one.back) for one in step.fields] == [("notes", "")]
    with pytest.raises(NotPermitted):
        desk.write(restore_field, "customer", ana.id, "notes", step.operation, "before", actor=blind)


def test_a_price_is_told_as_money_and_its_name_is_searched_again_after_it_came_back(desk: TestDesk) -> None:
    desk.write(set_up_vat_rates)
    product = desk.write(add_product, ProductEntry("Šampon", 12_00, "standard"))
    desk.clock.move(minutes=1)
    desk.write(change_product, product.id, ProductEntry("Balzam", 14_50, "standard"))
    step = desk.read(field_history, "product", product.id)[0]
    price = field_of(step, "price")
    vat = Word("catalogue.vat.standard", "standard")
    assert (price.before, price.after) == (Several((Amount(12_00), vat)), Several((Amount(14_50), vat)))
    restore(desk, step, field_of(step, "name"))
    assert [one.entry.name for one in desk.read(list_products, "sampon")] == ["Šampon"]


def test_a_visit_tells_its_moves_but_they_are_not_brought_back_as_a_field(salon: Salon) -> None:
    here = salon.desks[0]
    visit = booked(here, open_salon(salon), time(9), "Ana")
    here.clock.move(minutes=1)
    here.write(move_visit, visit, DAY, time(10))
    moved = here.read(field_history, "visit", visit)[0]
    items = field_of(moved, "items")
    assert isinstance(items.before, Several)
    assert isinstance(items.before.values[0], Span)
    assert items.before != items.after
    assert items.back == ""
    with pytest.raises(Refused, match="not_restorable"):
        here.write(restore_field, "visit", visit, "items", moved.operation, "before")


def concurrent(salon: Salon, *, mine_first: bool) -> tuple[TestDesk, UUID]:
    """Both desks write the same note while neither hears of the other; the other desk's is later."""
    here, there = salon.desks
    made = here.write(add_customer, ANA).customer
    salon.settle()
    here.clock.move(minutes=1)
    there.clock.move(minutes=2)
    here.write(change_customer, made.id, made.entry, replace(made.entry, notes="zgodnja"))
    there.write(change_customer, made.id, made.entry, replace(made.entry, notes="pozna"))
    for desk in (here, there) if mine_first else (there, here):
        salon.push(desk)
    salon.settle()
    return here, made.id


def test_what_lost_when_the_backend_merged_is_told_with_who_won_and_comes_back_on_both_desks(salon: Salon) -> None:
    here, customer = concurrent(salon, mine_first=False)
    mine = next(step for step in history(here, customer) if step.origin.desk.here and not step.made)
    lost = field_of(mine, "notes")
    assert (lost.after, lost.fate, lost.back) == (Plain("zgodnja"), Fate.LOST, "after")
    assert lost.by is not None
    assert not lost.by.desk.here
    here.clock.move(minutes=5)
    restore(here, mine, lost)
    salon.settle()
    for desk in salon.desks:
        assert desk.read(show_customer, customer).entry.notes == "zgodnja"
    salon.assert_agreed()


def test_what_a_pull_wrote_over_is_told_with_who_did_and_comes_back(salon: Salon) -> None:
    here, customer = concurrent(salon, mine_first=True)
    mine = next(step for step in history(here, customer) if step.origin.desk.here and not step.made)
    over = field_of(mine, "notes")
    assert (over.after, over.fate, over.back) == (Plain("zgodnja"), Fate.REPLACED, "after")
    assert over.by is not None
    assert not over.by.desk.here


def test_a_value_that_was_pruned_is_not_invented(desk: TestDesk, ana: ShownCustomer) -> None:
    change(desk, ana, notes="druga")
    step = history(desk, ana.id)[0]
    desk.on_writer(_erase)
    told = field_of(history(desk, ana.id)[0], "notes")
    assert (told.before, told.after, told.back) == (None, None, "")
    with pytest.raises(Refused, match="not_kept"):
        desk.write(restore_field, "customer", ana.id, "notes", step.operation, "before")


def _erase(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM operation_value"))


def test_the_conflict_of_a_visit_is_part_of_its_history(salon: Salon) -> None:
    _, lost = collide(salon, open_salon(salon))
    told = [field for step in salon.desks[1].read(field_history, "visit", lost) for field in step.fields]
    assert Word("appointments.claim.conflict", "conflict") in [field.after for field in told]


def test_a_record_that_another_desk_made_and_changed_is_told_with_its_desk(salon: Salon) -> None:
    here, there = salon.desks
    made = here.write(add_customer, ANA).customer
    change(here, made, notes="druga")
    salon.settle()
    changed, entered = history(there, made.id)
    assert (changed.origin.by, changed.origin.desk.here) == (here.owner.name, False)
    assert (field_of(changed, "notes").before, field_of(changed, "notes").after) == (None, Plain("druga"))
    assert entered.made
    assert field_of(entered, "name").after == Plain("Ana Čeh")
