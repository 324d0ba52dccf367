"""The repository holds what belongs into it, speaks of the project alone, and keeps to one idea a file."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
FOLDERS = {".ci", "build_spec", "desktop", "docs", "fiscal", "printing", "resources", "sync", "tests"}
FILES = {
    "README.md",
    "LICENSE",
    "CHANGELOG.md",
    "SECURITY.md",
    ".gitignore",
    ".gitattributes",
    "dev.py",
    "pyproject.toml",
}
LONGEST = 400

# Each word is written so that this file does not contain it.
FOREIGN = {
    "a folder of somebody's machine": r"(?<![\w.-])/(?:work|root|(?:home|Users)/(?!(?i:an?a?|you|someone)\b)\w)"
    r"|\b[A-Z]:\\+Users\\+(?!(?i:an?a?|you|someone)\b)\w",
    "a package index": r"py[p]i\.|python[h]osted|[-]-(?:extra-)?index-url\b|[-]-find-links\b",
    "a ticket": r"\b[Ii]ssue #?\d|\bticket #?\d",
    "how it was written": r"\b(?:[Cc]l[a]ude|[Aa]nthrop[i]c|Chat[G]PT|Open[A]I|AI-gene[r]ated|work[t]ree|land\.[s]h)\b",
}
MAIL = re.compile(r"[\w.+-]+@([\w-]+\.)+[a-zA-Z]{2,}")
MAIL_ALLOWED = re.compile(
    r"(?i)@(?:.+\.)?(?:pytest\.mark\.\w+|(?:example|primer|podjetje|company|\w)\.\w+|example|test|invalid|localhost)$"
)


def ignored_names() -> set[str]:
    """The names that .gitignore keeps out, with and without the marks of place."""
    return {line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").split()} | {".git"}


def files(folder: Path = ROOT) -> Iterator[Path]:
    """Every file that belongs to the project, whether or not git is here to be asked."""
    ignored = ignored_names()
    for path in sorted(folder.iterdir()):
        if path.name in ignored or any(path.match(name) for name in ignored if "*" in name):
            continue
        if path.is_dir():
            yield from files(path)
        else:
            yield path


def texts() -> Iterator[tuple[str, str]]:
    """Path and text of what we wrote: neither pictures and fonts, nor licences, nor the locks (they have tests of their own)."""
    for path in files():
        name = path.relative_to(ROOT).as_posix()
        if path.suffix == ".lock" or name.endswith(("LICENSE", "-LICENSE.txt")) or name.startswith("docs/licences/"):
            continue
        data = path.read_bytes()
        if b"\0" not in data:
            yield name, data.decode("utf-8")


def foreign_words(text: str) -> list[str]:
    """What a text says that does not belong into the project, each with its reason."""
    found = [f"{why}: {match[0]}" for why, pattern in FOREIGN.items() for match in re.finditer(pattern, text)]
    mails = [match[0] for match in MAIL.finditer(text)]
    return found + [f"somebody's address: {mail}" for mail in mails if not MAIL_ALLOWED.search(mail)]


def test_the_top_level_holds_what_the_layout_names() -> None:
    ignored = ignored_names()
    there = {path.name for path in ROOT.iterdir()} - ignored
    assert there <= FOLDERS | FILES
    assert there >= FOLDERS | FILES


def test_the_repository_speaks_of_the_project_alone() -> None:
    found = {name: words for name, text in texts() if (words := foreign_words(text))}
    assert found == {}


@pytest.mark.parametrize(
    "text",
    [
        "see /" + "home/bojan/pult",
        "C:" + r"\Users\bojan",
        "https://py" + "pi.org/simple",
        "--index" + "-url x",
        "as is" + "sue 12 wants",
        "ana@" + "gmail.com",
    ],
)
def test_foreign_words_are_found(text: str) -> None:
    assert foreign_words(text) != []


@pytest.mark.parametrize("text", ["ana@example.com", "/home/ana/x", "date of issue: 2026", "a/home/run", "home/ana"])
def test_common_words_are_no_foreign_words(text: str) -> None:
    assert foreign_words(text) == []


def test_every_document_that_is_named_exists() -> None:
    known = {path.name for path in files() if path.suffix == ".md"}
    missing = {
        f"{name}: {match[0]}"
        for name, text in texts()
        for match in re.finditer(r"\b[\w-]+\.md\b", text)
        if match[0] not in known
    }
    assert missing == set()


def test_every_python_file_says_what_it_is_for() -> None:
    silent = [
        path.relative_to(ROOT).as_posix()
        for path in files()
        if path.suffix == ".py" and not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))
    ]
    assert [name for name in silent if (ROOT / name).read_text(encoding="utf-8").strip()] == []


def test_no_python_file_is_longer_than_one_idea_takes() -> None:
    lengths = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in files() if path.suffix == ".py"}
    assert {path.relative_to(ROOT).as_posix(): length for path, length in lengths.items() if length > LONGEST} == {}


def test_no_module_has_a_name_that_says_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "manager", "misc", "common", "tools"}
    assert [path.relative_to(ROOT).as_posix() for path in files() if path.suffix == ".py" and path.stem in vague] == []


def test_nothing_is_excused_without_a_reason_in_words() -> None:
    excuse = re.compile(
        r"#\s*(?:noqa(?::\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*)?|type:\s*ignore(?:\[[\w, -]*\])?)(.*)$", re.MULTILINE
    )
    bare = [
        f"{name}: {match[0]}"
        for name, text in texts()
        if name.endswith(".py") and name != "tests/quality/test_repository.py"
        for match in excuse.finditer(text)
        if not re.search(r"[a-z]{3,}", match[1])
    ]
    assert bare == []
