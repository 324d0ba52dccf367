"""The premise reaches the authority by itself, whatever changes, and everybody sees how far it is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session

from desktop.access import SYSTEM, Actor
from desktop.action import Action
from desktop.errors import Refused
from desktop.register.fiscal_line import add_certificate, drop_certificate, list_certificates, set_fiscal_line
from desktop.register.series import Building, PremiseEntry, PremiseKind, set_premise, show_premise
from desktop.register.till import open_till
from desktop.sales.check_out import CheckOut, check_out
from desktop.sales.closing import close_day
from desktop.sales.issuing import Paid
from desktop.services.premise import PremiseState, PremiseStatus
from desktop.settings.views.business_cards import fiscal_card, premise_card
from desktop.shell.lights import Lights
from desktop.shell.main_window import MainWindow
from fiscal.port import Means, Status
from fiscal.slovenia.standin.certificates import Identity
from fiscal.slovenia.standin.faults import Fault
from fiscal.slovenia.standin.server import StandIn
from printing.virtual import VirtualPrinter
from tests.desk import TestDesk
from tests.desktop.salon import Salon, service
from tests.desktop.screen import Screen, button, field, texts, type_into, until
from tests.desktop.services.test_counter import Running

BUILDING = Building(365, 12, 3, "Čopova ulica", "5", "", "Ljubljana", "Ljubljana", "1000")


@pytest.fixture
async def running(
    salon: Salon, furs: StandIn, taxpayer: Identity, printer: VirtualPrinter, tmp_path: Path
) -> AsyncIterator[Running]:
    """A counter that keeps its premise registered, started before anything is known to the authority."""
    running = Running(salon, furs, taxpayer, printer, tmp_path)
    salon.desk.write(close_day, 100_00, 100_00)
    salon.desk.write(open_till, 100_00)
    await running.counter.start()
    yield running
    await running.counter.shutdown()


def sent(furs: StandIn) -> list[dict[str, Any]]:
    """The premises that arrived, refused ones too."""
    messages = [one.payload for one in furs.received if one.path.endswith("register")]
    return [one["BusinessPremiseRequest"]["BusinessPremise"] for one in messages]


def read_long(session: Session, action: Action) -> None:
    """Keeps the reader busy for a moment."""
    time.sleep(0.4)


async def status(running: Running) -> PremiseStatus:
    return (await running.counter.fiscal.status()).premise


async def in_state(running: Running, state: PremiseState) -> PremiseStatus:
    for _ in range(1000):
        found = await status(running)
        if found.state is state:
            return found
        await asyncio.sleep(0.01)
    pytest.fail(f"never {state}: {found}")


async def test_the_first_sale_after_the_set_up_is_confirmed(running: Running, furs: StandIn) -> None:
    assert (await status(running)).state is PremiseState.NOT_SENT
    running.counter.fiscal.keep_registered()
    await running.sell()
    assert await running.counter.settled()
    [told] = running.told
    assert told.confirmation is not None
    assert told.confirmation.status is Status.CONFIRMED
    assert [one.code for one in furs.received] == [None, None]
    known = await status(running)
    assert (known.state, known.mark, known.at) == (PremiseState.CONFIRMED, "PE1", running.salon.desk.clock.now())


async def test_a_receipt_does_not_overtake_its_premise(running: Running, furs: StandIn) -> None:
    fiscal = running.counter.fiscal
    bill = running.salon.bill(service())
    request = CheckOut(bill.id, 34_00, (Paid(Means.CASH, 34_00),))
    issued = running.salon.desk.write(check_out, request, fiscal.register, "")
    busy = asyncio.create_task(running.salon.desk.database.read(SYSTEM, read_long))
    await asyncio.sleep(0)
    fiscal.keep_registered()  # it must first read what the premise is; a receipt need not
    known = await fiscal.submit_now(issued.id)
    await busy
    assert known is not None
    assert known.status is Status.CONFIRMED
    assert [one.code for one in furs.received] == [None, None]


async def test_what_is_confirmed_is_not_sent_again_and_what_changed_is(
    running: Running, furs: StandIn, taxpayer: Identity
) -> None:
    desk, fiscal = running.salon.desk, running.counter.fiscal
    fiscal.keep_registered()
    await in_state(running, PremiseState.CONFIRMED)
    await fiscal.reload()
    assert (await status(running)).state is PremiseState.CONFIRMED
    assert len(sent(furs)) == 1

    async def after(*write: Any) -> dict[str, Any]:
        count = len(sent(furs))
        desk.write(*write)
        await fiscal.reload()
        await in_state(running, PremiseState.CONFIRMED)
        assert len(sent(furs)) == count + 1
        return sent(furs)[-1]

    entry = PremiseEntry("PE1", PremiseKind.BUILDING, date(2026, 1, 1), BUILDING)
    today = desk.clock.now().date().isoformat()
    placed = await after(set_premise, entry)
    assert placed["BPIdentifier"]["RealEstateBP"]["PropertyID"]["CadastralNumber"] == 365
    assert placed["ValidityDate"] == today  # a change of the same mark has a day of its own
    later = replace(entry, valid_from=date(2030, 1, 1))
    assert (await after(set_premise, later))["ValidityDate"] == "2030-01-01"
    assert (await after(set_premise, replace(later, code="PE2")))["BusinessPremiseID"] == "PE2"
    assert (await after(set_premise, entry))["BusinessPremiseID"] == "PE1"  # PE1 was last told to be another one
    renewed = furs.admit(furs.authority.taxpayer())
    [old] = desk.read(list_certificates)
    desk.write(drop_certificate, old.fingerprint, running.secrets)
    p12 = renewed.pkcs12("geslo", issuer=furs.authority.tax_ca)
    await after(add_certificate, p12, "geslo", running.secrets)
    with StandIn(furs.authority) as other:
        other.admit(renewed)
        desk.write(set_fiscal_line, other.url, None)
        await fiscal.reload()
        await in_state(running, PremiseState.CONFIRMED)
        assert len(sent(other)) == 1
        await fiscal.shutdown()


async def test_silence_is_tried_again_by_itself(running: Running, furs: StandIn) -> None:
    furs.plan(Fault.RESET_BEFORE, times=1)
    running.counter.fiscal.keep_registered()
    waiting = await in_state(running, PremiseState.WAITING)
    assert waiting.problem is not None
    assert waiting.problem.code == "fiscal.unreachable"
    await in_state(running, PremiseState.CONFIRMED)
    assert len(sent(furs)) == 1


async def test_a_refused_premise_says_why_and_is_repeated_by_hand(running: Running, furs: StandIn) -> None:
    furs.plan(Fault.ERROR, code="S005", times=1)
    running.counter.fiscal.keep_registered()
    refused = await in_state(running, PremiseState.REFUSED)
    assert refused.problem is not None
    assert refused.problem.values["answer"] == "S005"
    await running.sell()
    assert await running.counter.settled()
    assert furs.received[-1].code == "S006"
    assert len(sent(furs)) == 1  # nobody asked to send the same again
    await running.counter.fiscal.register_premise()
    for _ in range(500):
        if furs.accepted:
            break
        await asyncio.sleep(0.01)
    assert len(furs.accepted) == 1  # the refused receipt followed its premise


async def test_without_a_premise_nothing_is_sent(desk: TestDesk) -> None:
    from desktop.services.fiscal import FiscalService
    from tests.desktop.services.test_counter import Secrets

    service = FiscalService(desk.database, Secrets(), lambda known: None)
    await service.start()
    service.keep_registered()
    with pytest.raises(Refused, match=r"register\.no_line"):
        await service.register_premise()
    assert (await service.status()).premise.state is PremiseState.NOT_SET_UP
    await service.shutdown()


async def test_the_settings_and_the_light_say_it_and_repeat_it(
    running: Running, furs: StandIn, screen_of: Callable[[TestDesk, Actor], Screen]
) -> None:
    desk = running.salon.desk
    screen = screen_of(desk, running.salon.owner)
    fiscal = running.counter.fiscal
    running.on_fiscal = screen.context.fiscal_changed.emit
    card = screen.show(await fiscal_card(screen.context, running.counter))
    window = screen.show(MainWindow(screen.theme, screen.context.texts))
    lights = Lights(screen.context, window, running.counter, lambda _section: None)
    screen.context.fiscal_changed.connect(lights.look)
    assert "Poslovni prostor PE1: FURS prijava še ni poslana." in texts(card)
    furs.plan(Fault.ERROR, code="S005", times=1)
    fiscal.keep_registered()
    await until(lambda: any("S005" in words for words in texts(card)), "the reason in the settings")
    await until(lambda: "S005" in window.fiscal_light.accessibleName(), "the reason in the light")
    button(card, "Prijavi prostor").click()
    await until(lambda: any("potrjena" in words for words in texts(card)), "confirmed in the settings")
    await until(lambda: window.fiscal_light.property("state") == "fine", "the light is fine")
    place = screen.show(await premise_card(screen.context, running.counter))
    type_into((await field(place, "code")).editor, "PE9")
    button(place, "Shrani").click()
    await until(lambda: sent(furs)[-1]["BusinessPremiseID"] == "PE9", "the new premise at the authority")
    await until(lambda: any("PE9" in words and "potrjena" in words for words in texts(card)), "PE9 confirmed")
    assert desk.read(show_premise) is not None
    lights.stop()
