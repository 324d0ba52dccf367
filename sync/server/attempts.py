"""Counts failures by address, so that neither pairing codes nor proofs can be tried at will."""

from __future__ import annotations

import ipaddress
from collections import deque
from collections.abc import Callable
from typing import Final

from sync.errors import Unlawful

MOST: Final = 10
MOST_OF_ALL: Final = 200
WINDOW_SECONDS: Final = 60.0
#: A house with IPv6 has so many bits of its addresses in common, and the rest at will.
_HOUSE_BITS: Final = 64


class Attempts:
    """At most `most` failures of one address (of IPv6: of one house) and `of_all` of all in `WINDOW_SECONDS`. `clock`: seconds, monotonic."""

    def __init__(self, clock: Callable[[], float], most: int = MOST, of_all: int = MOST_OF_ALL) -> None:
        self._clock, self._most, self._of_all = clock, most, of_all
        self._failures: deque[tuple[float, str]] = deque()

    def check(self, address: str) -> None:
        """Raises `Unlawful` ``too_many`` (value `retry_after`, seconds) when an address has to wait."""
        now, house = self._clock(), _house(address)
        while self._failures and self._failures[0][0] <= now - WINDOW_SECONDS:
            self._failures.popleft()
        own = sum(1 for _, one in self._failures if one == house)
        if own >= self._most or len(self._failures) >= self._of_all:
            raise Unlawful("too_many", retry_after=int(WINDOW_SECONDS))

    def failed(self, address: str) -> None:
        """Notes a failure."""
        self._failures.append((self._clock(), _house(address)))


def _house(address: str) -> str:
    try:
        known = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:  # a proxy that names its callers otherwise
        return address
    if isinstance(known, ipaddress.IPv4Address):
        return address
    if known.ipv4_mapped is not None:
        return str(known.ipv4_mapped)
    return str(ipaddress.ip_network((known, _HOUSE_BITS), strict=False))
