"""Small secrets of a desk, such as the password of a fiscal certificate: where they are kept.

A live database whose key is in the system's keyring keeps them there too. Every other keeps them in a file beside it,
encrypted by a key that follows from the database's own (HKDF-SHA-256, then AES-256-GCM with the name bound in): as safe as
that key is, no more.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

import msgspec

from desktop.database.key import KeyFile, Protection, Ring, service_name
from desktop.database.place import Place, fault_of_directory, write_durably
from desktop.errors import FinalFault, TemporaryFault

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_PREFIX = "secret: "


class SecretStore(Protocol):
    """Keeps texts by name for one database."""

    def get(self, name: str) -> str | None:
        """The secret, or None; raises `Environment` faults of the keyring or the file."""
        ...

    def put(self, name: str, secret: str) -> None:
        """Keeps a secret in place of the one of the same name."""
        ...

    def delete(self, name: str) -> None:
        """Removes a secret; nothing happens when there is none."""
        ...


def open_secrets(place: Place, key_file: KeyFile, key: bytes, ring: Ring | None) -> SecretStore:
    """The store that belongs to a database."""
    if key_file.protection is Protection.KEYRING and ring is not None:
        return KeyringSecrets(ring, UUID(key_file.database_id))
    return FileSecrets(place.secrets_file, key)


@dataclass(frozen=True, slots=True)
class KeyringSecrets:
    """Secrets in the keyring of the operating system."""

    ring: Ring
    database_id: UUID

    def get(self, name: str) -> str | None:
        try:
            return self.ring.get_password(service_name(self.database_id), _PREFIX + name)
        except Exception as error:  # each keyring fails with exceptions of its own system
            raise TemporaryFault("database.keyring_failed", reason=str(error)) from error

    def put(self, name: str, secret: str) -> None:
        try:
            self.ring.set_password(service_name(self.database_id), _PREFIX + name, secret)
        except Exception as error:  # each keyring fails with exceptions of its own system
            raise TemporaryFault("database.keyring_failed", reason=str(error)) from error
        if self.get(name) != secret:
            raise TemporaryFault("database.keyring_failed", reason="read back another value")

    def delete(self, name: str) -> None:
        if self.get(name) is None:
            return
        try:
            self.ring.delete_password(service_name(self.database_id), _PREFIX + name)
        except Exception as error:  # each keyring fails with exceptions of its own system
            raise TemporaryFault("database.keyring_failed", reason=str(error)) from error


class _Sealed(msgspec.Struct, frozen=True):
    nonce: str
    value: str


class _Content(msgspec.Struct, frozen=True):
    about: str
    secrets: dict[str, _Sealed]


_ABOUT = "Passwords of this Pult database, encrypted with its key. Without the database's key this file is of no use."


@dataclass(frozen=True, slots=True)
class FileSecrets:
    """Secrets in a file, encrypted by a key derived from the database's key (32 bytes)."""

    path: Path
    key: bytes = field(repr=False)

    def get(self, name: str) -> str | None:
        from cryptography.exceptions import InvalidTag

        sealed = self._read().get(name)
        if sealed is None:
            return None
        try:
            value = self._cipher().decrypt(bytes.fromhex(sealed.nonce), bytes.fromhex(sealed.value), name.encode())
        except (InvalidTag, ValueError) as error:
            raise FinalFault("database.secrets_damaged", file=str(self.path)) from error
        return value.decode()

    def put(self, name: str, secret: str) -> None:
        nonce = secrets.token_bytes(12)
        value = self._cipher().encrypt(nonce, secret.encode(), name.encode())
        self._write({**self._read(), name: _Sealed(nonce.hex(), value.hex())})

    def delete(self, name: str) -> None:
        kept = self._read()
        if kept.pop(name, None) is not None:
            self._write(kept)

    def _cipher(self) -> AESGCM:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM
        from cryptography.hazmat.primitives.hashes import SHA256
        from cryptography.hazmat.primitives.kdf.hkdf import HKDF

        return AESGCM(HKDF(SHA256(), 32, None, b"pult secrets 1").derive(self.key))

    def _read(self) -> dict[str, _Sealed]:
        try:
            return msgspec.json.decode(self.path.read_bytes(), type=_Content).secrets
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise fault_of_directory(error, self.path.parent) from error
        except msgspec.DecodeError as error:
            raise FinalFault("database.secrets_damaged", file=str(self.path)) from error

    def _write(self, kept: dict[str, _Sealed]) -> None:
        try:
            write_durably(self.path, msgspec.json.encode(_Content(_ABOUT, kept)))
        except OSError as error:
            raise fault_of_directory(error, self.path.parent) from error
