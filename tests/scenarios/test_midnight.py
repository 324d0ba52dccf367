"""Midnight strikes while somebody pays: the old day is closed before the receipt is issued, and the new one goes on."""

from __future__ import annotations

from pathlib import Path
from random import Random

from desktop.access import SYSTEM
from desktop.commands.rehearse.day import Mark, Play
from desktop.register.till import till_state
from desktop.sales.closing import list_closes
from fiscal.slovenia.standin.certificates import Authority
from fiscal.slovenia.standin.server import StandIn
from printing.decoder.machine import Model
from printing.virtual import VirtualPrinter
from tests.scenarios.house import House


async def test_a_rehearsal_over_midnight(tmp_path: Path, certificates: Authority) -> None:
    with StandIn(certificates) as furs, VirtualPrinter(Model()) as printer:
        house = House(tmp_path / "data", furs, printer)
        house.at("23:59")
        charged: list[Mark] = []

        def follow(mark: Mark) -> None:
            if mark is Mark.CHARGING:
                charged.append(mark)
                if len(charged) == 3:
                    house.clock.move(minutes=2)

        play = Play(house.opened.database, house.opened.secrets, house.salon, Random(1), follow)
        closed = await play.run(1)
        closes = await house.see(house.salon.owner, list_closes)
        assert [one.z_number for one in closes] == [2, 1]
        assert closes[0].business_day > closes[1].business_day
        # Five sales and, on the second day, the new receipt for the one whose means of payment was wrong.
        assert (closes[1].report.invoices, closed.report.invoices) == (2, 4)
        assert (await house.see(SYSTEM, till_state)).open is None
        house.opened.close()
