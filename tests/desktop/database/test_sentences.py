"""Every code that the database raises has its sentence in each language, and every sentence can be filled."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import desktop.database
import resources

SOURCES = sorted(Path(desktop.database.__file__).parent.glob("*.py"))
TRANSLATIONS = Path(resources.__file__).parent / "translations"
KINDS = {
    "Refused": "refused",
    "InvalidInput": "refused",
    "FinalFault": "fault",
    "TemporaryFault": "fault",
    "Finding": "finding",
}
#: Names of operations look like codes and are none.
NO_CODES = {"record_refusal"}


def raised() -> Iterator[tuple[str, str, set[str]]]:
    """Kind, code and names of the values of each call that makes a refusal, a fault or a finding."""
    for source in SOURCES:
        for call in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if not (isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id in KINDS):
                continue
            code = call.args[1] if call.func.id == "InvalidInput" else call.args[0]
            values = {keyword.arg for keyword in call.keywords if keyword.arg}
            if call.func.id == "Finding":
                values = set(["subject", "row", "detail"][: len(call.args) - 1]) | values
            if isinstance(code, ast.Constant):
                yield KINDS[call.func.id], str(code.value).removeprefix("database."), values


def named() -> set[str]:
    """Every code that stands anywhere in the sources, also where it is handed on."""
    text = "".join(source.read_text(encoding="utf-8") for source in SOURCES)
    return set(re.findall(r'"database\.([a-z_]+)"', text)) - NO_CODES


def sentences(language: str) -> dict[str, dict[str, str]]:
    return tomllib.loads((TRANSLATIONS / language / "database.toml").read_text(encoding="utf-8"))


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


@pytest.mark.parametrize("language", ["sl", "en"])
def test_every_code_has_a_sentence_that_its_values_fill(language: str) -> None:
    texts = sentences(language)
    calls = list(raised())
    assert len(calls) > 50, "the sources were not read"
    for kind, code, values in calls:
        assert code in texts[kind], f"{kind}.{code}"
        assert placeholders(texts[kind][code]) <= values, f"{kind}.{code} is raised with {values}"


@pytest.mark.parametrize("language", ["sl", "en"])
def test_every_named_code_is_said_and_no_sentence_is_left_over(language: str) -> None:
    texts = sentences(language)
    assert {code for kind in set(KINDS.values()) for code in texts[kind]} == named()


def test_both_languages_say_the_same_things() -> None:
    slovenian, english = sentences("sl"), sentences("en")
    assert {(kind, code) for kind in slovenian for code in slovenian[kind]} == {
        (kind, code) for kind in english for code in english[kind]
    }
    for kind, texts in slovenian.items():
        for code, sentence in texts.items():
            assert placeholders(sentence) == placeholders(english[kind][code]), f"{kind}.{code}"
