"""What every way to a printer offers, and how long each step may take."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

#: Data goes out in pieces of at most this many bytes.
CHUNK = 4096


@dataclass(frozen=True, slots=True)
class Timings:
    """Waits in seconds: to connect, without any progress in writing, for one status answer, for the word that all is printed (and the
    same from a printer that answered nothing before), for the last bytes at the end, for another program to let go of the printer.
    """

    connect: float = 2.0
    write: float = 10.0
    answer: float = 1.0
    confirm: float = 20.0
    confirm_silent: float = 3.0
    drain: float = 2.0
    lock: float = 3.0
    retry_first: float = 0.5
    retry_most: float = 15.0


class Transport(Protocol):
    """An open way to a printer."""

    #: Whether the printer could answer on it.
    answers: bool

    def send(self, data: bytes, aborted: Callable[[], bool]) -> None:
        """Hands everything over. Raises PrinterFault, whose `sent` counts the bytes of this call that had gone."""
        ...

    def receive(self, seconds: float) -> bytes:
        """What the printer said, waiting up to `seconds` for the first byte; empty if nothing came. Raises PrinterFault."""
        ...

    def close(self) -> None:
        """Ends the connection without losing what is still under way. Raises nothing; may be called twice."""
        ...
