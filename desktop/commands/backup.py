"""``pult backup``: an encrypted, verified copy, also while the window is open.

Without arguments into the data directory, with the database's key. With ``--portable FILE`` for another computer, under a
passphrase of its own.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from desktop.clock import SystemClock
from desktop.commands.unlocking import add_place_arguments, ask_passphrase, place_of, unlocking_of
from desktop.database import key as keys
from desktop.database.backup import Reason, back_up
from desktop.database.lock import Use, lock_place
from desktop.database.portable import back_up_portably
from desktop.database.restore import refuse_unfinished_restore


def add_arguments(parser: ArgumentParser) -> None:
    add_place_arguments(parser)
    parser.add_argument(
        "--portable", type=Path, metavar="FILE", help="write a backup for another computer, protected by a passphrase"
    )


def run(arguments: Namespace) -> int:
    """0 when the backup is made and verified; faults are raised."""
    place = place_of(arguments)
    with lock_place(place, Use.READ):
        refuse_unfinished_restore(place)
        key_file = keys.read_key_file(place.key_file)
        unlocking = unlocking_of(arguments, key_file)
        key = keys.unlock(key_file, ring=unlocking.ring, passphrase=unlocking.passphrase)
        now = SystemClock().now()
        if arguments.portable is not None:
            target = arguments.portable.absolute()
            passphrase = unlocking.passphrase or ask_passphrase(arguments, fresh=True)
            back_up_portably(place, key, key_file, target, passphrase, now)
        else:
            target = back_up(place, key, key_file, Reason.MANUAL, now).path
    print(target)
    return 0
