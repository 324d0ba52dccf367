"""Room kept back on the disk, given up when the disk is full.

A full disk also keeps the write-ahead log from shrinking, so without some room the database could not even be tidied. The
reserve is real, incompressible content: zeros would cost nothing on a compressing file system, and give nothing back.
"""

from __future__ import annotations

import secrets
import shutil
from dataclasses import dataclass

from desktop.database.place import Place, sync_file

SIZE = 8 * 1024 * 1024

#: The reserve is made again only where this many times its size is free: else it would fill the disk it guards.
_ROOM = 4


@dataclass(frozen=True, slots=True)
class Reserve:
    """The reserve file of a data directory; `size` in bytes."""

    place: Place
    size: int = SIZE

    @property
    def is_there(self) -> bool:
        try:
            return self.place.reserve.stat().st_size >= self.size
        except OSError:
            return False

    def ensure(self) -> bool:
        """Makes the reserve if it is not there and there is room; returns whether it is there. Never raises for the disk's sake.

        Takes some 20 ms of writing: call it from a worker thread at start and now and then.
        """
        if self.is_there:
            return True
        part = self.place.reserve.with_name(self.place.reserve.name + ".part")
        try:
            if shutil.disk_usage(self.place.directory).free < self.size * _ROOM:
                return False
            with part.open("wb") as stream:
                stream.write(secrets.token_bytes(self.size))
                sync_file(stream)
            part.replace(self.place.reserve)
        except OSError:
            part.unlink(missing_ok=True)
            return False
        return True

    def give_up(self) -> bool:
        """Frees the reserve; returns whether there was one, so whether trying the write again makes sense."""
        try:
            self.place.reserve.unlink()
        except OSError:
            return False
        return True
