"""Every public use case is called by a view, a command or a service: nothing is built that nobody can do."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROOMS = (
    "staff", "customers", "catalogue", "appointments", "inventory", "register", "sales", "settings", "sharing",
    "database",
)  # fmt: skip
#: What a use case calls, or the composition hands on by another name; not asked for by a person on its own.
PARTS = {
    "desktop/database/undo.py": {"undo_operation"},  # by Database.undo
    "desktop/database/door.py": set(),
    "desktop/database/history.py": {"record_history"},  # as the feed keeps it; people see sharing's
}


def use_cases() -> dict[str, str]:
    """Public functions whose first parameters are ``session`` and ``action`` → their file."""
    found = {}
    for room in ROOMS:
        for path in sorted((ROOT / "desktop" / room).glob("*.py")):
            for node in ast.parse(path.read_text(encoding="utf-8")).body:
                if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                    names = [argument.arg for argument in node.args.args[:2]]
                    if names == ["session", "action"]:
                        found[node.name] = path.relative_to(ROOT).as_posix()
    return found


def called_names() -> set[str]:
    """Every name that views, commands, services, the shell, the application and other use cases mention."""
    names: set[str] = set()
    for path in (ROOT / "desktop").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load):
                names.add(node.id)
    return names


def test_nothing_is_built_that_nobody_calls() -> None:
    parts = {name for own in PARTS.values() for name in own}
    called = called_names() | parts
    unused = {name: path for name, path in use_cases().items() if name not in called}
    assert unused == {}


def test_the_search_sees_use_cases() -> None:
    found = use_cases()
    assert {"check_out", "book_visit", "add_customer", "close_day"} <= found.keys()
