"""The data directory: its names, and the ones that are refused."""

import errno
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.database.place import (
    Place,
    default_directory,
    fault_of_directory,
    find_place,
    prepare_place,
    require_database,
    write_durably,
)
from desktop.errors import FinalFault, Refused, TemporaryFault

NOBODY = 65534


def test_the_default_lies_in_the_users_own_data_directory() -> None:
    assert find_place().directory == default_directory()
    assert default_directory().name == "Pult"
    assert default_directory().is_absolute()


def test_a_given_directory_is_made_with_what_belongs_to_it(tmp_path: Path) -> None:
    place = find_place(tmp_path / "šalon" / "a b")
    prepare_place(place)
    assert sorted(entry.name for entry in place.directory.iterdir()) == ["backups", "logs"]
    if os.name != "nt":
        assert place.directory.stat().st_mode & 0o077 == 0, "other users of the computer can look in"
    prepare_place(place)


def test_a_place_without_a_database_says_so(tmp_path: Path) -> None:
    place = Place(tmp_path)
    with pytest.raises(Refused) as refused:
        require_database(place)
    assert refused.value.code == "database.none"
    place.database.write_bytes(b"x")
    require_database(place)


def test_a_directory_in_a_sync_folder_is_refused_and_not_made(tmp_path: Path) -> None:
    (tmp_path / ".stfolder").mkdir()
    place = Place(tmp_path / "pult")
    with pytest.raises(Refused) as refused:
        prepare_place(place)
    assert refused.value.code == "database.sync_folder"
    assert refused.value.values["service"] == "Syncthing"
    assert not place.directory.exists()


def test_a_file_where_the_directory_should_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "pult").write_text("a letter")
    with pytest.raises(FinalFault) as fault:
        prepare_place(Place(tmp_path / "pult"))
    assert fault.value.code == "database.not_a_directory"


def test_a_read_only_directory_is_named_with_the_way_out(public_directory: Path) -> None:
    """Root writes anywhere, so a child gives up its rights first."""
    directory = public_directory / "sealed"
    directory.mkdir()
    directory.chmod(0o555)
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from desktop.database.place import Place, prepare_place\n"
        "from desktop.errors import FinalFault\n"
        f"if os.geteuid() == 0: os.setgroups([]); os.setgid({NOBODY}); os.setuid({NOBODY})\n"
        "try: prepare_place(Place(Path(sys.argv[1])))\n"
        "except FinalFault as fault: print(fault.code, fault.values['directory'])\n"
    )
    child = subprocess.run([sys.executable, "-c", program, str(directory)], capture_output=True, text=True, check=False)
    assert child.stdout.split() == ["database.read_only_directory", str(directory)], child.stderr


def test_a_full_disk_is_a_fault_that_passes() -> None:
    fault = fault_of_directory(OSError(errno.ENOSPC, "No space left on device"), Path("x"))
    assert isinstance(fault, TemporaryFault)
    assert fault.code == "database.full"


def test_a_small_file_is_exchanged_whole(tmp_path: Path) -> None:
    file = tmp_path / "x.json"
    write_durably(file, b"one")
    write_durably(file, b"two")
    assert file.read_bytes() == b"two"
    assert [entry.name for entry in tmp_path.iterdir()] == ["x.json"]
    if os.name != "nt":
        assert file.stat().st_mode & 0o077 == 0
