#!/usr/bin/env python3
"""Sets everything up and runs it: `python3 dev.py run`, `test`, `bench`, `package`. Needs Python 3.11 and nothing else.

It makes `.venv`, fills it from the hash-pinned lock, puts the project on its path, and on Debian or Ubuntu installs the system
libraries that Qt misses (where it may not, it prints the line to type). When all is in place that costs a few milliseconds: a
stamp in `.venv` names the lock and the Python it was made from, and the system libraries are tried by loading them.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

if sys.version_info < (3, 11):  # noqa: UP036  an older Python must read this file to be told so
    sys.exit(f"Pult needs Python 3.11 or newer; this is {sys.version.split()[0]}.")

from collections.abc import Callable, Iterable, Mapping, Sequence

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
LOCK = ROOT / "build_spec" / "requirements.lock"
PACKAGE_ENVIRONMENT = ROOT / "build" / "venv"
PACKAGE_LOCK = ROOT / "build_spec" / "package.lock"

# Shared library → Debian package. Found one by one on a minimal Debian 12; newer releases answer to the same names.
QT_LIBRARIES = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libgthread-2.0.so.0": "libglib2.0-0",
    "libGL.so.1": "libgl1",
    "libEGL.so.1": "libegl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
WINDOW_LIBRARIES = {
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
PACKAGING_TOOLS = {"objdump": "binutils", "strip": "binutils"}


class Stop(Exception):
    """Ends dev.py with a sentence that says what to do."""


def say(text: str) -> None:
    print(f"dev.py: {text}", flush=True)


def call(*words: object, quiet: bool = False) -> int:
    """Runs a program from the project's folder; returns its exit code, 127 where there is no such program."""
    output = subprocess.DEVNULL if quiet else None
    surroundings = {"PYTHONUTF8": "1", **os.environ}  # the tools print more than an old code page holds
    try:
        return subprocess.call([str(word) for word in words], cwd=ROOT, env=surroundings, stdout=output, stderr=output)
    except FileNotFoundError:
        return 127


# --- system libraries -------------------------------------------------------------------------------------------------


def missing_libraries(libraries: Mapping[str, str]) -> dict[str, str]:
    """Those of `libraries` (name → package) that cannot be loaded here. Other systems than Linux bring their own."""
    if not sys.platform.startswith("linux"):
        return {}
    missing = {}
    for name, package in libraries.items():
        try:
            ctypes.CDLL(name)
        except OSError:
            missing[name] = package
    return missing


def missing_tools(tools: Mapping[str, str]) -> dict[str, str]:
    """Those of `tools` (program → package) that are not on the path. Only Linux needs them."""
    if not sys.platform.startswith("linux"):
        return {}
    return {name: package for name, package in tools.items() if shutil.which(name) is None}


def install_packages(packages: Iterable[str], what_for: str) -> None:
    """Installs Debian packages, or stops with the line that does it.

    Raises:
        Stop: this is no Debian or Ubuntu, we are neither root nor allowed to become it, or the installation failed.
    """
    names = sorted(set(packages))
    line = f"apt-get update && apt-get install -y --no-install-recommends {' '.join(names)}"
    if shutil.which("apt-get") is None:
        raise Stop(f"{what_for} needs what Debian calls {', '.join(names)}: install it with this system's own tool.")
    root: list[str] = []
    if os.geteuid() != 0:
        if call("sudo", "-n", "true", quiet=True) != 0:
            raise Stop(f"{what_for} needs system packages. Type this and start again:\n  sudo sh -c '{line}'")
        root = ["sudo", "-n"]
    say(f"{what_for} needs system packages; installing {', '.join(names)}")
    unasked = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get"]
    if call(*unasked, "update", "-q") != 0 or call(*unasked, "install", "-yq", "--no-install-recommends", *names) != 0:
        raise Stop(f"The system packages could not be installed. This was tried:\n  {line}")
    say(f"installed {', '.join(names)}")


def ensure_libraries(libraries: Mapping[str, str], what_for: str) -> None:
    """Makes every library of `libraries` loadable, or stops with a sentence."""
    if missing := missing_libraries(libraries):
        install_packages(missing.values(), what_for)
        if missing := missing_libraries(libraries):
            raise Stop(f"Still missing after the installation: {', '.join(missing)}.")


# --- environments -----------------------------------------------------------------------------------------------------


def python_in(environment: Path) -> Path:
    """The interpreter of a virtual environment."""
    return environment / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


