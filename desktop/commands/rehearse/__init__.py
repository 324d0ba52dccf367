"""``pult rehearse``: plays a working day headless on a practice database, and leaves its receipts and a summary.

Without addresses it starts the stand-ins of the tax authority and of a receipt printer; with them it uses what it is given.
It needs no Qt, and imports use cases and services alone (a contract).
"""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from zoneinfo import ZoneInfo

from desktop.access import SYSTEM
from desktop.clock import SystemClock
from desktop.commands.fiscal_arguments import FiscalArguments, add_fiscal_arguments, read_fiscal_arguments
from desktop.commands.practice_salon import Outside
from desktop.commands.rehearse.day import Follow, Mark, Play
from desktop.commands.rehearse.outcome import write_outcome
from desktop.commands.rehearse.set_up import set_up
from desktop.commands.verify import CHECKS
from desktop.database import key as keys
from desktop.database.inspection import verify_place
from desktop.database.key import Protection
from desktop.database.lock import Use, lock_place
from desktop.database.opening import OpenPlace, make_place, open_place
from desktop.database.place import Place, add_data_dir, find_place, refuse_sync_folder
from desktop.errors import FinalFault, Refused
from desktop.register.fiscal_line import list_certificates
from desktop.register.printers import PrinterEntry
from desktop.sales.closing import Closed
from desktop.schema import SCHEMA
from desktop.services.practice import PracticeAuthority, PracticePrinter
from desktop.texts import Texts

ZONE = ZoneInfo("Europe/Ljubljana")
VISITS = 20


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="where summary and receipts go")
    add_data_dir(parser)
    parser.add_argument("--visits", type=_count, default=VISITS, metavar="N", help=f"visits of the day ({VISITS})")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="of the day's chances (1)")
    add_fiscal_arguments(parser)
    parser.add_argument("--premise", metavar="ID", help="mark of the business premise (PE1)")
    parser.add_argument("--device", metavar="ID", help="mark of the electronic device (BL1)")
    parser.add_argument("--printer", metavar="ADDRESS", help="tcp://HOST:PORT or file:PATH")


def run(arguments: Namespace) -> int:
    """0 when the day closed and the journal verifies, 1 otherwise, with the reason in one line."""
    return rehearse(arguments, _unfollowed)


def rehearse(arguments: Namespace, follow: Follow) -> int:
    """The same, telling `follow` how far each sale has come (on the loop's and the writer's thread).

    Raises `Refused` and faults of the set-up and the opening.
    """
    given = read_fiscal_arguments(arguments)
    place = find_place(arguments.data_dir or arguments.out / "data")
    refuse_sync_folder(place)
    _make_folder(arguments.out)
    opened = _open(place)
    try:
        with ExitStack() as stand_ins:
            outside = _outside(arguments, given, opened, stand_ins)
            salon = set_up(opened.database, opened.secrets, outside)
            play = Play(opened.database, opened.secrets, salon, Random(arguments.seed), follow)
            closed = asyncio.run(play.run(arguments.visits))
        for said in dict.fromkeys(Texts("en").refusal(problem) for problem in play.problems):
            print(f"pult: {said}", file=sys.stderr)
        try:
            write_outcome(opened.database, salon.owner, place, closed, outside.printer, arguments.out)
        except OSError as error:
            raise FinalFault("rehearsal.out", path=str(arguments.out), reason=error.strerror or "") from error
    finally:
        opened.close()
    return _verdict(place, closed)


def _verdict(place: Place, closed: Closed) -> int:
    with lock_place(place, Use.READ):
        key_file = keys.read_key_file(place.key_file)
        findings = verify_place(place, keys.unlock(key_file), key_file, SCHEMA, CHECKS)
    if findings:
        print(f"pult: {findings[0]}", file=sys.stderr)
        return 1
    report = closed.report
    print(f"{report.invoices} invoices and {report.credit_notes} credit notes, day closed (Z {closed.z_number}), sound")
    return 0


def _open(place: Place) -> OpenPlace:
    """The practice database of the place, made where there is none. Raises `Refused` ``rehearsal.live`` for a live one."""
    clock = SystemClock()
    if not place.exists:
        return make_place(place, "practice", schema=SCHEMA, zone=ZONE, clock=clock)
    if keys.read_key_file(place.key_file).protection is not Protection.FILE:
        raise Refused("rehearsal.live")
    return open_place(place, schema=SCHEMA, clock=clock)


def _outside(arguments: Namespace, given: FiscalArguments, opened: OpenPlace, stand_ins: ExitStack) -> Outside:
    """What was given, and a stand-in for each thing that was not."""
    if given.url is None:
        authority = PracticeAuthority(opened.place.directory / "practice")
        if given.certificate is not None:
            authority.admit(given.certificate, given.password)
        else:
            given = replace(given, certificate=authority.certificate, password=authority.password)
        stand_ins.enter_context(authority)
        given = replace(given, url=authority.url, anchors=authority.anchors)
    elif given.certificate is None and not opened.database.read_now(SYSTEM, list_certificates):
        raise Refused("rehearsal.no_certificate")
    if arguments.printer is None:
        printer = stand_ins.enter_context(PracticePrinter())
        address = printer.address
    else:
        address = arguments.printer
    return Outside(given, PrinterEntry(address, PracticePrinter.profile), arguments.premise, arguments.device)


def _make_folder(out: Path) -> None:
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FinalFault("rehearsal.out", path=str(out), reason=error.strerror or "") from error


def _count(typed: str) -> int:
    count = int(typed)
    if not 0 <= count <= 500:
        raise ValueError(typed)
    return count


def _unfollowed(mark: Mark) -> None:
    """Nobody watches."""
