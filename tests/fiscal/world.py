"""Constants, the database and the drafts of the fiscal tests."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

from sqlalchemy import Connection, Engine, create_engine, event

from fiscal.port import Draft, Kind, Means, Payment, VatBucket, VatCategory
from fiscal.slovenia.environment import ZONE
from fiscal.slovenia.standin.certificates import TAX_NUMBER
from fiscal.tables import metadata

SHOP: Final = UUID(int=1)
DEVICE: Final = UUID(int=2)
#: Official data that is not part of the project; tests that need it are skipped where it is absent.
OFFICIAL: Final = Path(__file__).parents[2].parent / "shared" / "data" / "furs"


def open_database(file: Path) -> Engine:
    """A plain SQLite file with the tables of `fiscal`, on which every transaction begins as a writing one."""
    engine = create_engine(f"sqlite:///{file}")

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:
        connection.isolation_level = None

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    metadata.create_all(engine)
    return engine


class Drafts:
    """Makes lawful cash sales of 24.40 with 22 % VAT, numbered from 1 and issued now; keyword arguments change them."""

    def __init__(self) -> None:
        self._sequence = 0

    def __call__(self, **changes: Any) -> Draft:
        self._sequence += 1
        issued_at = changes.get("issued_at", datetime.now(UTC))
        lawful = Draft(
            document_id=uuid4(),
            kind=Kind.SALE,
            issued_at=issued_at,
            wall_time=issued_at.astimezone(ZONE).replace(tzinfo=None, microsecond=0),
            premise="PE1",
            device="B1",
            sequence=self._sequence,
            seller_tax_number=TAX_NUMBER,
            operator_tax_number="10000020",
            operator_is_foreign=False,
            total_cents=2440,
            vat=(VatBucket(VatCategory.TAXED, 2200, 2000, 440, 2440),),
            payments=(Payment(Means.CASH, 2440),),
        )
        return replace(lawful, **changes)
