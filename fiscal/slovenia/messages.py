"""The encoder: documents and premises as the JSON of the authority's protocol. The only place where cents become decimals.

Source: FURS technical specification v3.2, sections 3 and 9. Times are local wall times without zone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final

import msgspec

from fiscal.port import Draft, VatCategory
from fiscal.slovenia.amounts import decimal
from fiscal.slovenia.environment import ZONE
from fiscal.slovenia.premises import MovableKind, Premise, RealEstate
from fiscal.slovenia.validation import check_header, check_invoice, check_premise

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DECODER: Final = msgspec.json.Decoder(float_hook=Decimal)


class AmountField(StrEnum):
    """Where the turnover of somebody who is no VAT payer goes; the specification does not say, so it is a setting."""

    EXEMPT = "ExemptVATTaxableAmount"
    NONTAXABLE = "NontaxableAmount"


def encode_invoice(draft: Draft, *, zoi: str, not_payer: AmountField = AmountField.EXEMPT) -> bytes:
    """The ``Invoice`` object of a sale or credit note, as it is stored until it is submitted.

    Raises `InvalidMessage` when it breaks the schema.
    """
    invoice: dict[str, Any] = {
        "TaxNumber": int(draft.seller_tax_number),
        "IssueDateTime": _moment(draft.wall_time),
        "NumberingStructure": "B",
        "InvoiceIdentifier": _identifier(draft.premise, draft.device, draft.sequence),
        "InvoiceAmount": decimal(draft.total_cents),
        "PaymentAmount": decimal(draft.total_cents),
        "TaxesPerSeller": [_taxes(draft, not_payer)],
        "ProtectedID": zoi,
    }
    if draft.buyer_vat_number:
        invoice["CustomerVATNumber"] = draft.buyer_vat_number
    if draft.operator_tax_number is not None and not draft.operator_is_foreign:
        invoice["OperatorTaxNumber"] = int(draft.operator_tax_number)
    if draft.operator_is_foreign:
        invoice["ForeignOperator"] = True
    if draft.corrects:
        invoice["ReferenceInvoice"] = [
            {
                "ReferenceInvoiceIdentifier": _identifier(one.premise, one.device, one.sequence),
                "ReferenceInvoiceIssueDateTime": _moment(one.wall_time),
            }
            for one in draft.corrects
        ]
    check_invoice(invoice)
    return _ENCODER.encode(invoice)


def invoice_request(invoice: bytes, *, message_id: str, sent_at: datetime, late: bool) -> bytes:
    """The whole message around a stored ``Invoice``; `late` marks one that was handed out without confirmation."""
    content = _DECODER.decode(invoice)
    if late:
        content["SubsequentSubmit"] = True
    check_invoice(content)
    return _ENCODER.encode({"InvoiceRequest": {"Header": _header(message_id, sent_at), "Invoice": content}})


def premise_request(premise: Premise, *, message_id: str, sent_at: datetime) -> bytes:
    """The registration, change or closing of a premise. Raises `InvalidMessage`."""
    content = premise_content(premise)
    return _ENCODER.encode(
        {"BusinessPremiseRequest": {"Header": _header(message_id, sent_at), "BusinessPremise": content}}
    )


def premise_content(premise: Premise) -> dict[str, Any]:
    """What is said of a premise, without envelope. Raises `InvalidMessage`."""
    content: dict[str, Any] = {
        "TaxNumber": int(premise.tax_number),
        "BusinessPremiseID": premise.mark,
        "BPIdentifier": _place(premise.place),
        "ValidityDate": premise.valid_from.isoformat(),
    }
    if premise.closed:
        content["ClosingTag"] = "Z"
    supplier: dict[str, Any] = {}
    if premise.supplier_tax_number is not None:
        supplier["TaxNumber"] = int(premise.supplier_tax_number)
    if premise.supplier_foreign is not None:
        supplier["NameForeign"] = premise.supplier_foreign
    content["SoftwareSupplier"] = [supplier]
    if premise.note:
        content["SpecialNotes"] = premise.note
    check_premise(content)
    return content


def echo_request(text: str) -> bytes:
    """The echo message; the one that is not signed."""
    return _ENCODER.encode({"EchoRequest": text})


def _header(message_id: str, sent_at: datetime) -> Mapping[str, str]:
    header = {"MessageID": message_id, "DateTime": _moment(sent_at.astimezone(ZONE))}
    check_header(header)
    return header


def _moment(value: datetime) -> str:
    return value.strftime("%Y-%m-%dT%H:%M:%S")


def _identifier(premise: str, device: str, sequence: int) -> dict[str, str]:
    return {"BusinessPremiseID": premise, "ElectronicDeviceID": device, "InvoiceNumber": str(sequence)}


def _taxes(draft: Draft, not_payer: AmountField) -> dict[str, Any]:
    rates: dict[int, list[int]] = {}
    others: defaultdict[str, int] = defaultdict(int)
    fields = {
        VatCategory.EXEMPT: AmountField.EXEMPT.value,
        VatCategory.NOT_PAYER: not_payer.value,
        VatCategory.REVERSE: "ReverseVATTaxableAmount",
        VatCategory.OUT_OF_SCOPE: AmountField.NONTAXABLE.value,
    }
    for bucket in draft.vat:
        if bucket.category is VatCategory.TAXED:
            sums = rates.setdefault(bucket.rate, [0, 0])
            sums[0] += bucket.net_cents
            sums[1] += bucket.tax_cents
        else:
            others[fields[bucket.category]] += bucket.gross_cents
    taxes: dict[str, Any] = {}
    if rates:
        taxes["VAT"] = [
            {"TaxRate": decimal(rate), "TaxableAmount": decimal(net), "TaxAmount": decimal(tax)}
            for rate, (net, tax) in rates.items()
        ]
    taxes.update({name: decimal(cents) for name, cents in others.items()})
    return taxes


def _place(place: RealEstate | MovableKind) -> dict[str, Any]:
    if isinstance(place, MovableKind):
        return {"PremiseType": place.value}
    address = {
        "Street": place.street,
        "HouseNumber": place.house_number,
        "Community": place.community,
        "City": place.city,
        "PostalCode": place.post_code,
    }
    if place.house_number_additional:
        address["HouseNumberAdditional"] = place.house_number_additional
    return {
        "RealEstateBP": {
            "PropertyID": {
                "CadastralNumber": place.cadastral,
                "BuildingNumber": place.building,
                "BuildingSectionNumber": place.section,
            },
            "Address": address,
        }
    }
