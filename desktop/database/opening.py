"""Opens the database of a data directory in the right order, and closes it again: what every command and the window call.

Lock, an interrupted restore finished, key, schema brought up to date behind a verified backup, then the threads. What goes
wrong is diagnosed on a connection of its own before it is said.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from desktop.clock import Clock
from desktop.database import key as keys
from desktop.database.backup import Reason, back_up
from desktop.database.create import Identity, create_database
from desktop.database.database import Database
from desktop.database.diagnosis import fault_of_file
from desktop.database.faults import fault_of
from desktop.database.key import KeyFile, Ring
from desktop.database.lock import PlaceLock, Use, lock_place
from desktop.database.migrate import Brought, bring_up_to_date
from desktop.database.new_file import Mode
from desktop.database.place import Place, prepare_place, refuse_sync_folder, require_database
from desktop.database.reserve import Reserve
from desktop.database.restore import finish_restore
from desktop.database.schema import Schema
from desktop.database.secrets import SecretStore, open_secrets
from desktop.database.tampering import record_tampering
from desktop.errors import FinalFault, PultError


@dataclass(frozen=True, slots=True)
class OpenPlace:
    """A data directory in use by this process.

    Attributes:
        database: the open database with its two threads.
        key_file: how the key is kept; `protection` is what the settings show.
        secrets: where passwords of certificates are kept.
        reserve: room given up when the disk is full.
        brought: what the opening did to the file.
    """

    place: Place
    lock: PlaceLock
    key: bytes = field(repr=False)
    key_file: KeyFile
    database: Database
    secrets: SecretStore
    reserve: Reserve
    brought: Brought

    def diagnose(self, error: PultError) -> Exception:
        """The fault behind an error that came while the database was in use; for damage, with the numbers of the pages.

        Closes the database for damage: its connections can no longer be believed. Blocks while it reads the whole file.
        """
        if error.code == "database.damaged":
            self.database.close()
        return fault_behind(error, self.place, self.key, self.key_file)

    def close(self) -> None:
        """Finishes what is queued, closes the file and gives the lock back."""
        try:
            self.database.close()
        finally:
            self.lock.release()


def open_place(
    place: Place,
    *,
    schema: Schema,
    clock: Clock,
    ring: Ring | None = None,
    passphrase: str | None = None,
    lock: PlaceLock | None = None,
) -> OpenPlace:
    """Opens a place for writing. Blocks: some 50 ms, longer only for a migration.

    `lock` is the writing lock when the caller has it already (a window takes it before it paints); it is given back when
    this fails.

    Raises `Refused`, `FinalFault` and `TemporaryFault` of `prepare_place`, `require_database`, `lock_place`, `unlock`,
    `bring_up_to_date`, `fault_of_file` and `back_up`.
    """
    held = lock
    try:
        refuse_sync_folder(place)
        require_database(place)
        held = held or lock_place(place, Use.WRITE)
        prepare_place(place)
        finish_restore(place)
        key_file = keys.read_key_file(place.key_file)
        key = keys.unlock(key_file, ring=ring, passphrase=passphrase)
        reserve = Reserve(place)
        brought, database = _open_file(place, key, key_file, schema, clock, reserve)
    except BaseException:
        if held is not None:
            held.release()
        raise
    return OpenPlace(place, held, key, key_file, database, open_secrets(place, key_file, key, ring), reserve, brought)


def make_place(
    place: Place,
    mode: Mode,
    *,
    schema: Schema,
    zone: ZoneInfo,
    clock: Clock,
    identity: Identity | None = None,
    ring: Ring | None = None,
    passphrase: str | None = None,
    lock: PlaceLock | None = None,
) -> OpenPlace:
    """Makes the database of a place and opens it, under one lock (`lock`, when the caller has it already).

    Raises as `create_database` and `open_place`; then the lock is given back.
    """
    try:
        prepare_place(place)
        lock = lock or lock_place(place, Use.WRITE)
        create_database(
            place, mode, schema=schema, zone=zone, clock=clock, identity=identity, ring=ring, passphrase=passphrase
        )
    except BaseException:
        if lock is not None:
            lock.release()
        raise
    return open_place(place, schema=schema, clock=clock, ring=ring, passphrase=passphrase, lock=lock)


def _open_file(
    place: Place, key: bytes, key_file: KeyFile, schema: Schema, clock: Clock, reserve: Reserve
) -> tuple[Brought, Database]:
    from sqlalchemy.exc import DBAPIError
    from sqlcipher3 import dbapi2

    def verified_backup() -> None:
        back_up(place, key, key_file, Reason.MIGRATION, clock.now())

    if not place.database.exists():
        raise FinalFault("database.missing", file=str(place.database))
    try:
        brought = bring_up_to_date(place.database, key, schema, back_up=verified_backup)
        return brought, Database(place.database, key, schema, clock, make_room=reserve.give_up)
    except (DBAPIError, dbapi2.Error) as error:
        raise fault_behind(fault_of(error) or error, place, key, key_file) from error
    except PultError as error:
        if error.code == "database.tampered":
            record_tampering(place.database, key, schema, clock, str(error.values["trigger"]))
        raise fault_behind(error, place, key, key_file) from error


def fault_behind(error: Exception, place: Place, key: bytes, key_file: KeyFile) -> Exception:
    """The fault to report for an error: for ``database.damaged``, what looking at the file finds; else the error itself.

    Reads the whole file on a connection of its own. Close every connection that met the damage first: after one bad page
    SQLCipher calls all of them bad.
    """
    if isinstance(error, PultError) and error.code == "database.damaged":
        return fault_of_file(place.database, key, key_file) or error
    return error
