"""How a command finds a data directory and gets at its key: shared by the commands that open a database."""

from __future__ import annotations

import getpass
import os
from argparse import ArgumentParser, Namespace
from dataclasses import dataclass, field

from desktop.database import key as keys
from desktop.database.key import KeyFile, Protection, Ring
from desktop.database.place import Place, add_data_dir, find_place, refuse_sync_folder, require_database


@dataclass(frozen=True, slots=True)
class Unlocking:
    """What opens the key of a database: nothing for practice, the keyring or a passphrase for live."""

    ring: Ring | None = None
    passphrase: str | None = field(default=None, repr=False)


def add_place_arguments(parser: ArgumentParser) -> None:
    """``--data-dir`` and where to take a passphrase from; a passphrase never stands on a command line."""
    add_data_dir(parser)
    parser.add_argument(
        "--passphrase-env",
        metavar="NAME",
        help="the environment variable that holds the passphrase (without it, it is asked for)",
    )


def place_of(arguments: Namespace) -> Place:
    """The data directory that a command was given, which must hold a database."""
    place = find_place(arguments.data_dir)
    refuse_sync_folder(place)
    require_database(place)
    return place


def unlocking_of(arguments: Namespace, key_file: KeyFile) -> Unlocking:
    """What opens this key; asks for a passphrase only where there is one."""
    match key_file.protection:
        case Protection.FILE:
            return Unlocking()
        case Protection.KEYRING:
            return Unlocking(ring=keys.system_ring())
        case Protection.PASSPHRASE:
            return Unlocking(passphrase=ask_passphrase(arguments))


def ask_passphrase(arguments: Namespace, *, fresh: bool = False) -> str:
    """The passphrase from the named environment variable, or typed (a fresh one twice, until both are the same)."""
    name = arguments.passphrase_env
    if name is not None and name in os.environ:
        return os.environ[name]
    while True:
        typed = getpass.getpass("Passphrase: ")
        if not fresh or getpass.getpass("Once more: ") == typed:
            return typed
