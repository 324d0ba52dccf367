"""Every use case of the register room that writes refuses a person without its right, and writes nothing."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest

from desktop.access import Actor, Permission
from desktop.errors import NotPermitted
from desktop.ids import new_id
from desktop.register import company, fiscal_line, printers, series, till
from tests.desktop.salon import COMPANY, Salon
from tests.desktop.screen import MemorySecrets

PREMISE = series.PremiseEntry("PE9", series.PremiseKind.DEVICE, date(2026, 1, 1))
PRINTER = printers.PrinterEntry("tcp://127.0.0.1:9100", "epson-tm-80")

WRITING: dict[Callable[..., Any], tuple[Permission, tuple[Any, ...]]] = {
    company.set_company: (Permission.EDIT_SETTINGS, (COMPANY,)),
    series.set_premise: (Permission.EDIT_SETTINGS, (PREMISE,)),
    series.set_device: (Permission.EDIT_SETTINGS, ("BL9",)),
    printers.set_printer: (Permission.EDIT_SETTINGS, (PRINTER,)),
    fiscal_line.set_fiscal_line: (Permission.EDIT_SETTINGS, ("", None)),
    fiscal_line.add_certificate: (Permission.EDIT_SETTINGS, (b"", "", MemorySecrets())),
    fiscal_line.drop_certificate: (Permission.EDIT_SETTINGS, ("", MemorySecrets())),
    till.set_day_end: (Permission.EDIT_SETTINGS, (time(2),)),
    till.open_till: (Permission.MOVE_CASH, (0,)),
    till.move_cash: (Permission.MOVE_CASH, (1_00, "menjava")),
    till.open_drawer: (Permission.OPEN_DRAWER, ("drobiž",)),
}
# What only reads, and what other use cases call after they have asked.
OTHERS = {
    "show_company", "require_company", "show_premise", "list_series", "choose_series", "show_printer",
    "load_fiscal_line", "list_certificates", "premise_message", "premise_confirmed_at", "fiscal_backlog",
    "day_end", "till_state", "require_open", "record_cash", "next_mark", "rename_series",
}  # fmt: skip


@pytest.mark.parametrize("use_case", list(WRITING), ids=lambda one: one.__name__)
def test_nobody_writes_without_the_right(salon: Salon, use_case: Callable[..., Any]) -> None:
    right, arguments = WRITING[use_case]
    everything_else = Actor(new_id(), "Brez pravice", frozenset(Permission) - {right})
    before = len(salon.desk.changes)
    with pytest.raises(NotPermitted) as refusal:
        salon.desk.write(use_case, *arguments, actor=everything_else)
    assert refusal.value.values["permission"] == right.value
    assert {name for one in salon.desk.changes[before:] for name in one.rows} <= {"event"}


def test_no_use_case_of_the_room_is_forgotten() -> None:
    found = {
        name
        for module in (company, fiscal_line, printers, series, till)
        for name, one in inspect.getmembers(module, inspect.isfunction)
        if one.__module__ == module.__name__
        and not name.startswith("_")
        and list(inspect.signature(one).parameters)[:2] == ["session", "action"]
    }
    assert found == {one.__name__ for one in WRITING} | OTHERS
