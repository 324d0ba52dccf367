"""The locks: versions and hashes for everything, from nowhere in particular, and what is shipped is what is tested."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
LOCKS = ("requirements.lock", "package.lock")
DEVELOPMENT_ONLY = {"pytest", "mypy", "ruff", "hypothesis", "import-linter", "apsw", "litestar", "uvicorn", "psycopg"}

PINNED = re.compile(r"[a-z0-9][a-z0-9.-]*==[A-Za-z0-9.+!]+( ; [^\\]+)? \\")
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")
REMARK = re.compile(r" *#.*")


def text_of(lock: str) -> str:
    return (ROOT / "build_spec" / lock).read_text(encoding="utf-8")


def strange_lines(text: str) -> list[str]:
    """The lines of a lock that are neither a pinned requirement, nor a hash, nor a remark; none may name a place."""
    kinds = (PINNED, HASH, REMARK)
    strange = [line for line in text.splitlines() if line and not any(kind.fullmatch(line) for kind in kinds)]
    return strange + [
        line for line in text.splitlines() if re.search(r"://|[-]-(index|find|extra|trusted)|\s@\s|\s/\w", line)
    ]


def without_hash(text: str) -> list[str]:
    """The requirements that are followed by no hash."""
    lines = text.splitlines()
    return [line for line, after in zip(lines, [*lines[1:], ""], strict=True) if "==" in line and "--hash" not in after]


def pins(lock: str) -> dict[str, set[str]]:
    """Name → versions that a lock pins; a name has several where the systems differ."""
    found: dict[str, set[str]] = {}
    for line in text_of(lock).splitlines():
        if PINNED.fullmatch(line):
            requirement = Requirement(line.removesuffix(" \\"))
            found.setdefault(canonicalize_name(requirement.name), set()).add(str(requirement.specifier)[2:])
    return found


def wanted(*extras: str) -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    optional = [line for extra in extras for line in project["optional-dependencies"][extra]]
    return [Requirement(line) for line in [*project["dependencies"], *optional]]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_index_and_no_folder(lock: str) -> None:
    assert strange_lines(text_of(lock)) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index" + "-url https://example.com/simple",
        "--find" + "-links wheels",
        "pult @ file:///somewhere",
        "-e .",
        "alembic>=1.20",
        "    # from https://example.com/simple",
        "./wheels/alembic-1.20.1-py3-none-any.whl",
    ],
)
def test_a_place_in_a_lock_is_found(line: str) -> None:
    assert strange_lines(f"{text_of(LOCKS[0])}{line}\n") != []


@pytest.mark.parametrize("lock", LOCKS)
def test_every_requirement_has_a_hash(lock: str) -> None:
    assert without_hash(text_of(lock)) == []
    assert without_hash("alembic==1.20.1 \\\nanyio==4.16.0 \\\n    --hash=sha256:0\n") == ["alembic==1.20.1 \\"]


@pytest.mark.parametrize(
    ("lock", "extras"), [("requirements.lock", ("dev", "server", "package")), ("package.lock", ("package",))]
)
def test_a_lock_covers_what_the_project_asks_for(lock: str, extras: tuple[str, ...]) -> None:
    pinned = pins(lock)
    wrong = {
        str(requirement): pinned.get(canonicalize_name(requirement.name))
        for requirement in wanted(*extras)
        if not pinned.get(canonicalize_name(requirement.name))
        or not all(requirement.specifier.contains(version) for version in pinned[canonicalize_name(requirement.name)])
    }
    assert wrong == {}


def test_what_is_shipped_is_what_is_tested() -> None:
    tested, shipped = pins("requirements.lock"), pins("package.lock")
    assert {name: versions for name, versions in shipped.items() if tested.get(name) != versions} == {}
    assert shipped.keys() & DEVELOPMENT_ONLY == set()


def test_the_systems_of_the_shops_get_what_only_they_need() -> None:
    text = text_of("package.lock")
    for name, system in {"pywin32-ctypes": "win32", "secretstorage": "linux", "macholib": "darwin"}.items():
        assert re.search(rf"^{name}==.* ; sys_platform == '{system}'", text, re.MULTILINE), name
