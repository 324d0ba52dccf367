"""The world of the services: a taxpayer, the stand-in of the authority that knows it, and a virtual printer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from fiscal.slovenia.standin.certificates import Authority, Identity
from fiscal.slovenia.standin.server import StandIn
from printing.decoder.machine import Model
from printing.virtual import Faults, VirtualPrinter
from tests.desktop.screen import screen_of

__all__ = ["screen_of"]


@pytest.fixture(scope="module")
def taxpayer(certificates: Authority) -> Identity:
    return certificates.taxpayer()


@pytest.fixture
def furs(certificates: Authority, taxpayer: Identity) -> Iterator[StandIn]:
    with StandIn(certificates) as furs:
        furs.admit(taxpayer)
        yield furs


@pytest.fixture
def printer() -> Iterator[VirtualPrinter]:
    with VirtualPrinter(Model(), Faults()) as printer:
        yield printer
