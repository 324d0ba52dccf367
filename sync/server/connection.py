"""One HTTP connection, with an end to patience: uvicorn alone waits for ever for a head that dribbles, and takes one of any length."""

from __future__ import annotations

import asyncio
from enum import Enum, auto
from typing import ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sync.server.pieces import InPieces


class _Phase(Enum):
    IDLE = auto()
    HEAD = auto()
    BODY = auto()


class PatientConnection(HttpToolsProtocol):
    """Closes a connection whose head does not come within `SECONDS` or is longer than `MOST_HEAD` bytes, whose body brings less than
    `LEAST` bytes in as much time, or whose other end takes nothing of an answer for so long.

    A server that reads slowly itself is not the other end's fault. Between requests uvicorn's own limit holds.
    """

    SECONDS: ClassVar[float] = 30.0
    MOST_HEAD: ClassVar[int] = 32 * 1024
    LEAST: ClassVar[int] = 30 * 1024

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(InPieces(transport))
        self._unsent = 0
        self._enter(_Phase.HEAD)
        self._next = self.loop.call_later(self.SECONDS, self._look)

    def connection_lost(self, exc: Exception | None) -> None:
        self._next.cancel()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before = self._phase
        super().data_received(data)
        if self._phase is before or self._phase is _Phase.HEAD:
            self._came += len(data)
        if self._phase is _Phase.HEAD and self._came > self.MOST_HEAD:
            self.transport.abort()

    def on_message_begin(self) -> None:
        self._enter(_Phase.HEAD)
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._enter(_Phase.BODY)
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._enter(_Phase.IDLE)
        super().on_message_complete()

    def _enter(self, phase: _Phase) -> None:
        self._phase, self._since, self._came = phase, self.loop.time(), 0

    def _look(self) -> None:
        self._next = self.loop.call_later(self.SECONDS, self._look)
        late = self.loop.time() - self._since >= self.SECONDS
        slow = self._phase is _Phase.BODY and self._came < self.LEAST and not self.flow.read_paused
        unsent = self.transport.get_write_buffer_size()
        if (late and (slow or self._phase is _Phase.HEAD)) or unsent >= self._unsent > 0:
            self.transport.abort()
            return
        self._unsent = unsent
        if late:
            self._enter(self._phase)
