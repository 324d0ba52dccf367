"""What a device remembers of its syncing; this device only."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, MetaData, Table, Text

metadata: Final = MetaData()

#: How far each scope was pulled: "" for the tenant, else a shop.
cursor = Table(
    "sync_cursor",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("cursor", Integer, nullable=False),
)

#: Numbers by name: ``acknowledged``, the last operation that the server judged; ``clock``, the latest clock that came from it.
progress = Table(
    "sync_progress",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Integer, nullable=False),
)

#: Operations that the server set aside, with its verdict as JSON: shown until somebody has dealt with them.
refused = Table(
    "sync_refused",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("verdict", Text, nullable=False),
)

#: Ledger rows that came with other bytes than the known ones: the alarm, and what came.
stray = Table(
    "sync_stray",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("row", Text, primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("values", Text, nullable=False),
)
