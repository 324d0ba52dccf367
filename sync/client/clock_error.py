"""How wrong the clock of this device is, learnt from the server's time in its replies.

The server's time is taken to have been told half the way between asking and hearing. Only what is surely wrong counts: by more than
`TOLERATED` even if the reply came all the way in no time.
"""

from __future__ import annotations

from typing import Final

#: Seconds that a clock may be wrong by without anybody being told: what the tax authority and people tolerate.
TOLERATED: Final = 180.0


class ClockError:
    """What the latest reply told. A reply that took so long that it tells nothing (the computer slept) changes nothing."""

    def __init__(self) -> None:
        self._ahead = 0.0

    @property
    def minutes(self) -> int:
        """Whole minutes that this device's clock is ahead of the server's, negative behind it; 0 as long as it is right enough."""
        return 0 if abs(self._ahead) <= TOLERATED else round(self._ahead / 60)

    def learn(self, asked: float, heard: float, server_ms: int) -> None:
        """`asked` and `heard`: seconds since 1970 by this device's clock, before and after a request; `server_ms` by the server's."""
        way = (heard - asked) / 2
        if 0 <= way <= TOLERATED / 2:
            self._ahead = asked + way - server_ms / 1000
