"""The files of a released program as it left them, kept without encryption and compressed: one desk's, and the backend's of its salon.

Of each release one folder here, by its version. They are written once, by the released program itself (`make_dump`), and never again.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any, Final

import msgspec
import zstandard
from sqlalchemy.engine import Engine

from tests.desk import KEY
from tests.sync.backend import in_memory

FOLDER: Final = Path(__file__).parent
DESK, BACKEND, FACTS = "desk.db.zst", "backend.db.zst", "facts.json"


class Facts(msgspec.Struct, frozen=True):
    """What was true of the salon when its desk was left.

    Attributes:
        clock: when it was left, in milliseconds since 1970.
        waiting: how many operations it had not pushed.
        customers: first name → notes and town as they must stand when all is shared.
        visits: how many visits by status.
        invoices: number → total in cents.
    """

    clock: int
    waiting: int
    customers: dict[str, tuple[str, str]]
    visits: dict[str, int]
    invoices: dict[str, int]


def releases() -> list[str]:
    """The versions of which files are kept, oldest first."""
    found = [one.parent.name for one in FOLDER.glob(f"*/{FACTS}")]
    return sorted(found, key=lambda version: tuple(map(int, version.split("."))))


def facts(version: str) -> Facts:
    return msgspec.json.decode((FOLDER / version / FACTS).read_bytes(), type=Facts)


def keep_desk(path: Path, target: Path) -> None:
    """Keeps a desk's file, which nobody has open."""
    plain = target.with_suffix(".plain")
    connection = _cipher(path, KEY.hex())
    _export(connection, plain, "")
    target.write_bytes(_packed(plain.read_bytes()))
    plain.unlink()


def lay_out_desk(version: str, path: Path) -> None:
    """Writes the desk's file of a release, encrypted, as that program left it."""
    plain = path.with_suffix(".plain")
    plain.write_bytes(_unpacked(FOLDER / version / DESK))
    _export(_cipher(plain, ""), path, KEY.hex())
    plain.unlink()


def keep_backend(image: bytes, target: Path) -> None:
    target.write_bytes(_packed(image))


def backend_engine(version: str) -> Engine:
    """The backend's tables of a release, in memory."""
    engine = in_memory()
    raw = engine.raw_connection()
    connection: Any = raw.driver_connection
    assert isinstance(connection, sqlite3.Connection)
    connection.deserialize(_unpacked(FOLDER / version / BACKEND))
    raw.close()
    return engine


def _cipher(path: Path, key: str) -> Any:
    from sqlcipher3 import dbapi2

    connection = dbapi2.connect(str(path), isolation_level=None)
    if key:
        connection.execute(f"PRAGMA key = \"x'{key}'\"")
    return connection


def _export(connection: Any, target: Path, key: str) -> None:
    words = f"x'{key}'" if key else ""
    connection.execute("ATTACH DATABASE ? AS there KEY ?", (str(target), words))
    connection.execute("SELECT sqlcipher_export('there')").fetchall()
    connection.execute("DETACH DATABASE there")
    connection.close()


def _packed(plain: bytes) -> bytes:
    return zstandard.ZstdCompressor(level=19).compress(plain)


def _unpacked(path: Path) -> bytes:
    return zstandard.ZstdDecompressor().decompress(path.read_bytes(), max_output_size=1 << 28)
