"""``pult run``: opens the window; ``--demo`` on a demo salon with stand-ins of the authority and the printer."""

from __future__ import annotations

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path

from desktop.database.place import add_data_dir, default_directory, find_place, refuse_sync_folder


def add_arguments(parser: ArgumentParser) -> None:
    add_data_dir(parser)
    parser.add_argument("--demo", action="store_true", help="a demo salon, beside your own data, reporting to nobody")
    parser.add_argument("--passphrase-env", metavar="NAME", help="the environment variable that holds the passphrase")
    parser.add_argument("--theme", choices=["light", "dark"], default="")
    parser.add_argument("--language", choices=["sl", "en"], default="")


def run(arguments: Namespace) -> int:
    """0 when the window was closed, or when it was already open and is raised now."""
    from desktop.app import Options, start  # late: the command line answers before Qt is there

    directory: Path | None = arguments.data_dir
    if directory is None and arguments.demo:
        directory = default_directory().with_name(default_directory().name + "-demo")
    place = find_place(directory)
    refuse_sync_folder(place)
    passphrase = os.environ.get(arguments.passphrase_env) if arguments.passphrase_env else None
    return start(Options(place, arguments.demo, passphrase, arguments.theme, arguments.language))