def version_of(python: str | Path) -> str:
    """Version and build of an interpreter, or "" where it does not run."""
    try:
        return subprocess.run([python, "-VV"], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""


def fingerprint(lock: Path, python: str) -> str:
    """What an environment was made from: the lock, the Python (as `version_of` tells it), the place and this recipe."""
    parts = [lock.read_bytes(), python.encode(), str(ROOT).encode(), (ROOT / "pyproject.toml").read_bytes(), b"1"]
    return hashlib.sha256(b"".join(hashlib.sha256(part).digest() for part in parts)).hexdigest()


def is_ready(environment: Path, expected: str) -> bool:
    """Whether the environment was finished from exactly this fingerprint."""
    stamp = environment / "pult.stamp"
    return stamp.is_file() and stamp.read_text() == expected and python_in(environment).exists()


def find_uv() -> str | None:
    """The `uv` on the path, if it really runs: a version manager's stand-in may lead nowhere."""
    uv = shutil.which("uv")
    return uv if uv is not None and call(uv, "--version", quiet=True) == 0 else None


def fill_with_uv(uv: str, environment: Path, lock: Path, python: str) -> bool:
    """Makes and fills the environment by uv; False where that failed and pip shall try."""
    target = python_in(environment)
    if not target.exists() and call(python, "-m", "venv", "--without-pip", environment) != 0:
        return False
    options = ["--python", target, "--only-binary", ":all:", "--compile-bytecode"]
    if call(uv, "pip", "sync", "-q", *options, "--require-hashes", lock) != 0:
        say("uv could not install the lock; trying pip")
        return False
    own = [
        "--python",
        target,
        "--no-deps",
        "--no-build-isolation",
        "--config-settings",
        "editable_mode=compat",
        "-e",
        ROOT,
    ]
    return call(uv, "pip", "install", "-q", "--offline", *own) == 0


def fill_with_pip(environment: Path, lock: Path, python: str) -> None:
    """Makes and fills the environment by venv and pip.

    Raises:
        Stop: this Python has no pip to give, or pip failed.
    """
    target = python_in(environment)
    if call(target, "-m", "pip", "--version", quiet=True) != 0:
        shutil.rmtree(environment, ignore_errors=True)
        if call(python, "-c", "import ensurepip", quiet=True) != 0:
            release = subprocess.check_output([python, "-c", "import sys; print('%d.%d' % sys.version_info[:2])"])
            install_packages([f"python{release.decode().strip()}-venv"], "A virtual environment")
        if call(python, "-m", "venv", environment) != 0:
            raise Stop("The virtual environment could not be made; on Debian: apt install python3-venv")
    pip = [target, "-m", "pip", "--disable-pip-version-check", "install", "-q", "--no-deps"]
    if call(*pip, "--require-hashes", "--only-binary", ":all:", "-r", lock) != 0:
        raise Stop("pip could not install the lock; its words are above.")
    if call(*pip, "--no-build-isolation", "--no-index", "--config-settings", "editable_mode=compat", "-e", ROOT) != 0:
        raise Stop("The project itself could not be put on the environment's path; pip's words are above.")


def ensure_environment(environment: Path, lock: Path, python: str = sys.executable) -> Path:
    """Makes the environment from the lock unless it stands already; returns its interpreter."""
    version = sys.version if python == sys.executable else version_of(python)
    expected = fingerprint(lock, version)
    target = python_in(environment)
    if is_ready(environment, expected):
        return target
    started = time.monotonic()
    say(f"preparing {environment.relative_to(ROOT)} with Python {version.split('(')[0].strip()}")
    (environment / "pult.stamp").unlink(missing_ok=True)
    if version_of(target) != version_of(python):
        shutil.rmtree(environment, ignore_errors=True)
    uv = find_uv()
    if uv is None or not fill_with_uv(uv, environment, lock, python):
        fill_with_pip(environment, lock, python)
    (environment / "pult.stamp").write_text(expected)
    say(f"prepared in {time.monotonic() - started:.0f} s")
    return target


def ready_python(libraries: Mapping[str, str] = QT_LIBRARIES) -> Path:
    """The interpreter of a complete `.venv` on a system that has what Qt needs."""
    ensure_libraries(libraries, "Qt")
    return ensure_environment(ENVIRONMENT, LOCK)


# --- commands ---------------------------------------------------------------------------------------------------------


def run(words: Sequence[str]) -> int:
    """Opens the application on a demo salon; arguments go to `pult run`."""
    screen = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")
    if sys.platform.startswith("linux") and not any(os.environ.get(name) for name in screen):
        raise Stop("There is no screen here (neither DISPLAY nor WAYLAND_DISPLAY is set).")
    libraries = (
        QT_LIBRARIES if os.environ.get("QT_QPA_PLATFORM") == "offscreen" else {**QT_LIBRARIES, **WINDOW_LIBRARIES}
    )
    return call(ready_python(libraries), "-m", "desktop", "run", "--demo", *words)


def test(words: Sequence[str]) -> int:
    """Runs every check; arguments go to pytest."""
    python = ready_python()
    checks: dict[str, Sequence[object]] = {
        "ruff check": [python, "-m", "ruff", "check", "."],
        "ruff format": [python, "-m", "ruff", "format", "--check", "."],
        "mypy": [python, "-m", "mypy"],
        "mypy of the tooling": [python, "-m", "mypy", "dev.py", "build_spec"],
        "import contracts": [
            python,
            "-c",
            "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())",
        ],
        "pytest": [python, "-m", "pytest", "-m", "not benchmark", *words],
    }
    failed = []
    for name, words_of_check in checks.items():
        say(name)
        if call(*words_of_check) != 0:
            failed.append(name)
    if failed:
        say(f"FAILED: {', '.join(failed)}")
    return 1 if failed else 0


def bench(words: Sequence[str]) -> int:
    """Runs the benchmarks; arguments go to pytest."""
    return call(ready_python(), "-m", "pytest", "-q", "-m", "benchmark", "tests/benchmarks", *words)


def has_shared_library(python: str) -> bool:
    """Whether an interpreter of at least 3.11 has its shared library beside it, which a packaged program must carry."""
    question = (
        "import sys, sysconfig; from pathlib import Path; v = sysconfig.get_config_var\n"
        "if sys.version_info < (3, 11): sys.exit(1)\n"
        "if sys.platform == 'win32' or v('PYTHONFRAMEWORK'): sys.exit(0)\n"
        "end = 'dylib' if sys.platform == 'darwin' else 'so'\n"
        "name = v('INSTSONAME') if v('Py_ENABLE_SHARED') else 'libpython%s.%s' % (v('LDVERSION'), end)\n"
        "places = [Path(v('LIBDIR')), Path(v('LIBDIR'), v('MULTIARCH') or ''), Path(sys.base_prefix, 'lib')]\n"
        "sys.exit(not any(list(place.glob(name + '*')) for place in places))"
    )
    return call(python, "-c", question, quiet=True) == 0


def python_for_packaging(own: str = sys.executable, system: str = "/usr/bin/python3") -> str:
    """This Python if it has its shared library, else the system's, for which the library may be installed.

    Raises:
        Stop: neither can be used.
    """
    if has_shared_library(own):
        return own
    say(f"{own} has no shared library (--enable-shared), which PyInstaller needs; trying {system}")
    if not has_shared_library(system) and Path(system).exists():
        version = version_of(system).removeprefix("Python ").split(".")
        if (int(version[0]), int(version[1])) >= (3, 11):
            install_packages([f"libpython{version[0]}.{version[1]}"], "PyInstaller")
    if not has_shared_library(system):
        raise Stop(
            "PyInstaller needs a Python of 3.11 or newer with its shared library: on Debian `apt install libpython3.11`,"
            " with pyenv `PYTHON_CONFIGURE_OPTS=--enable-shared pyenv install 3.11`. Start dev.py with that one."
        )
    return system


def package(words: Sequence[str]) -> int:
    """Builds the program for this system into dist/ and lets the built program rehearse a day; arguments go to build.py."""
    if missing := missing_tools(PACKAGING_TOOLS):
        install_packages(missing.values(), "PyInstaller")
    ensure_libraries(QT_LIBRARIES, "Qt")
    python = ensure_environment(PACKAGE_ENVIRONMENT, PACKAGE_LOCK, python_for_packaging())
    return call(python, ROOT / "build_spec" / "build.py", *words)


COMMANDS: Mapping[str, Callable[[Sequence[str]], int]] = {"run": run, "test": test, "bench": bench, "package": package}


def usage() -> str:
    lines = [f"  {name:8} {function.__doc__}" for name, function in COMMANDS.items()]
    return "usage: python3 dev.py COMMAND [ARGUMENTS]\n\n" + "\n".join(lines)


def main(words: Sequence[str]) -> int:
    """Runs one command; exit codes: 0 done, 1 failed or stopped with a sentence, 2 wrong usage, 130 interrupted."""
    if words and words[0] in ("-h", "--help"):
        print(usage())
        return 0
    if not words or words[0] not in COMMANDS:
        print(usage(), file=sys.stderr)
        return 2
    try:
        return COMMANDS[words[0]](words[1:])
    except Stop as stop:
        print(f"dev.py: {stop}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
