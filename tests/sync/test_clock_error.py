"""A clock that is wrong is noticed by the server's time, and wins nothing by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from desktop.customers.customers import CustomerEntry, add_customer, change_customer, show_customer
from sync.client.clock_error import TOLERATED, ClockError
from tests.desk import TestDesk
from tests.sync.salon_of_desks import Salon

SERVER = 1_800_000_000_000


@pytest.mark.parametrize(
    ("asked", "heard", "minutes"),
    [
        (0, 0, 0),
        (-TOLERATED, -TOLERATED, 0),
        (TOLERATED + 1, TOLERATED + 1, 3),
        (-1, 1, 0),
        (590, 610, 10),
        (-20 - 900, 20 - 900, -15),
        (864_000, 864_001, 14_400),
    ],
)
def test_half_the_round_trip_is_taken_off(asked: float, heard: float, minutes: int) -> None:
    error = ClockError()
    error.learn(SERVER / 1000 + asked, SERVER / 1000 + heard, SERVER)
    assert error.minutes == minutes


def test_a_reply_that_took_too_long_or_came_before_it_was_asked_for_tells_nothing() -> None:
    error = ClockError()
    error.learn(SERVER / 1000 + 600, SERVER / 1000 + 600, SERVER)
    for asked, heard in ((0.0, 3_600.0), (3_600.0, 0.0)):
        error.learn(SERVER / 1000 + asked, SERVER / 1000 + heard, SERVER)
        assert error.minutes == 10
    error.learn(SERVER / 1000, SERVER / 1000, SERVER)
    assert error.minutes == 0, "it was set"


@pytest.fixture
def salon(tmp_path: Path) -> Iterator[Salon]:
    made = Salon(tmp_path, 2)
    made.backend.now = round(made.desks[0].clock.now().timestamp() * 1000)
    yield made
    made.close()


def note(desk: TestDesk, customer: object, words: str) -> None:
    entry = desk.read(show_customer, customer).entry
    desk.write(change_customer, customer, entry, replace(entry, notes=words))


def test_a_desk_ten_days_ahead_wins_over_nobody_who_writes_after_it(salon: Salon) -> None:
    ahead, right = salon.desks
    ahead.clock.move(days=10)
    customer = ahead.write(add_customer, CustomerEntry("Ana", "Čeh", notes="kava")).customer.id
    note(ahead, customer, "čaj")
    salon.settle()
    right.clock.move(minutes=2)
    salon.backend.now += 120_000
    note(right, customer, "voda")
    salon.settle()
    salon.assert_agreed()
    assert {one.read(show_customer, customer).entry.notes for one in salon.desks} == {"voda"}
    clocks = salon.rows_of(
        right, "SELECT max(clock) >> 16 FROM operation WHERE device = (SELECT device_id FROM device_stamp)"
    )
    assert clocks[0][0] <= salon.backend.now + 60_000, "its clock took nothing over"


def test_a_clock_that_is_put_right_again_goes_on_writing(salon: Salon) -> None:
    ahead, right = salon.desks
    ahead.clock.move(days=10)
    customer = ahead.write(add_customer, CustomerEntry("Ana", "Čeh", notes="kava")).customer.id
    salon.settle()
    ahead.clock.move(days=-10)
    for words in ("čaj", "voda"):
        note(ahead, customer, words)
        salon.settle()
        assert right.read(show_customer, customer).entry.notes == words
    salon.backend.now += 1_000
    note(right, customer, "limonada")
    salon.settle()
    salon.assert_agreed()
    assert ahead.read(show_customer, customer).entry.notes == "limonada"
