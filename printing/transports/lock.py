"""One printer, one sender: a lock file per address, held by the operating system and free the instant its process dies."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sys
import time
from pathlib import Path

from printing.errors import PrinterFault

_TICK = 0.05


class PrinterLock:
    """Takes the lock of an address in `folder` (made if need be), waiting up to `seconds`.

    Raises PrinterFault ``busy`` if another holder does not let go, ``file`` if the folder cannot be used. Programs that shall not disturb
    each other share the folder.
    """

    def __init__(self, folder: Path, address: str, seconds: float) -> None:
        name = hashlib.sha256(address.encode()).hexdigest()[:16]
        try:
            folder.mkdir(parents=True, exist_ok=True)
            self._file: int | None = os.open(folder / f"printer-{name}.lock", os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise PrinterFault("file", 0, str(error)) from error
        until = time.monotonic() + seconds
        while not self._try():
            if time.monotonic() >= until:
                os.close(self._file)
                self._file = None
                raise PrinterFault("busy", 0, "another program is printing")
            time.sleep(_TICK)

    def release(self) -> None:
        """Lets go; may be called twice."""
        if self._file is not None:
            os.close(self._file)  # ends the lock on every system
            self._file = None

    def _try(self) -> bool:
        assert self._file is not None
        if sys.platform == "win32":
            import msvcrt

            with contextlib.suppress(OSError):
                msvcrt.locking(self._file, msvcrt.LK_NBLCK, 1)
                return True
        else:
            import fcntl

            with contextlib.suppress(OSError):
                fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                return True
        return False
