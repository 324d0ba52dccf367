"""Where chance comes from: for each thing that is decided there are dice of their own, named by the seed and by what they are for.

So what one part of the program under test draws more or less moves nothing else: a step of a history has its own dice, and so has
everything that an engine or the network asks at one moment, however often it asked before.
"""

from __future__ import annotations

import random
from collections.abc import Callable


def dice(*names: object) -> random.Random:
    """The dice of a name, always the same."""
    return random.Random(" ".join(str(name) for name in names))


class Moments:
    """Dice by the moment at which they are asked for. `seconds`: virtual time; `names`: whose they are."""

    def __init__(self, seconds: Callable[[], float], *names: object) -> None:
        self._seconds, self._names = seconds, names

    def at(self, what: str) -> random.Random:
        """The dice for something that is decided now."""
        return dice(*self._names, what, round(self._seconds() * 1_000_000))
