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

from desktop.access import SYSTEM, Actor
from desktop.commands.fiscal_arguments import FiscalArguments, add_fiscal_arguments, read_fiscal_arguments
from desktop.commands.practice_salon import Outside
from desktop.commands.rehearse.day import Follow, Mark, Play
from desktop.commands.rehearse.desks import PATIENCE_SECONDS, Meeting, meet, open_desk
from desktop.commands.rehearse.outcome import write_outcome
from desktop.commands.rehearse.set_up import set_up
from desktop.commands.verify import CHECKS
from desktop.database import key as keys
from desktop.database.inspection import verify_place
from desktop.database.lock import Use, lock_place
from desktop.database.opening import OpenPlace
from desktop.database.place import Place, add_data_dir, find_place, refuse_sync_folder
from desktop.errors import FinalFault, Refused, TemporaryFault
from desktop.register.fiscal_line import list_certificates
from desktop.register.printers import PrinterEntry
from desktop.sales.closing import Closed
from desktop.schema import SCHEMA
from desktop.services.practice import PracticeAuthority, PracticePrinter
from desktop.services.sharing import Sharing
from desktop.sharing.conflicts import count_conflicts
from desktop.texts import Texts

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
    parser.add_argument("--backend", metavar="URL", help="the backend that this desk shares its books with")
    parser.add_argument("--pairing-code", metavar="CODE", help="eight digits, where the desk is not paired yet")
    parser.add_argument("--backend-ca", type=Path, metavar="PEM", help="what is trusted at the backend")
    parser.add_argument(
        "--desks", type=_few, default=1, metavar="N", help="desks that share through a stand-in backend (1)"
    )


def run(arguments: Namespace) -> int:
    """0 when the day closed and the journal verifies, 1 otherwise, with the reason in one line."""
    return rehearse(arguments, _unfollowed)


def rehearse(arguments: Namespace, follow: Follow) -> int:
    """The same, telling `follow` how far each sale has come (on the loop's and the writer's thread).

    Raises `Refused` and faults of the set-up and the opening.
    """
    given = read_fiscal_arguments(arguments)
    first = find_place(arguments.data_dir or arguments.out / "data")
    places = [
        first,
        *(Place(first.directory.with_name(f"{first.directory.name}-{n}")) for n in range(2, arguments.desks + 1)),
    ]
    for place in places:
        refuse_sync_folder(place)
    _make_folder(arguments.out)
    with ExitStack() as world:
        backend = first.directory.with_name(f"{first.directory.name}-backend")
        meetings = meet(
            arguments.backend, arguments.pairing_code, arguments.backend_ca, arguments.desks, backend, world
        )
        closed = asyncio.run(_days(arguments, given, list(zip(places, meetings, strict=True)), follow, world))
    return max(_verdict(place, one) for place, one in zip(places, closed, strict=True))


async def _days(
    arguments: Namespace,
    given: FiscalArguments,
    desks: list[tuple[Place, Meeting | None]],
    follow: Follow,
    world: ExitStack,
) -> list[Closed]:
    """Plays the same day at all desks at once, and writes what each leaves."""
    loop = asyncio.get_running_loop()
    opened: list[tuple[OpenPlace, Sharing | None]] = []
    plays: list[Play] = []
    outsides: list[Outside] = []
    try:
        for n, (place, meeting) in enumerate(desks, 1):
            desk, sharing = await open_desk(place, meeting, f"Miza {n}")
            opened.append((desk, sharing))
            outside = outsides[0] if outsides else None
            outsides.append(await loop.run_in_executor(None, _outside, arguments, given, desk, world, outside))
            salon = await loop.run_in_executor(None, set_up, desk.database, desk.secrets, outsides[-1])
            if sharing is not None and not await sharing.agreed(PATIENCE_SECONDS):
                raise Refused("rehearsal.no_backend", reason=sharing.status.code or "")
            plays.append(Play(desk.database, desk.secrets, salon, Random(arguments.seed + n - 1), follow))
        closed = await asyncio.gather(*(play.run(arguments.visits) for play in plays))
        for (_, sharing), play in zip(opened, plays, strict=True):
            if sharing is not None and not await sharing.agreed(PATIENCE_SECONDS):
                play.problems.append(TemporaryFault("sharing.unreachable", reason=sharing.status.code or ""))
        for n, ((desk, sharing), play) in enumerate(zip(opened, plays, strict=True), 1):
            for said in dict.fromkeys(Texts("en").refusal(problem) for problem in play.problems):
                print(f"pult: {said}", file=sys.stderr)
            out = arguments.out if n == 1 else arguments.out / f"desk{n}"
            shared = None if sharing is None else await _standing(desk, sharing)
            _leave(desk, play.salon.owner, closed[n - 1], outsides[n - 1].printer, out, shared)
    finally:
        for desk, sharing in opened:
            if sharing is not None:
                await sharing.shutdown()
            desk.close()
    return list(closed)


async def _standing(desk: OpenPlace, sharing: Sharing) -> dict[str, object]:
    """What the summary says of the sharing."""
    conflicts = await desk.database.read(SYSTEM, count_conflicts)
    return {"state": sharing.status.state.value, "pending": sharing.status.pending, "conflicts": conflicts}


def _leave(
    desk: OpenPlace, owner: Actor, closed: Closed, printer: PrinterEntry, out: Path, shared: dict[str, object] | None
) -> None:
    try:
        write_outcome(desk.database, owner, desk.place, closed, printer, out, shared)
    except OSError as error:
        raise FinalFault("rehearsal.out", path=str(out), reason=error.strerror or "") from error


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


def _outside(
    arguments: Namespace, given: FiscalArguments, opened: OpenPlace, stand_ins: ExitStack, first: Outside | None
) -> Outside:
    """What was given, and a stand-in for each thing that was not. Further desks use what the `first` one uses."""
    if first is not None:
        printer = stand_ins.enter_context(PracticePrinter())
        device = "BL" + opened.place.directory.name.rpartition("-")[2]
        return replace(first, printer=PrinterEntry(printer.address, PracticePrinter.profile), device=device)
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


def _few(typed: str) -> int:
    count = int(typed)
    if not 1 <= count <= 5:
        raise ValueError(typed)
    return count


def _unfollowed(mark: Mark) -> None:
    """Nobody watches."""
