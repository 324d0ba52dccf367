"""Printing into a file or a device file: appended, and on the disk before it counts as handed over. Nothing ever answers."""

from __future__ import annotations

import contextlib
import errno
import os
from collections.abc import Callable
from pathlib import Path

from printing.errors import PrinterFault
from printing.transports.base import CHUNK


class FileTransport:
    """Appends to `path`, which is made if need be; its folder must exist. Raises PrinterFault ``file``."""

    answers = False

    def __init__(self, path: Path) -> None:
        try:
            self._file: int | None = os.open(
                path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600
            )
        except OSError as error:
            raise PrinterFault("file", 0, str(error)) from error

    def send(self, data: bytes, aborted: Callable[[], bool]) -> None:
        if self._file is None:
            raise PrinterFault("file", 0, "closed")
        sent = 0
        try:
            while sent < len(data):
                if aborted():
                    raise PrinterFault("aborted", sent)
                sent += os.write(self._file, data[sent : sent + CHUNK])
            os.fsync(self._file)
        except OSError as error:
            if error.errno in (errno.EINVAL, errno.ENOTSUP) and sent == len(data):
                return  # a device file cannot be synced
            raise PrinterFault("file", sent, str(error)) from error

    def receive(self, seconds: float) -> bytes:
        return b""

    def close(self) -> None:
        if self._file is not None:
            with contextlib.suppress(OSError):
                os.close(self._file)
            self._file = None
