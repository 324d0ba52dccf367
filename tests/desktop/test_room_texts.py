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
from desktop.database.classes import Base
from desktop.sharing.conflict import ConflictKind, Standing
from desktop.sharing.units import units_of
from desktop.staff.working import AbsenceKind
from desktop.texts import Texts

ROOT = Path(__file__).parents[2]
TRANSLATIONS = ROOT / "resources" / "translations"
SOURCES = {
    "appointments": sorted((ROOT / "desktop" / "appointments").glob("*.py")),
    "entry": [ROOT / "desktop" / "entry.py"],
    "sharing": [ROOT / "desktop" / "sharing" / f"{name}.py" for name in ("history", "names", "set_aside")],
    "staff": sorted((ROOT / "desktop" / "staff").glob("*.py")),
}
PLURALS = {"one", "two", "few", "other"}
ENUMERATIONS: list[tuple[str, str, type[StrEnum]]] = [
    ("appointments", "status", Status),
    ("appointments", "origin", Origin),
    ("appointments", "claim", ClaimState),
    ("sharing", "kind", ConflictKind),
    ("sharing", "standing", Standing),
    ("staff", "role", Role),
    ("staff", "absence", AbsenceKind),
]


def texts(language: str, room: str) -> dict[str, Any]:
    return tomllib.loads((TRANSLATIONS / language / f"{room}.toml").read_text(encoding="utf-8"))


def flat(tree: dict[str, Any], prefix: str = "") -> dict[str, str]:
    found = {}
    for name, value in tree.items():
        if isinstance(value, dict) and value.keys() <= PLURALS:  # each language has its own forms
            value = value["other"]
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


@pytest.mark.parametrize(
    "table", ["customer", "customer_phone", "product", "service", "service_member", "visit", "blocked_time"]
)
@pytest.mark.parametrize("language", ["sl", "en"])
def test_every_field_that_the_history_tells_has_a_word(table: str, language: str) -> None:
    units = units_of(Base.metadata.tables[table]).keys()
    assert units, "no field was found: the search itself is broken"
    assert units - flat(texts(language, "sharing")["field"][table]).keys() == {"member_id"} & units


@pytest.mark.parametrize("operation", RULES)
@pytest.mark.parametrize("language", ["sl", "en"])
def test_the_undo_bar_has_words_for_each_step_of_the_calendar(operation: str, language: str) -> None:
    assert Texts(language).say(f"shell.happened.{operation}")
