"""Every code that `fiscal` gives out has a sentence in both languages."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from fiscal import errors
from fiscal.slovenia import credentials, trust
from fiscal.slovenia.deadline import Rung

ROOT = Path(__file__).parents[2]
SOURCES = "".join(path.read_text(encoding="utf-8") for path in sorted((ROOT / "fiscal" / "slovenia").glob("*.py")))


@pytest.fixture(params=["sl", "en"])
def texts(request: pytest.FixtureRequest) -> dict[str, Any]:
    file = ROOT / "resources" / "translations" / request.param / "fiscal.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _tree(root: type[Exception]) -> set[str]:
    return {root.code} | {code for one in root.__subclasses__() for code in _tree(one)}  # type: ignore[attr-defined]  # ours


def test_what_stands_in_the_way_of_a_receipt(texts: dict[str, Any]) -> None:
    codes = set(re.findall(r'(?:Problem|_differs)\(\s*"([a-z_]+)"', SOURCES))
    assert len(codes) > 15, "the search itself is broken"
    assert codes - texts["refused"].keys() == set()


def test_what_is_wrong_with_a_certificate_or_an_address(texts: dict[str, Any]) -> None:
    codes = _tree(errors.CertificateError) | _tree(errors.WrongMode) | {"address_unusable", "no_certificate"}
    codes |= {credentials.PasswordMissing.code, trust.AnchorsUnreadable.code}
    assert codes - texts["refused"].keys() == set()


def test_why_a_receipt_waits_or_was_refused(texts: dict[str, Any]) -> None:
    codes = set(re.findall(r'Unreachable\("([a-z_]+)"', SOURCES)) | {"tls_failed", "no_connection"}
    assert len(codes) > 10, "the search itself is broken"
    codes |= {"no_certificate", "invalid_message", "S100", *(f"S00{n}" for n in range(1, 9))}
    assert codes - texts["answer"].keys() == set()


def test_how_urgent_it_is(texts: dict[str, Any]) -> None:
    assert {one.value for one in Rung} == texts["rung"].keys()
