"""The till: float, cash in and out with their bounds, the drawer without a sale, and the business day after midnight."""

from __future__ import annotations

from datetime import date, time

import pytest

from desktop.database.history import audit_trail
from desktop.errors import InvalidInput, Refused
from desktop.register.till import (
    MOST_CENTS,
    CashKind,
    day_end,
    move_cash,
    open_drawer,
    open_till,
    set_day_end,
    till_state,
)
from desktop.sales.closing import close_day
from tests.desk import TestDesk


@pytest.mark.parametrize("cents", [-1, MOST_CENTS + 1, 2**63])
def test_a_float_has_its_bounds(desk: TestDesk, cents: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        desk.write(open_till, cents)
    assert (refusal.value.field, refusal.value.code) == ("float", "entry.out_of_range")
    assert desk.read(till_state).open is None


def test_a_till_is_opened_once_and_an_empty_float_is_one(desk: TestDesk) -> None:
    opened = desk.write(open_till, 0, actor=desk.reception)
    assert (opened.business_day, opened.opened_by, opened.cash_cents) == (date(2026, 11, 20), desk.reception.name, 0)
    with pytest.raises(Refused, match=r"register\.already_open"):
        desk.write(open_till, 0)
    assert desk.read(till_state).open == opened


def test_cash_in_and_out_add_up_and_never_below_nothing(desk: TestDesk) -> None:
    with pytest.raises(Refused, match=r"register\.not_open"):
        desk.write(move_cash, 1, "menjava")
    desk.write(open_till, 50_00)
    moved = desk.write(move_cash, 20_00, " menjava  drobiža ")
    assert (moved.kind, moved.cents, moved.cash_cents) == (CashKind.IN, 20_00, 70_00)
    out = desk.write(move_cash, -70_00, "banka")
    assert (out.kind, out.cash_cents) == (CashKind.OUT, 0)
    with pytest.raises(Refused) as refusal:
        desk.write(move_cash, -1, "kava")
    assert (refusal.value.code, refusal.value.values) == ("register.not_enough_cash", {"cash_cents": 0})


@pytest.mark.parametrize(
    ("cents", "reason", "field"),
    [
        (0, "nič", "cents"),
        (MOST_CENTS + 1, "x", "cents"),
        (-MOST_CENTS - 1, "x", "cents"),
        (2**63, "x", "cents"),
        (1_00, "  ", "reason"),
        (1_00, "a\0b", "reason"),
        (1_00, "x" * 10_000_000, "reason"),
    ],
)
def test_a_movement_that_cannot_be_right_is_refused_at_its_field(
    desk: TestDesk, cents: int, reason: str, field: str
) -> None:
    desk.write(open_till, 50_00)
    with pytest.raises(InvalidInput) as refusal:
        desk.write(move_cash, cents, reason)
    assert refusal.value.field == field
    state = desk.read(till_state)
    assert state.open is not None
    assert state.open.cash_cents == 50_00


def test_the_drawer_without_a_sale_needs_a_reason_and_stays_on_record(desk: TestDesk) -> None:
    with pytest.raises(Refused, match=r"register\.not_open"):
        desk.write(open_drawer, "drobiž")
    desk.write(open_till, 50_00)
    with pytest.raises(InvalidInput):
        desk.write(open_drawer, " ")
    desk.write(open_drawer, "drobiž", actor=desk.manager)
    [latest, *_] = desk.read(audit_trail)
    assert (latest.name, latest.actor_name) == ("register.open_drawer", desk.manager.name)


def test_the_day_ends_after_midnight_where_that_is_set(desk: TestDesk) -> None:
    assert desk.read(day_end) == time(0)
    desk.write(set_day_end, time(2, 30))
    desk.clock.move(hours=17)  # 2 o'clock in the night
    assert desk.write(open_till, 0).business_day == date(2026, 11, 20)
    desk.clock.move(minutes=29)
    desk.write(move_cash, 1_00, "menjava")
    desk.clock.move(minutes=1)
    for late in ((move_cash, 1_00, "menjava"), (open_drawer, "drobiž"), (open_till, 0)):
        with pytest.raises(Refused) as refusal:
            desk.write(*late)
        assert (refusal.value.code, refusal.value.values) == ("register.close_first", {"day": date(2026, 11, 20)})
    desk.write(close_day, 1_00, 1_00)
    state = desk.read(till_state)
    assert (state.open, state.business_day, state.left_cents) == (None, date(2026, 11, 21), 1_00)


@pytest.mark.parametrize("end", [time(8, 1), time(23), time(2, 0, 1), time(2, 0, 0, 1)])
def test_an_end_of_the_day_has_its_bounds(desk: TestDesk, end: time) -> None:
    with pytest.raises(InvalidInput) as refusal:
        desk.write(set_day_end, end)
    assert refusal.value.field == "day_end"
    assert desk.read(day_end) == time(0)
