"""The lock on a data directory: one process writes, any number may read, a restore wants to be alone.

Locks of the operating system, on open files: they are free the instant their process dies, however it dies, so there is no
stale lock to clean up and no process id to believe. POSIX: ``flock``. Windows: ``msvcrt.locking``, which knows no shared
lock, so each reader takes one byte of the readers' file and who wants to be alone takes them all.
"""

from __future__ import annotations

import os
import sys
from enum import StrEnum
from pathlib import Path
from types import TracebackType

from desktop.database.place import Place, fault_of_directory
from desktop.errors import Refused

_READERS = 64


class Use(StrEnum):
    """What a process wants to do in the directory."""

    WRITE = "write"  # alone in writing; readers may come and go
    READ = "read"  # beside one writer and other readers
    ALONE = "alone"  # nobody else at all: the files themselves are exchanged


class PlaceLock:
    """A held lock; released by `release`, by the end of a ``with``, or by the death of the process."""

    def __init__(self, *handles: int) -> None:
        self._handles = list(handles)

    def release(self) -> None:
        """Gives the lock back; a second call does nothing."""
        while self._handles:
            os.close(self._handles.pop())

    def __enter__(self) -> PlaceLock:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


def lock_place(place: Place, use: Use) -> PlaceLock:
    """Takes the lock at once or not at all; the directory must exist.

    Raises:
        Refused: ``database.in_use`` (directory): the window or a writing command has it open; ``database.being_read``
            (directory): `use` is ALONE and a process reads; ``database.being_restored`` (directory): `use` is READ and
            a process is alone in it.
        FinalFault: ``database.read_only_directory`` (directory).
    """
    handles: list[int] = []
    try:
        if use is not Use.READ:
            handles.append(_take(place.lock, shared=False, refusal="database.in_use", place=place))
        if use is Use.READ:
            handles.append(_take(place.readers, shared=True, refusal="database.being_restored", place=place))
        if use is Use.ALONE:
            handles.append(_take(place.readers, shared=False, refusal="database.being_read", place=place))
    except BaseException:
        PlaceLock(*handles).release()
        raise
    return PlaceLock(*handles)


def _take(path: Path, *, shared: bool, refusal: str, place: Place) -> int:
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise fault_of_directory(error, place.directory) from error
    try:
        taken = _lock(handle, shared=shared)
    except BaseException:
        os.close(handle)
        raise
    if not taken:
        os.close(handle)
        raise Refused(refusal, directory=str(place.directory))
    return handle


if sys.platform == "win32":
    import msvcrt

    def _lock(handle: int, *, shared: bool) -> bool:
        if not shared:
            return _lock_bytes(handle, 0, _READERS)
        return any(_lock_bytes(handle, slot, 1) for slot in range(_READERS))

    def _lock_bytes(handle: int, start: int, count: int) -> bool:
        os.lseek(handle, start, os.SEEK_SET)
        try:
            msvcrt.locking(handle, msvcrt.LK_NBLCK, count)
        except OSError:
            return False
        return True

else:
    import fcntl

    def _lock(handle: int, *, shared: bool) -> bool:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
