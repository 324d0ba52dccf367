"""Raw printing over TCP, usually port 9100. One connection carries one job.

What is easily lost: closing a socket while status bytes of the printer lie unread in it makes the system reset the connection, and the
tail of the job is gone. So everything is read while writing, and the end is a half close, reading to the printer's own end, then close.
"""

from __future__ import annotations

import contextlib
import selectors
import socket
import time
from collections.abc import Callable

from printing.errors import PrinterFault
from printing.transports.base import CHUNK, Timings

#: How often a waiting call looks whether it was told to stop, in seconds.
_TICK = 0.1
_MOST_HEARD = 64 * 1024


class TcpTransport:
    """A connection to `host` (name, IPv4 or IPv6) and `port`. Raises PrinterFault ``unreachable`` or ``refused``."""

    answers = True

    def __init__(self, host: str, port: int, timings: Timings) -> None:
        self._timings = timings
        self._heard = bytearray()
        self._ended = False  # the printer has closed its side
        self._open = False
        try:
            self._socket = socket.create_connection((host, port), timeout=timings.connect)
        except ConnectionRefusedError as error:
            raise PrinterFault("refused", 0, str(error)) from error
        except (OSError, UnicodeError) as error:
            raise PrinterFault("unreachable", 0, str(error)) from error
        self._open = True
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # A small buffer of ours, so that what counts as sent is close to what the printer has taken.
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 * CHUNK)
        self._socket.setblocking(False)

    def send(self, data: bytes, aborted: Callable[[], bool]) -> None:
        sent = 0
        progress = time.monotonic()
        with selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ | selectors.EVENT_WRITE)
            while sent < len(data):
                if aborted():
                    raise PrinterFault("aborted", sent)
                for _, events in selector.select(_TICK):
                    if events & selectors.EVENT_READ:
                        self._read(sent)
                        if self._ended:
                            raise PrinterFault("reset", sent, "the printer closed the connection")
                    if events & selectors.EVENT_WRITE:
                        try:
                            sent += self._socket.send(data[sent : sent + CHUNK])
                        except BlockingIOError:
                            continue
                        except OSError as error:
                            raise PrinterFault("reset", sent, str(error)) from error
                        progress = time.monotonic()
                if time.monotonic() - progress > self._timings.write:
                    raise PrinterFault("stalled", sent)

    def receive(self, seconds: float) -> bytes:
        if not self._heard and not self._ended:
            with selectors.DefaultSelector() as selector:
                selector.register(self._socket, selectors.EVENT_READ)
                if selector.select(max(0.0, seconds)):
                    self._read(0)
        if not self._heard and self._ended:
            raise PrinterFault("reset", 0, "the printer closed the connection")
        heard = bytes(self._heard)
        self._heard.clear()
        return heard

    def close(self) -> None:
        if not self._open:
            return
        self._open = False
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)
        until = time.monotonic() + self._timings.drain
        with contextlib.suppress(PrinterFault), selectors.DefaultSelector() as selector:
            selector.register(self._socket, selectors.EVENT_READ)
            while not self._ended and (left := until - time.monotonic()) > 0:
                if selector.select(left):
                    self._read(0)
        self._socket.close()

    def _read(self, sent: int) -> None:
        try:
            data = self._socket.recv(CHUNK)
        except BlockingIOError:
            return
        except OSError as error:
            self._ended = True
            raise PrinterFault("reset", sent, str(error)) from error
        if not data:
            self._ended = True
        self._heard += data
        del self._heard[:-_MOST_HEARD]
