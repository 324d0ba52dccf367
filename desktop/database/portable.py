"""A backup for another computer: one file, protected by a passphrase of its own.

A copy with a fresh key, and that key wrapped by the passphrase (Argon2id, AES-256-GCM), in a plain zip archive: nothing of
this computer, of its keyring or of the database's own key is needed to open it.
"""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from datetime import datetime
from pathlib import Path
from uuid import UUID

import msgspec

from desktop.database import key as keys
from desktop.database.backup import BackupFacts, Reason, copy_database
from desktop.database.key import KeyFile
from desktop.database.place import Place, fault_of_directory, sync_directory, sync_file
from desktop.errors import FinalFault, Refused

_DATABASE, _FACTS, _ABOUT = "pult.db", "backup.json", "READ ME.txt"
_TEXT = (
    "Varnostna kopija programa Pult, zaščitena z geslom. Obnova: pult restore DATOTEKA --data-dir MAPA\n"
    "A backup of Pult, protected by a passphrase. To restore it: pult restore FILE --data-dir DIR\n"
)


def back_up_portably(
    place: Place, key: bytes, key_file: KeyFile, target: Path, passphrase: str, now: datetime
) -> BackupFacts:
    """Writes a backup for another computer to `target`, whole or not at all.

    Raises:
        InvalidInput: ``database.passphrase_short`` (minimum) on field ``passphrase``.
        Refused: ``database.backup_exists`` (file): nothing is overwritten.
        Environment: as `desktop.database.backup.back_up`.
    """
    if target.exists():
        raise Refused("database.backup_exists", file=str(target))
    fresh = keys.make_key()
    wrapped = keys.by_passphrase(UUID(key_file.database_id), fresh, passphrase)
    try:
        with tempfile.TemporaryDirectory(dir=target.parent, prefix=".pult-") as room:
            copy, archive = Path(room) / _DATABASE, Path(room) / "archive"
            facts = copy_database(place.database, key, copy, wrapped, Reason.MANUAL, now, target_key=fresh)
            with archive.open("wb") as stream:
                with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as pack:
                    pack.writestr(_ABOUT, _TEXT)
                    pack.writestr(_FACTS, msgspec.json.encode(facts))
                    pack.write(copy, _DATABASE)
                sync_file(stream)
            archive.replace(target)
        sync_directory(target.parent)
    except OSError as error:
        raise fault_of_directory(error, target.parent) from error
    return facts


def is_portable(source: Path) -> bool:
    """Whether a file is such a backup (and not an encrypted copy as it lies in `backups`)."""
    return zipfile.is_zipfile(source)


def read_portable_facts(source: Path) -> BackupFacts:
    """The facts in a portable backup; raises `FinalFault` ``database.not_a_backup`` (file)."""
    try:
        with zipfile.ZipFile(source) as pack:
            return msgspec.json.decode(pack.read(_FACTS), type=BackupFacts)
    except (OSError, zipfile.BadZipFile, KeyError, EOFError, msgspec.DecodeError) as error:
        raise FinalFault("database.not_a_backup", file=str(source)) from error


def unpack(source: Path, target: Path) -> BackupFacts:
    """Writes the copy in a portable backup to `target` and returns its facts; raises `FinalFault` ``database.not_a_backup``."""
    facts = read_portable_facts(source)
    try:
        with zipfile.ZipFile(source) as pack, pack.open(_DATABASE) as packed, target.open("wb") as stream:
            shutil.copyfileobj(packed, stream, 1 << 20)
            sync_file(stream)
    except (zipfile.BadZipFile, KeyError, EOFError) as error:
        raise FinalFault("database.not_a_backup", file=str(source)) from error
    return facts
