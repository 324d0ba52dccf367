"""The import contracts of pyproject.toml hold, and each of them can fail: a forbidden import planted in a copy is found."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("desktop", "fiscal", "printing", "sync", "resources")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The sources and the contracts, to be spoiled."""
    for package in PACKAGES:
        shutil.copytree(ROOT / package, tmp_path / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def broken_contracts(folder: Path) -> list[str]:
    """The names of the contracts that are broken in a folder."""
    source = (
        "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command(['--no-cache']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, '.'); {source}"],
        cwd=folder,
        capture_output=True,
        text=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONPATH": "", "COLUMNS": "400", "PYTHONUTF8": "1"},
    )
    broken = re.findall(r"^(.+) BROKEN(?: \(.+\))?$", done.stdout, re.MULTILINE)
    assert "Contracts:" in done.stdout, done.stdout + done.stderr
    assert (done.returncode != 0) == bool(broken)
    return broken


def test_the_contracts_hold(copy: Path) -> None:
    assert broken_contracts(copy) == []


@pytest.mark.parametrize(
    ("module", "forbidden", "contract"),
    [
        ("fiscal/port.py", "printing", "fiscal, printing and sync know neither the desktop nor each other"),
        ("printing/document.py", "desktop.money", "the libraries never import the desktop"),
        ("desktop/money.py", "PySide6.QtCore", "Qt only in the shell"),
        ("fiscal/port.py", "qasync", "Qt only in the shell"),
        ("printing/layout.py", "PySide6.QtGui", "Qt only in the shell"),
        ("desktop/schema.py", "PySide6.QtCore", "Qt only in the shell"),
        ("desktop/staff/model.py", "PySide6.QtCore", "Qt only in the shell"),
        ("desktop/staff/__init__.py", "desktop.customers", "rooms form layers"),
        ("desktop/commands/rehearse/day.py", "desktop.sales.model", "the rehearsal plays through use cases"),
        ("desktop/commands/rehearse/day.py", "sqlalchemy", "the rehearsal plays through use cases"),
        ("desktop/appointments/__init__.py", "desktop.inventory", "rooms form layers"),
        ("desktop/catalogue/views/__init__.py", "desktop.sales.views", "rooms form layers"),
        ("desktop/database/lock.py", "desktop.staff", "rooms form layers"),
        ("printing/decoder.py", "printing.charset", "the decoder of printed bytes"),
        ("fiscal/slovenia/verify.py", "fiscal.slovenia.zoi", "what judges receipts"),
        ("fiscal/slovenia/standin/server.py", "fiscal.slovenia.jws", "what judges receipts"),
        ("fiscal/journal.py", "fiscal.slovenia", "the port and the journal know no country"),
    ],
)
def test_a_forbidden_import_is_found(copy: Path, module: str, forbidden: str, contract: str) -> None:
    with (copy / module).open("a", encoding="utf-8") as source:
        source.write(f"\nimport {forbidden}\n")
    broken = broken_contracts(copy)
    assert any(name.startswith(contract) for name in broken), broken


@pytest.mark.parametrize(
    "module",
    ["desktop/staff/views/planted.py", "desktop/shell/planted.py", "desktop/shell/deep/planted.py", "desktop/app.py"],
)
def test_a_view_the_shell_and_the_application_may_use_qt(copy: Path, module: str) -> None:
    (copy / module).parent.mkdir(exist_ok=True)
    (copy / module).parent.joinpath("__init__.py").touch()
    (copy / module).write_text('"""Planted."""\n\nimport PySide6.QtWidgets\nimport qasync\n')
    assert broken_contracts(copy) == []
