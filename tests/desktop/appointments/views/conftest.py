"""A salon with two people and two services, and the screen of its reception."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from desktop.access import Actor
from desktop.catalogue.services import ServiceEntry, Terms, add_service
from desktop.catalogue.vat import set_up_vat_rates
from desktop.shell.context import ViewContext
from tests.desk import TestDesk
from tests.desktop.appointments.salon import Salon
from tests.desktop.screen import Screen, screen_of

__all__ = ["screen_of"]


@pytest.fixture
def screen(salon: Salon, screen_of: Callable[[TestDesk, Actor], Screen]) -> Screen:
    salon.desk.write(set_up_vat_rates)
    terms = (Terms(salon.maja), Terms(salon.tina))
    salon.desk.write(add_service, ServiceEntry("Žensko striženje", 45, 34_00, "reduced"), terms)
    salon.desk.write(add_service, ServiceEntry("Barvanje", 90, 65_00, "reduced"), terms)
    return screen_of(salon.desk, salon.desk.reception)


@pytest.fixture
def context(screen: Screen) -> ViewContext:
    return screen.context
