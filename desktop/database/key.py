"""The key of a database: 256 random bits, and where they are kept.

Beside every database lies a small key file that says how the key is kept. It is the key itself only for a practice
database; that one holds no real customers, asks nothing and needs no keyring, and the file says so in words. A live
database keeps its key in the keyring of the operating system; where there is none, the key lies in the key file wrapped
by a passphrase (Argon2id, RFC 9106; AES-256-GCM), which the file and `KeyFile.protection` say openly.

The key file also carries a check value. A wrong key, a damaged first page and a file that never was a database look the
same to SQLCipher (code 26); with the check value they are told apart (`desktop.database.diagnosis`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from enum import StrEnum
from pathlib import Path
from typing import Protocol
from uuid import UUID

import msgspec

from desktop.database.place import fault_of_directory, write_durably
from desktop.errors import FinalFault, InvalidInput, Refused, TemporaryFault

KEY_BYTES = 32
PASSPHRASE_MINIMUM = 10
_CHECK = b"pult database key check 1"


class Protection(StrEnum):
    """How the key of a database is kept."""

    FILE = "file"  # in the clear beside the database: practice
    KEYRING = "keyring"  # in the keyring of the operating system
    PASSPHRASE = "passphrase"  # in the key file, wrapped by a passphrase


class Ring(Protocol):
    """What Pult asks of a keyring; every backend of the `keyring` library has it."""

    def get_password(self, service: str, username: str) -> str | None: ...
    def set_password(self, service: str, username: str, password: str) -> None: ...
    def delete_password(self, service: str, username: str) -> None: ...


class Wrapping(msgspec.Struct, frozen=True, kw_only=True):
    """A key wrapped by a passphrase. Costs as in RFC 9106: memory in KiB. Bytes are hex."""

    time_cost: int
    memory_cost: int
    parallelism: int
    salt: str
    nonce: str
    wrapped: str


class KeyFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the key file says.

    Attributes:
        about: sentences for the person who opens the file.
        check: a value that only the right key gives.
        salt: the first 16 bytes of the database, hex; empty until it has been made.
        key: hex, for `Protection.FILE` alone.
        wrapping: for `Protection.PASSPHRASE` alone.
    """

    about: tuple[str, ...]
    form: int
    protection: Protection
    database_id: str
    check: str
    salt: str = ""
    key: str = ""
    wrapping: Wrapping | None = None

    def fits(self, key: bytes) -> bool:
        """Whether this is the key of the database."""
        return hmac.compare_digest(self.check, check_value(key))


_FORM = 1
_ABOUT = {
    Protection.FILE: (
        "To je ključ VADNE zbirke Pult v tej mapi, nezaščiten. Kdor ima to datoteko, lahko bere vadno zbirko. Pravih podatkov strank ne hranite v njej.",
        "This is the unprotected key of the PRACTICE database of Pult in this directory. Whoever has this file can read that database. Keep no real customers in it.",
    ),
    Protection.KEYRING: (
        "Ključ zbirke Pult je v shrambi gesel tega računalnika in ne v tej datoteki. Brez nje in brez varnostne kopije z geslom podatkov ni mogoče odpreti.",
        "The key of the Pult database is in the keyring of this computer, not in this file. Without it, and without a backup with a passphrase, the data cannot be opened.",
    ),
    Protection.PASSPHRASE: (
        "Ta računalnik nima uporabne shrambe gesel: ključ zbirke Pult je v tej datoteki, zaklenjen z geslom. Pozabljenega gesla ne more obnoviti nihče.",
        "This computer has no usable keyring: the key of the Pult database is in this file, locked by a passphrase. Nobody can recover a forgotten one.",
    ),
}
#: 64 MiB and three passes take about 0.3 s on an office computer.
_TIME, _MEMORY, _LANES = 3, 64 * 1024, 4


def make_key() -> bytes:
    """A fresh key of 32 bytes."""
    return secrets.token_bytes(KEY_BYTES)


