"""``pult restore FILE``: puts a backup in the place of the database; what was there is kept aside.

Refused while the window or another command has the directory open.
"""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from desktop.clock import SystemClock
from desktop.commands.unlocking import Unlocking, add_place_arguments, ask_passphrase, unlocking_of
from desktop.database import key as keys
from desktop.database.place import find_place
from desktop.database.portable import is_portable
from desktop.database.restore import read_facts_of, restore


def add_arguments(parser: ArgumentParser) -> None:
    add_place_arguments(parser)
    parser.add_argument("backup", type=Path, metavar="FILE", help="a backup, of either kind")


def run(arguments: Namespace) -> int:
    """0 when the backup is in place; faults are raised and leave everything as it was."""
    place, source = find_place(arguments.data_dir), arguments.backup.absolute()
    facts = read_facts_of(source)
    if is_portable(source):
        ring = None if facts.mode == "practice" else keys.system_ring()
        unlocking = Unlocking(ring, ask_passphrase(arguments))
    else:
        unlocking = unlocking_of(arguments, facts.key_file)
    restored = restore(place, source, SystemClock().now(), ring=unlocking.ring, passphrase=unlocking.passphrase)
    made_at = restored.facts.made_at.astimezone()
    print(f"Restored the {restored.facts.mode} database of {made_at:%Y-%m-%d %H:%M} into {place.directory}.")
    if restored.kept_aside is not None:
        print(f"What was there is kept in {restored.kept_aside}.")
    if restored.facts.mode == "live":
        print(
            "What was done after that time is not in it. If invoices were issued since, set up a new number series"
            " before the next sale: their numbers must not be given out twice."
        )
    return 0
