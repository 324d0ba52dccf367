"""`pult-server`: runs the backend, and what its operator does with it."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from sqlalchemy.exc import ArgumentError, DBAPIError

from sync.errors import SyncError, UnknownTenant
from sync.server import commands
from sync.server.schema import SCHEMA, OlderData, Schema
from sync.server.store import Store

_KEY = "PULT_SERVER_KEY"


def main(words: Sequence[str] | None = None) -> int:
    """Runs a command; 0 when it did what it was asked for, 1 with a sentence on the standard error, 2 for words it does not know."""
    given = _parser().parse_args(words)
    try:
        if given.run is None:
            print(upgrade(given.data, given.backed_up))
            return 0
        store = open_store(given.data)
        try:
            run: Callable[[Store, argparse.Namespace], None] = given.run
            run(store, given)
        finally:
            store.close()
    except UnknownTenant as error:
        commands.complain(f"There is no tenant {error}.")
    except (SyncError, OSError) as error:
        commands.complain(str(error))
    except (DBAPIError, ArgumentError) as error:
        commands.complain(f"The data cannot be opened or used: {error.args[0] if error.args else error}")
    else:
        return 0
    return 1


def open_store(data: str) -> Store:
    """The store of an address: ``postgresql://…`` or the path of a folder.

    Raises `sync.server.commands.Misused` for a wrong key, `sync.server.schema.OtherVersion`.
    """
    if (url := _database(data)) is not None:
        from sync.server.postgres_store import PostgresStore

        return PostgresStore(url)
    from sync.server.sqlite_store import SqliteStore

    return SqliteStore(Path(data), _server_key())


def upgrade(data: str, backed_up: bool, schema: Schema = SCHEMA) -> str:
    """Brings data of an older program to this one's form; what was done, in words.

    `backed_up`: the operator's word that there is a backup of the database. A folder is copied by the upgrade itself.
    Raises `sync.server.commands.Misused`, `sync.server.schema.OtherVersion`.
    """
    if (url := _database(data)) is not None:
        from sync.server.postgres_store import PostgresStore

        if not backed_up:
            try:
                PostgresStore(url, schema=schema).close()
            except OlderData as error:
                raise commands.Misused(
                    "The database has an older form. Stop all servers on it, make a backup (pg_dump), then add --backed-up."
                ) from error
            return "There is nothing to upgrade."
        store = PostgresStore(url, schema=schema, upgrades=True)
        store.close()
        return "The database is upgraded." if store.upgraded else "There is nothing to upgrade."
    from sync.server.sqlite_upgrade import upgrade_folder

    done = upgrade_folder(Path(data), _server_key(), schema)
    if done.kept is None:
        return "There is nothing to upgrade."
    return f"{done.changed} files are upgraded. Copies of the old ones are in {done.kept}."


def _database(data: str) -> str | None:
    """The address of a database, or None for a folder."""
    scheme, separator, place = data.partition("://")
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return f"postgresql+psycopg://{place}"
    if separator:
        raise commands.Misused(f"{scheme}: is no data that this server knows; give a folder or postgresql://…")
    return None


def _server_key() -> str | None:
    key = os.environ.get(_KEY)
    if key is not None and not re.fullmatch("[0-9a-f]{64}", key):
        raise commands.Misused(f"{_KEY} has 64 lower-case hexadecimal digits.")
    return key


def _identity(word: str) -> str:
    """An id as it is printed, or with upper-case digits and dashes."""
    plain = word.replace("-", "").lower()
    if not re.fullmatch("[0-9a-f]{32}", plain):
        raise argparse.ArgumentTypeError(f"{word!r} is no id of 32 hexadecimal digits")
    return plain


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="pult-server", description="The hosted backend of Pult.")
    parser.add_argument(
        "--data",
        default=os.environ.get("PULT_SERVER_DATA", "pult-server"),
        help="folder of the encrypted SQLite files, or postgresql://… (PULT_SERVER_DATA)",
    )
    words = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = words.add_parser("serve", help="run the server until it is stopped")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=8440)
    serve.add_argument("--certificate", type=Path, help="PEM; without it the server speaks plain HTTP, for a TLS proxy")
    serve.add_argument("--key", type=Path, help="PEM, the certificate's key")
    serve.add_argument("--proxies", default="", help="addresses of proxies whose X-Forwarded-For is believed")
    serve.add_argument("--metrics-port", type=int, default=0, help="Prometheus metrics on the loopback")
    serve.add_argument("--log-folder", type=Path, help="one file a day, kept for a year; default: standard error")
    serve.set_defaults(run=_serve)

    tenant = words.add_parser("tenant", help="the salons on this server").add_subparsers(
        required=True, metavar="COMMAND"
    )
    create = tenant.add_parser("create", help="make a tenant and print its id")
    create.add_argument("name")
    create.set_defaults(run=commands.create)
    tenant.add_parser("list", help="all tenants").set_defaults(run=commands.list_tenants)
    erase = tenant.add_parser("erase", help="delete everything of a tenant, for ever")
    erase.add_argument("tenant", type=_identity)
    erase.add_argument("--yes", action="store_true", help="needed: there is no way back")
    erase.set_defaults(run=commands.erase)
    export = tenant.add_parser("export", help="write all data of a tenant into a ZIP, readable by everybody")
    export.add_argument("tenant", type=_identity)
    export.add_argument("file", type=Path)
    export.set_defaults(run=commands.export_tenant)
    bring = tenant.add_parser("import", help="take the ZIP of a tenant that is not here yet")
    bring.add_argument("file", type=Path)
    bring.set_defaults(run=commands.import_tenant)

    code = words.add_parser("code", help="print a one-time code that pairs one device")
    code.add_argument("tenant", type=_identity)
    code.set_defaults(run=commands.make_code)

    device = words.add_parser("device", help="the devices of a tenant").add_subparsers(required=True, metavar="COMMAND")
    for name, run, told in (
        ("list", commands.list_devices, "all devices, with what they did last"),
        ("revoke", commands.revoke, "a device is not welcome any more"),
        ("allow-deletes", commands.allow_deletes, "a device may delete many rows, for an hour"),
    ):
        one = device.add_parser(name, help=told)
        one.add_argument("tenant", type=_identity)
        if name != "list":
            one.add_argument("device", type=_identity)
        one.set_defaults(run=run)

    snapshot = words.add_parser("snapshot", help="make the snapshots that a tenant's new devices begin with")
    snapshot.add_argument("tenant", type=_identity)
    snapshot.set_defaults(run=commands.make_snapshots)

    backup = words.add_parser("backup", help=f"write all tenants into a new folder, under {commands.PASSPHRASE}")
    backup.add_argument("folder", type=Path)
    backup.set_defaults(run=commands.backup)
    restore = words.add_parser("restore", help="put the tenants of a backup back")
    restore.add_argument("folder", type=Path)
    restore.add_argument(
        "--tenant", type=_identity, action="append", default=[], help="only this one (may be repeated)"
    )
    restore.add_argument("--replace", action="store_true", help="erase what the tenants hold now")
    restore.set_defaults(run=commands.put_back)
    compact = words.add_parser("compact", help="drop rows that were deleted more than 400 days ago")
    compact.add_argument("tenant", type=_identity, nargs="?", help="default: every tenant")
    compact.set_defaults(run=commands.compact_tenants)
    bring_up = words.add_parser(
        "upgrade", help="bring data of an older version to this one's form; stop the server before"
    )
    bring_up.add_argument("--backed-up", action="store_true", help="needed for a PostgreSQL database that is older")
    bring_up.set_defaults(run=None)
    return parser


def _serve(store: Store, given: argparse.Namespace) -> None:
    from sync.server.log import set_up_log
    from sync.server.serving import Address, make_server, raise_limit

    set_up_log(given.log_folder)
    raise_limit()
    address = Address(given.host, given.port, given.certificate, given.key, given.proxies, given.metrics_port)
    make_server(store, address, _version()).run()


def _version() -> str:
    try:
        return version("pult")
    except PackageNotFoundError:
        return "0"


if __name__ == "__main__":
    sys.exit(main())
