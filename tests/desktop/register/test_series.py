"""Premise and number series: marks, the second series for transfers, and what a change of them means for the numbers."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from desktop.errors import InvalidInput, Refused
from desktop.register.series import (
    Building,
    PremiseEntry,
    PremiseKind,
    Purpose,
    choose_series,
    list_series,
    set_device,
    set_premise,
    show_premise,
)
from desktop.sales.issuing import Paid
from fiscal.port import Means
from tests.desk import TestDesk
from tests.desktop.salon import Salon, service

PLACE = Building(365, 12, 3, "Čopova ulica", "5", "a", "Ljubljana", "Ljubljana", "1000")
IN_A_BUILDING = PremiseEntry("PE1", PremiseKind.BUILDING, date(2026, 1, 1), PLACE)


def test_a_premise_is_kept_as_it_was_set_up(desk: TestDesk) -> None:
    assert desk.read(show_premise) is None
    with pytest.raises(Refused, match=r"register\.no_premise"):
        desk.write(set_device, "BL1")
    with pytest.raises(Refused, match=r"register\.no_series"):
        desk.read(choose_series, only_transfer=False)
    assert desk.write(set_premise, IN_A_BUILDING) == IN_A_BUILDING
    assert desk.read(show_premise) == IN_A_BUILDING


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("cadastral", 10_000, "entry.out_of_range"),
        ("cadastral", -1, "entry.out_of_range"),
        ("building", 100_000, "entry.out_of_range"),
        ("section", 10_000, "entry.out_of_range"),
        ("post_code", "10a0", "register.post_code"),
        ("post_code", "", "entry.required"),
        ("street", "", "entry.required"),
        ("house_number", "", "entry.required"),
        ("community", "", "entry.required"),
        ("city", "x" * 41, "entry.too_long"),
    ],
)
def test_an_address_that_the_authority_would_refuse_is_refused_here(
    desk: TestDesk, field: str, value: object, code: str
) -> None:
    wrong = replace(PLACE, **{field: value})  # type: ignore[arg-type]  # a field of the table above
    with pytest.raises(InvalidInput) as refusal:
        desk.write(set_premise, replace(IN_A_BUILDING, building=wrong))
    assert (refusal.value.field, refusal.value.code) == (field, code)
    assert desk.read(show_premise) is None


def test_a_building_needs_its_address(desk: TestDesk) -> None:
    with pytest.raises(InvalidInput) as refusal:
        desk.write(set_premise, replace(IN_A_BUILDING, building=None))
    assert refusal.value.field == "building"


@pytest.mark.parametrize("mark", ["", "PE 1", "PE-1", "Č1", "x" * 21, "１"])
def test_a_mark_has_letters_and_digits_only(salon: Salon, mark: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        salon.desk.write(set_premise, replace(IN_A_BUILDING, code=mark))
    assert (refusal.value.field, refusal.value.code) == ("code", "register.mark")
    with pytest.raises(InvalidInput) as refusal:
        salon.desk.write(set_device, mark)
    assert refusal.value.field == "device_code"


def test_changed_data_of_the_same_mark_hold_from_today_at_the_earliest(desk: TestDesk) -> None:
    desk.write(set_premise, IN_A_BUILDING)
    again = desk.write(set_premise, IN_A_BUILDING)
    assert again.valid_from == date(2026, 1, 1)
    moved = replace(IN_A_BUILDING, building=replace(PLACE, house_number="7"))
    assert desk.write(set_premise, moved).valid_from == date(2026, 11, 20)
    later = replace(moved, kind=PremiseKind.KIOSK, building=None, valid_from=date(2027, 1, 1))
    assert desk.write(set_premise, later).valid_from == date(2027, 1, 1)


def test_two_series_count_each_for_itself_and_transfers_go_into_theirs(salon: Salon) -> None:
    """Mixed payment is no transfer alone: it stays in the series that is verified as a whole."""
    salon.desk.write(set_device, "BL1", "NAK1")
    series = salon.desk.read(list_series)
    assert [(one.purpose, one.device, one.verify_all) for one in series] == [
        (Purpose.MAIN, "BL1", True),
        (Purpose.TRANSFER, "NAK1", False),
    ]

    def sold(*payments: Paid) -> tuple[str, bool]:
        issued = salon.charge(salon.bill(service()), *payments)
        return issued.number, issued.subject

    transfer, cash = Paid(Means.TRANSFER, 34_00), Paid(Means.CASH, 34_00)
    assert sold(transfer) == ("PE1-NAK1-1", False)
    assert sold(cash) == ("PE1-BL1-1", True)
    assert sold(Paid(Means.TRANSFER, 30_00), Paid(Means.CARD, 4_00)) == ("PE1-BL1-2", True)
    assert sold(transfer) == ("PE1-NAK1-2", False)
    salon.desk.write(set_device, "BL1")  # the second series ends: transfers are verified with everything else
    assert sold(transfer) == ("PE1-BL1-3", True)
    salon.desk.write(set_device, "BL1", "NAK1")
    assert sold(transfer) == ("PE1-NAK1-3", False)


def test_both_series_cannot_have_the_same_mark(salon: Salon) -> None:
    with pytest.raises(InvalidInput) as refusal:
        salon.desk.write(set_device, "BL1", "BL1")
    assert (refusal.value.field, refusal.value.code) == ("transfer_code", "register.same_mark")
    assert len(salon.desk.read(list_series)) == 1


def test_a_new_mark_begins_at_one_and_an_old_one_goes_on(salon: Salon) -> None:
    assert salon.sell(service()).number == "PE1-BL1-1"
    entry = PremiseEntry("PE2", PremiseKind.DEVICE, date(2026, 1, 1))
    salon.desk.write(set_premise, entry)
    assert salon.sell(service()).number == "PE2-BL1-1"
    salon.desk.write(set_device, "BL2")
    assert salon.sell(service()).number == "PE2-BL2-1"
    salon.desk.write(set_premise, replace(entry, code="PE1"))
    salon.desk.write(set_device, "BL1")
    assert salon.sell(service()).number == "PE1-BL1-2"
