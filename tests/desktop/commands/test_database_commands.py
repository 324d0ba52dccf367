"""`pult backup`, `pult restore` and `pult verify`, from the command line down to the files."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from desktop.__main__ import main
from desktop.database.opening import OpenPlace, make_place
from desktop.database.place import Place
from desktop.schema import SCHEMA
from tests.desk import TestClock
from tests.desktop.database.places import LJUBLJANA, PASSPHRASE, make, read, reopen, write
from tests.desktop.database.test_diagnosis import PAGE, flip

Captured = pytest.CaptureFixture[str]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    made = make(tmp_path / "pult")
    write(made, "greeting", "before")
    made.close()
    return made.place


def greeting(place: Place) -> object:
    opened = reopen(place.directory)
    try:
        return read(opened, "greeting")
    finally:
        opened.close()


def change(place: Place, value: str) -> None:
    opened = reopen(place.directory)
    write(opened, "greeting", value)
    opened.close()


def pult(*words: object) -> int:
    return main([str(word) for word in words])


def test_backup_and_restore_by_command(place: Place, capsys: Captured) -> None:
    assert pult("backup", "--data-dir", place.directory) == 0
    made = Path(capsys.readouterr().out.strip())
    assert made.parent == place.backups
    change(place, "after")
    assert pult("restore", made, "--data-dir", place.directory) == 0
    said = capsys.readouterr().out
    assert "practice" in said
    assert str(place.replaced) in said
    assert greeting(place) == "before"


def test_a_portable_backup_by_command(
    place: Place, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULT_TEST_PASSPHRASE", PASSPHRASE)
    parcel = tmp_path / "parcel.pult"
    passphrase = ("--passphrase-env", "PULT_TEST_PASSPHRASE")
    assert pult("backup", "--data-dir", place.directory, "--portable", parcel, *passphrase) == 0
    assert pult("restore", parcel, "--data-dir", tmp_path / "new", *passphrase) == 0
    assert greeting(Place(tmp_path / "new")) == "before"
    monkeypatch.setenv("PULT_TEST_PASSPHRASE", "nekaj drugega")
    assert pult("restore", parcel, "--data-dir", tmp_path / "newer", *passphrase) == 1
    assert "database.wrong_passphrase" in capsys.readouterr().err


def test_commands_beside_the_open_window(place: Place, capsys: Captured) -> None:
    """What only reads works; what writes is refused."""
    opened = reopen(place.directory)
    assert pult("verify", "--data-dir", place.directory) == 0
    assert pult("backup", "--data-dir", place.directory) == 0
    backup = capsys.readouterr().out.splitlines()[-1]
    assert pult("restore", backup, "--data-dir", place.directory) == 1
    assert "database.in_use" in capsys.readouterr().err
    write(opened, "greeting", "still open")
    opened.close()


def test_verify_finds_a_sound_database_sound_and_leaves_it_alone(place: Place, capsys: Captured) -> None:
    before = place.database.read_bytes()
    assert pult("verify", "--data-dir", place.directory) == 0
    assert capsys.readouterr().out == f"{place.database}: sound\n"
    assert place.database.read_bytes() == before


def test_verify_names_a_changed_row(place: Place, capsys: Captured) -> None:
    opened = reopen(place.directory)
    opened.database.run_on_writer(_tamper).result()
    opened.close()
    assert pult("verify", "--data-dir", place.directory) == 1
    assert "database.operation_changed operation " in capsys.readouterr().out


def _tamper(engine: Engine) -> None:
    with engine.begin() as connection:
        names = connection.exec_driver_sql(
            "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'operation'"
        ).all()
        for name, _ in names:
            connection.exec_driver_sql(f'DROP TRIGGER "{name}"')
        connection.exec_driver_sql("UPDATE operation SET actor_name = 'somebody else'")
        for _, sql in names:
            connection.exec_driver_sql(sql)


def test_verify_names_a_damaged_page(place: Place, capsys: Captured) -> None:
    flip(place.database, 6 * PAGE + 100)
    assert pult("verify", "--data-dir", place.directory) == 1
    assert capsys.readouterr().out == "database.pages_damaged pult.db pages 7\n"
    flip(place.database, 100)
    assert pult("verify", "--data-dir", place.directory) == 1
    assert "database.first_page_damaged" in capsys.readouterr().err


def test_nothing_there_is_said_and_nothing_made(tmp_path: Path, capsys: Captured) -> None:
    for command in ("verify", "backup"):
        assert pult(command, "--data-dir", tmp_path / "typo") == 1
        assert "database.none" in capsys.readouterr().err
    assert pult("restore", tmp_path / "nothing.db", "--data-dir", tmp_path / "typo") == 1
    assert "database.not_a_backup" in capsys.readouterr().err
    assert not (tmp_path / "typo").exists()


def test_a_wrapped_key_is_opened_by_the_environment(
    tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: OpenPlace = make_place(
        Place(tmp_path), "live", schema=SCHEMA, zone=LJUBLJANA, clock=TestClock(), passphrase=PASSPHRASE
    )
    opened.close()
    monkeypatch.setenv("PULT_TEST_PASSPHRASE", PASSPHRASE)
    assert pult("verify", "--data-dir", tmp_path, "--passphrase-env", "PULT_TEST_PASSPHRASE") == 0


def test_readers_wait_for_an_unfinished_restore(place: Place, capsys: Captured) -> None:
    place.restoring.mkdir()
    (place.restoring / "ready.json").write_text('{"aside": "x", "out": [], "into": []}')
    assert pult("verify", "--data-dir", place.directory) == 1
    assert "database.being_restored" in capsys.readouterr().err
    assert greeting(place) == "before"
    assert pult("verify", "--data-dir", place.directory) == 0
