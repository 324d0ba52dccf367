"""The bootstrap: when it works and when it does not, what it finds missing, what it says. Nothing here reaches a network.

Where it would call another program (apt-get, sudo, uv, a Python), a small script with that name stands on the path and
writes down how it was called.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import dev

ROOT = Path(__file__).parents[2]
Script = Callable[[str, str], Path]


@pytest.fixture
def script(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Makes programs; nothing else is on the path. Each call appends name and arguments to the file `calls`."""
    programs = tmp_path / "programs"
    programs.mkdir()
    monkeypatch.setenv("PATH", str(programs))

    def make(name: str, body: str = "exit 0") -> Path:
        program = programs / name
        program.write_text(f'#!/bin/sh\necho "{name} $*" >> "{tmp_path}/calls"\n{body}\n')
        program.chmod(0o755)
        return program

    make("env", 'shift; exec "$@"')
    return make


@pytest.fixture
def calls(tmp_path: Path) -> Callable[[], list[str]]:
    """What the scripts wrote down, without the go-between `env`."""

    def read() -> list[str]:
        written = tmp_path / "calls"
        lines = written.read_text().splitlines() if written.exists() else []
        return [line for line in lines if not line.startswith("env ")]

    return read


def start(*words: str, **surroundings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, ROOT / "dev.py", *words], capture_output=True, text=True, env={**os.environ, **surroundings}
    )


# --- the command line


def test_help_names_every_command() -> None:
    done = start("--help")
    assert done.returncode == 0
    assert all(f"\n  {name} " in done.stdout for name in ("run", "test", "bench", "package"))


