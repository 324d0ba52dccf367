"""Builds the shipped program by PyInstaller, tells its size, and lets it rehearse a day. `python3 dev.py package` calls it.

It runs in the environment that is made from `package.lock` alone, so that nothing of development or of a server can slip in.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
WORK = ROOT / "build"
TARGET = ROOT / "dist" / "pult"

BARE_MEGABYTES = 159
"""A program of this kind that only opens an empty PySide6 6.11.3 window, unstripped, as measured on Debian 12; `--bare` measures anew."""

BUDGET = 1.6
"""How many times the bare program ours may weigh. Being over it is said, and no failure."""

BARE_SOURCE = (
    "from PySide6.QtWidgets import QApplication, QWidget\na = QApplication([])\nw = QWidget()\nw.show()\na.exec()\n"
)


def pyinstaller(*words: object) -> None:
    """Runs PyInstaller; its words are shown only when it fails.

    Raises:
        SystemExit: it failed.
    """
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN", *map(str, words)]
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        sys.exit(f"{done.stdout}\nbuild.py: PyInstaller failed")


def size_of(folder: Path) -> tuple[float, int]:
    """Megabytes (10^6 bytes) and number of the files in a folder; links count nothing."""
    files = [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]
    return sum(path.stat().st_size for path in files) / 1e6, len(files)


def bare_megabytes() -> float:
    """Builds the program that only opens an empty window and weighs it."""
    source = WORK / "bare" / "bare.py"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(BARE_SOURCE)
    pyinstaller("--distpath", source.parent, "--workpath", source.parent / "work", "--specpath", source.parent, source)
    return size_of(source.parent / "bare")[0]


def built(name: str) -> Path:
    """A program of the built folder."""
    return TARGET / (f"{name}.exe" if os.name == "nt" else name)


def run_built(*words: str, name: str = "pult") -> str:
    """Runs a built program as a stranger's machine would: no environment of ours, no display; returns what it printed.

    Raises:
        SystemExit: it failed; its own words are in the message.
    """
    kept = ("HOME", "LANG", "TEMP", "TMP", "TMPDIR", "SYSTEMROOT", "APPDATA", "LOCALAPPDATA", "USERPROFILE")
    surroundings = {name: os.environ[name] for name in kept if name in os.environ} | {"PATH": os.defpath}
    done = subprocess.run(
        [built(name), *words],
        cwd=WORK,
        env=surroundings,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
    if done.returncode != 0:
        sys.exit(
            f"{done.stdout}\nbuild.py: `{' '.join([name, *words])}` of the built folder ended with {done.returncode}"
        )
    return done.stdout


def rehearse(visits: int) -> None:
    """Lets the built program play a working day and looks at what it left.

    Raises:
        SystemExit: the rehearsal failed, or its papers are not all there.
    """
    out = WORK / "rehearsal"
    shutil.rmtree(out, ignore_errors=True)
    run_built("rehearse", "--out", str(out), "--data-dir", str(out / "data"), "--visits", str(visits))
    summary = json.loads((out / "summary.json").read_text(encoding="utf-8"))
    numbers = [invoice["number"] for invoice in summary["invoices"]]
    papers = [out / "receipts" / f"{number}{end}" for number in numbers for end in (".txt", ".png", ".bin")]
    missing = [str(path) for path in papers if not path.is_file() or path.stat().st_size == 0]
    if len(numbers) < visits or missing:
        sys.exit(f"build.py: the rehearsal left {len(numbers)} invoices; missing papers: {missing}")
    run_built("verify", "--data-dir", str(out / "data"))
    print(f"build.py: the built program rehearsed a day of {visits} visits ({len(numbers)} invoices) and verified it")


def main(words: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="dev.py package", description=__doc__)
    parser.add_argument(
        "--bare", action="store_true", help="measure the bare PySide6 program instead of using the recorded figure"
    )
    parser.add_argument("--visits", type=int, default=5, help="length of the rehearsed day (default 5)")
    arguments = parser.parse_args(words)

    started = time.monotonic()
    shutil.rmtree(TARGET, ignore_errors=True)
    pyinstaller("--distpath", TARGET.parent, "--workpath", WORK / "pyinstaller", ROOT / "build_spec" / "pult.spec")
    checked = run_built(name="self-check").strip()
    built("self-check").unlink()
    megabytes, files = size_of(TARGET)
    bare = bare_megabytes() if arguments.bare else BARE_MEGABYTES
    print(f"build.py: built {TARGET.relative_to(ROOT)} in {time.monotonic() - started:.0f} s")
    ratio = megabytes / bare
    verdict = f"budget {BUDGET:g} x: {'within' if ratio <= BUDGET else 'OVER'}"
    print(f"build.py: {megabytes:.0f} MB in {files} files, {ratio:.2f} x a bare PySide6 one ({bare:.0f} MB); {verdict}")
    print(f"build.py: {run_built('--version').strip()} starts; {checked}")
    rehearse(arguments.visits)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
