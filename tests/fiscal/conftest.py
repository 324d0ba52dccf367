"""What the fiscal tests share: a world of certificates made once, a plain SQLite database, the stand-in and a counter."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine

from fiscal.port import Transact
from fiscal.slovenia.certificate import Credential, read_pkcs12
from fiscal.slovenia.client import FursClient
from fiscal.slovenia.environment import Endpoint, Mode
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from fiscal.slovenia.standin.certificates import TAX_NUMBER, Authority, Identity, make_authority
from fiscal.slovenia.standin.server import StandIn
from fiscal.slovenia.trust import Anchors
from fiscal.submitter import Submitter
from tests.fiscal.till import Clock, Till
from tests.fiscal.world import DEVICE, SHOP, Drafts, open_database


@pytest.fixture(scope="session")
def authority() -> Authority:
    return make_authority()


@pytest.fixture(scope="session")
def taxpayer(authority: Authority) -> Identity:
    return authority.taxpayer()


@pytest.fixture(scope="session")
def credential(authority: Authority, taxpayer: Identity) -> Credential:
    return read_pkcs12(taxpayer.pkcs12("geslo", issuer=authority.tax_ca), "geslo")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = open_database(tmp_path / "fiscal.db")
    yield engine
    engine.dispose()


@pytest.fixture
def settings() -> RegisterSettings:
    return RegisterSettings(mode=Mode.PRACTICE, shop_id=SHOP, device_id=DEVICE, tax_number=TAX_NUMBER)


@pytest.fixture
def register(settings: RegisterSettings, credential: Credential) -> SlovenianRegister:
    return SlovenianRegister(settings, [credential], registered_premises=frozenset({"PE1"}))


@pytest.fixture
def draft() -> Drafts:
    """Makes lawful sales, numbered from 1."""
    return Drafts()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def furs(authority: Authority, taxpayer: Identity) -> Iterator[StandIn]:
    with StandIn(authority) as furs:
        furs.admit(taxpayer)
        furs.premises.add((int(TAX_NUMBER), "PE1"))
        yield furs


@pytest.fixture
async def transact(engine: Engine) -> AsyncIterator[Transact]:
    thread = ThreadPoolExecutor(1)

    def run(work: Callable[[Connection], object]) -> object:
        with engine.begin() as connection:
            return work(connection)

    def transact(work: Callable[[Connection], object]) -> Awaitable[object]:
        return asyncio.get_running_loop().run_in_executor(thread, run, work)

    yield transact
    thread.shutdown()


@pytest.fixture
async def client(furs: StandIn, credential: Credential, clock: Clock) -> AsyncIterator[FursClient]:
    anchors = Anchors.from_pem(furs.authority.anchors_pem, Mode.PRACTICE)
    client = FursClient(Endpoint(furs.url, Mode.PRACTICE), [credential], anchors, clock)
    yield client
    await client.aclose()


@pytest.fixture
async def till(
    engine: Engine, register: SlovenianRegister, transact: Transact, client: FursClient, clock: Clock
) -> AsyncIterator[Till]:
    def make(till: Till) -> Submitter:
        return Submitter(transact, client, clock, till.outcomes.append, jitter=lambda: 0.0)

    till = Till(engine, register, transact, make)
    yield till
    await till.submitter.shutdown()
