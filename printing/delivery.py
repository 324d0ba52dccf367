"""One job's way to one printer, blocking, on the printer's worker thread: lock, connect, ask, send, hear that it is done, close.

The order is what keeps a paper from being lost or doubled: everything that can be known beforehand is asked before the first byte, and
after the last byte the printer itself says that it has worked it off (GS r is answered in order, behind all that was sent).
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from printing.profiles import Profile
from printing.status import UNKNOWN, Status, StatusReader
from printing.transports.address import Address, open_transport
from printing.transports.base import Timings, Transport
from printing.transports.lock import PrinterLock

_TICK = 0.1


@dataclass(frozen=True)
class PrinterConfig:
    """A printer as this desk knows it. `drawer_pin` is 2 or 5: the connector pin of the drawer."""

    address: Address
    profile: Profile
    drawer_pin: int = 2
    timings: Timings = field(default_factory=Timings)


class Delivery:
    """One conversation. `close` must follow, whatever happened. `abort` may be set by another thread: waits end soon after."""

    def __init__(self, config: PrinterConfig, locks: Path, abort: threading.Event) -> None:
        self._config = config
        self._locks = locks
        self._abort = abort
        self._lock: PrinterLock | None = None
        self._transport: Transport | None = None
        self._reader = StatusReader()

    @property
    def can_confirm(self) -> bool:
        """Whether the printer could say that it is done: it has a way back and its family answers."""
        return self._transport is not None and self._transport.answers and self._config.profile.answers

    def open(self) -> Status:
        """Connects and asks how the printer is. Raises PrinterFault, always with nothing sent."""
        timings = self._config.timings
        self._lock = PrinterLock(self._locks, str(self._config.address), timings.lock)
        self._transport = open_transport(self._config.address, timings)
        return self._ask((1, 2, 3, 4)) if self.can_confirm else UNKNOWN

    def send(self, data: bytes) -> None:
        """Hands all over. Raises PrinterFault with the bytes that had gone."""
        assert self._transport is not None
        self._transport.send(data, self._abort.is_set)

    def confirm(self) -> bool:
        """Whether the printer has worked all off; False if it did not say so in time. Raises PrinterFault if the connection broke."""
        assert self._transport is not None
        timings = self._config.timings
        silent = self._reader.answers == 0
        self._reader.asked_processed()
        self._transport.send(b"\x1dr\x01", self._abort.is_set)
        until = time.monotonic() + (timings.confirm_silent if silent else timings.confirm)
        while not self._reader.processed and (left := until - time.monotonic()) > 0 and not self._abort.is_set():
            self._reader.feed(self._transport.receive(min(left, _TICK)))
        if not self._reader.processed and not silent and not self._abort.is_set():
            self._ask((1, 2, 3, 4))  # at least why
        return self._reader.processed > 0

    @property
    def status(self) -> Status:
        """What the printer has said so far."""
        return self._reader.status

    def close(self) -> None:
        """Ends the conversation; raises nothing."""
        if self._transport is not None:
            self._transport.close()
        if self._lock is not None:
            self._lock.release()

    def _ask(self, questions: tuple[int, ...]) -> Status:
        """DLE EOT, one question at a time; a printer that does not answer one is not asked the next."""
        assert self._transport is not None
        reader = self._reader
        for question in questions:
            answered = reader.answers
            reader.asked(question)
            self._transport.send(bytes((0x10, 0x04, question)), self._abort.is_set)
            until = time.monotonic() + self._config.timings.answer
            while reader.answers == answered and (left := until - time.monotonic()) > 0 and not self._abort.is_set():
                reader.feed(self._transport.receive(min(left, _TICK)))
            if reader.answers == answered:
                reader.gave_up()
                break
        return reader.status
