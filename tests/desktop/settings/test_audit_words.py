"""The audit trail speaks: every operation and event has words in both languages, a refusal says its reason."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from desktop.database.history import AuditEntry
from desktop.ids import new_id
from desktop.settings.views.audit_words import what_happened, with_what
from desktop.texts import Texts
from tests.quality.test_use_cases import ROOT, use_cases

#: Handed to something else than the door: the end of a day as a time, and a look at the safeguards.
NOT_WRITTEN = {"day_end", "tampering_found"}
SOURCES = [path for folder in ("desktop",) for path in sorted((ROOT / folder).rglob("*.py"))]


def entry(name: str, **details: Any) -> AuditEntry:
    return AuditEntry(new_id(), name, datetime(2026, 11, 21, tzinfo=UTC), "Maja", None, details or None)


def handed_over(tree: ast.Module) -> Iterator[str]:
    """Names that are given to a call as they are, but not to one that only reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if called not in ("read", "read_now"):
                yield from (argument.id for argument in node.args if isinstance(argument, ast.Name))


def written() -> set[str]:
    """The use cases that something hands to the door for writing, with their room, and the names of events."""
    text = "\n".join(path.read_text(encoding="utf-8") for path in SOURCES)
    rooms = {name: Path(path).parts[1] for name, path in use_cases().items()}
    calls = {name for path in SOURCES for name in handed_over(ast.parse(path.read_text(encoding="utf-8")))}
    events = re.findall(r'record_event\(\s*session,\s*action,\s*"([a-z_.]+)"', text)
    loops = re.findall(r'transactor\("([a-z_.]+)"\)', text)
    return {f"{rooms[name]}.{name}" for name in calls - NOT_WRITTEN if name in rooms} | set(events) | set(loops)


def test_the_search_sees_what_is_written() -> None:
    assert {"sales.check_out", "customers.add_customer", "staff.pin_wrong", "printing.spool"} <= written()


@pytest.mark.parametrize("language", ["sl", "en"])
def test_everything_that_is_written_has_words(language: str) -> None:
    texts = Texts(language)
    silent = {name for name in written() if what_happened(entry(name), texts) == name}
    assert silent == set()


def test_a_refusal_says_the_action_and_its_reason() -> None:
    told = entry("refused", operation="sales.check_out", code="register.not_open")
    texts = Texts("en")
    assert what_happened(told, texts) == "Refused"
    assert with_what(told, texts) == f"Receipt issued · {texts.say('register.refused.not_open')}"


def test_a_reason_that_wants_values_is_named_by_its_code() -> None:
    told = entry("refused", operation="sales.add_line", code="sales.too_many_lines", field="lines")
    assert with_what(told, Texts("en")) == "Line added to a bill · sales.too_many_lines · field: lines"
