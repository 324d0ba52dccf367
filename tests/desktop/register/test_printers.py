"""The receipt printer of a desk: kept, taken away, and refused at the field that is wrong."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop.errors import InvalidInput
from desktop.register.printers import PrinterEntry, set_printer, show_printer
from tests.desk import TestDesk

PRINTER = PrinterEntry("tcp://192.168.1.50:9100", "epson-tm-80", 42, 5)


def test_a_printer_is_kept_through_a_restart_and_taken_away(desk: TestDesk) -> None:
    assert desk.read(show_printer) is None
    desk.write(set_printer, PRINTER)
    desk.reopen()
    assert desk.read(show_printer) == PRINTER
    desk.write(set_printer, None)
    assert desk.read(show_printer) is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("address", ""),
        ("address", "usb"),
        ("address", "tcp://"),
        ("address", "tcp://host:70000"),
        ("profile", "unknown"),
        ("columns", 23),
        ("columns", 65),
        ("columns", -1),
        ("drawer_pin", 3),
    ],
)
def test_what_cannot_be_right_is_refused_at_its_field(desk: TestDesk, field: str, value: object) -> None:
    with pytest.raises(InvalidInput) as refusal:
        desk.write(set_printer, replace(PRINTER, **{field: value}))  # type: ignore[arg-type]  # a field of the table above
    assert refusal.value.field == field
    assert desk.read(show_printer) is None
