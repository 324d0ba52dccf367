"""Backups: whole, encrypted, verified, made beside the running counter; nothing torn ever bears their name."""

import os
import shutil
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from desktop.database import backup as backups
from desktop.database import reserve
from desktop.database.backup import Backup, Reason, back_up, list_backups, prune, read_mark, verify_copy
from desktop.database.connection import FeedState, open_connection
from desktop.database.opening import OpenPlace
from desktop.errors import FinalFault, TemporaryFault
from tests.desktop.database.places import LJUBLJANA, write
from tests.desktop.database.test_diagnosis import PAGE, connect, flip

NOW = datetime(2026, 11, 20, 18, 30, tzinfo=UTC)


def make_backup(opened: OpenPlace, reason: Reason = Reason.MANUAL, now: datetime = NOW, **options: Any) -> Backup:
    return back_up(opened.place, opened.key, opened.key_file, reason, now, **options)


def settings_of(path: Path, key: bytes) -> dict[str, str]:
    connection = open_connection(path, key, FeedState(), {}, read_only=True)
    rows = dict(connection.execute("SELECT key, value FROM setting").fetchall())
    connection.close()
    return rows


def test_a_backup_of_the_running_counter_holds_all_and_shows_nothing(opened: OpenPlace) -> None:
    write(opened, "greeting", "zelo poseben kanarček")
    made = make_backup(opened)
    assert settings_of(made.path, opened.key) == {"greeting": '"zelo poseben kanarček"'}
    assert b"zelo poseben" not in made.path.read_bytes()
    assert made.path.name == "pult-20261120T183000Z-manual.db"
    assert sorted(entry.name for entry in opened.place.backups.iterdir()) == [
        "pult-20261120T183000Z-manual.db",
        "pult-20261120T183000Z-manual.json",
    ]
    assert made.facts.rows["setting"] == 1
    assert made.facts.mode == "practice"
    assert made.facts.mark == read_mark(opened.place, opened.key)
    assert list_backups(opened.place) == [made]
    if os.name != "nt":
        assert made.path.stat().st_mode & 0o077 == 0
    write(opened, "greeting", "later")
    assert made.facts.mark != read_mark(opened.place, opened.key)


def test_two_backups_of_one_second_both_stay(opened: OpenPlace) -> None:
    first, second = make_backup(opened), make_backup(opened)
    assert first.path != second.path
    assert list_backups(opened.place) == [second, first] or list_backups(opened.place) == [first, second]


