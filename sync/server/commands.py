"""What the operator does with tenants, codes, devices and backups: each command prints what it did, or raises what is in its way."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
import time
from datetime import UTC, datetime
from typing import Final

from sync.errors import SyncError
from sync.server.archive import read_archive
from sync.server.archive_file import Listing
from sync.server.backup import back_up, export, restore
from sync.server.compacting import compact
from sync.server.deletions import allow_deletions
from sync.server.pairing import Pairing
from sync.server.snapshots import Snapshots
from sync.server.store import Store
from sync.snapshot import listed

PASSPHRASE: Final = "PULT_BACKUP_PASSPHRASE"
_LEAST_PASSPHRASE: Final = 12


class Misused(SyncError):
    """A command that lacks something, said so that the operator can mend it."""


def create(store: Store, given: argparse.Namespace) -> None:
    if not given.name.strip() or "\0" in given.name:
        raise Misused("A tenant needs a name.")
    tenant = secrets.token_hex(16)
    store.make_tenant(tenant, given.name.strip(), now())
    print(tenant)


def list_tenants(store: Store, given: argparse.Namespace) -> None:
    for tenant, name in store.names():
        print(tenant, name)


def erase(store: Store, given: argparse.Namespace) -> None:
    if not given.yes:
        raise Misused("This deletes everything of the tenant for ever. Say --yes if that is meant.")
    store.erase_tenant(given.tenant)
    print(f"erased {given.tenant}")


def export_tenant(store: Store, given: argparse.Namespace) -> None:
    print(_told(export(store, given.tenant, given.file)))


def import_tenant(store: Store, given: argparse.Namespace) -> None:
    with given.file.open("rb") as file:
        print(_told(read_archive(store, file)))


def make_code(store: Store, given: argparse.Namespace) -> None:
    print(Pairing(store, now).make_code(given.tenant).code)


def list_devices(store: Store, given: argparse.Namespace) -> None:
    for one in Pairing(store, now).devices(given.tenant).devices:
        state = f"revoked {_day(one.revoked_at)}" if one.revoked_at is not None else "active"
        print(one.id, f"{one.name!r}", f"{one.operations} operations", f"paired {_day(one.paired_at)}", state)


def revoke(store: Store, given: argparse.Namespace) -> None:
    Pairing(store, now).revoke(given.tenant, given.device)
    print(f"revoked {given.device}")


def allow_deletes(store: Store, given: argparse.Namespace) -> None:
    until = store.tenant(given.tenant, lambda c: allow_deletions(c, given.tenant, given.device, now()))
    print(f"{given.device} may delete until {_day(until)} UTC")


def compact_tenants(store: Store, given: argparse.Namespace) -> None:
    for tenant in [given.tenant] if given.tenant else sorted(store.tenants()):
        print(tenant, f"{compact(store, tenant, now())} rows dropped")


def make_snapshots(store: Store, given: argparse.Namespace) -> None:
    snapshots = Snapshots(store, now)
    for shop in snapshots.shops(given.tenant):
        listing = listed(snapshots.make(given.tenant, shop))
        parts = sum(one.size for one in listing.chunks)
        print(shop, f"{listing.hot} + {len(listing.chunks) - listing.hot} parts", f"{parts:,} bytes")


def backup(store: Store, given: argparse.Namespace) -> None:
    index = back_up(store, given.folder, _passphrase(), now())
    print(f"{len(index.tenants)} tenants in {given.folder}")


def put_back(store: Store, given: argparse.Namespace) -> None:
    for listing in restore(store, given.folder, _passphrase(), frozenset(given.tenant), given.replace):
        print(_told(listing))


def now() -> int:
    """Milliseconds since 1970."""
    return time.time_ns() // 1_000_000


def _passphrase() -> str:
    given = os.environ.get(PASSPHRASE, "")
    if len(given) < _LEAST_PASSPHRASE:
        raise Misused(f"Set {PASSPHRASE} to a passphrase of at least {_LEAST_PASSPHRASE} characters.")
    return given


def _told(listing: Listing) -> str:
    rows = sum(one.rows for one in listing.tables.values())
    operations = listing.tables["sync_operation"].rows
    return f"{listing.tenant} {rows} rows, {operations} operations, checked"


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def complain(sentence: str) -> None:
    """Says on the standard error what went wrong."""
    print(f"pult-server: {sentence}", file=sys.stderr)
