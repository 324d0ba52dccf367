"""What the authority checks of a message: structure by the published schema, and what looks wrong but is accepted.

Written from the specification (FURS technical specification v3.2, section 3, and its JSON schema) as a table of paths, apart from
the client's own rules. Numbers are read as decimals. A broken structure is an error (S002); sums that do not add up are a
remark only, because the authority's own samples do not add up.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

_HEADER: Final = {"MessageID!": "uuid", "DateTime!": "moment"}
_NUMBER: Final = {"BusinessPremiseID!": "mark", "ElectronicDeviceID!": "mark", "InvoiceNumber!": "text 1 20"}
_TAXES: Final[Mapping[str, Any]] = {
    "SellerTaxNumber": "tax number",
    "VAT": [{"TaxRate!": "rate", "TaxableAmount!": "amount", "TaxAmount!": "amount"}],
    "FlatRateCompensation": [
        {"FlatRateRate!": "rate", "FlatRateTaxableAmount!": "amount", "FlatRateAmount!": "amount"}
    ],
    "OtherTaxesAmount": "amount",
    "ExemptVATTaxableAmount": "amount",
    "ReverseVATTaxableAmount": "amount",
    "NontaxableAmount": "amount",
    "SpecialTaxRulesAmount": "amount",
}
_INVOICE: Final[Mapping[str, Any]] = {
    "TaxNumber!": "tax number",
    "IssueDateTime!": "moment",
    "NumberingStructure!": "one of B C",
    "InvoiceIdentifier!": _NUMBER,
    "CustomerVATNumber": "text 1 20",
    "InvoiceAmount!": "amount",
    "ReturnsAmount": "amount",
    "PaymentAmount!": "amount",
    "TaxesPerSeller!": [_TAXES],
    "OperatorTaxNumber": "tax number",
    "ForeignOperator": "boolean",
    "ProtectedID!": "text 32 32",
    "SubsequentSubmit": "boolean",
    "ReferenceInvoice": [{"ReferenceInvoiceIdentifier!": _NUMBER, "ReferenceInvoiceIssueDateTime!": "moment"}],
    "ReferenceSalesBook": [
        {
            "ReferenceSalesBookIdentifier!": {
                "InvoiceNumber!": "text 1 20",
                "SetNumber!": "text 2 2",
                "SerialNumber!": "text 12 12",
            },
            "ReferenceSalesBookIssueDate!": "day",
        }
    ],
    "SpecialNotes": "text 0 1000",
}
_REAL_ESTATE: Final[Mapping[str, Any]] = {
    "PropertyID!": {
        "CadastralNumber!": "integer 0 9999",
        "BuildingNumber!": "integer 0 99999",
        "BuildingSectionNumber!": "integer 0 9999",
    },
    "Address!": {
        "Street!": "text 1 100",
        "HouseNumber!": "text 1 10",
        "HouseNumberAdditional": "text 1 10",
        "Community!": "text 1 100",
        "City!": "text 1 40",
        "PostalCode!": "text 4 4",
    },
}
_PREMISE: Final[Mapping[str, Any]] = {
    "TaxNumber!": "tax number",
    "BusinessPremiseID!": "mark",
    "BPIdentifier!": {"RealEstateBP": _REAL_ESTATE, "PremiseType": "one of A B C"},
    "ValidityDate!": "day",
    "ClosingTag": "one of Z",
    "SoftwareSupplier!": [{"TaxNumber": "tax number", "NameForeign": "text 1 1000"}],
    "SpecialNotes": "text 1 1000",
}
REQUESTS: Final[Mapping[str, Any]] = {
    "InvoiceRequest": {"Header!": _HEADER, "Invoice!": _INVOICE},
    "BusinessPremiseRequest": {"Header!": _HEADER, "BusinessPremise!": _PREMISE},
}

_PATTERNS: Final = {
    "uuid": r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
    "moment": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "day": r"\d{4}-\d\d-\d\d",
    "mark": r"[0-9a-zA-Z]{1,20}",
}


def structure_errors(request: Any, kind: str) -> list[str]:
    """What breaks the schema in a request of `kind` (a key of `REQUESTS`); each as path and reason. Empty: nothing."""
    if not isinstance(request, dict) or list(request) != [kind]:
        return [f"not a lone {kind}"]
    errors = list(_walk(request[kind], REQUESTS[kind], kind))
    if not errors and kind == "BusinessPremiseRequest":
        premise = request[kind]["BusinessPremise"]
        for path, choice in [("BPIdentifier", premise["BPIdentifier"]), *_each("SoftwareSupplier", premise)]:
            if len(choice) != 1:
                errors.append(f"{path}: exactly one member")
    return errors


def remarks(invoice: Mapping[str, Any]) -> list[str]:
    """What is accepted but should not be: sums that differ, a code that is not lower-case hex, a double operator."""
    found = []
    total = sum((_tax_sum(taxes) for taxes in invoice["TaxesPerSeller"]), Decimal(0))
    if total != invoice["InvoiceAmount"]:
        found.append(f"taxes add up to {total}, not {invoice['InvoiceAmount']}")
    if invoice["InvoiceAmount"] - invoice.get("ReturnsAmount", 0) != invoice["PaymentAmount"]:
        found.append("amount to pay is not the amount less returns")
    if not re.fullmatch("[0-9a-f]{32}", invoice["ProtectedID"]):
        found.append("ProtectedID is not lower-case hex")
    if ("OperatorTaxNumber" in invoice) is bool(invoice.get("ForeignOperator")):
        found.append("operator: tax number or foreign, one of them")
    if not re.fullmatch("[1-9][0-9]*", invoice["InvoiceIdentifier"]["InvoiceNumber"]):
        found.append("InvoiceNumber has leading zeros or is no number")
    return found


def _tax_sum(taxes: Mapping[str, Any]) -> Decimal:
    total = sum((vat["TaxableAmount"] + vat["TaxAmount"] for vat in taxes.get("VAT", ())), Decimal(0))
    for name, value in taxes.items():
        if name.endswith("Amount"):
            total += value
    for flat in taxes.get("FlatRateCompensation", ()):
        total += flat["FlatRateTaxableAmount"] + flat["FlatRateAmount"]
    return total


def _each(name: str, parent: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    for index, one in enumerate(parent[name]):
        yield f"{name}[{index}]", one


def _walk(value: Any, rule: Any, path: str) -> Iterator[str]:
    if isinstance(rule, str):
        if not _holds(value, rule):
            yield f"{path}: {rule}"
    elif isinstance(rule, list):
        if not isinstance(value, list) or not 1 <= len(value) <= 1000:
            yield f"{path}: array of 1 to 1000"
        else:
            for index, one in enumerate(value):
                yield from _walk(one, rule[0], f"{path}[{index}]")
    elif not isinstance(value, dict):
        yield f"{path}: object"
    else:
        known = {name.rstrip("!"): inner for name, inner in rule.items()}
        yield from (f"{path}.{name}: unknown" for name in value if name not in known)
        yield from (f"{path}.{name[:-1]}: missing" for name in rule if name.endswith("!") and name[:-1] not in value)
        for name, inner in known.items():
            if name in value:
                yield from _walk(value[name], inner, f"{path}.{name}")


def _holds(value: Any, rule: str) -> bool:
    kind, *bounds = rule.split()
    if rule in ("amount", "rate"):
        limit = Decimal(10**14) if rule == "amount" else Decimal(10**5)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return False
        amount = Decimal(value)
        return abs(amount) < limit and amount * 100 % 1 == 0
    if rule == "tax number":
        return type(value) is int and 10_000_000 <= value <= 99_999_999
    if kind == "integer":
        return type(value) is int and int(bounds[0]) <= value <= int(bounds[1])
    if rule == "boolean":
        return isinstance(value, bool)
    if not isinstance(value, str):
        return False
    if kind == "text":
        return int(bounds[0]) <= len(value) <= int(bounds[1])
    if kind == "one":
        return value in bounds[1:]
    return re.fullmatch(_PATTERNS[rule], value, re.ASCII) is not None
