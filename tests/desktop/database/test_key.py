"""Where the key of a database is kept, and what is said when it is not to be had."""

import os
from pathlib import Path
from uuid import UUID

import keyring.backends.fail
import msgspec
import pytest

from desktop.database import key as keys
from desktop.database.key import KeyFile, Protection
from desktop.errors import FinalFault, InvalidInput, PultError, Refused, TemporaryFault
from tests.desktop.database.keyrings import ForgetfulKeyring, MemoryKeyring

DATABASE = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
PASSPHRASE = "žametna noč 7"


def _code(error: pytest.ExceptionInfo[PultError]) -> str:
    return error.value.code


def test_a_practice_key_lies_in_its_file_which_says_so(tmp_path: Path) -> None:
    key = keys.make_key()
    path = tmp_path / "pult.key.json"
    keys.write_key_file(path, keys.in_the_clear(DATABASE, key, bytes(range(16))))
    read = keys.read_key_file(path)
    assert read.protection is Protection.FILE
    assert keys.unlock(read) == key
    text = path.read_text(encoding="utf-8")
    assert "PRACTICE" in text
    assert "VADNE" in text
    assert read.salt == bytes(range(16)).hex()
    if os.name != "nt":
        assert path.stat().st_mode & 0o077 == 0


def test_keys_are_random_and_whole() -> None:
    assert len(keys.make_key()) == 32
    assert keys.make_key() != keys.make_key()


def test_a_live_key_is_in_the_keyring_and_not_in_the_file(tmp_path: Path) -> None:
    key, ring = keys.make_key(), MemoryKeyring()
    path = tmp_path / "pult.key.json"
    keys.write_key_file(path, keys.in_keyring(DATABASE, key, ring))
    assert key.hex() not in path.read_text(encoding="utf-8")
    assert [service for service, _ in ring.kept] == [f"Pult {DATABASE}"]
    assert keys.unlock(keys.read_key_file(path), ring=ring) == key


def test_a_keyring_that_keeps_nothing_is_found_out() -> None:
    for ring in (ForgetfulKeyring(), keyring.backends.fail.Keyring()):
        with pytest.raises(TemporaryFault) as fault:
            keys.in_keyring(DATABASE, keys.make_key(), ring)
        assert _code(fault) == "database.keyring_failed"


def test_a_lost_a_locked_and_a_changed_keyring_are_told_apart() -> None:
    key, ring = keys.make_key(), MemoryKeyring()
    key_file = keys.in_keyring(DATABASE, key, ring)
    for broken in (None, keyring.backends.fail.Keyring()):
        with pytest.raises(TemporaryFault) as locked:
            keys.unlock(key_file, ring=broken)
        assert _code(locked) == "database.keyring_failed"
    with pytest.raises(FinalFault) as lost:
        keys.unlock(key_file, ring=MemoryKeyring())
    assert _code(lost) == "database.key_not_in_keyring"
    for value in (keys.make_key().hex(), "not a key", "ab"):
        ring.kept = dict.fromkeys(ring.kept, value)
        with pytest.raises(FinalFault) as changed:
            keys.unlock(key_file, ring=ring)
        assert _code(changed) == "database.wrong_key"


def test_without_a_keyring_the_file_holds_the_key_under_a_passphrase(tmp_path: Path) -> None:
    key = keys.make_key()
    path = tmp_path / "pult.key.json"
    keys.write_key_file(path, keys.by_passphrase(DATABASE, key, PASSPHRASE))
    read = keys.read_key_file(path)
    assert read.protection is Protection.PASSPHRASE
    assert key.hex() not in path.read_text(encoding="utf-8")
    assert "passphrase" in " ".join(read.about)
    assert keys.unlock(read, passphrase=PASSPHRASE) == key
    assert keys.unlock(read, passphrase="z\u030cametna noc\u030c 7") == key, "typed on a system that composes letters"
    with pytest.raises(InvalidInput) as wrong:
        keys.unlock(read, passphrase="žametna noč 8")
    assert (_code(wrong), wrong.value.field) == ("database.wrong_passphrase", "passphrase")
    with pytest.raises(Refused) as missing:
        keys.unlock(read)
    assert _code(missing) == "database.passphrase_needed"


def test_a_short_passphrase_is_refused() -> None:
    with pytest.raises(InvalidInput) as short:
        keys.by_passphrase(DATABASE, keys.make_key(), "kratko č")
    assert (_code(short), short.value.values) == ("database.passphrase_short", {"minimum": 10})


def test_a_wrapped_key_of_another_database_does_not_open() -> None:
    key_file = keys.by_passphrase(DATABASE, keys.make_key(), PASSPHRASE)
    moved = msgspec.structs.replace(key_file, database_id=str(UUID(int=1)))
    with pytest.raises(InvalidInput):
        keys.unlock(moved, passphrase=PASSPHRASE)


@pytest.mark.parametrize("cost", ["time_cost", "memory_cost", "parallelism"])
def test_mad_costs_in_a_damaged_file_are_not_paid(cost: str) -> None:
    key_file = keys.by_passphrase(DATABASE, keys.make_key(), PASSPHRASE)
    assert key_file.wrapping is not None
    damaged = msgspec.structs.replace(key_file, wrapping=msgspec.structs.replace(key_file.wrapping, **{cost: 2**40}))
    with pytest.raises(FinalFault) as fault:
        keys.unlock(damaged, passphrase=PASSPHRASE)
    assert _code(fault) == "database.key_file_damaged"


def test_a_missing_a_torn_and_a_newer_key_file_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "pult.key.json"
    with pytest.raises(FinalFault) as missing:
        keys.read_key_file(path)
    assert _code(missing) == "database.key_file_missing"
    good = keys.in_the_clear(DATABASE, keys.make_key())
    keys.write_key_file(path, good)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(FinalFault) as torn:
        keys.read_key_file(path)
    assert _code(torn) == "database.key_file_damaged"
    keys.write_key_file(path, msgspec.structs.replace(good, form=2))
    with pytest.raises(FinalFault) as newer:
        keys.read_key_file(path)
    assert _code(newer) == "database.key_file_newer"
    keys.write_key_file(path, msgspec.structs.replace(good, database_id="Ana"))
    with pytest.raises(FinalFault) as nonsense:
        keys.read_key_file(path)
    assert _code(nonsense) == "database.key_file_damaged"


def test_the_check_value_knows_the_key_and_tells_nothing_of_it() -> None:
    key = keys.make_key()
    file: KeyFile = keys.in_keyring(DATABASE, key, MemoryKeyring())
    assert file.fits(key)
    assert not file.fits(keys.make_key())
    assert file.check not in key.hex()


def test_a_test_never_meets_the_keyring_of_the_person() -> None:
    assert keys.system_ring() is None
