"""A file that does not open: the reason is found and named, by the page where it is one."""

import secrets
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
from sqlcipher3 import dbapi2

from desktop.database import key as keys
from desktop.database.diagnosis import bad_pages, fault_of_file
from desktop.database.key import KeyFile

DATABASE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
PAGE = 4096


def connect(path: Path, key: bytes) -> Any:
    connection = dbapi2.connect(str(path), isolation_level=None)
    connection.execute("PRAGMA cipher_log_level=NONE")
    connection.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    return connection


@pytest.fixture
def key() -> bytes:
    return keys.make_key()


@pytest.fixture
def file(tmp_path: Path, key: bytes) -> Path:
    path = tmp_path / "pult.db"
    connection = connect(path, key)
    connection.execute("PRAGMA journal_mode=WAL").fetchall()
    connection.execute("CREATE TABLE t(id INTEGER PRIMARY KEY, x BLOB)")
    connection.executemany("INSERT INTO t(x) VALUES (?)", [(secrets.token_bytes(500),) for _ in range(400)])
    connection.close()
    return path


@pytest.fixture
def key_file(file: Path, key: bytes) -> KeyFile:
    return keys.in_the_clear(DATABASE, key, file.read_bytes()[:16])


def flip(path: Path, offset: int) -> None:
    content = bytearray(path.read_bytes())
    content[offset] ^= 1
    path.write_bytes(content)


def code(path: Path, key: bytes, key_file: KeyFile) -> str | None:
    fault = fault_of_file(path, key, key_file)
    return None if fault is None else fault.code


def test_a_sound_file_has_no_fault(file: Path, key: bytes, key_file: KeyFile) -> None:
    assert code(file, key, key_file) is None
    assert bad_pages(file, key) == ()


def test_one_flipped_bit_names_its_page(
    file: Path, key: bytes, key_file: KeyFile, capfd: pytest.CaptureFixture[str]
) -> None:
    flip(file, 20 * PAGE + 77)
    flip(file, 30 * PAGE + 4000)
    fault = fault_of_file(file, key, key_file)
    assert fault is not None
    assert (fault.code, fault.values["pages"], fault.values["count"]) == ("database.pages_damaged", (21, 31), 2)
    assert capfd.readouterr().err == "", "SQLCipher wrote to the terminal"


def test_a_connection_that_met_a_bad_page_is_not_asked(file: Path, key: bytes, key_file: KeyFile) -> None:
    flip(file, 20 * PAGE + 77)
    poisoned = connect(file, key)
    with pytest.raises(dbapi2.DatabaseError):
        poisoned.execute("SELECT sum(length(x)) FROM t").fetchall()
    fault = fault_of_file(file, key, key_file)
    assert fault is not None
    assert fault.values["pages"] == (21,)
    poisoned.close()
    reopened = connect(file, key)
    assert reopened.execute("SELECT count(*) FROM t WHERE id < 50").fetchone() == (49,)
    reopened.close()


@pytest.mark.parametrize("offset", [3, 2000, PAGE - 1])
def test_a_damaged_first_page_is_no_wrong_key(file: Path, key: bytes, key_file: KeyFile, offset: int) -> None:
    """Offset 3 lies in the salt, on which every page hangs."""
    flip(file, offset)
    assert code(file, key, key_file) == "database.first_page_damaged"


def test_a_wrong_key_is_no_damage(file: Path, key_file: KeyFile) -> None:
    assert code(file, keys.make_key(), key_file) == "database.wrong_key"


def test_what_never_was_a_database_is_said_to_be_none(file: Path, key: bytes, key_file: KeyFile) -> None:
    for content in (b"", b"short", secrets.token_bytes(3 * PAGE), b"SQLite format 3\x00" + bytes(2 * PAGE)):
        file.write_bytes(content)
        assert code(file, key, key_file) == "database.not_a_database"
        assert code(file, key, msgspec.structs.replace(key_file, salt="")) == "database.not_a_database"


def test_a_missing_file_is_missing(file: Path, key: bytes, key_file: KeyFile) -> None:
    file.unlink()
    assert code(file, key, key_file) == "database.missing"


def test_a_cut_file_is_damaged(file: Path, key: bytes, key_file: KeyFile) -> None:
    content = file.read_bytes()
    file.write_bytes(content[: len(content) - PAGE // 2])
    fault = fault_of_file(file, key, key_file)
    assert fault is not None
    assert fault.code == "database.pages_damaged"
    assert fault.values["pages"] == (len(content) // PAGE,)
