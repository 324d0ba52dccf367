"""Every refusal that the people's and catalogue's use cases raise, and every enumeration, has a sentence in both languages."""

from __future__ import annotations

import re
import tomllib
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest

from desktop.access import Role
from desktop.appointments.model import ClaimState, Origin, Status
from desktop.appointments.undo import RULES
from desktop.staff.working import AbsenceKind
from desktop.texts import Texts

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "resources" / "translations"
SOURCES = {
    "appointments": sorted((ROOT / "desktop" / "appointments").glob("*.py")),
    "entry": [ROOT / "desktop" / "entry.py"],
    "sharing": sorted((ROOT / "desktop" / "sharing").glob("*.py")),
    "staff": sorted((ROOT / "desktop" / "staff").glob("*.py")),
}
ENUMERATIONS: list[tuple[str, str, type[StrEnum]]] = [
    ("appointments", "status", Status),
    ("appointments", "origin", Origin),
    ("appointments", "claim", ClaimState),
    ("staff", "role", Role),
    ("staff", "absence", AbsenceKind),
]


def texts(language: str, room: str) -> dict[str, Any]:
    return tomllib.loads((TRANSLATIONS / language / f"{room}.toml").read_text(encoding="utf-8"))


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found = {}
    for name, value in tree.items():
        found |= flat(value, f"{prefix}{name}.") if isinstance(value, dict) else {f"{prefix}{name}": value}
    return found


def codes(room: str) -> set[str]:
    """The codes of a room that its sources name."""
    source = "".join(path.read_text(encoding="utf-8") for path in SOURCES[room])
    return set(re.findall(rf'"{room}\.([a-z_]+)"', source))


@pytest.mark.parametrize("room", SOURCES)
@pytest.mark.parametrize("language", ["sl", "en"])
def test_every_code_has_a_sentence(room: str, language: str) -> None:
    found = texts(language, room)
    known = found["refused"].keys() | found.get("closure", {}).keys() | found.get("event", {}).keys()
    assert codes(room), "no code was found: the search itself is broken"
    assert codes(room) - known == set()


@pytest.mark.parametrize("room", SOURCES)
def test_the_languages_agree(room: str) -> None:
    slovenian, english = flat(texts("sl", room)), flat(texts("en", room))
    assert slovenian.keys() == english.keys()
    for key, sentence in slovenian.items():
        assert set(re.findall(r"{(\w+)}", sentence)) == set(re.findall(r"{(\w+)}", english[key])), key


@pytest.mark.parametrize(("room", "table", "enumeration"), ENUMERATIONS)
def test_enumerations_have_words(room: str, table: str, enumeration: type[StrEnum]) -> None:
    assert texts("sl", room)[table].keys() == {member.value for member in enumeration}


@pytest.mark.parametrize("operation", RULES)
@pytest.mark.parametrize("language", ["sl", "en"])
def test_the_undo_bar_has_words_for_each_step_of_the_calendar(operation: str, language: str) -> None:
    assert Texts(language).say(f"shell.happened.{operation}")
