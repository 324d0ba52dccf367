"""``pult verify``: checks a database and names the first bad row of each kind; reads only, also while the window is open."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Iterator

from sqlalchemy import Connection, select

from desktop.commands.unlocking import add_place_arguments, place_of, unlocking_of
from desktop.database import key as keys
from desktop.database.feed import DeviceStamp
from desktop.database.inspection import Check, verify_place
from desktop.database.lock import Use, lock_place
from desktop.database.restore import refuse_unfinished_restore
from desktop.database.verify import Finding
from desktop.register.fiscal_line import stored_anchors
from desktop.sales.verify import check_sales
from desktop.schema import SCHEMA
from fiscal.slovenia.verify import verify_journal


def check_journal(connection: Connection) -> Iterator[Finding]:
    """The fiscal journal: chain, numbers, each protection code against its kept signature, and the answers."""
    anchors, signer = stored_anchors(connection)
    own = connection.execute(select(DeviceStamp.device_id)).scalar()
    for found in verify_journal(connection, anchors, signer, own=own):
        detail = " ".join(f"{name}={value}" for name, value in found.values.items())
        yield Finding(f"fiscal.{found.code}", "fiscal_journal", f"n={found.n}", detail)


#: What the rooms check beyond the structure: sums, number series, stock, cash, codes of invoices.
CHECKS: tuple[Check, ...] = (check_sales, check_journal)


def add_arguments(parser: ArgumentParser) -> None:
    add_place_arguments(parser)


def run(arguments: Namespace) -> int:
    """0 when everything is as it must be, 1 with a line for each finding otherwise."""
    place = place_of(arguments)
    with lock_place(place, Use.READ):
        refuse_unfinished_restore(place)
        key_file = keys.read_key_file(place.key_file)
        unlocking = unlocking_of(arguments, key_file)
        key = keys.unlock(key_file, ring=unlocking.ring, passphrase=unlocking.passphrase)
        findings = verify_place(place, key, key_file, SCHEMA, CHECKS)
    for finding in findings:
        print(finding)
    if not findings:
        print(f"{place.database}: sound")
    return 1 if findings else 0
