"""Makes the database of a data directory: key, file, stamp, and where the key is kept.

The file is made aside and gets its name last, so there is a database with its key file or there is none. Whether it is for
practice or live is stamped into it, encrypted, and never changes.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec

from desktop.clock import Clock
from desktop.database import key as keys
from desktop.database.faults import fault_of
from desktop.database.key import KeyFile, Protection, Ring
from desktop.database.new_file import Mode, Stamp, make_file
from desktop.database.place import Place, fault_of_directory, prepare_place, sync_directory
from desktop.database.schema import Schema
from desktop.database.version import HEAD
from desktop.errors import Refused
from desktop.ids import new_id


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a new database belongs to; fresh ids unless it joins a tenant."""

    tenant_id: UUID
    shop_id: UUID
    device_id: UUID

    @classmethod
    def fresh(cls) -> Identity:
        return cls(new_id(), new_id(), new_id())


def create_database(
    place: Place,
    mode: Mode,
    *,
    schema: Schema,
    zone: ZoneInfo,
    clock: Clock,
    identity: Identity | None = None,
    ring: Ring | None = None,
    passphrase: str | None = None,
) -> KeyFile:
    """Makes and stamps the database of a place; the caller holds the writing lock.

    Practice: the key lies in the clear beside the database, no keyring is touched. Live: the key goes into `ring`; without
    one it is wrapped by `passphrase`. The returned key file's `protection` says which it was.

    Raises:
        Refused: ``database.exists`` (directory); ``database.passphrase_needed``: live, no keyring, no passphrase; those of
            `prepare_place`.
        InvalidInput: ``database.passphrase_short`` (minimum) on field ``passphrase``.
        Environment: ``database.keyring_failed``, ``database.full``, ``database.read_only_directory`` and their like.
    """
    prepare_place(place)
    if place.exists:
        raise Refused("database.exists", directory=str(place.directory))
    database_id, key = new_id(), keys.make_key()
    key_file = _keep(mode, database_id, key, ring, passphrase)
    who = identity or Identity.fresh()
    stamp = Stamp(database_id, mode, who.tenant_id, who.shop_id, who.device_id, zone.key, HEAD, clock.now())
    making = place.directory / "making.db"
    try:
        for leftover in place.directory.glob("making.db*"):
            leftover.unlink()
        _make(making, key, schema, stamp)
        with making.open("rb") as stream:
            salt = stream.read(16)
        key_file = msgspec.structs.replace(key_file, salt=salt.hex())
        keys.write_key_file(place.key_file, key_file)
        making.replace(place.database)
        sync_directory(place.directory)
    except OSError as error:
        raise fault_of_directory(error, place.directory) from error
    return key_file


def _keep(mode: Mode, database_id: UUID, key: bytes, ring: Ring | None, passphrase: str | None) -> KeyFile:
    if mode == "practice":
        return keys.in_the_clear(database_id, key)
    if ring is not None:
        return keys.in_keyring(database_id, key, ring)
    if passphrase is None:
        raise Refused("database.passphrase_needed", protection=Protection.PASSPHRASE.value)
    return keys.by_passphrase(database_id, key, passphrase)


def _make(path: Path, key: bytes, schema: Schema, stamp: Stamp) -> None:
    from sqlalchemy.exc import DBAPIError
    from sqlcipher3 import dbapi2

    try:
        make_file(path, key, schema, stamp)
    except (DBAPIError, dbapi2.Error) as error:
        raise fault_of(error) or error from error
