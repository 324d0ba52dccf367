"""The circuit breaker of a line: once it is dead, nobody at the counter waits for it again until a probe got through."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

_FIRST: Final = 5.0
_LONGEST: Final = 300.0
_LATER_IN_A_ROW: Final = 3


class Breaker:
    """Opens at the first try that reached nobody, or when the authority says "later" three times in a row.

    While it is open one probe goes out after 5, 10, 20 … 300 seconds (each ± 20 %, so that a town's desks do not come back
    at once). Times are those of a monotonic clock in seconds.

    Args:
        jitter: gives a number from 0 to 1.
    """

    def __init__(self, jitter: Callable[[], float]) -> None:
        self._jitter = jitter
        self._failures = 0
        self._later = 0
        self._probe_at = 0.0

    @property
    def is_open(self) -> bool:
        return self._failures > 0

    def wait(self, now: float) -> float:
        """Seconds until the next try of the background is allowed; 0 when closed."""
        return max(0.0, self._probe_at - now) if self.is_open else 0.0

    def reached(self) -> None:
        """The authority answered: the line is alive."""
        self._failures = self._later = 0

    def told_to_come_later(self, now: float) -> None:
        """The authority answered "later"."""
        self._later += 1
        if self._later >= _LATER_IN_A_ROW:
            self.failed(now)

    def failed(self, now: float) -> None:
        """Nobody was reached."""
        pause = min(_FIRST * 2 ** min(self._failures, 10), _LONGEST)
        self._failures += 1
        self._probe_at = now + pause * (0.8 + 0.4 * self._jitter())

    def probe_now(self) -> None:
        """Lets the next probe go at once (somebody said the network is back)."""
        self._probe_at = 0.0
