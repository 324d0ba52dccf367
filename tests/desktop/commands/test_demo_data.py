"""The demo salon at any hour: full, sound, and filled once."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desktop.__main__ import main
from desktop.access import SYSTEM
from desktop.appointments.day import day_view
from desktop.clock import to_local
from desktop.commands.demo_data import fill_demo
from desktop.customers.search import search_customers
from desktop.database.opening import OpenPlace, make_place, open_place
from desktop.database.place import Place
from desktop.register.fiscal_line import fiscal_backlog
from desktop.register.till import till_state
from desktop.sales.invoices import list_invoices
from desktop.schema import SCHEMA
from desktop.services.practice import PracticeAuthority, PracticePrinter
from desktop.staff.members import list_members
from desktop.staff.signing_in import sign_in
from tests.desk import TestClock
from tests.desktop.database.places import LJUBLJANA


def today_at(hour: int) -> datetime:
    """Today, because the stand-in's certificates are made now."""
    return datetime.now(LJUBLJANA).replace(hour=hour, minute=5, second=0, microsecond=0).astimezone(UTC)


def fill(opened: OpenPlace) -> tuple[int, int]:
    with PracticeAuthority(opened.place.directory / "practice") as authority, PracticePrinter() as printer:
        made = fill_demo(opened, authority, printer.address)
    return made.visits, made.paid


@pytest.mark.parametrize("hour", [7, 13, 23])
def test_the_demo_is_full_at_any_hour(hour: int, tmp_path: Path) -> None:
    clock = TestClock(today_at(hour))
    opened = make_place(Place(tmp_path / "demo"), "practice", schema=SCHEMA, zone=LJUBLJANA, clock=clock)
    try:
        visits, paid = fill(opened)
        assert visits > 30
        database = opened.database
        assert len(database.read_now(SYSTEM, list_members)) == 5
        assert len(database.read_now(SYSTEM, search_customers, "", 256)) == 60
        assert database.read_now(SYSTEM, search_customers, "dordevic")
        view = database.read_now(SYSTEM, day_view, to_local(clock.now(), LJUBLJANA).date())
        statuses = Counter(block.status.value for column in view.columns for block in column.blocks)
        wanted = {
            7: {"confirmed", "pending"},
            13: {"done", "no_show", "in_service", "confirmed", "pending"},
            23: {"done", "no_show"},
        }
        assert wanted[hour] <= statuses.keys()
        assert len(database.read_now(SYSTEM, list_invoices)) == paid == statuses["done"]
        assert (paid > 0) == (hour > 8)
        assert database.read_now(SYSTEM, fiscal_backlog).waiting == 0
        assert fill(opened) == (0, 0)
        clock.move(days=1)
        assert fill(opened)[0] > 30
        state = database.read_now(SYSTEM, till_state)
        assert state.open is not None
        assert not state.open.overdue
    finally:
        opened.close()
    assert main(["verify", "--data-dir", str(tmp_path / "demo")]) == 0


def test_the_owner_signs_in_with_the_pin_that_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["demo-data", "--data-dir", str(tmp_path / "demo")]) == 0
    pin = capsys.readouterr().out.split()[-1]
    clock = TestClock(datetime.now(UTC) + timedelta(minutes=1))
    opened = open_place(Place(tmp_path / "demo"), schema=SCHEMA, clock=clock)
    try:
        owner = opened.database.read_now(SYSTEM, list_members)[0]
        assert opened.database.write_now(SYSTEM, sign_in, owner.id, pin).actor is not None
    finally:
        opened.close()
