"""The data directory: what lies in it under which name, and whether it may be used at all.

One directory is one database with everything that belongs to it. The default is the user's own data directory; every
command takes ``--data-dir``. A directory that a file-sync service copies about is refused: the service would copy the
database in the middle of a write and bring the torn copy back (`desktop.database.sync_folder`).
"""

from __future__ import annotations

import errno
import os
import secrets
import sys
from argparse import ArgumentParser
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from desktop.database.sync_folder import syncing_service
from desktop.errors import FinalFault, Refused, TemporaryFault

APPLICATION = "Pult"

#: What the operating system calls a full disk or a used-up quota.
FULL_DISK = frozenset({errno.ENOSPC, errno.EDQUOT})
_NOT_ALLOWED = frozenset({errno.EACCES, errno.EPERM, errno.EROFS})


@dataclass(frozen=True, slots=True)
class Place:
    """The names of a data directory."""

    directory: Path

    @property
    def database(self) -> Path:
        """The SQLCipher file."""
        return self.directory / "pult.db"

    @property
    def key_file(self) -> Path:
        """What says how the database is protected; for a practice database it holds the key."""
        return self.directory / "pult.key.json"

    @property
    def secrets_file(self) -> Path:
        """Passwords of certificates where they are not in the system's keyring, encrypted."""
        return self.directory / "pult.secrets.json"

    @property
    def backups(self) -> Path:
        return self.directory / "backups"

    @property
    def replaced(self) -> Path:
        """What `restore` put aside, one directory for each time."""
        return self.directory / "replaced"

    @property
    def restoring(self) -> Path:
        """A restore that is being made ready or put in place."""
        return self.directory / "restoring"

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def lock(self) -> Path:
        """Locked by the one process that may write."""
        return self.directory / "pult.lock"

    @property
    def readers(self) -> Path:
        """Locked, shared, by processes that only read."""
        return self.directory / "pult.readers"

    @property
    def reserve(self) -> Path:
        """Room that is given up when the disk is full."""
        return self.directory / "reserve"

    @property
    def exists(self) -> bool:
        """Whether a database has been made here (or a restore is about to bring one)."""
        return self.database.exists() or self.restoring.joinpath("ready.json").exists()


def default_directory() -> Path:
    """The user's own data directory for this program; on Windows the local one, that does not roam."""
    from platformdirs import user_data_path

    return user_data_path(APPLICATION, appauthor=False, roaming=False)


def add_data_dir(parser: ArgumentParser) -> None:
    """Adds ``--data-dir`` to a command; the value is a Path or None (the default directory)."""
    parser.add_argument("--data-dir", type=Path, default=None, metavar="DIR", help="the data directory")


def find_place(directory: Path | None = None) -> Place:
    """The place of a directory (None: the default one). Nothing is made or checked."""
    return Place((directory or default_directory()).expanduser().absolute())


def prepare_place(place: Place) -> None:
    """Makes the directory for the user alone, and proves that it can be written.

    Raises:
        Refused: ``database.sync_folder`` (service, directory): a file-sync service watches it.
        FinalFault: ``database.read_only_directory`` (directory) or ``database.not_a_directory`` (directory).
        TemporaryFault: ``database.full`` (directory): no room.
    """
    refuse_sync_folder(place)
    try:
        for directory in (place.directory, place.backups, place.logs):
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        probe = place.directory / f".probe-{secrets.token_hex(8)}"
        probe.write_bytes(b"x")
        probe.unlink()
    except OSError as error:
        raise fault_of_directory(error, place.directory) from error


def refuse_sync_folder(place: Place) -> None:
    """Raises `Refused` ``database.sync_folder`` (service, directory) where a file-sync service watches the directory."""
    if service := syncing_service(place.directory, os.environ, Path.home()):
        raise Refused("database.sync_folder", service=service, directory=str(place.directory))


def require_database(place: Place) -> None:
    """Raises `Refused` ``database.none`` (directory) where no database has been made yet."""
    if not place.exists:
        raise Refused("database.none", directory=str(place.directory))


def fault_of_directory(error: OSError, directory: Path) -> FinalFault | TemporaryFault:
    """What an error of the file system means to a person."""
    if error.errno in FULL_DISK:
        return TemporaryFault("database.full", directory=str(directory))
    if error.errno in _NOT_ALLOWED:
        return FinalFault("database.read_only_directory", directory=str(directory))
    if isinstance(error, (NotADirectoryError, FileExistsError)):
        return FinalFault("database.not_a_directory", directory=str(directory))
    return TemporaryFault("database.unreadable", reason=error.strerror or str(error))


def sync_directory(directory: Path) -> None:
    """Makes a rename in a directory durable; Windows writes its directories by itself."""
    if os.name == "nt":
        return
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def sync_file(stream: IO[bytes]) -> None:
    """Makes what was written durable; on macOS down to the platter, where a plain fsync stops at the drive's cache."""
    stream.flush()
    if sys.platform == "darwin":
        import fcntl

        fcntl.fcntl(stream.fileno(), fcntl.F_FULLFSYNC)
    else:
        os.fsync(stream.fileno())


def write_durably(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Writes a small file so that after a power cut it is the old one or the new one, never a torn one."""
    part = path.with_name(path.name + ".part")
    binary = getattr(os, "O_BINARY", 0)  # Windows alone knows text files
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | binary, mode)
    with os.fdopen(handle, "wb") as stream:
        stream.write(content)
        sync_file(stream)
    part.replace(path)
    sync_directory(path.parent)
