"""A wire between desks and a server that can be cut in several ways: a TCP proxy on the loopback in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from contextlib import suppress
from enum import StrEnum


class Wire(StrEnum):
    """What the wire does with bytes."""

    PASS = "pass"
    CUT = "cut"  # nothing passes, no connection is answered: a cable is out
    HALF = "half"  # what desks send arrives, what the server answers does not
    RESET = "reset"  # every connection is reset, again and again


class FaultyWire:
    """Listens on `port` and passes on to `target` (a port), as `mode` says. A connection that met a cut never lives again."""

    def __init__(self, target: int) -> None:
        self.target, self.mode = target, Wire.PASS
        self._loop = asyncio.new_event_loop()
        self._connections: set[asyncio.StreamWriter] = set()
        started = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(started,), name="wire")
        self._thread.start()
        started.wait()

    def _run(self, started: threading.Event) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(asyncio.start_server(self._serve, "127.0.0.1", 0))
        self.port = int(server.sockets[0].getsockname()[1])
        started.set()
        self._loop.run_forever()
        server.close()
        tasks = asyncio.all_tasks(self._loop)
        for task in tasks:
            task.cancel()
        self._loop.run_until_complete(asyncio.gather(*tasks, return_exceptions=True))
        self._loop.close()

    def set(self, mode: Wire) -> None:
        """Changes what the wire does; connections that are open feel it at once."""
        self.mode = mode
        if mode is Wire.RESET:
            self._loop.call_soon_threadsafe(self._reset_all)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(20)

    def _reset_all(self) -> None:
        for writer in tuple(self._connections):
            _reset(writer)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.mode is Wire.RESET:
            _reset(writer)
            return
        if self.mode is Wire.CUT:
            await self._silence(writer)
            return
        try:
            back, forth = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            _reset(writer)
            return
        self._connections |= {writer, forth}
        try:
            await asyncio.gather(self._pipe(reader, forth, answers=False), self._pipe(back, writer, answers=True))
        finally:
            self._connections -= {writer, forth}
            for one in (writer, forth):
                one.close()

    async def _silence(self, writer: asyncio.StreamWriter) -> None:
        """The desk may wait as long as it likes."""
        with suppress(asyncio.CancelledError):
            await asyncio.sleep(3600)
        writer.close()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, answers: bool) -> None:
        dead = False
        with suppress(OSError):
            while data := await reader.read(65_536):
                dead = dead or self.mode is Wire.CUT or (self.mode is Wire.HALF and answers)
                if not dead:
                    writer.write(data)
                    await writer.drain()
        with suppress(OSError):
            writer.write_eof() if writer.can_write_eof() and not dead else None


def _reset(writer: asyncio.StreamWriter) -> None:
    """Closes with RST: the other end gets a connection reset."""
    found = writer.get_extra_info("socket")
    if found is not None:
        with suppress(OSError):
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()
