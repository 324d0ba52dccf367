"""Makes a new encrypted database file straight from the composed schema and stamps it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal
from uuid import UUID

from sqlalchemy import insert

from desktop.database.connection import FeedState, make_engine, open_connection
from desktop.database.feed import DeviceStamp
from desktop.database.schema import Schema
from desktop.database.version import write_version

Mode = Literal["practice", "live"]


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a file is for ever: see `DeviceStamp`. `zone` is an IANA name, `schema` the revision that it was made with."""

    database_id: UUID
    mode: Mode
    tenant_id: UUID
    shop_id: UUID
    device_id: UUID
    zone: str
    schema: str
    created_at: datetime


def make_file(path: Path, key: bytes, schema: Schema, stamp: Stamp) -> None:
    """Makes the file with all tables and triggers and stamps it; everything in one transaction.

    Raises `FileExistsError` when there is a file already, the driver's errors when it cannot be written.
    """
    if path.exists():
        raise FileExistsError(path)
    state = FeedState()
    connection = open_connection(path, key, state, schema.functions())
    engine = make_engine(connection, writes=True)
    try:
        with engine.begin() as transaction:
            schema.create(transaction)
            write_version(transaction, stamp.schema)
            transaction.execute(insert(DeviceStamp), asdict(stamp))
    finally:
        engine.dispose()
