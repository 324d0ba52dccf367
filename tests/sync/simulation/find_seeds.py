"""Finds seeds anew: which planted bug is caught by which histories. `python -m tests.sync.simulation.find_seeds [NAME…]`

Prints a line for each bug: its name, the first seed that catches it, how many of the seeds do, and the first few of them. A bug that few
histories catch says that they seldom do what it breaks; one that none catches, that they never do, or that nothing is checked of it.
"""

from __future__ import annotations

import argparse
import inspect
import logging
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, as_completed
from typing import Final

from tests.sync.simulation import planted_here, planted_there
from tests.sync.simulation.backend import Violation
from tests.sync.simulation.checks import check
from tests.sync.simulation.history import play
from tests.sync.simulation.planted_here import Planted

_MODULES: Final = (planted_here, planted_there)


def bugs() -> dict[str, Callable[[], Planted]]:
    """Every bug that may be planted, by its name."""
    return {
        name: found
        for module in _MODULES
        for name, found in inspect.getmembers(module, inspect.isfunction)
        if found.__module__ == module.__name__ and not inspect.signature(found).parameters
    }


def caught(name: str, seeds: range, enough: int) -> list[int]:
    """The seeds whose histories catch a bug, at most so many. An error that is no `Violation`, or a violation without the bug, is raised."""
    logging.disable()
    found = []
    for seed in seeds:
        try:
            with bugs()[name]():
                play(seed, check)
        except Violation:
            play(seed, check)  # raises what is no merit of the bug
            found.append(seed)
            if len(found) == enough:
                break
    return found


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("names", nargs="*", help="bugs (all)")
    arguments.add_argument("--seeds", type=int, default=100, help="seeds from 0 (100)")
    arguments.add_argument("--enough", type=int, default=0, help="stop after so many that catch it (0: never)")
    arguments.add_argument("--processes", type=int, default=2, help="at once (2)")
    asked = arguments.parse_args()
    names = asked.names or list(bugs())
    with ProcessPoolExecutor(asked.processes) as pool:
        tasks = {pool.submit(caught, name, range(asked.seeds), asked.enough): name for name in names}
        for task in as_completed(tasks):
            name = tasks[task]
            try:
                found = task.result()
            except Exception as error:  # noqa: BLE001 - the others go on
                print(f"{name}: {type(error).__name__}: {error}", flush=True)
                continue
            played = found[-1] + 1 if asked.enough and len(found) == asked.enough else asked.seeds
            first = found[0] if found else "never"
            print(f"{name}: {first}, {len(found)} of {played} {found[:8]}", flush=True)


if __name__ == "__main__":
    main()
