"""The stand-in judges as strictly as the specification allows: what a client must not send is refused."""

from __future__ import annotations

import copy
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import jsonschema
import msgspec
import pytest

from fiscal.slovenia.certificate import read_pkcs12
from fiscal.slovenia.client import FursClient
from fiscal.slovenia.environment import Endpoint, Mode
from fiscal.slovenia.standin.rules import remarks, structure_errors
from fiscal.slovenia.trust import Anchors
from tests.fiscal.world import OFFICIAL

INVOICE: Final[dict[str, Any]] = {
    "InvoiceRequest": {
        "Header": {"MessageID": "4e64a93a-40fa-4c02-afb1-488534b85e4c", "DateTime": "2026-11-21T13:05:24"},
        "Invoice": {
            "TaxNumber": 10000038,
            "IssueDateTime": "2026-11-21T13:05:24",
            "NumberingStructure": "B",
            "InvoiceIdentifier": {"BusinessPremiseID": "PE1", "ElectronicDeviceID": "B1", "InvoiceNumber": "145"},
            "InvoiceAmount": Decimal("66.71"),
            "PaymentAmount": Decimal("66.71"),
            "TaxesPerSeller": [
                {
                    "VAT": [
                        {"TaxRate": Decimal("22.0"), "TaxableAmount": Decimal("54.68"), "TaxAmount": Decimal("12.03")}
                    ]
                }
            ],
            "OperatorTaxNumber": 12345678,
            "ProtectedID": "34905bcff14b381039af2e9d7eee54bb",
        },
    }
}
PREMISE: Final[dict[str, Any]] = {
    "BusinessPremiseRequest": {
        "Header": {"MessageID": "4e64a93a-40fa-4c02-afb1-488534b85e4c", "DateTime": "2026-11-21T13:05:24"},
        "BusinessPremise": {
            "TaxNumber": 10000038,
            "BusinessPremiseID": "PE1",
            "BPIdentifier": {"PremiseType": "A"},
            "ValidityDate": "2026-11-21",
            "SoftwareSupplier": [{"TaxNumber": 10000020}],
        },
    }
}


def _invoice(message: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = message["InvoiceRequest"]["Invoice"]
    return found


def _premise(message: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = message["BusinessPremiseRequest"]["BusinessPremise"]
    return found


def test_lawful_messages_pass() -> None:
    assert structure_errors(INVOICE, "InvoiceRequest") == []
    assert remarks(_invoice(INVOICE)) == []
    assert structure_errors(PREMISE, "BusinessPremiseRequest") == []


@pytest.mark.parametrize(
    ("change", "path"),
    [
        (lambda one: one.pop("TaxNumber"), "TaxNumber"),
        (lambda one: one.update(TaxNumber="10000038"), "TaxNumber"),
        (lambda one: one.update(TaxNumber=1000003), "TaxNumber"),
        (lambda one: one.update(InvoiceAmount=Decimal("1.001")), "InvoiceAmount"),
        (lambda one: one.update(InvoiceAmount="66.71"), "InvoiceAmount"),
        (lambda one: one.update(InvoiceAmount=10**14), "InvoiceAmount"),
        (lambda one: one.update(IssueDateTime="2026-11-21T13:05:24Z"), "IssueDateTime"),
        (lambda one: one.update(IssueDateTime="21.11.2026 13:05:24"), "IssueDateTime"),
        (lambda one: one.update(NumberingStructure="A"), "NumberingStructure"),
        (lambda one: one.update(ProtectedID="0" * 31), "ProtectedID"),
        (lambda one: one.update(TaxesPerSeller=[]), "TaxesPerSeller"),
        (lambda one: one.update(ForeignOperator="true"), "ForeignOperator"),
        (lambda one: one.update(CustomerVATNumber=""), "CustomerVATNumber"),
        (lambda one: one.update(Surprise=1), "Surprise"),
        (lambda one: one["InvoiceIdentifier"].update(BusinessPremiseID="PE-1"), "InvoiceIdentifier.BusinessPremiseID"),
        (lambda one: one["InvoiceIdentifier"].update(InvoiceNumber=145), "InvoiceIdentifier.InvoiceNumber"),
        (lambda one: one["TaxesPerSeller"][0]["VAT"][0].pop("TaxRate"), "TaxesPerSeller[0].VAT[0].TaxRate"),
        (
            lambda one: one.update(ReferenceInvoice=[{"ReferenceInvoiceIdentifier": one["InvoiceIdentifier"]}]),
            "ReferenceInvoice[0].ReferenceInvoiceIssueDateTime",
        ),
    ],
)
def test_invoices_that_break_the_schema(change: Callable[[dict[str, Any]], object], path: str) -> None:
    message = copy.deepcopy(INVOICE)
    change(_invoice(message))
    (error,) = structure_errors(message, "InvoiceRequest")
    assert error.startswith(f"InvoiceRequest.Invoice.{path}: ")


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (lambda one: one.update(BPIdentifier={}), "BPIdentifier"),
        (lambda one: one.update(SoftwareSupplier=[{}]), "SoftwareSupplier[0]"),
        (lambda one: one.update(ValidityDate="2026-11-21T00:00:00"), "ValidityDate"),
        (lambda one: one.update(ClosingTag="z"), "ClosingTag"),
        (lambda one: one.update(SpecialNotes=""), "SpecialNotes"),
    ],
)
def test_premises_that_break_the_schema(change: Callable[[dict[str, Any]], object], place: str) -> None:
    message = copy.deepcopy(PREMISE)
    change(_premise(message))
    (error,) = structure_errors(message, "BusinessPremiseRequest")
    assert place in error


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.update(InvoiceAmount=Decimal("66.72"), PaymentAmount=Decimal("66.72")),
        lambda one: one.update(PaymentAmount=Decimal("66.70")),
        lambda one: one.update(ProtectedID="34905BCFF14B381039AF2E9D7EEE54BB"),
        lambda one: one.pop("OperatorTaxNumber"),
        lambda one: one.update(ForeignOperator=True),
        lambda one: one["InvoiceIdentifier"].update(InvoiceNumber="0145"),
    ],
)
def test_what_is_accepted_with_a_remark(change: Callable[[dict[str, Any]], object]) -> None:
    message = copy.deepcopy(INVOICE)
    change(_invoice(message))
    assert structure_errors(message, "InvoiceRequest") == []
    assert len(remarks(_invoice(message))) == 1


