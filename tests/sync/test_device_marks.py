"""Two desks that named themselves alike before they were paired: the later one takes a free mark with its next receipt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.access import Role
from desktop.database.history import record_history
from desktop.register.series import Purpose, list_series, next_mark, set_device
from desktop.sales.bills import open_bill
from desktop.sharing.conflicts import count_conflicts
from fiscal.slovenia.certificate import Credential
from tests.desk import TestDesk
from tests.desktop.salon import service
from tests.sync.salon_of_desks import Salon
from tests.sync.two_tills import TwoTills


@pytest.fixture
def tills(tmp_path: Path, sealing: Credential) -> Iterator[TwoTills]:
    """Both desks call themselves BL1, and do not know it of each other."""
    salon = Salon(tmp_path, 2)
    made = TwoTills(salon, sealing)
    made.there.write(set_device, "BL1")
    yield made
    salon.close()


def sell(tills: TwoTills, desk: int) -> str:
    at = tills.salon.desks[desk]
    return tills.charge(desk, at.write(open_bill, lines=(service(),)).id).number


def numbers(salon: Salon, desk: TestDesk) -> list[str]:
    return sorted(number for (number,) in salon.rows_of(desk, "SELECT number FROM invoice"))


def test_the_later_desk_takes_a_free_mark_with_its_next_receipt_and_what_was_issued_stays(tills: TwoTills) -> None:
    salon, here, there = tills.salon, tills.here, tills.there
    assert [sell(tills, 0), sell(tills, 1), sell(tills, 1)] == ["PE1-BL1-1", "PE1-BL1-1", "PE1-BL1-2"]
    salon.push(here)
    salon.settle()
    assert [one.conflict for one in here.read(list_series)] == [False]
    assert [one.conflict for one in there.read(list_series)] == [True]
    assert there.read(count_conflicts) > 0  # in the open until then
    assert sell(tills, 1) == "PE1-BL2-1"
    assert [(one.device, one.purpose, one.conflict) for one in there.read(list_series)] == [
        ("BL2", Purpose.MAIN, False)
    ]
    salon.settle()
    assert sell(tills, 1) == "PE1-BL2-2"  # and no other one with each receipt
    assert sell(tills, 0) == "PE1-BL1-3"  # the mark that stays goes on behind all that was issued under it
    salon.settle()
    expected = ["PE1-BL1-1", "PE1-BL1-1", "PE1-BL1-2", "PE1-BL1-3", "PE1-BL2-1", "PE1-BL2-2"]
    for desk in salon.desks:
        assert numbers(salon, desk) == expected
        assert [one["claim_state"] for one in salon.rows(desk, "number_series").values()] == ["confirmed"] * 2
        assert salon.findings(desk) == []
    salon.assert_agreed()


def test_the_change_of_the_mark_stands_in_the_history_with_the_receipt_that_brought_it(tills: TwoTills) -> None:
    tills.salon.push(tills.here)
    tills.salon.settle()
    reception = tills.there.actor(Role.RECEPTION, tills.owner.id)  # may not set marks, but sells
    tills.there.owner = reception
    sell(tills, 1)
    [series] = tills.there.read(list_series)
    newest = tills.there.read(record_history, "number_series", series.id)[0]
    assert (newest.name, newest.actor_name) == ("sales.check_out", reception.name)
    assert newest.new == {"device_code": "BL2", "claim_state": "confirmed"}


def test_a_mark_under_which_somebody_ever_issued_is_not_free(tills: TwoTills) -> None:
    tills.here.write(set_device, "BL2")
    assert sell(tills, 0) == "PE1-BL2-1"
    tills.here.write(set_device, "BL1")
    tills.salon.push(tills.here)
    tills.salon.settle()
    assert sell(tills, 1) == "PE1-BL3-1"


@pytest.mark.parametrize(
    ("mark", "following"), [("BL1", "BL2"), ("1", "2"), ("K", "K2"), ("BL9", "BL10"), ("A" * 20, "A" * 19 + "2")]
)
def test_the_next_mark_is_like_the_old_one(desk: TestDesk, mark: str, following: str) -> None:
    assert desk.read(next_mark, mark) == following
