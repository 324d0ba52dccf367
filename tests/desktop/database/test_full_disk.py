"""A full disk: every confirmed write is there, the reserve carries the next ones, and it goes on as soon as there is room."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from desktop.database.backup import Reason, back_up
from desktop.database.opening import OpenPlace
from desktop.database.place import Place, prepare_place
from desktop.errors import TemporaryFault
from tests.desk import START
from tests.desktop.database.places import make, read, reopen, write

BLOCK = "x" * 50_000


def pages(opened: OpenPlace, limit: int) -> int:
    """Sets the greatest number of pages of the file (0 asks) and gives the number that it has."""

    def set_limit(engine: Engine) -> int:
        with engine.connect() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count = {limit}" if limit else "PRAGMA max_page_count")
            return int(connection.exec_driver_sql("PRAGMA page_count").scalar() or 0)

    return opened.database.run_on_writer(set_limit).result()


def write_until_full(opened: OpenPlace, start: int = 0) -> int:
    """Writes numbered blocks until the disk is full; how many were confirmed."""
    for number in range(start, start + 10_000):
        try:
            write(opened, f"block {number}", BLOCK)
        except TemporaryFault as fault:
            if fault.code != "database.full":
                raise
            return number
    raise AssertionError("the disk never got full")


def check_confirmed(opened: OpenPlace, confirmed: int) -> None:
    assert all(read(opened, f"block {number}") == BLOCK for number in range(confirmed))
    assert read(opened, f"block {confirmed}") is None


def test_a_file_that_may_not_grow_loses_nothing_and_goes_on_when_it_may(opened: OpenPlace) -> None:
    pages(opened, pages(opened, 0) + 200)
    confirmed = write_until_full(opened)
    assert confirmed > 3
    check_confirmed(opened, confirmed)
    pages(opened, 2**30)
    write(opened, f"block {confirmed}", BLOCK)
    check_confirmed(opened, confirmed + 1)


def test_a_full_disk_gives_up_the_reserve_once_and_tries_again(opened: OpenPlace) -> None:
    """The reserve cannot help against a limit of pages, so the second try fails too: and no third one is made."""
    opened.reserve.ensure()
    pages(opened, pages(opened, 0) + 40)
    write_until_full(opened)
    assert not opened.reserve.is_there


def _mounting_is_allowed() -> bool:
    if sys.platform != "linux" or os.geteuid() != 0:
        return False
    with tempfile.TemporaryDirectory() as directory:
        mounted = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", directory], capture_output=True, check=False
        )
        if mounted.returncode == 0:
            subprocess.run(["umount", directory], check=True)
        return mounted.returncode == 0


if _mounting_is_allowed():  # elsewhere the limit of pages above stands for the disk

    @pytest.fixture
    def small_disk(tmp_path: Path) -> Iterator[Path]:
        """A real file system of 48 MB."""
        directory = tmp_path / "disk"
        directory.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", str(directory)], check=True)
        yield directory
        subprocess.run(["umount", "--lazy", str(directory)], check=True)

    def fill(directory: Path, name: str) -> Path:
        """Takes all the room that is left, down to the last page."""
        filler = directory / name
        with filler.open("wb", buffering=0) as stream:
            for block in (1 << 20, 4096):
                try:
                    while True:
                        stream.write(bytes(block))
                except OSError:
                    continue
        return filler

    def test_a_disk_that_is_full_in_earnest(small_disk: Path) -> None:
        opened = make(small_disk / "pult")
        assert opened.reserve.ensure()
        filler = fill(small_disk, "filler")

        confirmed = write_until_full(opened)
        assert confirmed > 20, "the reserve carried no writes"
        assert not opened.reserve.is_there
        assert not opened.reserve.ensure(), "no reserve is made of room that is not there"
        check_confirmed(opened, confirmed)
        with pytest.raises(TemporaryFault) as fault:
            back_up(opened.place, opened.key, opened.key_file, Reason.MANUAL, START)
        assert fault.value.code == "database.no_room_for_backup"
        assert list(opened.place.backups.iterdir()) == []

        opened.close()
        filler.unlink()
        opened = reopen(small_disk / "pult")
        check_confirmed(opened, confirmed)
        write(opened, f"block {confirmed}", BLOCK)
        check_confirmed(opened, confirmed + 1)
        assert opened.reserve.ensure(), "there is room again"
        opened.close()

    def test_a_database_closed_on_a_full_disk_opens_again_while_it_is_full(small_disk: Path) -> None:
        """The closing of a full disk cannot tidy its log; the next opening must take it as it is."""
        opened = make(small_disk / "pult")
        fill(small_disk, "filler")
        confirmed = write_until_full(opened)
        opened.close()
        opened = reopen(small_disk / "pult")
        check_confirmed(opened, confirmed)
        opened.close()

    def test_a_full_disk_makes_no_database(small_disk: Path) -> None:
        fill(small_disk, "filler")
        with pytest.raises(TemporaryFault) as fault:
            make(small_disk / "pult")
        assert fault.value.code == "database.full"
        assert not Place(small_disk / "pult").exists

    def test_a_full_disk_is_found_when_the_place_is_prepared(small_disk: Path) -> None:
        place = Place(small_disk / "pult")
        prepare_place(place)
        fill(small_disk, "filler")
        with pytest.raises(TemporaryFault) as fault:
            prepare_place(place)
        assert fault.value.code == "database.full"
