"""What is wrong with a database file that does not open or does not read.

SQLCipher answers the same to a wrong key, a damaged first page and a file that never was a database, and after one bad
page its connection calls every page bad. So the file is looked at anew, on a connection of its own that reads pages and
nothing else (``cipher_integrity_check``: every page carries an HMAC), and judged by what the key file knows: the check
value of the key and the salt with which the file began.
"""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

from desktop.database.key import KeyFile
from desktop.errors import FinalFault

_PLAIN = b"SQLite format 3\x00"
_SALT_BYTES = 16
_LISTED = 20
_LOOKS, _PAUSE = 3, 0.05


def fault_of_file(path: Path, key: bytes, key_file: KeyFile) -> FinalFault | None:
    """The fault of a database file, or None when every page is as it was written.

    Reads the whole file (some 300 MB/s). Only the main file is judged: SQLite drops torn ends of a write-ahead log by
    itself.

    Codes: ``database.missing`` (file), ``database.wrong_key``, ``database.not_a_database`` (file),
    ``database.first_page_damaged`` (file), ``database.pages_damaged`` (file, pages: the first 20 numbers, count).
    """
    name = str(path)
    try:
        with path.open("rb") as stream:
            head = stream.read(_SALT_BYTES)
    except FileNotFoundError:
        return FinalFault("database.missing", file=name)
    if not key_file.fits(key):
        return FinalFault("database.wrong_key")
    if len(head) < _SALT_BYTES or head == _PLAIN:
        return FinalFault("database.not_a_database", file=name)
    total, bad = _check(path, key)
    if not bad:
        return None
    if len(bad) == total:
        # not one page reads: either the salt in front is not ours, or nothing of the file is
        salt = bytes.fromhex(key_file.salt)
        if not salt or salt == head or not _differs(path, key, salt, total):
            return FinalFault("database.not_a_database", file=name)
        return FinalFault("database.first_page_damaged", file=name)
    if 1 in bad:
        return FinalFault("database.first_page_damaged", file=name)
    return damage(path, bad)


def bad_pages(path: Path, key: bytes) -> tuple[int, ...]:
    """Numbers (from 1) of the pages whose HMAC does not fit; all of them when the key is wrong."""
    return _check(path, key)[1]


def lasting_bad_pages(path: Path, key: bytes) -> tuple[int, ...]:
    """The same for a file in use: a page that a checkpoint was just writing is looked at again before it is called bad."""
    bad = set(bad_pages(path, key))
    for _ in range(_LOOKS):
        if not bad:
            break
        time.sleep(_PAUSE)
        bad &= set(bad_pages(path, key))
    return tuple(sorted(bad))


def damage(path: Path, pages: tuple[int, ...]) -> FinalFault:
    """The fault that names damaged pages."""
    return FinalFault("database.pages_damaged", file=str(path), pages=pages[:_LISTED], count=len(pages))


def _differs(path: Path, key: bytes, salt: bytes, total: int) -> bool:
    """Whether pages read again once the file's own salt is taken from the key file."""
    return len(_check(path, key, salt)[1]) < total


def _check(path: Path, key: bytes, salt: bytes = b"") -> tuple[int, tuple[int, ...]]:
    """The number of pages and the bad ones."""
    from sqlcipher3 import dbapi2

    connection: Any = dbapi2.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    try:
        connection.execute("PRAGMA cipher_log_level=NONE")
        connection.execute(f"PRAGMA key = \"x'{key.hex()}{salt.hex()}'\"")
        size = int(connection.execute("PRAGMA cipher_page_size").fetchone()[0])
        messages = [str(row[0]) for row in connection.execute("PRAGMA cipher_integrity_check")]
    finally:
        connection.close()
    total = max(1, -(-path.stat().st_size // size))
    pages = (re.search(r"page (\d+)", message) for message in messages)
    return total, tuple(sorted({int(found[1]) if found else total for found in pages}))
