"""Making, opening and closing a data directory; each fault is said for what it is."""

import secrets
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session

from desktop.action import Action
from desktop.database.connection import FeedState, make_engine, open_connection
from desktop.database.feed import Event
from desktop.database.key import Protection
from desktop.database.lock import Use, lock_place
from desktop.database.migrate import Brought
from desktop.database.opening import OpenPlace, make_place, open_place
from desktop.database.place import Place
from desktop.database.version import HEAD
from desktop.errors import FinalFault, InvalidInput, PultError, Refused
from desktop.schema import SCHEMA
from tests.desk import TestClock
from tests.desktop.database.keyrings import MemoryKeyring
from tests.desktop.database.places import LJUBLJANA, OWNER, PASSPHRASE, make, read, reopen, write
from tests.desktop.database.test_diagnosis import PAGE, flip

GIVING_UP = "import os\nif os.geteuid() == 0: os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
HOLDER = (
    "import sys\n"
    "from pathlib import Path\n"
    "from desktop.clock import SystemClock\n"
    "from desktop.database.opening import open_place\n"
    "from desktop.database.place import Place\n"
    "from desktop.schema import SCHEMA\n"
    "opened = open_place(Place(Path(sys.argv[1])), schema=SCHEMA, clock=SystemClock())\n"
    "print('open', flush=True)\n"
    "sys.stdin.read()\n"
)


def fault_of_opening(directory: Path) -> PultError:
    with pytest.raises(PultError) as error:
        reopen(directory)
    lock_place(Place(directory), Use.ALONE).release()  # a failed opening holds nothing
    return error.value


def test_a_practice_database_is_made_opened_and_opened_again(tmp_path: Path) -> None:
    made = make(tmp_path)
    assert made.database.desk.practice
    assert made.key_file.protection is Protection.FILE
    assert made.brought == Brought(HEAD, HEAD, ())
    write(made, "greeting", "dober dan")
    made.close()
    again = reopen(tmp_path)
    assert read(again, "greeting") == "dober dan"
    assert again.database.desk == made.database.desk
    again.close()
    names = {entry.name for entry in tmp_path.iterdir()}
    assert names == {"backups", "logs", "pult.db", "pult.key.json", "pult.lock"}


def test_nothing_of_the_data_lies_on_the_disk_in_the_clear(opened: OpenPlace) -> None:
    write(opened, "greeting", "zelo poseben kanarček")
    opened.secrets.put("certificate", "zelo poseben kanarček")
    for file in opened.place.directory.rglob("*"):
        if file.is_file():
            assert b"zelo poseben" not in file.read_bytes(), file


def test_a_second_opening_is_refused_while_the_first_lives(opened: OpenPlace) -> None:
    with pytest.raises(Refused) as refused:
        reopen(opened.place.directory)
    assert refused.value.code == "database.in_use"
    write(opened, "still", "works")


def test_a_killed_process_leaves_a_place_that_opens(tmp_path: Path) -> None:
    make(tmp_path).close()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "open\n"
        with pytest.raises(Refused):
            reopen(tmp_path)
        child.kill()
    reopen(tmp_path).close()


def test_an_empty_place_is_not_opened_and_not_made(tmp_path: Path) -> None:
    with pytest.raises(Refused) as refused:
        reopen(tmp_path / "typo")
    assert refused.value.code == "database.none"
    assert not (tmp_path / "typo").exists()


def test_a_database_is_never_made_over_another(tmp_path: Path) -> None:
    make(tmp_path).close()
    before = (tmp_path / "pult.db").read_bytes()
    with pytest.raises(Refused) as refused:
        make(tmp_path)
    assert refused.value.code == "database.exists"
    assert (tmp_path / "pult.db").read_bytes() == before
    reopen(tmp_path).close()


def test_a_live_database_keeps_its_key_in_the_keyring(tmp_path: Path) -> None:
    ring, place, clock = MemoryKeyring(), Place(tmp_path), TestClock()
    made = make_place(place, "live", schema=SCHEMA, zone=LJUBLJANA, clock=clock, ring=ring)
    assert not made.database.desk.practice
    assert made.key_file.protection is Protection.KEYRING
    made.secrets.put("certificate", "geslo")
    made.close()
    assert not place.secrets_file.exists()
    again = open_place(place, schema=SCHEMA, clock=clock, ring=ring)
    assert again.secrets.get("certificate") == "geslo"
    again.close()
    with pytest.raises(FinalFault) as lost:
        open_place(place, schema=SCHEMA, clock=clock, ring=MemoryKeyring())
    assert lost.value.code == "database.key_not_in_keyring"


def test_a_live_database_without_a_keyring_wants_a_passphrase_and_says_so(tmp_path: Path) -> None:
    place, clock = Place(tmp_path), TestClock()
    with pytest.raises(Refused) as refused:
        make_place(place, "live", schema=SCHEMA, zone=LJUBLJANA, clock=clock)
    assert refused.value.code == "database.passphrase_needed"
    made = make_place(place, "live", schema=SCHEMA, zone=LJUBLJANA, clock=clock, passphrase=PASSPHRASE)
    assert made.key_file.protection is Protection.PASSPHRASE
    made.close()
    with pytest.raises(InvalidInput) as wrong:
        open_place(place, schema=SCHEMA, clock=clock, passphrase="kar nekaj drugega")
    assert wrong.value.code == "database.wrong_passphrase"
    open_place(place, schema=SCHEMA, clock=clock, passphrase=PASSPHRASE).close()


