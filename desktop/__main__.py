"""The command line: finds the command by its name and hands it the rest. Imports nothing slow, so that help and version answer at once.

A command is one module of `desktop/commands`, named after it (a dash becomes an underscore), with two functions:
``add_arguments(parser)`` declares its arguments, ``run(arguments) -> int`` does the work and returns the exit code. Its
line in `COMMANDS` makes it reachable; its module is imported only when it is called.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from importlib import import_module

from desktop import __version__
from desktop.errors import PultError

COMMANDS: Mapping[str, str] = {
    "run": "Open the window.",
    "backup": "Make an encrypted, verified backup.",
    "restore": "Put a backup in the place of the database; what was there is kept aside.",
    "verify": "Check a database and name the first bad row.",
    "rehearse": "Play a working day on a practice database and leave its receipts.",
    "demo-data": "Fill a practice database with a demo salon.",
    "fiscal": "Submit what waits for the tax authority.",
}
"""Every command and what it does, in the order of the help."""

DEFAULT = "run"
"""What a double click on the program does: it comes without any argument."""


def module_name(command: str) -> str:
    """The module that holds a command, e.g. ``demo-data`` → ``desktop.commands.demo_data``."""
    return f"desktop.commands.{command.replace('-', '_')}"


def build_parser(called: str | None, commands: Mapping[str, str] = COMMANDS) -> argparse.ArgumentParser:
    """A parser that knows every command by name and only the one that is `called` by its arguments."""
    parser = argparse.ArgumentParser(prog="pult", description="The counter of salons and clinics.")
    parser.add_argument("--version", action="version", version=f"pult {__version__}")
    choices = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands", required=True)
    for name, meaning in commands.items():
        chosen = choices.add_parser(name, help=meaning, description=meaning)
        if name == called:
            module = import_module(module_name(name))
            module.add_arguments(chosen)
            chosen.set_defaults(execute=module.run)
    return parser


def sentence(error: PultError) -> str:
    """What a known error says, in English, on one line, with its code: commands are read by admins, by scripts and by support."""
    from desktop.texts import MissingText, Texts

    try:
        said = Texts("en").refusal(error)
    except MissingText:
        said = str(error)
    said = " ".join(said.split())
    return said if error.code in said else f"{said} [{error.code}]"


def main(argv: Sequence[str] | None = None, commands: Mapping[str, str] = COMMANDS) -> int:
    """Runs one command and returns its exit code: 0 done, 1 refused or failed, 2 wrong usage, 130 interrupted."""
    words = list(sys.argv[1:] if argv is None else argv) or [DEFAULT]
    arguments = build_parser(words[0], commands).parse_args(words)
    try:
        code: int = arguments.execute(arguments)
    except PultError as error:
        print(f"pult: {sentence(error)}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


if __name__ == "__main__":
    sys.exit(main())
