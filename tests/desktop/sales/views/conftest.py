"""A counter that runs without servers: receipts are sealed here and wait for a line that is not set up."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from desktop.access import Actor
from desktop.register.fiscal_line import add_certificate
from desktop.services.counter import Counter
from desktop.shell.context import ViewContext
from fiscal.slovenia.standin.certificates import Authority
from tests.desk import START, TestDesk
from tests.desktop.sales.views.house import House
from tests.desktop.salon import Salon
from tests.desktop.screen import Screen, screen_of

__all__ = ["screen_of"]


@pytest.fixture
def screen(salon: Salon, screen_of: Callable[[TestDesk, Actor], Screen]) -> Screen:
    return screen_of(salon.desk, salon.owner)


@pytest.fixture
def context(screen: Screen) -> ViewContext:
    return screen.context


@pytest.fixture
async def counter(salon: Salon, screen: Screen, certificates: Authority) -> AsyncIterator[Counter]:
    taxpayer = certificates.taxpayer(not_before=START - timedelta(days=30), not_after=START + timedelta(days=1500))
    salon.desk.write(add_certificate, taxpayer.pkcs12("geslo", issuer=certificates.tax_ca), "geslo", screen.secrets)
    made = Counter(
        salon.desk.database,
        screen.secrets,
        on_settled=screen.context.settled.emit,
        on_fiscal=lambda known: screen.context.fiscal_changed.emit(),
        on_print=screen.context.print_changed.emit,
    )
    await made.start()
    yield made
    await made.shutdown()


@pytest.fixture
async def house(screen: Screen, counter: Counter) -> AsyncIterator[House]:
    made = House(screen, counter)
    yield made
    made.pages.leave()
    made.window.allow_close()