def check_value(key: bytes) -> str:
    """A value that tells the key without telling anything of it: 16 bytes of an HMAC-SHA-256, hex."""
    return hmac.digest(key, _CHECK, hashlib.sha256)[:16].hex()


def service_name(database_id: UUID) -> str:
    """The name under which the keyring keeps what belongs to a database."""
    return f"Pult {database_id}"


def in_the_clear(database_id: UUID, key: bytes, salt: bytes = b"") -> KeyFile:
    """The key file of a practice database."""
    return _key_file(Protection.FILE, database_id, key, salt, key_text=key.hex())


def in_keyring(database_id: UUID, key: bytes, ring: Ring, salt: bytes = b"") -> KeyFile:
    """Puts the key into the keyring, reads it back, and gives the key file to write.

    Raises `TemporaryFault` ``database.keyring_failed`` (reason) when the keyring does not give back what it was given.
    """
    service, user = service_name(database_id), _user(check_value(key))
    try:
        ring.set_password(service, user, key.hex())
        kept = ring.get_password(service, user)
    except Exception as error:  # each keyring fails with exceptions of its own system
        raise TemporaryFault("database.keyring_failed", reason=str(error)) from error
    if kept != key.hex():
        raise TemporaryFault("database.keyring_failed", reason="read back another value")
    return _key_file(Protection.KEYRING, database_id, key, salt)


def by_passphrase(database_id: UUID, key: bytes, passphrase: str, salt: bytes = b"") -> KeyFile:
    """The key file with the key wrapped by a passphrase. Takes about 0.3 s and 64 MiB.

    Raises `InvalidInput` ``database.passphrase_short`` (minimum) on field ``passphrase``.
    """
    return _key_file(Protection.PASSPHRASE, database_id, key, salt, wrapping=wrap(database_id, key, passphrase))


def wrap(database_id: UUID, key: bytes, passphrase: str) -> Wrapping:
    """Wraps a key by a passphrase; raises `InvalidInput` ``database.passphrase_short`` (minimum)."""
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    if len(_normal(passphrase)) < PASSPHRASE_MINIMUM:
        raise InvalidInput("passphrase", "database.passphrase_short", minimum=PASSPHRASE_MINIMUM)
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    outer = _derive(passphrase, salt, _TIME, _MEMORY, _LANES)
    wrapped = AESGCM(outer).encrypt(nonce, key, database_id.bytes)
    return Wrapping(
        time_cost=_TIME,
        memory_cost=_MEMORY,
        parallelism=_LANES,
        salt=salt.hex(),
        nonce=nonce.hex(),
        wrapped=wrapped.hex(),
    )


