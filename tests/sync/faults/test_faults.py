"""Real desks and a real server behind a wire that fails: cut, half-open, reset, either side killed, the server's disk full.

Whatever happened: when it is over, every desk comes to rest by itself, and all hold the same rows with everything that was written.
``--faults`` says how many faults happen; each desk and the server is a process of its own.
"""

from __future__ import annotations

import os
import random
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.ids import new_id
from tests.sync.faults.proxy import FaultyWire, Wire
from tests.sync.server.running import make_certificate

ROOT = Path(__file__).parents[3]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
FAULTS = ("cut", "half", "reset", "kill_desk", "kill_server", "full_disk")


class Server:
    """`pult-server` in a process; `room` bounds the size of its files in bytes, as a full disk does."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.data = folder, folder / "server"
        self.certificate, self.key = make_certificate(folder)
        self.tenant = self.command("tenant", "create", "Salon")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = int(free.getsockname()[1])
        self.process: subprocess.Popen[bytes] | None = None

    def command(self, *words: str) -> str:
        done = subprocess.run(self._words(*words), env=ENVIRONMENT, capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def start(self, room: int | None = None) -> None:
        def bound() -> None:
            if room is not None:
                signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
                resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))

        words = ("serve", "--port", str(self.port), "--certificate", str(self.certificate), "--key", str(self.key))
        self.process = subprocess.Popen(
            self._words(*words), env=ENVIRONMENT, stderr=subprocess.DEVNULL, preexec_fn=bound
        )
        for _ in range(1500):
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.02)
        raise AssertionError("the server does not start")

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(30)
            self.process = None

    def largest_file(self) -> int:
        return max(path.stat().st_size for path in self.data.rglob("*") if path.is_file())

    def _words(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "sync.server", "--data", str(self.data), *words]


class Desk:
    """A desk in a process, which remembers what it was told to write."""

    def __init__(self, server: Server, wire: FaultyWire, name: str, salon: tuple[str, str]) -> None:
        self._server, self._wire, self._folder, self._salon = server, wire, server.folder / name, salon
        self._device = new_id().hex
        self.start(server.command("code", server.tenant))

    def start(self, code: str = "-") -> None:
        words = [str(self._folder), f"https://127.0.0.1:{self._wire.port}", str(self._server.certificate), code]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.sync.faults.desk_process", *words, *self._salon, self._device],
            env=ENVIRONMENT, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._hear() == "ready"

    def kill(self) -> None:
        self._process.kill()
        self._process.wait(20)
        self._close()

    def tell(self, words: str) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(f"{words}\n")
        self._process.stdin.flush()

    def ask(self, words: str) -> str:
        self.tell(words)
        return self._hear()

    def stop(self) -> None:
        if self._process.poll() is None:
            self.tell("quit")
            self._process.wait(30)
            self._close()

    def _hear(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline().strip()

    def _close(self) -> None:
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                stream.close()


class World:
    """A server, a wire and three desks of one shop."""

    def __init__(self, folder: Path) -> None:
        self.server = Server(folder)
        self.server.start()
        self.wire = FaultyWire(self.server.port)
        salon = new_id().hex, new_id().hex
        self.desks = [Desk(self.server, self.wire, f"desk{n}", salon) for n in range(3)]

    def stop(self) -> None:
        for desk in self.desks:
            desk.stop()
        self.wire.stop()
        self.server.stop()

    def happen(self, fault: str, dice: random.Random) -> None:
        """A fault while all desks write, and its end."""
        desk = dice.choice(self.desks)
        if fault == "full_disk":
            self.server.stop()
            self.server.start(self.server.largest_file() + 8_192)
        for one in self.desks:
            one.tell(f"write {dice.randint(1, 10**6)} 15")
        time.sleep(dice.uniform(0.05, 0.3))
        if fault in ("cut", "half", "reset"):
            self.wire.set(Wire(fault))
        elif fault == "kill_desk":
            desk.kill()
        elif fault == "kill_server":
            self.server.stop(signal.SIGKILL)
        time.sleep(dice.uniform(0.3, 1.0))
        if fault == "kill_desk":
            desk.start()
        elif fault == "kill_server":
            self.server.start()
        elif fault == "full_disk":
            self.server.stop()
            self.server.start()
        self.wire.set(Wire.PASS)
        for one in self.desks:
            if one is not desk or fault != "kill_desk":
                assert one._hear() == "written"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.stop()


def test_whatever_fails_all_desks_agree_by_themselves_in_the_end(world: World, pytestconfig: pytest.Config) -> None:
    dice = random.Random(7)
    for n in range(pytestconfig.getoption("--faults")):
        fault = FAULTS[n % len(FAULTS)]
        world.happen(fault, dice)
        told = settled(world)
        assert len(set(told)) == 1, f"after {fault} ({n}): {told}"
        assert not told[0].startswith("stuck"), f"after {fault} ({n}): {told}"


def settled(world: World) -> list[str]:
    """The digests of all desks, asked again while the last pokes are under way."""
    told: list[str] = []
    for _ in range(10):
        told = [desk.ask("settle") for desk in world.desks]
        if len(set(told)) == 1 or any(one.startswith("stuck") for one in told):
            break
    return told
