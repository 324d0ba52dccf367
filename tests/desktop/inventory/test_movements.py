"""Stock by movements: what comes in and goes out adds up, and what cannot be is refused at its field."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from desktop.access import Actor, Permission
from desktop.errors import InvalidInput, NotPermitted
from desktop.ids import new_id
from desktop.inventory.movements import count_stock, level_of, receive_stock, stock_history, stock_levels, use_stock
from tests.desk import TestDesk


def test_movements_add_up_and_the_history_shows_each_level(desk: TestDesk) -> None:
    shampoo, other = new_id(), new_id()
    desk.write(receive_stock, shampoo, 5_000)
    desk.write(use_stock, shampoo, 1_500, " za   pranje ")
    desk.write(count_stock, shampoo, 3_000, "popis")
    history = desk.read(stock_history, shampoo)
    assert [(one.quantity, one.level) for one in history] == [(-500, 3_000), (-1_500, 3_500), (5_000, 5_000)]
    assert history[1].reason == "za pranje"
    assert desk.read(stock_levels, [shampoo, other]) == {shampoo: 3_000, other: 0}


@pytest.mark.parametrize("use_case", [receive_stock, use_stock])
@pytest.mark.parametrize("quantity", [0, -1, 2**63])
def test_a_quantity_is_more_than_nothing(desk: TestDesk, use_case: Callable[..., Any], quantity: int) -> None:
    product = new_id()
    with pytest.raises(InvalidInput) as refusal:
        desk.write(use_case, product, quantity)
    assert refusal.value.field == "quantity"
    assert desk.read(level_of, product) == 0


@pytest.mark.parametrize("counted", [-1, 2**63])
def test_what_is_counted_is_nothing_or_more(desk: TestDesk, counted: int) -> None:
    with pytest.raises(InvalidInput) as refusal:
        desk.write(count_stock, new_id(), counted)
    assert refusal.value.field == "counted"


@pytest.mark.parametrize("reason", ["x" * 10_000_000, "a\0b"])
@pytest.mark.parametrize("use_case", [receive_stock, use_stock, count_stock])
def test_a_reason_is_a_line_of_text(desk: TestDesk, use_case: Callable[..., Any], reason: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        desk.write(use_case, new_id(), 1_000, reason)
    assert refusal.value.field == "reason"


@pytest.mark.parametrize("use_case", [receive_stock, use_stock, count_stock])
def test_nobody_moves_stock_without_the_right(desk: TestDesk, use_case: Callable[..., Any]) -> None:
    actor = Actor(new_id(), "Brez pravice", frozenset(Permission) - {Permission.MOVE_STOCK})
    product = new_id()
    with pytest.raises(NotPermitted):
        desk.write(use_case, product, 1_000, actor=actor)
    assert desk.read(level_of, product) == 0