def test_a_sale_goes_on_while_slices_are_copied_and_the_copy_is_of_one_instant(
    opened: OpenPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Writes between the slices neither wait nor come into the copy, nor does the copying begin anew."""
    monkeypatch.setattr(backups, "SLICE", 8)
    monkeypatch.setattr(backups, "PAUSE", 0.0)
    for number in range(20):
        write(opened, f"before {number}", "x" * 2000)
    between = 0

    def write_between() -> bool:
        nonlocal between
        between += 1
        assert between < 500, "the copying begins anew after each write"
        write(opened, f"between {between}", "y" * 2000)
        return False

    made = make_backup(opened, cancelled=write_between)
    assert between > 3
    kept = settings_of(made.path, opened.key)
    assert len(kept) == 20
    assert all(key.startswith("before") for key in kept)
    size = made.path.stat().st_size // PAGE
    assert between <= size / 8 + 2, "began anew after a write"


def test_a_cancelled_backup_leaves_nothing(opened: OpenPlace) -> None:
    with pytest.raises(TemporaryFault) as fault:
        make_backup(opened, cancelled=lambda: True)
    assert fault.value.code == "database.backup_cancelled"
    assert list(opened.place.backups.iterdir()) == []


def test_a_damaged_database_gives_no_backup(opened: OpenPlace) -> None:
    """Any page: a copy of a page that does not decrypt is full of zeros and may look sound."""
    write(opened, "greeting", "x" * 9000)
    place = opened.place
    opened.database.close()
    sound = place.database.read_bytes()
    last = len(sound) // PAGE
    for page in {*range(2, last, 4), last}:
        place.database.write_bytes(sound)
        flip(place.database, (page - 1) * PAGE + 200)
        with pytest.raises(FinalFault) as fault:
            make_backup(opened)
        assert fault.value.code in ("database.damaged", "database.pages_damaged"), page
        assert fault.value.values.get("pages", (page,)) == (page,)
        assert list(place.backups.iterdir()) == []


def test_a_copy_with_a_bad_page_a_lost_row_or_another_key_is_unsound(opened: OpenPlace) -> None:
    write(opened, "greeting", "x")
    made = make_backup(opened)
    verify_copy(made.path, opened.key, made.facts.rows)
    with pytest.raises(FinalFault) as short:
        verify_copy(made.path, opened.key, {**made.facts.rows, "setting": 2})
    assert short.value.values["reason"] == "rows of setting"
    with pytest.raises(FinalFault) as other:
        verify_copy(made.path, bytes(32), made.facts.rows)
    assert other.value.code == "database.backup_unsound"
    flip(made.path, 5 * PAGE + 9)
    with pytest.raises(FinalFault) as bad:
        verify_copy(made.path, opened.key, made.facts.rows)
    assert bad.value.values["reason"] == "pages 6"


def test_no_backup_fills_the_disk(opened: OpenPlace, monkeypatch: pytest.MonkeyPatch) -> None:
    """The size is moved instead of the disk: the reserve to leave free is larger than all that is free."""
    monkeypatch.setattr(reserve, "SIZE", shutil.disk_usage(opened.place.directory).free)
    with pytest.raises(TemporaryFault) as fault:
        make_backup(opened)
    assert fault.value.code == "database.no_room_for_backup"
    assert fault.value.values["needed"] > fault.value.values["free"]  # type: ignore[operator]  # both are bytes
    assert list(opened.place.backups.iterdir()) == []


def test_what_a_crash_left_is_removed_after_a_day_and_no_other_process_is_disturbed(opened: OpenPlace) -> None:
    old, young = opened.place.backups / "pult-a.0.part", opened.place.backups / "pult-b.1.part"
    for part in (old, young):
        part.write_bytes(b"half")
    os.utime(old, (0, 0))
    make_backup(opened)
    assert not old.exists()
    assert young.exists()
    assert len(list_backups(opened.place)) == 1


def test_old_backups_go_each_kind_by_itself(opened: OpenPlace) -> None:
    times = [NOW - timedelta(hours=hours) for hours in (0, 30, 31, 32)]
    for time in reversed(times):
        make_backup(opened, Reason.HOURLY, time)
    make_backup(opened, Reason.MIGRATION, NOW - timedelta(hours=31, minutes=30))
    gone = prune(opened.place, NOW, LJUBLJANA)
    assert sorted(path.name for path in gone) == [
        "pult-20261119T103000Z-hourly.db",
        "pult-20261119T113000Z-hourly.db",
    ]
    assert [b.facts.made_at for b in list_backups(opened.place)] == [
        NOW - timedelta(hours=31, minutes=30),
        times[1],
        times[0],
    ]
    assert len(list(opened.place.backups.glob("*.json"))) == 3
    make_backup(opened, Reason.CLOSE, NOW + timedelta(minutes=1), zone=LJUBLJANA)
    assert times[0] not in [b.facts.made_at for b in list_backups(opened.place)], "one an hour"


def test_a_foreign_file_among_the_backups_is_passed_over(opened: OpenPlace) -> None:
    (opened.place.backups / "pult-from-a-friend.db").write_bytes(b"?")
    (opened.place.backups / "pult-torn.db").write_bytes(b"?")
    (opened.place.backups / "pult-torn.json").write_text("{")
    assert list_backups(opened.place) == []


def test_a_copy_does_not_open_without_its_key(opened: OpenPlace) -> None:
    made = make_backup(opened)
    connection = connect(made.path, bytes(32))
    with pytest.raises(Exception, match="not a database"):
        connection.execute("SELECT * FROM setting")
    connection.close()


def test_a_backup_in_a_worker_thread_while_the_writer_writes(opened: OpenPlace) -> None:
    made: list[Backup] = []
    worker = threading.Thread(target=lambda: made.append(make_backup(opened)))
    worker.start()
    for number in range(30):
        write(opened, f"key {number}", number)
    worker.join()
    verify_copy(made[0].path, opened.key, made[0].facts.rows)
