"""Encrypted copies of the database, made while it is in use and verified before they count.

The copy is made from one snapshot, on a connection of its own that only reads, in slices with pauses: a sale never waits for
it. Then it is opened anew and looked at (every page's HMAC, ``quick_check``, the number of rows of every table against the
snapshot), and only then gets its name. Beside it lies a small file that says when and why it was made and how its key is
kept. Copies have the key of the database; for another computer see `desktop.database.portable`.
"""

from __future__ import annotations

import os
import secrets
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from desktop.database import backup_plan, reserve
from desktop.database.connection import FeedState, open_connection
from desktop.database.diagnosis import bad_pages, damage, lasting_bad_pages
from desktop.database.faults import fault_of
from desktop.database.key import KeyFile
from desktop.database.place import Place, fault_of_directory, sync_directory, sync_file, write_durably
from desktop.database.version import TABLE as VERSION_TABLE
from desktop.errors import FinalFault, TemporaryFault

#: Pages of 4 KiB in a slice, and the rest between slices in seconds, for whatever else wants the disk.
SLICE, PAUSE = 128, 0.005
_FORM = 1


class Reason(StrEnum):
    """Why a backup was made."""

    HOURLY = "hourly"
    CLOSE = "close"
    MIGRATION = "migration"
    MANUAL = "manual"


class BackupFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the file beside a copy says.

    Attributes:
        made_at: the instant of the snapshot.
        version: revision of the schema.
        mark: names the state of the database, see `change_mark`.
        rows: number of rows of each table.
        key_file: how the key of the copy is kept, with the copy's own salt.
    """

    form: int
    made_at: datetime
    reason: Reason
    version: str
    mode: str
    mark: str
    rows: Mapping[str, int]
    key_file: KeyFile


@dataclass(frozen=True, slots=True)
class Backup:
    """A finished backup: the encrypted copy and its facts."""

    path: Path
    facts: BackupFacts


def back_up(
    place: Place,
    key: bytes,
    key_file: KeyFile,
    reason: Reason,
    now: datetime,
    *,
    zone: ZoneInfo | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Backup:
    """Makes a verified backup in the place's `backups` directory, and throws away expired ones when `zone` is given.

    Blocks for some seconds with a large database: call it in a worker thread. Needs no lock beyond the one that its process
    already has for reading or writing.

    Raises:
        TemporaryFault: ``database.no_room_for_backup`` (needed, free, in bytes), ``database.full``,
            ``database.backup_cancelled``.
        FinalFault: ``database.pages_damaged`` (file, pages, count): the database itself is damaged;
            ``database.backup_unsound`` (reason): the copy is not what it should be; the database's own faults.
    """
    try:
        place.backups.mkdir(mode=0o700, exist_ok=True)
        _remove_torn(place)
        _require_room(place)
        target = _free_name(place.backups, now, reason)
        part = target.with_suffix(f".{secrets.token_hex(4)}.part")
        facts = copy_database(place.database, key, part, key_file, reason, now, cancelled=cancelled)
        write_durably(facts_file(target), msgspec.json.format(msgspec.json.encode(facts), indent=2))
        part.replace(target)
        sync_directory(place.backups)
        if zone is not None:
            prune(place, now, zone)
    except OSError as error:
        raise fault_of_directory(error, place.backups) from error
    return Backup(target, facts)


def copy_database(
    source: Path,
    key: bytes,
    target: Path,
    key_file: KeyFile,
    reason: Reason,
    now: datetime,
    *,
    target_key: bytes | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> BackupFacts:
    """Copies a snapshot of the database to `target` (replaced if there) and verifies the copy; on failure none is left.

    With `target_key` the copy has another key than the database; `key_file` is then that of the copy. Raises as `back_up`.
    """
    from sqlcipher3 import dbapi2

    target.unlink(missing_ok=True)
    try:
        connection = open_connection(source, key, FeedState(), {}, read_only=True)
        try:
            connection.execute("BEGIN")
            rows = count_rows(connection)
            version, mode = _read_version(connection), _read_mode(connection)
            mark = change_mark(connection)
            _copy_pages(connection, target, target_key or key, cancelled)
        finally:
            connection.close()
        # SQLCipher hands a page that it cannot decrypt to the copy as zeros, without a word: the source is looked at itself
        if pages := lasting_bad_pages(source, key):
            raise damage(source, pages)
        verify_copy(target, target_key or key, rows)
    except dbapi2.Error as error:
        target.unlink(missing_ok=True)
        raise fault_of(error) or error from error
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    with target.open("rb") as stream:
        salt = stream.read(16)
    own_key_file = msgspec.structs.replace(key_file, salt=salt.hex())
    return BackupFacts(
        form=_FORM, made_at=now, reason=reason, version=version, mode=mode, mark=mark, rows=rows, key_file=own_key_file
    )


def verify_copy(path: Path, key: bytes, rows: Mapping[str, int]) -> None:
    """Proves that a copy is whole: pages, structure, and the number of rows of every table.

    Raises `FinalFault` ``database.backup_unsound`` (reason).
    """
    from sqlcipher3 import dbapi2

    if pages := bad_pages(path, key):
        raise FinalFault("database.backup_unsound", reason=f"pages {', '.join(map(str, pages[:20]))}")
    try:
        connection = open_connection(path, key, FeedState(), {}, read_only=True)
        try:
            [answer] = connection.execute("PRAGMA quick_check(1)").fetchone()
            found = count_rows(connection)
        finally:
            connection.close()
    except dbapi2.Error as error:
        raise FinalFault("database.backup_unsound", reason=str(error)) from error
    if answer != "ok":
        raise FinalFault("database.backup_unsound", reason=str(answer))
    if found != rows:
        different = sorted(name for name in found.keys() | rows.keys() if found.get(name) != rows.get(name))
        raise FinalFault("database.backup_unsound", reason=f"rows of {', '.join(different)}")


def count_rows(connection: Any) -> dict[str, int]:
    """The number of rows of every ordinary table (shadow tables of virtual ones included)."""
    names = [
        str(row[1])
        for row in connection.execute("PRAGMA table_list").fetchall()
        if row[0] == "main" and row[2] in ("table", "shadow") and not str(row[1]).startswith("sqlite_")
    ]
    return {name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0]) for name in sorted(names)}


def change_mark(connection: Any) -> str:
    """A text that is another one after every operation: counters and hashes of the chains' heads."""
    rows = connection.execute(
        "SELECT hex(device), max(n), hash FROM operation GROUP BY device ORDER BY device"
    ).fetchall()
    return " ".join(f"{device}:{n}:{head}" for device, n, head in rows)


