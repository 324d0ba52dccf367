"""What a device remembers of its syncing; this device only."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Integer, LargeBinary, MetaData, Table, Text

metadata: Final = MetaData()

#: How far each scope was pulled: "" for the tenant, else a shop. `horizon`: what the last page said of rows that were dropped.
cursor = Table(
    "sync_cursor",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("cursor", Integer, nullable=False),
    Column("horizon", Integer, nullable=False, server_default="0"),
)

#: Numbers by name: ``acknowledged``, the last operation that the server judged; ``clock``, the latest clock that came from it;
#: ``paired``, 1 on a device that belongs to a salon on a server; ``anew``, 1 while it pulls everything anew.
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

#: Fields that the server took no more, because a later edit stood there, with what stands as JSON; by number of the operation.
lost = Table(
    "sync_lost",
    metadata,
    Column("n", Integer, primary_key=True, autoincrement=False),
    Column("collection", Text, primary_key=True),
    Column("row", Text, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("stands", Text, nullable=False),
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

#: Where the upload of what this device held before it was paired goes on; no row: there is nothing to upload.
#: `late`: in the second turn of the collection, that of claims in conflict.
upload = Table(
    "sync_upload",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("late", Integer, nullable=False),
    Column("row", Text, nullable=False),
)

#: What a person has to know of rows of that upload: ``conflict``, ``alarm``, or why the server does not take a row.
noted = Table(
    "sync_noted",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("row", Text, primary_key=True),
    Column("code", Text, nullable=False),
)

#: Rows that came and that this program cannot hold: of a collection that it does not know, or of a ledger with fields that it does not
#: know. A newer program pulls them again.
unread = Table(
    "sync_unread",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("row", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

#: Rows that came before the row that a field of theirs names. `missed`: it was not there after the last page either.
orphan = Table(
    "sync_orphan",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("row", LargeBinary, primary_key=True),
    Column("field", Text, primary_key=True),
    Column("parent", Text, nullable=False),
    Column("parent_row", LargeBinary, nullable=False),
    Column("scope", Text, nullable=False),
    Column("missed", Integer, nullable=False),
    sqlite_with_rowid=False,
)

#: Rows that came since this device started over, to pull everything anew (`anew` in the progress); empty otherwise.
seen = Table(
    "sync_seen",
    metadata,
    Column("collection", Text, primary_key=True),
    Column("row", LargeBinary, primary_key=True),
    sqlite_with_rowid=False,
)

#: The server's public key as it was told at pairing; snapshots that it did not sign are refused.
server = Table("sync_server", metadata, Column("key", Text, primary_key=True))

#: A snapshot that this device begins with: its list (JSON), and how far it is; no row: none is on its way.
snapshot = Table(
    "sync_snapshot",
    metadata,
    Column("listing", Text, primary_key=True),
    Column("chunk", Integer, nullable=False),
    Column("row", Integer, nullable=False),
)
