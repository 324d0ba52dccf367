"""One writer, many readers, and nothing left behind by a process that is killed."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.database.lock import Use, lock_place
from desktop.database.place import Place
from desktop.errors import Refused

HOLDER = (
    "import sys\n"
    "from pathlib import Path\n"
    "from desktop.database.lock import Use, lock_place\n"
    "from desktop.database.place import Place\n"
    "lock = lock_place(Place(Path(sys.argv[1])), Use(sys.argv[2]))\n"
    "print('held', flush=True)\n"
    "sys.stdin.read()\n"
)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


@pytest.fixture
def writer(place: Place) -> Iterator[subprocess.Popen[str]]:
    with _holder(place, Use.WRITE) as process:
        yield process
        process.kill()


def _holder(place: Place, use: Use) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(place.directory), use],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def _refusal(place: Place, use: Use) -> str:
    with pytest.raises(Refused) as refused:
        lock_place(place, use)
    return refused.value.code


def test_a_second_writer_is_refused_and_a_reader_is_not(place: Place, writer: subprocess.Popen[str]) -> None:
    assert _refusal(place, Use.WRITE) == "database.in_use"
    assert _refusal(place, Use.ALONE) == "database.in_use"
    with lock_place(place, Use.READ), lock_place(place, Use.READ):
        pass


def test_the_lock_of_a_killed_process_is_free_at_once(place: Place, writer: subprocess.Popen[str]) -> None:
    assert _refusal(place, Use.WRITE) == "database.in_use"
    writer.kill()
    writer.wait()
    lock_place(place, Use.WRITE).release()


def test_a_restore_waits_for_readers_and_keeps_them_out(place: Place) -> None:
    with _holder(place, Use.READ) as reader:
        assert _refusal(place, Use.ALONE) == "database.being_read"
        lock_place(place, Use.WRITE).release()
        reader.kill()
        reader.wait()
    with lock_place(place, Use.ALONE):
        assert _refusal(place, Use.READ) == "database.being_restored"
        assert _refusal(place, Use.WRITE) == "database.in_use"
    lock_place(place, Use.READ).release()


def test_a_refused_attempt_holds_nothing(place: Place) -> None:
    with _holder(place, Use.READ) as reader:
        assert _refusal(place, Use.ALONE) == "database.being_read"
        with lock_place(place, Use.WRITE):
            pass
        reader.kill()


def test_a_child_does_not_inherit_the_lock(place: Place) -> None:
    lock = lock_place(place, Use.WRITE)
    with subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE) as child:
        lock.release()
        lock.release()
        lock_place(place, Use.WRITE).release()
        child.kill()
