"""Writes the two locks: `requirements.lock` (all of development) and `package.lock` (what the shipped program is built from).

Run it with `uv` on the path after a change of the dependencies: ``python3 build_spec/lock.py`` (``--upgrade`` also takes newer
releases). Both name versions and hashes, for all systems at once, and neither an index nor a folder. At the end it asks for every
system and Python that we support whether the locks can be installed from wheels alone, and fails where not: then the last release that
has one belongs into `constraints.txt`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).resolve().parent
LOCKS = {"requirements.lock": ("dev", "server", "package"), "package.lock": ("package",)}
PLATFORMS = ("x86_64-pc-windows-msvc", "aarch64-apple-darwin", "x86_64-apple-darwin", "x86_64-manylinux_2_34")
PYTHONS = ("3.11", "3.12", "3.13", "3.14")


def compile_lock(name: str, extras: Sequence[str], constraints: Sequence[str], words: Sequence[str]) -> None:
    """Resolves pyproject.toml with `extras` into one lock; versions already in the lock are kept."""
    options = "--universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links --no-header"
    command = ["uv", "pip", "compile", "-q", "pyproject.toml", *options.split(), "--only-binary", ":all:"]
    command += [word for extra in extras for word in ("--extra", extra)]
    command += [word for file in constraints for word in ("--constraint", f"build_spec/{file}")]
    subprocess.run([*command, "--output-file", f"build_spec/{name}", *words], cwd=HERE.parent, check=True)


def uninstallable(name: str) -> list[str]:
    """The systems and Pythons for which a lock lacks a wheel, each with the installer's own words."""
    found = []
    for platform in PLATFORMS:
        for python in PYTHONS:
            with tempfile.TemporaryDirectory() as folder:
                options = ["--python-platform", platform, "--python-version", python, "--target", folder]
                options += ["--only-binary", ":all:", "--require-hashes", "--no-deps", "--dry-run"]
                command = ["uv", "pip", "install", "-q", *options, "-r", str(HERE / name)]
                done = subprocess.run(command, capture_output=True, text=True)
                if done.returncode != 0:
                    found.append(f"{name} on {platform}, Python {python}:\n{done.stderr}")
    return found


def main(words: Sequence[str]) -> int:
    compile_lock("requirements.lock", LOCKS["requirements.lock"], ["constraints.txt"], words)
    # The shipped versions are the tested ones.
    compile_lock("package.lock", LOCKS["package.lock"], ["constraints.txt", "requirements.lock"], ["--upgrade"])
    problems = [problem for name in LOCKS for problem in uninstallable(name)]
    sys.stderr.write("\n".join(problems))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
