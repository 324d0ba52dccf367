"""The authority's schema as rules that are applied before a message leaves, with exact decimals.

The authority answers a message that breaks its schema with a bare S002; this names the place and the rule.
Source: FURS JSON schema for v3.2 (FiscalVerificationSchema.json) and technical specification v3.2, sections 3.1 to 3.3,
stricter where the text is: numbers without leading zeros, times without zone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from fiscal.errors import InvalidMessage

Check = Callable[[Any, str], None]

_MAX_AMOUNT: Final = Decimal(10) ** 14


def _fail(path: str, rule: str) -> None:
    raise InvalidMessage(path=path, rule=rule)


def _decimal(limit: Decimal, *, inclusive: bool) -> Check:
    def check(value: Any, path: str) -> None:
        if not isinstance(value, Decimal) or not value.is_finite():
            _fail(path, "decimal")
        elif value.as_tuple().exponent < -2:  # type: ignore[operator]  # finite, so the exponent is a number
            _fail(path, "two_decimals")
        elif abs(value) > limit or (abs(value) == limit and not inclusive):
            _fail(path, "range")

    return check


def _integer(least: int, most: int) -> Check:
    def check(value: Any, path: str) -> None:
        if type(value) is not int or not least <= value <= most:
            _fail(path, "range")

    return check


def _text(least: int, most: int, pattern: str = "") -> Check:
    compiled = re.compile(pattern) if pattern else None

    def check(value: Any, path: str) -> None:
        if not isinstance(value, str):
            _fail(path, "text")
        elif not least <= len(value) <= most:
            _fail(path, "length")
        elif compiled is not None and not compiled.fullmatch(value):
            _fail(path, "pattern")

    return check


def _one_of(*values: str) -> Check:
    def check(value: Any, path: str) -> None:
        if value not in values:
            _fail(path, "choice")

    return check


def _boolean(value: Any, path: str) -> None:
    if not isinstance(value, bool):
        _fail(path, "boolean")


def _array(item: Check, least: int = 1, most: int = 1000) -> Check:
    def check(value: Any, path: str) -> None:
        if not isinstance(value, list | tuple) or not least <= len(value) <= most:
            _fail(path, "count")
        for index, one in enumerate(value):
            item(one, f"{path}[{index}]")

    return check


@dataclass(frozen=True)
class _Object:
    """An object with these members and no others; `exactly_one` names members of which one must be there alone."""

    members: Mapping[str, Check]
    required: frozenset[str] = frozenset()
    exactly_one: frozenset[str] = frozenset()

    def __call__(self, value: Any, path: str) -> None:
        if not isinstance(value, dict):
            _fail(path, "object")
        for name in value:
            if name not in self.members:
                _fail(f"{path}.{name}", "unknown")
        for name in self.required:
            if name not in value:
                _fail(f"{path}.{name}", "missing")
        if self.exactly_one and len(self.exactly_one & set(value)) != 1:
            _fail(path, "exactly_one")
        for name, one in value.items():
            self.members[name](one, f"{path}.{name}")


def _object(required: Mapping[str, Check], optional: Mapping[str, Check] | None = None) -> _Object:
    return _Object({**required, **(optional or {})}, frozenset(required))


AMOUNT: Final = _decimal(_MAX_AMOUNT, inclusive=False)
RATE: Final = _decimal(Decimal(99999), inclusive=True)
TAX_NUMBER: Final = _integer(10_000_000, 99_999_999)
MARK: Final = _text(1, 20, "[0-9a-zA-Z]+")
SEQUENCE: Final = _text(1, 20, "[1-9][0-9]*")
_DAY: Final = _text(10, 10, r"\d{4}-\d\d-\d\d")
_MOMENT: Final = _text(19, 19, r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d")
_UUID: Final = _text(36, 36, "[a-fA-F0-9]{8}-([a-fA-F0-9]{4}-){3}[a-fA-F0-9]{12}")

HEADER: Final = _object({"MessageID": _UUID, "DateTime": _MOMENT})
IDENTIFIER: Final = _object({"BusinessPremiseID": MARK, "ElectronicDeviceID": MARK, "InvoiceNumber": SEQUENCE})
_BOOK_IDENTIFIER: Final = _object(
    {"InvoiceNumber": _text(1, 20), "SetNumber": _text(2, 2), "SerialNumber": _text(12, 12)}
)
_TAXES: Final = _object(
    {},
    {
        "SellerTaxNumber": TAX_NUMBER,
        "VAT": _array(_object({"TaxRate": RATE, "TaxableAmount": AMOUNT, "TaxAmount": AMOUNT})),
        "FlatRateCompensation": _array(
            _object({"FlatRateRate": RATE, "FlatRateTaxableAmount": AMOUNT, "FlatRateAmount": AMOUNT})
        ),
        "OtherTaxesAmount": AMOUNT,
        "ExemptVATTaxableAmount": AMOUNT,
        "ReverseVATTaxableAmount": AMOUNT,
        "NontaxableAmount": AMOUNT,
        "SpecialTaxRulesAmount": AMOUNT,
    },
)
INVOICE: Final = _object(
    {
        "TaxNumber": TAX_NUMBER,
        "IssueDateTime": _MOMENT,
        "NumberingStructure": _one_of("B", "C"),
        "InvoiceIdentifier": IDENTIFIER,
        "InvoiceAmount": AMOUNT,
        "PaymentAmount": AMOUNT,
        "TaxesPerSeller": _array(_TAXES),
        "ProtectedID": _text(32, 32, "[0-9a-f]{32}"),
    },
    {
        "CustomerVATNumber": _text(1, 20),
        "ReturnsAmount": AMOUNT,
        "OperatorTaxNumber": TAX_NUMBER,
        "ForeignOperator": _boolean,
        "SubsequentSubmit": _boolean,
        "ReferenceInvoice": _array(
            _object({"ReferenceInvoiceIdentifier": IDENTIFIER, "ReferenceInvoiceIssueDateTime": _MOMENT})
        ),
        "ReferenceSalesBook": _array(
            _object({"ReferenceSalesBookIdentifier": _BOOK_IDENTIFIER, "ReferenceSalesBookIssueDate": _DAY})
        ),
        "SpecialNotes": _text(0, 1000),
    },
)
_PROPERTY: Final = _object(
    {
        "CadastralNumber": _integer(0, 9999),
        "BuildingNumber": _integer(0, 99999),
        "BuildingSectionNumber": _integer(0, 9999),
    }
)
_ADDRESS: Final = _object(
    {
        "Street": _text(1, 100),
        "HouseNumber": _text(1, 10),
        "Community": _text(1, 100),
        "City": _text(1, 40),
        "PostalCode": _text(4, 4, r"\d{4}"),
    },
    {"HouseNumberAdditional": _text(1, 10)},
)
_PLACE: Final = _Object(
    {"RealEstateBP": _object({"PropertyID": _PROPERTY, "Address": _ADDRESS}), "PremiseType": _one_of("A", "B", "C")},
    exactly_one=frozenset({"RealEstateBP", "PremiseType"}),
)
_SUPPLIER: Final = _Object(
    {"TaxNumber": TAX_NUMBER, "NameForeign": _text(1, 1000)},
    exactly_one=frozenset({"TaxNumber", "NameForeign"}),
)
PREMISE: Final = _object(
    {
        "TaxNumber": TAX_NUMBER,
        "BusinessPremiseID": MARK,
        "BPIdentifier": _PLACE,
        "ValidityDate": _DAY,
        "SoftwareSupplier": _array(_SUPPLIER),
    },
    {"ClosingTag": _one_of("Z"), "SpecialNotes": _text(1, 1000)},
)


def check_invoice(invoice: Mapping[str, Any]) -> None:
    """Raises `InvalidMessage` when an ``Invoice`` object breaks the schema, naming the path and the rule."""
    INVOICE(invoice, "Invoice")


def check_premise(premise: Mapping[str, Any]) -> None:
    """Raises `InvalidMessage` when a ``BusinessPremise`` object breaks the schema."""
    PREMISE(premise, "BusinessPremise")


def check_header(header: Mapping[str, Any]) -> None:
    """Raises `InvalidMessage` when a ``Header`` object breaks the schema."""
    HEADER(header, "Header")
