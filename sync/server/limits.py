"""What one tenant and one device may ask of the server at once, so that a broken program cannot take it from the others.

The limits hold for one process of the server.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import ceil
from typing import Final

from sync.errors import Unlawful

#: Requests of a tenant in a second for long, and at once; a desk asks for about one in ten seconds, in a first pull for twenty a second.
PER_SECOND: Final = 50.0
AT_ONCE: Final = 500.0
_TIDY_FROM: Final = 10_000


class Buckets:
    """A token bucket for each tenant. `clock`: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float], per_second: float = PER_SECOND, at_once: float = AT_ONCE) -> None:
        self._clock, self._per_second, self._at_once = clock, per_second, at_once
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, tenant: str) -> None:
        """Raises `Unlawful` ``too_many`` (value `retry_after`, seconds) for a tenant that asks too often."""
        now = self._clock()
        if len(self._left) > _TIDY_FROM:
            self._left = {one: kept for one, kept in self._left.items() if self._filled(kept, now) < self._at_once}
        left = self._filled(self._left.get(tenant, (self._at_once, now)), now)
        if left < 1:
            raise Unlawful("too_many", retry_after=max(1, ceil((1 - left) / self._per_second)))
        self._left[tenant] = left - 1, now

    def _filled(self, kept: tuple[float, float], now: float) -> float:
        left, at = kept
        return min(self._at_once, left + (now - at) * self._per_second)


class Turns:
    """One upload of a device at a time: a second one would only wait for the first."""

    def __init__(self) -> None:
        self._busy: set[tuple[str, str]] = set()

    @contextmanager
    def of(self, tenant: str, device: str) -> Iterator[None]:
        """Raises `Unlawful` ``too_many`` while another upload of the device is being worked on."""
        key = tenant, device
        if key in self._busy:
            raise Unlawful("too_many", retry_after=1)
        self._busy.add(key)
        try:
            yield
        finally:
            self._busy.discard(key)