def unwrap(database_id: UUID, wrapping: Wrapping, passphrase: str) -> bytes:
    """The key again; raises `InvalidInput` ``database.wrong_passphrase`` on field ``passphrase``."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    try:
        outer = _derive(
            passphrase,
            bytes.fromhex(wrapping.salt),
            wrapping.time_cost,
            wrapping.memory_cost,
            wrapping.parallelism,
        )
        return AESGCM(outer).decrypt(bytes.fromhex(wrapping.nonce), bytes.fromhex(wrapping.wrapped), database_id.bytes)
    except InvalidTag as error:
        raise InvalidInput("passphrase", "database.wrong_passphrase") from error
    except ValueError as error:
        raise FinalFault("database.key_file_damaged") from error


def unlock(key_file: KeyFile, *, ring: Ring | None = None, passphrase: str | None = None) -> bytes:
    """The key of a database.

    Raises:
        Refused: ``database.passphrase_needed``: the key is wrapped and no passphrase was given.
        InvalidInput: ``database.wrong_passphrase`` on field ``passphrase``.
        TemporaryFault: ``database.keyring_failed`` (reason): the keyring is locked or gone.
        FinalFault: ``database.key_not_in_keyring`` (service), ``database.wrong_key``, ``database.key_file_damaged``.
    """
    database_id = UUID(key_file.database_id)
    match key_file.protection:
        case Protection.FILE:
            key = _from_hex(key_file.key)
        case Protection.KEYRING:
            key = _from_hex(_ask_ring(ring, service_name(database_id), _user(key_file.check)))
        case Protection.PASSPHRASE:
            if passphrase is None:
                raise Refused("database.passphrase_needed")
            if key_file.wrapping is None:
                raise FinalFault("database.key_file_damaged")
            key = unwrap(database_id, key_file.wrapping, passphrase)
    if not key_file.fits(key):
        raise FinalFault("database.wrong_key")
    return key


def read_key_file(path: Path) -> KeyFile:
    """Reads a key file.

    Raises `FinalFault` ``database.key_file_missing`` (file), ``database.key_file_damaged`` (file) or
    ``database.key_file_newer`` (file).
    """
    try:
        key_file = msgspec.json.decode(path.read_bytes(), type=KeyFile)
        UUID(key_file.database_id)
    except FileNotFoundError as error:
        raise FinalFault("database.key_file_missing", file=str(path)) from error
    except OSError as error:
        raise fault_of_directory(error, path.parent) from error
    except (msgspec.DecodeError, ValueError) as error:
        raise FinalFault("database.key_file_damaged", file=str(path)) from error
    if key_file.form > _FORM:
        raise FinalFault("database.key_file_newer", file=str(path))
    return key_file


def write_key_file(path: Path, key_file: KeyFile) -> None:
    """Writes a key file durably, for the user alone."""
    write_durably(path, msgspec.json.format(msgspec.json.encode(key_file), indent=2) + b"\n")


def system_ring() -> Ring | None:
    """The keyring of the operating system, or None where there is none that keeps a secret safely.

    `keyring` gives its recommended backends a priority of 1 or more; those below refuse, forget or keep plain text.
    Imports `keyring`, about 0.15 s: call it late.
    """
    import keyring

    backend = keyring.get_keyring()
    ring: Ring | None = backend if backend.priority >= 1 else None
    return ring


def _key_file(
    protection: Protection,
    database_id: UUID,
    key: bytes,
    salt: bytes,
    *,
    key_text: str = "",
    wrapping: Wrapping | None = None,
) -> KeyFile:
    return KeyFile(
        about=_ABOUT[protection],
        form=_FORM,
        protection=protection,
        database_id=str(database_id),
        check=check_value(key),
        salt=salt.hex(),
        key=key_text,
        wrapping=wrapping,
    )


def _ask_ring(ring: Ring | None, service: str, user: str) -> str:
    if ring is None:
        raise TemporaryFault("database.keyring_failed", reason="no keyring")
    try:
        kept = ring.get_password(service, user)
    except Exception as error:  # each keyring fails with exceptions of its own system
        raise TemporaryFault("database.keyring_failed", reason=str(error)) from error
    if kept is None:
        raise FinalFault("database.key_not_in_keyring", service=service)
    return kept


def _user(check: str) -> str:
    """One entry a key: a restored copy may have another key than the file it replaces, and both must open."""
    return f"database key {check[:16]}"


def _from_hex(text: str) -> bytes:
    try:
        key = bytes.fromhex(text)
    except ValueError as error:
        raise FinalFault("database.wrong_key") from error
    if len(key) != KEY_BYTES:
        raise FinalFault("database.wrong_key")
    return key


def _normal(passphrase: str) -> str:
    """The same letters typed on another system give the same bytes (č as one sign or as two)."""
    return unicodedata.normalize("NFC", passphrase)


def _derive(passphrase: str, salt: bytes, time_cost: int, memory_cost: int, parallelism: int) -> bytes:
    from argon2.exceptions import HashingError
    from argon2.low_level import Type, hash_secret_raw

    if not (1 <= time_cost <= 64 and 8 <= memory_cost <= 2**20 and 1 <= parallelism <= 64):
        raise ValueError("costs out of range")
    try:
        return hash_secret_raw(
            _normal(passphrase).encode(), salt, time_cost, memory_cost, parallelism, KEY_BYTES, Type.ID
        )
    except HashingError as error:
        raise ValueError(str(error)) from error
