"""Restoring: what was saved comes back, what was there is kept, and a crash at any step is finished by the next start."""

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from desktop.database import restore as restoring
from desktop.database.backup import Backup, Reason, back_up
from desktop.database.key import Protection
from desktop.database.lock import Use, lock_place
from desktop.database.opening import OpenPlace, make_place, open_place
from desktop.database.place import Place
from desktop.database.portable import back_up_portably
from desktop.database.restore import Restored, restore
from desktop.errors import FinalFault, InvalidInput, PultError, Refused
from desktop.schema import SCHEMA
from tests.desk import TestClock
from tests.desktop.database.keyrings import MemoryKeyring
from tests.desktop.database.places import LJUBLJANA, PASSPHRASE, make, read, reopen, write
from tests.desktop.database.test_diagnosis import PAGE, flip

NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)


def save(opened: OpenPlace) -> Backup:
    return back_up(opened.place, opened.key, opened.key_file, Reason.MANUAL, NOW)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A closed place that says "after" and has one backup that says "before"."""
    made = make(tmp_path / "pult")
    write(made, "greeting", "before")
    save(made)
    write(made, "greeting", "after")
    made.secrets.put("certificate", "geslo")
    made.close()
    return made.place


@pytest.fixture
def saved(place: Place) -> Path:
    [backup] = place.backups.glob("*.db")
    return backup


def greeting(place: Place, **unlocking: Any) -> object:
    opened = open_place(place, schema=SCHEMA, clock=TestClock(), **unlocking)
    try:
        return read(opened, "greeting")
    finally:
        opened.close()


def test_a_restore_brings_back_and_keeps_aside(place: Place, saved: Path) -> None:
    restored = restore(place, saved, NOW)
    assert restored.facts.made_at == NOW
    assert greeting(place) == "before"
    assert restored.kept_aside is not None
    assert greeting(Place(restored.kept_aside)) == "after", "what was replaced still opens where it lies"
    assert not place.restoring.exists()
    opened = reopen(place.directory)
    assert opened.secrets.get("certificate") == "geslo", "the key is the same, so are the secrets"
    opened.close()


def test_a_second_restore_has_its_own_place_aside(place: Place, saved: Path) -> None:
    first, second = restore(place, saved, NOW), restore(place, saved, NOW)
    assert first.kept_aside != second.kept_aside
    assert greeting(place) == "before"


def test_a_restore_into_an_empty_directory(place: Place, saved: Path, tmp_path: Path) -> None:
    fresh = Place(tmp_path / "new" / "home")
    restored = restore(fresh, saved, NOW)
    assert restored.kept_aside is None
    assert greeting(fresh) == "before"


def test_nothing_is_restored_while_somebody_uses_the_directory(place: Place, saved: Path) -> None:
    opened = reopen(place.directory)
    with pytest.raises(Refused) as written:
        restore(place, saved, NOW)
    assert written.value.code == "database.in_use"
    assert read(opened, "greeting") == "after"
    opened.close()
    with lock_place(place, Use.READ), pytest.raises(Refused) as being_read:
        restore(place, saved, NOW)
    assert being_read.value.code == "database.being_read"


def fault_of_restore(place: Place, source: Path, **unlocking: Any) -> PultError:
    with pytest.raises(PultError) as error:
        restore(place, source, NOW, **unlocking)
    assert greeting(place) == "after", "a refused restore changes nothing"
    assert not place.restoring.exists()
    assert not place.replaced.exists()
    return error.value


def test_an_unsound_backup_is_refused_and_nothing_is_touched(place: Place, saved: Path, tmp_path: Path) -> None:
    flip(saved, 3 * PAGE + 50)
    assert fault_of_restore(place, saved).code == "database.backup_unsound"
    letter = tmp_path / "letter.txt"
    letter.write_text("Dear salon,")
    assert fault_of_restore(place, letter).code == "database.not_a_backup"
    assert fault_of_restore(place, tmp_path / "nothing").code == "database.not_a_backup"
    saved.write_bytes(saved.read_bytes()[: 2 * PAGE])
    assert fault_of_restore(place, saved).code == "database.backup_unsound"


def test_a_backup_of_a_newer_program_is_refused(place: Place, saved: Path) -> None:
    facts = saved.with_suffix(".json")
    facts.write_text(facts.read_text().replace('"version": "0001"', '"version": "0999"'))
    assert fault_of_restore(place, saved).code == "database.newer"


def test_a_restore_without_a_key_file_beside_the_copy_is_refused(place: Place, saved: Path) -> None:
    saved.with_suffix(".json").unlink()
    assert fault_of_restore(place, saved).code == "database.not_a_backup"


def test_a_damaged_database_is_replaced_all_the_same(place: Place, saved: Path) -> None:
    flip(place.database, 100)
    restore(place, saved, NOW)
    assert greeting(place) == "before"


def test_a_lost_key_file_is_replaced_too(place: Place, saved: Path) -> None:
    place.key_file.unlink()
    restore(place, saved, NOW)
    assert greeting(place) == "before"


# Another computer


@pytest.fixture
def parcel(place: Place, tmp_path: Path) -> Path:
    opened = reopen(place.directory)
    target = tmp_path / "za drug računalnik.pult"
    back_up_portably(place, opened.key, opened.key_file, target, PASSPHRASE, NOW)
    with pytest.raises(Refused) as twice:
        back_up_portably(place, opened.key, opened.key_file, target, PASSPHRASE, NOW)
    assert twice.value.code == "database.backup_exists"
    assert opened.key.hex().encode() not in target.read_bytes()
    opened.close()
    return target


def test_a_portable_backup_needs_its_passphrase_and_nothing_of_this_computer(
    place: Place, parcel: Path, tmp_path: Path
) -> None:
    shutil.rmtree(place.directory)
    elsewhere = Place(tmp_path / "elsewhere")
    with pytest.raises(Refused) as missing:
        restore(elsewhere, parcel, NOW)
    assert missing.value.code == "database.passphrase_needed"
    with pytest.raises(InvalidInput) as wrong:
        restore(elsewhere, parcel, NOW, passphrase="nekaj drugega")
    assert wrong.value.code == "database.wrong_passphrase"
    assert not elsewhere.exists
    restored = restore(elsewhere, parcel, NOW, passphrase=PASSPHRASE)
    assert restored.key_file.protection is Protection.FILE, "a practice database asks nothing"
    assert greeting(elsewhere) == "after"


def test_a_portable_backup_over_the_database_has_another_key_and_both_still_open(place: Place, parcel: Path) -> None:
    before = reopen(place.directory)
    before.close()
    restored = restore(place, parcel, NOW, passphrase=PASSPHRASE)
    assert not restored.key_file.fits(before.key)
    assert greeting(place) == "after"
    assert restored.kept_aside is not None
    aside = reopen(restored.kept_aside)
    assert aside.secrets.get("certificate") == "geslo", "secrets of the old key go with it"
    aside.close()
    opened = reopen(place.directory)
    assert opened.secrets.get("certificate") is None
    opened.close()


def test_a_torn_parcel_is_refused(place: Place, parcel: Path) -> None:
    content = parcel.read_bytes()
    parcel.write_bytes(content[: len(content) // 2])
    assert fault_of_restore(place, parcel, passphrase=PASSPHRASE).code == "database.not_a_backup"
    flipped = bytearray(content)
    flipped[len(content) // 2] ^= 1
    parcel.write_bytes(flipped)
    code = fault_of_restore(place, parcel, passphrase=PASSPHRASE).code
    assert code in ("database.not_a_backup", "database.backup_unsound")


def test_practice_and_live_never_replace_each_other(place: Place, saved: Path, tmp_path: Path) -> None:
    ring = MemoryKeyring()
    live = make_place(Place(tmp_path / "live"), "live", schema=SCHEMA, zone=LJUBLJANA, clock=TestClock(), ring=ring)
    write(live, "greeting", "after")
    backup = save(live)
    live.close()
    with pytest.raises(Refused) as practice_over_live:
        restore(live.place, saved, NOW, ring=ring)
    assert practice_over_live.value.code == "database.other_mode"
    assert fault_of_restore(place, backup.path, ring=ring).code == "database.other_mode"
    assert greeting(live.place, ring=ring) == "after"


def test_a_live_parcel_goes_into_the_keyring_there_and_spoils_no_key_here(tmp_path: Path) -> None:
    """Restored over its own database, whose key the keyring keeps under the same service: both stay."""
    ring = MemoryKeyring()
    live = make_place(Place(tmp_path / "live"), "live", schema=SCHEMA, zone=LJUBLJANA, clock=TestClock(), ring=ring)
    write(live, "greeting", "live")
    backup, parcel = save(live), tmp_path / "parcel.pult"
    back_up_portably(live.place, live.key, live.key_file, parcel, PASSPHRASE, NOW)
    live.close()
    restored = restore(live.place, parcel, NOW, ring=ring, passphrase=PASSPHRASE)
    assert restored.key_file.protection is Protection.KEYRING
    assert greeting(live.place, ring=ring) == "live"
    assert restored.kept_aside is not None
    assert greeting(Place(restored.kept_aside), ring=ring) == "live"
    restore(live.place, backup.path, NOW, ring=ring)
    assert greeting(live.place, ring=ring) == "live"
    # a computer without a keyring: the parcel's own passphrase stays the way in
    bare = Place(tmp_path / "bare")
    assert restore(bare, parcel, NOW, passphrase=PASSPHRASE).key_file.protection is Protection.PASSPHRASE
    assert greeting(bare, passphrase=PASSPHRASE) == "live"


# A crash between any two moves


class Crash(BaseException):
    """The process dies here."""


class Fuse:
    """Lets `left` moves of files pass, then dies."""

    def __init__(self, left: int) -> None:
        self.left = left

    def burn(self) -> None:
        if self.left == 0:
            raise Crash
        self.left -= 1


@pytest.fixture
def fuse(monkeypatch: pytest.MonkeyPatch) -> Iterator[Fuse]:
    fuse = Fuse(10**6)
    rename, replace, rmtree = Path.rename, Path.replace, shutil.rmtree

    def fused_rename(self: Path, target: Path) -> Path:
        fuse.burn()
        return rename(self, target)

    def fused_replace(self: Path, target: Path) -> Path:
        fuse.burn()
        return replace(self, target)

    def fused_rmtree(path: Path, *args: Any, **kwargs: Any) -> None:
        fuse.burn()
        rmtree(path, *args, **kwargs)

    monkeypatch.setattr(Path, "rename", fused_rename)
    monkeypatch.setattr(Path, "replace", fused_replace)
    monkeypatch.setattr(restoring.shutil, "rmtree", fused_rmtree)
    return fuse


def test_after_a_crash_at_any_move_there_is_the_old_database_or_the_new_one(
    place: Place, parcel: Path, fuse: Fuse, tmp_path: Path
) -> None:
    pristine = tmp_path / "pristine"
    shutil.copytree(place.directory, pristine)
    outcomes: list[object] = []
    for moves in range(100):
        shutil.copytree(pristine, tmp_path / f"run{moves}")
        here = Place(tmp_path / f"run{moves}")
        write_something(here, "old")
        fuse.left = moves
        crashed = False
        try:
            restored: Restored | None = restore(here, parcel, NOW, passphrase=PASSPHRASE)
        except Crash:
            crashed, restored = True, None
        fuse.left = 10**6
        assert here.exists, f"nothing left after {moves} moves: the next start would make an empty database"
        outcomes.append(greeting(here))
        asides = [greeting(Place(aside)) for aside in here.replaced.iterdir()] if here.replaced.exists() else []
        assert asides == ([] if outcomes[-1] == "old" else ["old"]), f"after {moves} moves"
        if not crashed:
            assert restored is not None
            break
    assert outcomes[0] == "old"
    assert outcomes[-1] == "after"
    assert outcomes == sorted(outcomes, reverse=True), "first the old one, then the new one"
    assert len(outcomes) > 6, "the fuse never burned"


def write_something(place: Place, value: str) -> None:
    opened = reopen(place.directory)
    write(opened, "greeting", value)
    opened.close()


def test_the_old_log_goes_aside_with_the_old_file(place: Place, saved: Path, tmp_path: Path) -> None:
    """A log that a killed process left must neither be lost nor meet the restored file."""
    opened = reopen(place.directory)
    write(opened, "greeting", "only in the log")
    killed = tmp_path / "killed"
    shutil.copytree(place.directory, killed)  # as kill -9 leaves it
    opened.close()
    assert Path(f"{Place(killed).database}-wal").stat().st_size > 0
    restored = restore(Place(killed), saved, NOW)
    assert greeting(Place(killed)) == "before"
    assert restored.kept_aside is not None
    assert greeting(Place(restored.kept_aside)) == "only in the log"


def test_a_torn_plan_stops_instead_of_guessing(place: Place) -> None:
    place.restoring.mkdir()
    (place.restoring / "ready.json").write_text("{")
    with pytest.raises(FinalFault) as fault:
        reopen(place.directory)
    assert fault.value.code == "database.restore_torn"
