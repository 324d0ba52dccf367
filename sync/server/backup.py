"""Backups of a whole server: an archive of every tenant, sealed under a passphrase, in a folder of its own; and putting them back.

Each archive holds one state of its tenant and is made beside those who work. What was written is opened and checked before it counts.
Tenants are put back one by one; the server's own secrets are not in a backup: a new server makes new ones, and devices prove themselves anew.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Final

import msgspec

from sync.errors import SyncError, UnknownTenant
from sync.server.archive import check_archive, read_archive, write_archive
from sync.server.archive_file import BadArchive, Listing
from sync.server.schema import SCHEMA, Schema
from sync.server.sealed import SALT_BYTES, Sealing, key_from, key_of, unseal
from sync.server.store import Store

FORMAT: Final = 1
_INDEX: Final = "backup.json"
_json = msgspec.json.Encoder()


class NoBackup(SyncError):
    """A folder that holds no whole backup, or cannot take one."""


class Kept(msgspec.Struct, frozen=True):
    """A tenant's sealed archive; `hash`: SHA-256 of the file."""

    tenant: str
    file: str
    hash: str


class Index(msgspec.Struct, frozen=True):
    """What a backup says of itself; `made_at` in milliseconds since 1970, `salt` as hex. It names no salon."""

    format: int
    made_at: int
    salt: str
    tenants: tuple[Kept, ...]


def back_up(store: Store, folder: Path, passphrase: str, now: int) -> Index:
    """Writes a backup into a new folder; the index comes last, so that a folder without one is not a backup.

    Raises `NoBackup` for a folder that is not empty, `BadArchive` when what was written cannot be read or is not what it should be.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise NoBackup(f"{folder} is not empty")
    salt = secrets.token_bytes(SALT_BYTES)
    key = key_from(passphrase, salt)
    kept: list[Kept] = []
    for tenant in sorted(store.tenants()):
        path = folder / f"{tenant}.pult"
        try:
            written = _seal(store, tenant, path, key_of(key, tenant))
        except UnknownTenant:  # erased meanwhile
            continue
        with _opened(path, key_of(key, tenant)) as plain:
            if check_archive(plain) != written:
                raise BadArchive(f"{path.name} is not what was written")
        kept.append(Kept(tenant, path.name, _hash(path)))
    index = Index(FORMAT, now, salt.hex(), tuple(kept))
    _write_whole(folder / _INDEX, lambda file: file.write(_json.encode(index)))
    return index


def restore(
    store: Store,
    folder: Path,
    passphrase: str,
    tenants: frozenset[str] = frozenset(),
    replace: bool = False,
    schema: Schema = SCHEMA,
) -> Iterator[Listing]:
    """Puts tenants of a backup back, all or those named, and says of each what it holds, as soon as it is there.

    Backups of older programs are brought to the form of `schema`, which is the store's. All that is wanted is opened and checked before the first one is touched. With `replace` what the tenant holds now is erased for it.

    Raises `NoBackup`, `sync.server.sealed.NotOpened`, `BadArchive`.
    """
    index = _index(folder)
    wanted = [one for one in index.tenants if not tenants or one.tenant in tenants]
    missing = tenants - {one.tenant for one in wanted}
    if missing:
        raise NoBackup(f"the backup does not hold {', '.join(sorted(missing))}")
    key = key_from(passphrase, bytes.fromhex(index.salt))
    for one in wanted:
        path = folder / one.file
        if not path.is_file() or _hash(path) != one.hash:
            raise NoBackup(f"{path.name} is missing or damaged")
        with _opened(path, key_of(key, one.tenant)) as plain:
            if check_archive(plain, schema).tenant != one.tenant:
                raise NoBackup(f"{path.name} holds another tenant")
    for one in wanted:
        with _opened(folder / one.file, key_of(key, one.tenant)) as plain:
            if replace and one.tenant in store.tenants():
                store.erase_tenant(one.tenant)
            yield read_archive(store, plain, schema)


def export(store: Store, tenant: str, path: Path) -> Listing:
    """Writes a tenant's archive as a new file and checks it. Raises `UnknownTenant`, `BadArchive`, `FileExistsError`."""
    if path.exists():
        raise FileExistsError(f"{path} is there already")
    written: list[Listing] = []
    _write_whole(path, lambda file: written.append(write_archive(store, tenant, file)))
    with path.open("rb") as file:
        if check_archive(file) != written[0]:
            raise BadArchive(f"{path} is not what was written")
    return written[0]


def _seal(store: Store, tenant: str, path: Path, key: bytes) -> Listing:
    written: list[Listing] = []

    def write(file: IO[bytes]) -> None:
        with Sealing(file, key) as sealing:
            written.append(write_archive(store, tenant, sealing))  # type: ignore[arg-type]  # a raw stream is enough to write to

    _write_whole(path, write)
    return written[0]


def _opened(path: Path, key: bytes) -> IO[bytes]:
    """The plain archive in a file without a name, gone as soon as it is closed."""
    plain = tempfile.TemporaryFile(prefix="pult-")  # noqa: SIM115  # the caller closes it
    try:
        with path.open("rb") as sealed:
            unseal(sealed, key, plain)
    except BaseException:
        plain.close()
        raise
    plain.seek(0)
    return plain


def _write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """A file that is there whole and on the disk, or not at all; nobody else may read it."""
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def _index(folder: Path) -> Index:
    try:
        index = msgspec.json.decode((folder / _INDEX).read_bytes(), type=Index)
    except (OSError, msgspec.DecodeError) as error:
        raise NoBackup(f"{folder} holds no whole backup") from error
    if index.format != FORMAT:
        raise NoBackup(f"the backup has the form {index.format}; this program reads {FORMAT}")
    return index


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
