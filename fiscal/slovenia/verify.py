"""What must hold of every row of a Slovenian journal; written from the public format, apart from what signs and encodes.

A seal: the protection code is the MD5 of the kept signature, the signature is that of the taxpayer's certificate over the
facts of the receipt, the 60 digits and the message say the same. A request: signed by the taxpayer. An answer: signed by
the authority below the anchors, at the time it came. Source: FURS technical specification v3.2, sections 8, 10 and 11.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from sqlalchemy.engine import Connection

from fiscal.records import CertificateRecord, PremiseRecord, ReplyRecord, RequestRecord, SealRecord
from fiscal.slovenia.trust import Anchors, Untrusted
from fiscal.verify import Finding, Row, findings

Result = Iterator[tuple[str, Mapping[str, str]]]

_JSON: Final = msgspec.json.Decoder(float_hook=Decimal)
_NONE: Final[Mapping[str, str]] = {}
_SERIAL: Final = re.compile(r'"serial"\s*:\s*(\d+)')


def verify_journal(
    connection: Connection,
    anchors: Anchors | None,
    signer: str,
    *,
    starts: Mapping[tuple[str, str], int] | None = None,
    own: UUID | None = None,
) -> Iterator[Finding]:
    """Everything in the journal that does not hold, the first bad row first; nothing when all is well. Reads only.

    Args:
        anchors: what answers are verified against; None leaves their chain unchecked (their signature is checked still).
        signer: the common name of the authority's signing certificate (`Mode.signer`).
        starts, own: see `fiscal.verify.findings`.
    """
    return findings(connection, SlovenianChecks(anchors, signer), starts=starts, own=own)


class SlovenianChecks:
    """The checks, with what they must remember from row to row: certificates, sealed messages and open requests."""

    def __init__(self, anchors: Anchors | None, signer: str) -> None:
        self._anchors = anchors
        self._signer = signer
        self._certificates: dict[str, x509.Certificate] = {}  # by fingerprint
        self._texts: dict[str, str] = {}  # as an answer's header carries them
        self._keys: dict[int, RSAPublicKey] = {}  # by serial
        self._trusted: dict[tuple[str, ...], RSAPublicKey] = {}
        self._sealed: dict[UUID, bytes] = {}  # digest of the message, until it is confirmed
        self._asked: set[str] = set()

    def check(self, row: Row) -> Result:
        if row.kind == "certificate":
            return self._certificate(row)
        if row.kind == "seal":
            return self._seal(row, msgspec.json.decode(row.body, type=SealRecord))
        if row.kind == "request":
            return self._request(row, msgspec.json.decode(row.body, type=RequestRecord))
        if row.kind in ("confirmation", "refusal"):
            return self._reply(row, msgspec.json.decode(row.body, type=ReplyRecord))
        if row.kind == "premise":
            return self._reply(row, msgspec.json.decode(row.body, type=PremiseRecord).reply)
        return iter(() if row.kind == "failure" else [("kind_unknown", {"kind": row.kind})])

    def _certificate(self, row: Row) -> Result:
        der = msgspec.json.decode(row.body, type=CertificateRecord).der
        if hashlib.sha256(der).hexdigest() != row.reference:
            yield "certificate_changed", _NONE
            return
        certificate = x509.load_der_x509_certificate(der)
        self._certificates[row.reference] = certificate
        self._texts[row.reference] = base64.b64encode(der).decode("ascii")
        key = certificate.public_key()
        if isinstance(key, RSAPublicKey):
            self._keys[certificate.serial_number] = key

    def _seal(self, row: Row, seal: SealRecord) -> Result:
        if row.reference != f"{seal.premise}-{seal.device}-{seal.sequence}":
            yield "number_differs", {"number": str(row.reference)}
        if not seal.subject:
            return
        certificate = self._certificates.get(seal.certificate or "")
        key = certificate.public_key() if certificate is not None else None
        if certificate is None or not isinstance(key, RSAPublicKey):
            yield "certificate_missing", {"fingerprint": str(seal.certificate)}
            return
        if not certificate.not_valid_before_utc <= row.at <= certificate.not_valid_after_utc:
            yield "certificate_not_valid_then", _NONE
        moment = datetime.fromisoformat(seal.wall_time)
        zoi, signed, signature = seal.protection or "", seal.signed or "", seal.signature or b""
        if signed != _signed_text(seal, moment):
            yield "signed_text_differs", {"text": signed}
        if hashlib.md5(signature, usedforsecurity=False).hexdigest() != zoi:
            yield "zoi_differs", {"zoi": zoi}
        elif not _holds(key, signature, signed.encode()):
            yield "zoi_signature_bad", {"zoi": zoi}
        elif seal.code != _digits(zoi, seal.seller_tax_number, moment):
            yield "code_differs", {"code": str(seal.code)}
        message = _JSON.decode(bytes(seal.message))
        if not _message_agrees(message, seal):
            yield "message_differs", _NONE
        if row.document_id is not None:
            self._sealed[row.document_id] = _digest(message)

    def _request(self, row: Row, request: RequestRecord) -> Result:
        found = _SERIAL.search(request.header)  # as text: the number is longer than the decoder reads exactly
        key = self._keys.get(int(found.group(1))) if found else None
        if key is None:
            yield "certificate_missing", {"header": request.header[:200]}
        elif not _holds(key, request.signature, _signing_input(request.header, request.payload)):
            yield "request_signature_bad", _NONE
        content = next(iter(_JSON.decode(request.payload).values()))
        if content["Header"]["MessageID"] != row.reference:
            yield "message_id_differs", {"message_id": str(row.reference)}
        if row.document_id is not None:
            invoice = content["Invoice"]
            if invoice.pop("SubsequentSubmit", False) is not request.late:
                yield "late_differs", _NONE
            if self._sealed.get(row.document_id) != _digest(invoice):
                yield "request_differs_from_seal", _NONE
        self._asked.add(str(row.reference))

    def _reply(self, row: Row, reply: ReplyRecord) -> Result:
        if reply.message_id not in self._asked:
            yield "answer_without_request", {"message_id": reply.message_id}
        self._asked.discard(reply.message_id)
        key = self._signer_key(reply, row.at)
        if isinstance(key, str):
            yield "answer_untrusted", {"reason": key}
        elif not _holds(key, reply.signature, _signing_input(self._restored(reply), reply.payload)):
            yield "answer_signature_bad", _NONE
        content = next(iter(_JSON.decode(reply.payload).values()))
        code = content["Error"]["ErrorCode"].upper() if "Error" in content else None
        if row.kind == "refusal":
            right = code == row.reference
        else:
            right = code is None and content["Header"]["MessageID"].lower() == reply.message_id.lower()
        if row.kind == "confirmation":
            right = right and content["UniqueInvoiceID"] == row.reference
            if row.document_id is not None:
                self._sealed.pop(row.document_id, None)
        if not right:
            yield "answer_differs", {"reference": str(row.reference)}

    def _signer_key(self, reply: ReplyRecord, at: datetime) -> RSAPublicKey | str:
        """The key of the signer if it is trusted at that time, else the reason."""
        chain = [self._certificates[one] for one in reply.certificates if one in self._certificates]
        if not chain or len(chain) != len(reply.certificates):
            return "certificate_missing"
        if not all(one.not_valid_before_utc <= at <= one.not_valid_after_utc for one in chain):
            return "certificate_not_valid_then"
        known = self._trusted.get(tuple(reply.certificates))
        if known is not None:
            return known
        key = chain[0].public_key()
        if self._anchors is not None:
            try:
                key = self._anchors.signer_key(chain, common_name=self._signer, at=at)
            except Untrusted as error:
                return str(error.values.get("reason"))
        if not isinstance(key, RSAPublicKey):
            return "no_rsa_key"
        self._trusted[tuple(reply.certificates)] = key
        return key

    def _restored(self, reply: ReplyRecord) -> str:
        header = reply.header
        for fingerprint in reply.certificates:
            header = header.replace(f"{{{fingerprint}}}", self._texts[fingerprint])
        return header


def _signed_text(seal: SealRecord, moment: datetime) -> str:
    amount = f"{Decimal(seal.total_cents) / 100:.2f}"
    time = moment.strftime("%d.%m.%Y %H:%M:%S")
    return "".join((seal.seller_tax_number, time, str(seal.sequence), seal.premise, seal.device, amount))


def _digits(zoi: str, tax_number: str, moment: datetime) -> str:
    digits = str(int(zoi, 16)).zfill(39) + tax_number + moment.strftime("%y%m%d%H%M%S")
    return digits + str(sum(int(digit) for digit in digits) % 10)


def _message_agrees(message: Any, seal: SealRecord) -> bool:
    """Whether the message tells the same receipt as the seal."""
    identifier = message["InvoiceIdentifier"]
    return bool(
        message["ProtectedID"] == seal.protection
        and str(message["TaxNumber"]) == seal.seller_tax_number
        and message["IssueDateTime"] == seal.wall_time
        and message["InvoiceAmount"] * 100 == seal.total_cents
        and identifier["BusinessPremiseID"] == seal.premise
        and identifier["ElectronicDeviceID"] == seal.device
        and identifier["InvoiceNumber"] == str(seal.sequence)
    )


def _digest(message: Any) -> bytes:
    return hashlib.sha256(msgspec.json.encode(message, order="sorted")).digest()


def _signing_input(header: str, payload: str) -> bytes:
    parts = (base64.urlsafe_b64encode(part.encode()).rstrip(b"=") for part in (header, payload))
    return b".".join(parts)


def _holds(key: RSAPublicKey, signature: bytes, data: bytes) -> bool:
    try:
        key.verify(signature, data, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        return False
    return True
