"""The tables of the backend: the tenant comes first in every key, so that one database may hold many and be spread over several.

Ids and hashes are text of hexadecimal digits: the same on SQLite and PostgreSQL, and as they are on the wire.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, MetaData, Table, Text

#: What lies with a tenant's data: with SQLite each tenant has a file of its own.
metadata: Final = MetaData()
#: What the server knows beside the tenants' data.
central: Final = MetaData()

tenant = Table(
    "sync_tenant",
    central,
    Column("tenant", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

#: One-time codes, as SHA-256 of the code: nobody reads them from a backup.
pairing = Table(
    "sync_pairing",
    central,
    Column("code", Text, primary_key=True),
    Column("tenant", Text, nullable=False),
    Column("expires_at", BigInteger, nullable=False),
    Column("used_by", Text, nullable=True),
)

#: Secrets of the server by name, as hex: ``token`` signs tokens and nonces.
secret = Table(
    "sync_secret",
    central,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

#: What the tenant's devices brought: the salon's own id and the newest manifest (JSON).
salon = Table(
    "sync_salon",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("salon", Text, nullable=False),
    Column("practice", Integer, nullable=False),
    Column("manifest_version", Integer, nullable=False),
    Column("manifest", Text, nullable=False),
)

shop = Table(
    "sync_shop",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("shop", Text, primary_key=True),
    Column("name", Text, nullable=False),
)

#: The counter of each scope: "" for the tenant, else a shop. Bumped last in the transaction that changed rows of it.
scope = Table(
    "sync_scope",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("counter", BigInteger, nullable=False),
)

#: A paired device: its shop, its name and public key (hex), the number and hash of its last operation.
device = Table(
    "sync_device",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("shop", Text, nullable=False),
    Column("n", BigInteger, nullable=False),
    Column("hash", Text, nullable=False),
    Column("name", Text, nullable=False, server_default=""),
    Column("key", Text, nullable=False, server_default=""),
    Column("manifest", Integer, nullable=False, server_default="1"),
    Column("paired_at", BigInteger, nullable=False, server_default="0"),
    Column("seen_at", BigInteger, nullable=False, server_default="0"),
    Column("revoked_at", BigInteger, nullable=True),
)

#: Every operation that was judged, with its verdict as JSON: what a repeated push gets as its answer.
operation = Table(
    "sync_operation",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("n", BigInteger, primary_key=True),
    Column("id", Text, nullable=False),
    Column("envelope", Text, nullable=False),
    Column("verdict", Text, nullable=False),
    Column("judged_at", BigInteger, nullable=False),
)

Index("ix_sync_operation_id", operation.c.tenant, operation.c.id)

#: Headers of operations that never came as such: those that the rows of a device that was paired late name.
envelope = Table(
    "sync_envelope",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("id", Text, primary_key=True),
    Column("envelope", Text, nullable=False),
)

#: The latest state of every row, at the place of its last change in its scope. `places` (JSON): what an exclusive claim asks for.
row = Table(
    "sync_row",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("collection", Text, primary_key=True),
    Column("row", Text, primary_key=True),
    Column("scope", Text, nullable=False),
    Column("seq", BigInteger, nullable=False),
    Column("values", Text, nullable=False),
    Column("stamps", Text, nullable=False),
    Column("places", Text, nullable=True),
)
Index("ix_sync_row_seq", row.c.tenant, row.c.scope, row.c.seq)

#: Who holds a place in time.
place = Table(
    "sync_place",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("resource", Text, primary_key=True),
    Column("start", BigInteger, primary_key=True),
    Column("lane", Integer, primary_key=True),
    Column("row", Text, nullable=False),
)
Index("ix_sync_place_row", place.c.tenant, place.c.row)

#: Who holds a name.
name = Table(
    "sync_name",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("collection", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("row", Text, nullable=False),
)

#: What a row of a bounded claim does to a balance. `asked`: what it adds as it stands; `counted`: how much of that counts, nothing of what
#: a row in conflict would take unless it happened; `held`: 1 where nothing is wrong with it.
draw = Table(
    "sync_draw",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("collection", Text, primary_key=True),
    Column("row", Text, primary_key=True),
    Column("balance", Text, nullable=False),
    Column("asked", BigInteger, nullable=False),
    Column("counted", BigInteger, nullable=False),
    Column("held", Integer, nullable=False),
)
Index("ix_sync_draw_balance", draw.c.tenant, draw.c.collection, draw.c.balance)

#: A ledger row that came again with other bytes: kept aside, never instead of the first.
alarm = Table(
    "sync_alarm",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("collection", Text, primary_key=True),
    Column("row", Text, primary_key=True),
    Column("hash", Text, primary_key=True),
    Column("values", Text, nullable=False),
    Column("operation", Text, nullable=False),
)

#: A snapshot of a shop and the tenant's own rows, for new devices: its list (JSON) and the server's signature over it.
snapshot = Table(
    "sync_snapshot",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("snapshot", Text, primary_key=True),
    Column("shop", Text, nullable=False),
    Column("made_at", BigInteger, nullable=False),
    Column("listing", Text, nullable=False),
    Column("signature", Text, nullable=False),
)

#: The parts of a snapshot: `sync.snapshot.Chunk` as JSON in zstd. `hot` ones are those of the first part.
chunk = Table(
    "sync_chunk",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("snapshot", Text, primary_key=True),
    Column("hot", Integer, primary_key=True),
    Column("n", Integer, primary_key=True),
    Column("body", LargeBinary, nullable=False),
)

#: How many rows of a collection a device has deleted in a push, for as long as that counts.
deletion = Table(
    "sync_deletion",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("collection", Text, primary_key=True),
    Column("at", BigInteger, primary_key=True),
    Column("rows", BigInteger, nullable=False),
)

#: Devices whose last push was refused as ``mass_delete``: how many rows it deletes, and when it came. One that got a push through since
#: (`device.seen_at`) waits no more.
held = Table(
    "sync_held",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("rows", BigInteger, nullable=False),
    Column("at", BigInteger, nullable=False),
)

#: Until when a device may delete as many rows as it likes.
allowance = Table(
    "sync_allowance",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("device", Text, primary_key=True),
    Column("until", BigInteger, nullable=False),
)

#: Up to which place of a scope deleted rows have been dropped: a cursor before it has missed that they were deleted.
horizon = Table(
    "sync_horizon",
    metadata,
    Column("tenant", Text, primary_key=True),
    Column("scope", Text, primary_key=True),
    Column("seq", BigInteger, nullable=False),
)
