"""A second start rings the first window; what a killed one left is cleared away."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtNetwork import QLocalServer, QLocalSocket
from PySide6.QtWidgets import QApplication

from desktop.shell.single_instance import Bell, bell_name, ring

RINGER = (
    "import sys\n"
    "from pathlib import Path\n"
    "from PySide6.QtCore import QCoreApplication\n"
    "from desktop.shell.single_instance import ring\n"
    "application = QCoreApplication([])\n"
    "print(ring(Path(sys.argv[1]), int(sys.argv[2])))\n"
)
LISTENER = (
    "import sys\n"
    "from pathlib import Path\n"
    "from PySide6.QtCore import QCoreApplication\n"
    "from desktop.shell.single_instance import Bell\n"
    "application = QCoreApplication([])\n"
    "bell = Bell(Path(sys.argv[1]))\n"
    "print(bell.start(), flush=True)\n"
    "application.exec()\n"
)


@pytest.fixture
def bell(qapp: QApplication, tmp_path: Path) -> Iterator[Bell]:
    bell = Bell(tmp_path)
    assert bell.start()
    yield bell
    bell.shutdown()


async def ring_from_outside(directory: Path) -> str:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", RINGER, str(directory), "5000", stdout=asyncio.subprocess.PIPE
    )
    output, _ = await child.communicate()
    return output.decode().strip()


async def test_a_second_start_raises_the_first_each_time(bell: Bell, tmp_path: Path) -> None:
    rung: list[bool] = []
    bell.rung.connect(lambda: rung.append(True))
    assert await ring_from_outside(tmp_path) == "True"
    assert await ring_from_outside(tmp_path / "." / "") == "True"
    assert len(rung) == 2
    assert await ring_from_outside(tmp_path / "another") == "False"
    assert len(rung) == 2


def test_nobody_there_is_no_answer(qapp: QApplication, tmp_path: Path) -> None:
    assert not ring(tmp_path, 200)


async def test_the_socket_of_a_killed_window_is_cleared_away(qapp: QApplication, tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", LISTENER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        child.kill()
    stale = QLocalServer()
    if os.name != "nt":
        assert not stale.listen(bell_name(tmp_path)), "the killed window left no socket: this test proves nothing"
    bell = Bell(tmp_path)
    assert bell.start()
    assert await ring_from_outside(tmp_path) == "True"
    bell.shutdown()


async def test_a_stranger_with_other_words_raises_nothing(bell: Bell, tmp_path: Path) -> None:
    rung: list[bool] = []
    bell.rung.connect(lambda: rung.append(True))
    stranger = QLocalSocket()
    stranger.connectToServer(bell_name(tmp_path))
    assert stranger.waitForConnected(2000)
    stranger.write(b"GET / HTTP/1.1\r\n")
    stranger.flush()
    for _ in range(100):
        await asyncio.sleep(0.01)
        if stranger.state() == QLocalSocket.LocalSocketState.UnconnectedState:
            break
    assert stranger.state() == QLocalSocket.LocalSocketState.UnconnectedState
    assert rung == []
    assert await ring_from_outside(tmp_path) == "True", "and the bell still works"


def test_after_the_shutdown_nobody_answers(bell: Bell, tmp_path: Path) -> None:
    bell.shutdown()
    assert not ring(tmp_path, 200)


def test_the_name_is_short_and_of_one_directory(tmp_path: Path) -> None:
    assert bell_name(tmp_path) == bell_name(tmp_path / "x" / "..")
    assert bell_name(tmp_path) != bell_name(tmp_path / "x")
    assert len(bell_name(tmp_path)) < 40
