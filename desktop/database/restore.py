"""Puts a backup in the place of the database; what was there is kept aside.

The backup is made ready and verified in a directory of its own first. Then a small file says what is to be moved where, and
the moves are made; a crash between two of them is finished by the next start (`finish_restore`). So there is at every instant
the old database or the new one, and never a start that finds nothing and makes an empty one.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from desktop.database import key as keys
from desktop.database.backup import BackupFacts, read_facts, verify_copy
from desktop.database.key import KeyFile, Protection, Ring
from desktop.database.lock import Use, lock_place
from desktop.database.place import Place, fault_of_directory, prepare_place, sync_directory, sync_file, write_durably
from desktop.database.portable import is_portable, read_portable_facts, unpack
from desktop.database.version import REVISIONS
from desktop.errors import FinalFault, Refused

_READY = "ready.json"


class _Plan(msgspec.Struct, frozen=True):
    """The moves of a restore: names put aside, the directory that they go to, names that come in."""

    aside: str
    out: tuple[str, ...]
    into: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Restored:
    """What a restore brought.

    Attributes:
        facts: of the backup; everything later than ``facts.made_at`` is not in the database now.
        kept_aside: the directory with the replaced database, or None when there was none.
        key_file: how the key is kept now.
    """

    facts: BackupFacts
    kept_aside: Path | None
    key_file: KeyFile


def restore(
    place: Place, source: Path, now: datetime, *, ring: Ring | None = None, passphrase: str | None = None
) -> Restored:
    """Restores a backup (a copy from `backups`, or a portable one with its passphrase) into a data directory.

    A portable backup gets a key kept as a new database's would be: practice in the clear, live in `ring` or, without one,
    by the same passphrase. Blocks; nobody else may use the directory meanwhile.

    Raises:
        Refused: ``database.in_use``, ``database.being_read`` (directory); ``database.other_mode`` (backup, here): a practice
            backup over a live database, or the reverse; ``database.passphrase_needed``.
        InvalidInput: ``database.wrong_passphrase`` on field ``passphrase``.
        FinalFault: ``database.not_a_backup`` (file), ``database.backup_unsound`` (reason), ``database.newer`` (version,
            known), those of `unlock`.
        TemporaryFault: ``database.full``.
    """
    if not source.is_file():
        raise FinalFault("database.not_a_backup", file=str(source))
    prepare_place(place)
    with lock_place(place, Use.ALONE):
        finish_restore(place)
        try:
            facts, key_file = _make_ready(place, source, ring, passphrase)
            kept_aside = _plan(place, now, new_key=not _same_key(place, key_file))
            finish_restore(place)
        except OSError as error:
            raise fault_of_directory(error, place.directory) from error
        finally:
            if not place.restoring.joinpath(_READY).exists():
                shutil.rmtree(place.restoring, ignore_errors=True)
    return Restored(facts, kept_aside, key_file)


def read_facts_of(source: Path) -> BackupFacts:
    """The facts of a backup of either kind, before anything is done with it; raises ``database.not_a_backup`` (file)."""
    return read_portable_facts(source) if is_portable(source) else read_facts(source)


def refuse_unfinished_restore(place: Place) -> None:
    """For who only reads: raises `Refused` ``database.being_restored`` (directory) until the next start has finished it."""
    if (place.restoring / _READY).exists():
        raise Refused("database.being_restored", directory=str(place.directory))


def finish_restore(place: Place) -> bool:
    """Makes the moves of a restore that a crash interrupted; returns whether there was one. The caller holds the lock."""
    ready = place.restoring / _READY
    try:
        plan = msgspec.json.decode(ready.read_bytes(), type=_Plan)
    except FileNotFoundError:
        return False
    except msgspec.DecodeError as error:
        raise FinalFault("database.restore_torn", file=str(ready)) from error
    aside = place.replaced / plan.aside
    aside.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in plan.out:
        if not (aside / name).exists():
            (place.directory / name).rename(aside / name)
    sync_directory(aside)
    for name in plan.into:
        if (place.restoring / name).exists():
            (place.restoring / name).replace(place.directory / name)
    sync_directory(place.directory)
    shutil.rmtree(place.restoring)
    return True


def _make_ready(place: Place, source: Path, ring: Ring | None, passphrase: str | None) -> tuple[BackupFacts, KeyFile]:
    """Brings copy and key file into `restoring`, verified."""
    shutil.rmtree(place.restoring, ignore_errors=True)
    place.restoring.mkdir(mode=0o700)
    copy = place.restoring / place.database.name
    if is_portable(source):
        facts = unpack(source, copy)
        key = keys.unlock(facts.key_file, passphrase=passphrase)
        key_file = _keep_here(facts, key, ring, passphrase)
    else:
        facts = read_facts(source)
        key = keys.unlock(facts.key_file, ring=ring, passphrase=passphrase)
        _copy(source, copy)
        key_file = facts.key_file
    if facts.version not in REVISIONS:
        raise FinalFault("database.newer", version=facts.version, known=REVISIONS[-1])
    _refuse_other_mode(place, facts)
    verify_copy(copy, key, facts.rows)
    keys.write_key_file(place.restoring / place.key_file.name, key_file)
    return facts, key_file


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reading, target.open("wb") as writing:
        shutil.copyfileobj(reading, writing, 1 << 20)
        sync_file(writing)


def _keep_here(facts: BackupFacts, key: bytes, ring: Ring | None, passphrase: str | None) -> KeyFile:
    """The key file for a backup that comes from another computer."""
    database_id, salt = UUID(facts.key_file.database_id), bytes.fromhex(facts.key_file.salt)
    if facts.mode == "practice":
        return keys.in_the_clear(database_id, key, salt)
    if ring is not None:
        return keys.in_keyring(database_id, key, ring, salt)
    if passphrase is None:
        raise Refused("database.passphrase_needed")
    return facts.key_file


def _same_key(place: Place, key_file: KeyFile) -> bool:
    try:
        return keys.read_key_file(place.key_file).check == key_file.check
    except FinalFault:
        return False


def _refuse_other_mode(place: Place, facts: BackupFacts) -> None:
    """Practice stays practice: judged by how the key here is kept, which also a damaged database still tells."""
    if not place.database.exists():
        return
    try:
        here = keys.read_key_file(place.key_file).protection
    except FinalFault:
        return  # nothing is known of what lies here; it is kept aside in any case
    mode = "practice" if here is Protection.FILE else "live"
    if mode != facts.mode:
        raise Refused("database.other_mode", backup=facts.mode, here=mode)


def _plan(place: Place, now: datetime, *, new_key: bool) -> Path | None:
    """Writes down what is to be moved; from here on the restore is finished, if need be by the next start."""
    names = [place.database.name, f"{place.database.name}-wal", f"{place.database.name}-shm", place.key_file.name]
    if new_key:
        names.append(place.secrets_file.name)  # encrypted by the old key
    out = tuple(name for name in names if (place.directory / name).exists())
    aside = f"{now:%Y%m%dT%H%M%SZ}"
    number = 1
    while (place.replaced / aside).exists():
        number += 1
        aside = f"{now:%Y%m%dT%H%M%SZ}-{number}"
    sync_directory(place.restoring)
    plan = _Plan(aside, out, (place.key_file.name, place.database.name))
    write_durably(place.restoring / _READY, msgspec.json.encode(plan))
    return place.replaced / aside if out else None
