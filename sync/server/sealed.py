"""Files under a passphrase: written from front to back in pieces, each encrypted and authenticated; none may be missing or moved.

A sealed file is the word `MAGIC` and pieces of a length (4 bytes) and ChaCha20-Poly1305 text. The nonce is the piece's number, the data
beside it says whether it is the last one; so no file may have the same key twice. The key comes from the passphrase by scrypt, and from
that one for each file by HKDF with its name.
"""

from __future__ import annotations

import io
from typing import IO, Any, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from sync.errors import SyncError

MAGIC: Final = b"pult sealed 1\n"
SALT_BYTES: Final = 16
_PIECE: Final = 1 << 20
_TAG_BYTES: Final = 16


class NotOpened(SyncError):
    """A sealed file that is damaged, cut off, or sealed with another passphrase."""


def key_from(passphrase: str, salt: bytes) -> bytes:
    """The key of all files that share a salt (16 random bytes); takes about half a second, so that nobody tries many."""
    return Scrypt(salt=salt, length=32, n=2**17, r=8, p=1).derive(passphrase.encode())


def key_of(key: bytes, name: str) -> bytes:
    """The key of one file."""
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=name.encode()).derive(key)


class Sealing(io.RawIOBase):
    """What is written goes sealed into `file`, which stays open; `close` writes the last piece."""

    def __init__(self, file: IO[bytes], key: bytes) -> None:
        self._file, self._cipher = file, ChaCha20Poly1305(key)
        self._waiting, self._pieces, self._written = bytearray(), 0, 0
        file.write(MAGIC)

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._written

    def write(self, data: Any, /) -> int:
        given = bytes(data)
        self._waiting += given
        self._written += len(given)
        while len(self._waiting) > _PIECE:
            self._put(bytes(self._waiting[:_PIECE]), last=False)
            del self._waiting[:_PIECE]
        return len(given)

    def close(self) -> None:
        if not self.closed:
            self._put(bytes(self._waiting), last=True)
        super().close()

    def _put(self, piece: bytes, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._pieces), piece, _beside(last))
        self._file.write(len(sealed).to_bytes(4) + sealed)
        self._pieces += 1


def unseal(sealed: IO[bytes], key: bytes, plain: IO[bytes]) -> None:
    """Writes what a sealed file holds into `plain`. Raises `NotOpened`; what is in `plain` then counts for nothing."""
    cipher = ChaCha20Poly1305(key)
    if sealed.read(len(MAGIC)) != MAGIC:
        raise NotOpened("this is no sealed file")
    n, head = 0, sealed.read(4)
    while head:
        length = int.from_bytes(head)
        piece = sealed.read(length) if _TAG_BYTES <= length <= _PIECE + _TAG_BYTES else b""
        head = sealed.read(4)
        try:
            plain.write(cipher.decrypt(_nonce(n), piece, _beside(not head)))
        except InvalidTag as error:
            raise NotOpened("the passphrase is another one, or the file is damaged") from error
        n += 1
    if n == 0:
        raise NotOpened("the file is cut off")


def _nonce(n: int) -> bytes:
    return n.to_bytes(12)


def _beside(last: bool) -> bytes:
    return b"last" if last else b"more"
