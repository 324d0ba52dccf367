"""`pult-server`: runs the backend, and what its operator does with tenants, codes and devices."""

from __future__ import annotations

import argparse
import os
import secrets
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sync.errors import SyncError, UnknownTenant, Unlawful
from sync.server.store import Store

_KEY = "PULT_SERVER_KEY"


def main(words: Sequence[str] | None = None) -> int:
    """Runs a command; 0 when it did what it was asked for, 1 with a sentence on the standard error."""
    given = _parser().parse_args(words)
    try:
        store = open_store(given.data)
        try:
            run: Callable[[Store, argparse.Namespace], int] = given.run
            return run(store, given)
        finally:
            store.close()
    except UnknownTenant as error:
        print(f"There is no tenant {error}.", file=sys.stderr)
    except (Unlawful, SyncError, OSError) as error:
        print(f"pult-server: {error}", file=sys.stderr)
    return 1


def open_store(data: str) -> Store:
    """The store of an address: ``postgresql://…`` or the path of a folder."""
    scheme, _, place = data.partition("://")
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        from sync.server.postgres_store import PostgresStore

        return PostgresStore(f"postgresql+psycopg://{place}")
    from sync.server.sqlite_store import SqliteStore

    return SqliteStore(Path(data), os.environ.get(_KEY))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pult-server", description="The hosted backend of Pult.")
    parser.add_argument(
        "--data",
        default=os.environ.get("PULT_SERVER_DATA", "pult-server"),
        help="folder of the encrypted SQLite files, or postgresql://… (PULT_SERVER_DATA)",
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="run the server until it is stopped")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8440)
    serve.add_argument("--certificate", type=Path, help="PEM; without it the server speaks plain HTTP, for a TLS proxy")
    serve.add_argument("--key", type=Path, help="PEM, the certificate's key")
    serve.add_argument("--proxies", default="", help="addresses of proxies whose X-Forwarded-For is believed")
    serve.add_argument("--metrics-port", type=int, default=0, help="Prometheus metrics on the loopback")
    serve.add_argument("--log-folder", type=Path, help="one file a day, kept for a year; default: standard error")
    serve.set_defaults(run=_serve)

    tenant = commands.add_parser("tenant", help="the salons on this server").add_subparsers(required=True)
    create = tenant.add_parser("create", help="make a tenant and print its id")
    create.add_argument("name")
    create.set_defaults(run=_create)
    tenant.add_parser("list", help="all tenants").set_defaults(run=_list)
    erase = tenant.add_parser("erase", help="delete everything of a tenant, for ever")
    erase.add_argument("tenant")
    erase.add_argument("--yes", action="store_true", help="needed: there is no way back")
    erase.set_defaults(run=_erase)

    code = commands.add_parser("code", help="print a one-time code that pairs one device")
    code.add_argument("tenant")
    code.set_defaults(run=_code)

    device = commands.add_parser("device", help="the devices of a tenant").add_subparsers(required=True)
    devices = device.add_parser("list", help="all devices, with what they did last")
    devices.add_argument("tenant")
    devices.set_defaults(run=_devices)
    revoke = device.add_parser("revoke", help="a device is not welcome any more")
    revoke.add_argument("tenant")
    revoke.add_argument("device")
    revoke.set_defaults(run=_revoke)

    snapshot = commands.add_parser("snapshot", help="make the snapshots that a tenant's new devices begin with")
    snapshot.add_argument("tenant")
    snapshot.set_defaults(run=_snapshot)
    return parser


def _snapshot(store: Store, given: argparse.Namespace) -> int:
    from sync.server.serving import now
    from sync.server.snapshots import Snapshots
    from sync.snapshot import listed

    snapshots = Snapshots(store, now)
    for shop in snapshots.shops(given.tenant):
        listing = listed(snapshots.make(given.tenant, shop))
        parts = sum(one.size for one in listing.chunks)
        print(shop, f"{listing.hot} + {len(listing.chunks) - listing.hot} parts", f"{parts:,} bytes")
    return 0


def _serve(store: Store, given: argparse.Namespace) -> int:
    from sync.server.serving import Address, make_server, set_up_log

    set_up_log(given.log_folder)
    address = Address(given.host, given.port, given.certificate, given.key, given.proxies, given.metrics_port)
    make_server(store, address, _version()).run()
    return 0


def _create(store: Store, given: argparse.Namespace) -> int:
    from sync.server.serving import now

    tenant = secrets.token_hex(16)
    store.make_tenant(tenant, given.name, now())
    print(tenant)
    return 0


def _list(store: Store, given: argparse.Namespace) -> int:
    for tenant, name in store.names():
        print(tenant, name)
    return 0


def _erase(store: Store, given: argparse.Namespace) -> int:
    if not given.yes:
        print("This deletes everything of the tenant for ever. Say --yes if that is meant.", file=sys.stderr)
        return 1
    store.erase_tenant(given.tenant)
    return 0


def _code(store: Store, given: argparse.Namespace) -> int:
    from sync.server.pairing import Pairing
    from sync.server.serving import now

    print(Pairing(store, now).make_code(given.tenant).code)
    return 0


def _devices(store: Store, given: argparse.Namespace) -> int:
    from sync.server.pairing import Pairing
    from sync.server.serving import now

    for one in Pairing(store, now).devices(given.tenant).devices:
        state = f"revoked {_day(one.revoked_at)}" if one.revoked_at is not None else "active"
        print(one.id, f"{one.name!r}", f"{one.operations} operations", f"paired {_day(one.paired_at)}", state)
    return 0


def _revoke(store: Store, given: argparse.Namespace) -> int:
    from sync.server.pairing import Pairing
    from sync.server.serving import now

    Pairing(store, now).revoke(given.tenant, given.device)
    return 0


def _day(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M")


def _version() -> str:
    try:
        return version("pult")
    except PackageNotFoundError:
        return "0"


if __name__ == "__main__":
    sys.exit(main())
