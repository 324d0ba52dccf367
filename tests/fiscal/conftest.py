"""What the fiscal tests share: a world of certificates made once and a plain SQLite database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, event

from fiscal.slovenia.certificate import Credential, read_pkcs12
from fiscal.slovenia.environment import Mode
from fiscal.slovenia.register import RegisterSettings, SlovenianRegister
from fiscal.slovenia.standin.certificates import TAX_NUMBER, Authority, Identity, make_authority
from fiscal.tables import metadata
from tests.fiscal.world import DEVICE, SHOP, Drafts


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
    """A database file on which every transaction begins as a writing one."""
    engine = create_engine(f"sqlite:///{tmp_path / 'fiscal.db'}")

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    metadata.create_all(engine)
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