def test_a_lock_taken_before_is_used_and_given_back_on_failure(tmp_path: Path) -> None:
    place, clock = Place(tmp_path), TestClock()
    lock = lock_place(place, Use.WRITE)
    made = make_place(place, "practice", schema=SCHEMA, zone=LJUBLJANA, clock=clock, lock=lock)
    made.close()
    again = lock_place(place, Use.WRITE)
    with pytest.raises(Refused):
        make_place(place, "practice", schema=SCHEMA, zone=LJUBLJANA, clock=clock, lock=again)
    place.key_file.unlink()
    third = lock_place(place, Use.WRITE)
    with pytest.raises(FinalFault):
        open_place(place, schema=SCHEMA, clock=clock, lock=third)
    lock_place(place, Use.WRITE).release()


def test_a_crash_while_making_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "making.db").write_bytes(b"half a file")
    (tmp_path / "making.db-wal").write_bytes(b"half a log")
    make(tmp_path).close()
    reopen(tmp_path).close()
    assert not list(tmp_path.glob("making*"))


def test_a_flipped_bit_is_named_by_its_page(tmp_path: Path) -> None:
    """In the page of the stamp, which every opening reads."""
    made = make(tmp_path)
    page = root_page(made, "device_stamp")
    made.close()
    flip(tmp_path / "pult.db", (page - 1) * PAGE + 100)
    fault = fault_of_opening(tmp_path)
    assert (fault.code, fault.values["pages"]) == ("database.pages_damaged", (page,))


def test_a_bit_that_flips_under_an_open_database_is_named_too(tmp_path: Path) -> None:
    made = make(tmp_path)
    write(made, "greeting", "dober dan")
    page = root_page(made, "setting")
    made.close()
    flip(tmp_path / "pult.db", (page - 1) * PAGE + 100)
    opened = reopen(tmp_path)
    with pytest.raises(FinalFault) as damage:
        read(opened, "greeting")
    assert damage.value.code == "database.damaged"
    fault = opened.diagnose(damage.value)
    opened.close()
    assert isinstance(fault, FinalFault)
    assert (fault.code, fault.values["pages"]) == ("database.pages_damaged", (page,))


def test_wrong_key_damaged_start_and_foreign_file_are_told_apart(tmp_path: Path) -> None:
    make(tmp_path / "a").close()
    make(tmp_path / "b").close()
    file, key_file = tmp_path / "a" / "pult.db", tmp_path / "a" / "pult.key.json"
    sound = file.read_bytes()
    flip(file, 1000)
    assert fault_of_opening(tmp_path / "a").code == "database.first_page_damaged"
    file.write_bytes(secrets.token_bytes(len(sound)))
    assert fault_of_opening(tmp_path / "a").code == "database.not_a_database"
    shutil.copy(tmp_path / "b" / "pult.db", file)
    assert fault_of_opening(tmp_path / "a").code == "database.not_a_database"
    file.write_bytes(sound)
    changed = key_file.read_text().replace('"key": "', '"key": "00')
    key_file.write_text(changed)
    assert fault_of_opening(tmp_path / "a").code == "database.wrong_key"
    key_file.unlink()
    assert fault_of_opening(tmp_path / "a").code == "database.key_file_missing"


def test_a_place_that_may_only_be_read_is_named_with_the_way_out(public_directory: Path) -> None:
    """Root writes anywhere, so a child gives up its rights first."""
    directory = public_directory / "pult"
    make(directory).close()
    for entry in (*directory.rglob("*"), directory):
        entry.chmod(0o555 if entry.is_dir() else 0o444)
    program = HOLDER.replace("opened =", f"{GIVING_UP}opened =")
    child = subprocess.run(
        [sys.executable, "-c", program, str(directory)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "database.read_only_directory" in child.stderr, child.stderr
    assert child.stdout == ""


def test_a_changed_safeguard_is_refused_named_and_recorded(tmp_path: Path) -> None:
    made = make(tmp_path)
    name, text = next((n, t) for n, t in SCHEMA.triggers().items() if n.endswith("_setting_delete"))
    made.database.run_on_writer(lambda engine: _execute(engine, f'DROP TRIGGER "{name}"')).result()
    made.close()
    fault = fault_of_opening(tmp_path)
    assert (fault.code, fault.values) == ("database.tampered", {"trigger": name})
    path, key = made.place.database, made.key
    engine = make_engine(open_connection(path, key, FeedState(), SCHEMA.functions()), writes=True)
    _execute(engine, text)  # support puts it right
    engine.dispose()
    opened = reopen(tmp_path)
    kinds = opened.database.read_now(OWNER, events)
    assert kinds == [("database.tampered", {"trigger": name})]
    opened.close()


def events(session: Session, action: Action) -> list[tuple[str, object]]:
    return [(kind, details) for kind, details in session.execute(select(Event.kind, Event.details))]


def test_a_newer_file_is_refused_with_both_versions(tmp_path: Path) -> None:
    made = make(tmp_path)
    made.database.run_on_writer(
        lambda engine: _execute(engine, "UPDATE alembic_version SET version_num = '0999'")
    ).result()
    made.close()
    fault = fault_of_opening(tmp_path)
    assert (fault.code, fault.values) == ("database.newer", {"version": "0999", "known": HEAD})


def root_page(opened: OpenPlace, table: str) -> int:
    """The page where a table begins."""

    def look(engine: Engine) -> int:
        with engine.connect() as connection:
            found = connection.exec_driver_sql("SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)).scalar()
        assert isinstance(found, int)
        return found

    return opened.database.run_on_reader(look).result()


def _execute(engine: Engine, statement: str) -> None:
    with engine.begin() as connection:
        connection.exec_driver_sql(statement)
