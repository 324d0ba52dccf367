"""``pult fiscal retry``: submits what waits for the tax authority and says what is left."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser, Namespace

from desktop.access import SYSTEM
from desktop.clock import SystemClock
from desktop.commands.fiscal_arguments import FiscalArguments, add_fiscal_arguments, read_fiscal_arguments, set_up_line
from desktop.commands.unlocking import add_place_arguments, place_of, unlocking_of
from desktop.database import key as keys
from desktop.database.opening import OpenPlace, open_place
from desktop.errors import Refused, TemporaryFault
from desktop.register.fiscal_line import fiscal_backlog
from desktop.schema import SCHEMA
from desktop.services.fiscal import FiscalService
from desktop.texts import Texts


def add_arguments(parser: ArgumentParser) -> None:
    parser.add_argument("action", choices=["retry"], help="what to do")
    add_place_arguments(parser)
    add_fiscal_arguments(parser)


def run(arguments: Namespace) -> int:
    """0 when nothing is left to submit, 1 otherwise."""
    given = read_fiscal_arguments(arguments)
    place = place_of(arguments)
    unlocking = unlocking_of(arguments, keys.read_key_file(place.key_file))
    opened = open_place(place, schema=SCHEMA, clock=SystemClock(), ring=unlocking.ring, passphrase=unlocking.passphrase)
    try:
        before = opened.database.read_now(SYSTEM, fiscal_backlog)
        asyncio.run(_retry(opened, given))
        left = opened.database.read_now(SYSTEM, fiscal_backlog)
    finally:
        opened.close()
    # Counted in the database: the submitter's own loop may have sent some of it before the retry came to it.
    confirmed = before.waiting + before.refused - left.waiting - left.refused
    print(f"confirmed {confirmed}, refused {left.refused}, pending {left.waiting}")
    for one in left.documents:
        print(f"{one.number}: {one.status.value} ({one.code or 'not tried'})")
    return 1 if left.refused or left.waiting else 0


async def _send_premise(service: FiscalService) -> None:
    """The premise goes first: an authority that does not know it refuses every receipt of it (S006)."""
    try:
        await service.register_premise()
    except (Refused, TemporaryFault) as error:
        print(f"pult: {Texts('en').refusal(error)}", file=sys.stderr)


async def _retry(opened: OpenPlace, given: FiscalArguments) -> None:
    set_up_line(opened.database, opened.secrets, SYSTEM, given)
    service = FiscalService(opened.database, opened.secrets, lambda known: None)
    await service.start()
    try:
        await _send_premise(service)
        await service.retry_pending()
    finally:
        await service.shutdown()