def read_mark(place: Place, key: bytes) -> str:
    """The change mark of a place's database as it is now. Takes some milliseconds; raises the database's faults."""
    from sqlcipher3 import dbapi2

    try:
        connection = open_connection(place.database, key, FeedState(), {}, read_only=True)
        try:
            return change_mark(connection)
        finally:
            connection.close()
    except dbapi2.Error as error:
        raise fault_of(error) or error from error


def facts_file(copy: Path) -> Path:
    """The file with the facts of a copy."""
    return copy.with_suffix(".json")


def read_facts(copy: Path) -> BackupFacts:
    """The facts beside a copy; raises `FinalFault` ``database.not_a_backup`` (file)."""
    try:
        facts = msgspec.json.decode(facts_file(copy).read_bytes(), type=BackupFacts)
    except (OSError, msgspec.DecodeError) as error:
        raise FinalFault("database.not_a_backup", file=str(copy)) from error
    if facts.form > _FORM:
        raise FinalFault("database.backup_newer", file=str(copy))
    return facts


def list_backups(place: Place) -> list[Backup]:
    """The finished backups of a place, oldest first; what is torn or foreign is passed over."""
    found: list[Backup] = []
    for copy in place.backups.glob("pult-*.db"):
        try:
            found.append(Backup(copy, read_facts(copy)))
        except FinalFault:
            continue
    return sorted(found, key=lambda backup: (backup.facts.made_at, backup.path.name))


def prune(place: Place, now: datetime, zone: ZoneInfo) -> list[Path]:
    """Throws away expired backups, each reason by itself, and returns their paths."""
    gone: list[Path] = []
    backups = list_backups(place)
    for reasons in ({Reason.HOURLY, Reason.CLOSE}, {Reason.MIGRATION}, {Reason.MANUAL}):
        of_kind = [backup for backup in backups if backup.facts.reason in reasons]
        old = backup_plan.expired((backup.facts.made_at for backup in of_kind), now, zone)
        for backup in of_kind:
            if backup.facts.made_at in old:
                backup.path.unlink(missing_ok=True)
                facts_file(backup.path).unlink(missing_ok=True)
                gone.append(backup.path)
    return gone


def _copy_pages(connection: Any, target: Path, key: bytes, cancelled: Callable[[], bool]) -> None:
    from sqlcipher3 import dbapi2

    def between_slices(_status: int, _remaining: int, _total: int) -> None:
        if cancelled():
            raise TemporaryFault("database.backup_cancelled")
        time.sleep(PAUSE)  # the driver's own `sleep` rests only when it was kept waiting

    handle = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)  # for the user alone from the first byte
    os.close(handle)
    copy: Any = dbapi2.connect(str(target), isolation_level=None)
    try:
        copy.execute("PRAGMA cipher_log_level=NONE")
        copy.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
        connection.backup(copy, pages=SLICE, progress=between_slices)
        copy.execute("PRAGMA journal_mode=DELETE").fetchall()  # the copy is one file, without a log beside it
    finally:
        copy.close()
    with target.open("rb+") as stream:
        sync_file(stream)


def _remove_torn(place: Place) -> None:
    """Removes what a crash left; a part of today may be another process's backup in the making."""
    yesterday = time.time() - 86_400
    for part in place.backups.glob("*.part"):
        if part.stat().st_mtime < yesterday:
            part.unlink(missing_ok=True)


def _require_room(place: Place) -> None:
    """A backup must not be what fills the disk: the sale comes first."""
    needed = place.database.stat().st_size * 11 // 10 + 2 * reserve.SIZE
    free = shutil.disk_usage(place.backups).free
    if free < needed:
        raise TemporaryFault("database.no_room_for_backup", needed=needed, free=free)


def _free_name(directory: Path, now: datetime, reason: Reason) -> Path:
    stem = f"pult-{now:%Y%m%dT%H%M%SZ}-{reason}"
    names = (directory / f"{stem}{suffix}.db" for suffix in ("", *(f"-{number}" for number in range(2, 1000))))
    return next(name for name in names if not name.exists())


def _read_version(connection: Any) -> str:
    row = connection.execute(f"SELECT version_num FROM {VERSION_TABLE}").fetchone()
    return "" if row is None else str(row[0])


def _read_mode(connection: Any) -> str:
    row = connection.execute("SELECT mode FROM device_stamp").fetchone()
    return "" if row is None else str(row[0])