@pytest.mark.skipif(not OFFICIAL.exists(), reason="the authority's schema is not here")
def test_what_the_official_schema_refuses_is_refused_here() -> None:
    """Every member in turn is taken away, emptied or made of another type; nobody may be laxer than the schema."""
    schema = msgspec.json.decode((OFFICIAL / "schema" / "FiscalVerificationSchema.v3.2-derived.json").read_bytes())
    official = jsonschema.Draft4Validator(schema)
    checked = 0
    for message in (INVOICE, PREMISE):
        (kind,) = message
        plain = msgspec.json.decode(msgspec.json.Encoder(decimal_format="number").encode(message), type=dict)
        for path in _paths(plain):
            for value in (None, "", "x" * 1001, -1, 10**15, [], {}, True, ...):
                changed = copy.deepcopy(plain)
                _put(changed, path, value)
                if any(error.validator != "multipleOf" for error in official.iter_errors(changed)):
                    checked += 1
                    exact = msgspec.json.Decoder(float_hook=Decimal).decode(msgspec.json.encode(changed))
                    assert structure_errors(exact, kind), (path, value)
    assert checked > 150


def _paths(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    members = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [found for key, one in members for found in ((*path, key), *_paths(one, (*path, key)))]


def _put(message: Any, path: tuple[Any, ...], value: Any) -> None:
    for key in path[:-1]:
        message = message[key]
    if value is ...:
        del message[path[-1]]
    else:
        message[path[-1]] = value


async def test_the_command_starts_it_for_integrators(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "fiscal.slovenia.standin", "--folder", str(tmp_path), "--password", "geslo"],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])},
    )
    try:
        assert process.stdout is not None
        url, password, tax_number = (process.stdout.readline().strip() for _ in range(3))
        assert re.fullmatch(r"https://localhost:\d+", url)
        assert password == "password geslo"
        credential = read_pkcs12((tmp_path / "client.p12").read_bytes(), "geslo")
        assert tax_number == f"tax number {credential.facts.tax_number}"
        anchors = Anchors.from_pem((tmp_path / "ca.pem").read_bytes(), Mode.PRACTICE)
        client = FursClient(Endpoint(url, Mode.PRACTICE), [credential], anchors, lambda: datetime.now(UTC))
        await client.echo()
        await client.aclose()
    finally:
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        process.stdout.close()
