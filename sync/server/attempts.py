"""Counts failures by address, so that pairing codes cannot be guessed."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import Final

from sync.errors import Unlawful

MOST: Final = 10
MOST_OF_ALL: Final = 200
WINDOW_SECONDS: Final = 60.0


class Attempts:
    """At most `MOST` failures of one address and `MOST_OF_ALL` of all in `WINDOW_SECONDS`. `clock`: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._failures: deque[tuple[float, str]] = deque()

    def check(self, address: str) -> None:
        """Raises `Unlawful` ``too_many`` (value `retry_after`, seconds) when an address has to wait."""
        now = self._clock()
        while self._failures and self._failures[0][0] <= now - WINDOW_SECONDS:
            self._failures.popleft()
        own = sum(1 for _, one in self._failures if one == address)
        if own >= MOST or len(self._failures) >= MOST_OF_ALL:
            raise Unlawful("too_many", retry_after=int(WINDOW_SECONDS))

    def failed(self, address: str) -> None:
        """Notes a failure."""
        self._failures.append((self._clock(), address))