@pytest.mark.parametrize("words", [(), ("tset",), ("--unknown",)])
def test_a_wrong_command_is_answered_with_the_usage(words: tuple[str, ...]) -> None:
    done = start(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("usage: python3 dev.py COMMAND")


def test_an_older_python_is_told_what_is_needed() -> None:
    source = "import sys; sys.version_info = (3, 10, 1); exec(open('dev.py').read())"
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr.startswith("Pult needs Python 3.11 or newer; this is ")


def test_without_a_screen_the_application_is_not_started() -> None:
    source = "import sys; sys.platform = 'linux'; import dev; sys.exit(dev.main(['run']))"
    screenless = {**os.environ, "DISPLAY": "", "WAYLAND_DISPLAY": "", "QT_QPA_PLATFORM": ""}
    done = subprocess.run([sys.executable, "-c", source], cwd=ROOT, env=screenless, capture_output=True, text=True)
    assert done.returncode == 1
    assert "no screen" in done.stderr


@pytest.mark.parametrize("failing", ["ruff", "mypy", "importlinter", "pytest"])
def test_one_failed_check_fails_the_test_command_and_the_others_still_run(
    script: Script,
    calls: Callable[[], list[str]],
    monkeypatch: pytest.MonkeyPatch,
    failing: str,
    capfd: pytest.CaptureFixture[str],
) -> None:
    python = script("python", f'case "$*" in *{failing}*) exit 1;; esac')
    monkeypatch.setattr(dev, "ready_python", lambda: python)
    assert dev.test(["-k", "zoi"]) == 1
    assert len(calls()) == 6
    assert calls()[-1] == "python -m pytest -m not benchmark -k zoi"
    assert "dev.py: FAILED: " in capfd.readouterr().out


def test_the_test_command_passes_when_every_check_does(script: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    python = script("python", "exit 0")
    monkeypatch.setattr(dev, "ready_python", lambda: python)
    assert dev.test([]) == 0


# --- system libraries


def test_missing_libraries_are_found_by_loading_them() -> None:
    libraries = {"libc.so.6": "libc6", "libnowhere.so.9": "libnowhere9"}
    expected = {"libnowhere.so.9": "libnowhere9"} if sys.platform.startswith("linux") else {}
    assert dev.missing_libraries(libraries) == expected


def test_missing_tools_are_found_on_the_path(script: Script) -> None:
    script("objdump", "")
    expected = {"strip": "binutils"} if sys.platform.startswith("linux") else {}
    assert dev.missing_tools(dev.PACKAGING_TOOLS) == expected


def test_root_refreshes_the_lists_and_installs_each_package_once(
    script: Script, calls: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    script("apt-get", "exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    dev.install_packages(["libgl1", "libegl1", "libgl1"], "Qt")
    assert calls() == ["apt-get update -q", "apt-get install -yq --no-install-recommends libegl1 libgl1"]
    assert "dev.py: installed libegl1, libgl1" in capfd.readouterr().out


def test_who_may_become_root_installs_by_sudo(
    script: Script, calls: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    script("apt-get", "exit 0")
    script("sudo", 'shift; exec "$@"')
    script("true", "exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    dev.install_packages(["libgl1"], "Qt")
    as_root = "sudo -n env DEBIAN_FRONTEND=noninteractive apt-get"
    assert [line for line in calls() if "apt-get" in line and line.startswith("sudo")] == [
        f"{as_root} update -q",
        f"{as_root} install -yq --no-install-recommends libgl1",
    ]


@pytest.mark.parametrize("sudo", [True, False])
def test_who_may_not_is_told_the_exact_line(
    script: Script, calls: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch, sudo: bool
) -> None:
    script("apt-get", "exit 0")
    if sudo:
        script("sudo", "exit 1")
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    with pytest.raises(dev.Stop) as stopped:
        dev.install_packages(["libgl1", "libegl1"], "Qt")
    line = "  sudo sh -c 'apt-get update && apt-get install -y --no-install-recommends libegl1 libgl1'"
    assert line in str(stopped.value).splitlines()
    assert not [call for call in calls() if call.startswith("apt-get")]


@pytest.mark.parametrize("failing", ["update", "install"])
def test_a_failed_installation_says_what_was_tried(
    script: Script, monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    script("apt-get", f'case "$1" in {failing}) exit 100;; esac')
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    with pytest.raises(dev.Stop, match="apt-get update && apt-get install -y --no-install-recommends libgl1"):
        dev.install_packages(["libgl1"], "Qt")


@pytest.mark.usefixtures("script")
def test_other_systems_are_told_the_names() -> None:
    with pytest.raises(dev.Stop, match="libegl1, libgl1"):
        dev.install_packages(["libgl1", "libegl1"], "Qt")


def test_what_is_still_missing_after_the_installation_stops(
    script: Script, calls: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    script("apt-get", "exit 0")
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(dev.Stop, match=r"Still missing after the installation: libnowhere\.so\.9"):
        dev.ensure_libraries({"libnowhere.so.9": "libnowhere9"}, "Qt")
    assert calls()[-1] == "apt-get install -yq --no-install-recommends libnowhere9"
    dev.ensure_libraries({}, "Qt")


# --- environments


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with a lock that nothing can satisfy."""
    monkeypatch.setattr(dev, "ROOT", tmp_path)
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "x"\n')
    (tmp_path / "lock").write_text(f"nowhere==1 \\\n    --hash=sha256:{'0' * 64}\n")
    return tmp_path


def make_ready(place: Path) -> Path:
    """An environment that is finished, as far as its stamp tells."""
    python = dev.python_in(place / "env")
    python.parent.mkdir(parents=True)
    python.write_text("")
    (place / "env" / "pult.stamp").write_text(dev.fingerprint(place / "lock", sys.version))
    return python


@pytest.mark.usefixtures("script")
def test_a_finished_environment_is_left_alone(place: Path, calls: Callable[[], list[str]]) -> None:
    python = make_ready(place)
    assert dev.ensure_environment(place / "env", place / "lock") == python
    assert python.read_text() == ""
    assert calls() == []


@pytest.mark.parametrize("change", ["lock", "pyproject.toml", "python", "stamp", "interpreter"])
def test_an_environment_is_stale_when_what_it_was_made_from_changes(place: Path, change: str) -> None:
    python = make_ready(place)
    match change:
        case "python":
            assert not dev.is_ready(place / "env", dev.fingerprint(place / "lock", "3.99"))
            return
        case "stamp":
            (place / "env" / "pult.stamp").unlink()
        case "interpreter":
            python.unlink()
        case _:
            (place / change).write_text("changed")
    assert not dev.is_ready(place / "env", dev.fingerprint(place / "lock", sys.version))


def test_an_installation_that_fails_is_not_taken_for_finished(place: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    stamp = place / "env" / "pult.stamp"
    for _ in range(2):
        with pytest.raises(dev.Stop, match="pip could not install the lock"):
            dev.ensure_environment(place / "env", place / "lock")
        assert dev.python_in(place / "env").exists()
        assert not stamp.exists()
        stamp.write_text("of an older lock")


def test_a_uv_that_leads_nowhere_is_not_used(script: Script) -> None:
    assert dev.find_uv() is None
    script("uv", "exit 127")
    assert dev.find_uv() is None
    uv = script("uv", "exit 0")
    assert dev.find_uv() == str(uv)


# --- packaging


def test_packaging_takes_a_python_with_its_shared_library(script: Script) -> None:
    with_library, without = script("shared", "exit 0"), script("static", "exit 1")
    assert dev.python_for_packaging(str(with_library), str(without)) == str(with_library)
    assert dev.python_for_packaging(str(without), str(with_library)) == str(with_library)


def test_without_any_shared_library_packaging_stops_with_the_ways_out(script: Script) -> None:
    without = script("static", "exit 1")
    with pytest.raises(dev.Stop, match=r"libpython3\.11.*--enable-shared"):
        dev.python_for_packaging(str(without), "/nowhere/python3")


def test_the_system_python_gets_its_shared_library(
    script: Script, calls: Callable[[], list[str]], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    without = script("static", "exit 1")
    script("apt-get", f'case "$*" in *libpython3.12*) : > "{tmp_path}/installed";; esac')
    system = script("system", f'case "$1" in -VV) echo "Python 3.12.1";; *) [ -e "{tmp_path}/installed" ];; esac')
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    assert dev.python_for_packaging(str(without), str(system)) == str(system)
    assert "apt-get install -yq --no-install-recommends libpython3.12" in calls()
