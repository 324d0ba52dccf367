"""The authority's answers: taken apart, their signature checked to the anchors, and only then read.

Source: FURS technical specification v3.2, sections 2, 8.1 and 9. Nothing of an answer counts before its signature holds
and its message id is that of the request. An answer to a message that could not be read may carry a message id of zeros;
that is believed of errors only.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import msgspec
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from fiscal.errors import Unreachable
from fiscal.records import ReplyRecord
from fiscal.slovenia.trust import Anchors, Untrusted

_UUID: Final = re.compile(r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}", re.ASCII)
_ZERO: Final = "00000000-0000-0000-0000-000000000000"
_MOST_CERTIFICATES: Final = 8


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer that can be believed: an error (`code` in upper case) or a confirmation (`eor` for invoices)."""

    eor: str | None
    code: str | None
    message: str | None
    record: ReplyRecord
    certificates: tuple[tuple[str, bytes], ...]


def read_reply(body: bytes, *, kind: str, message_id: str, anchors: Anchors, signer: str, at: datetime) -> Reply:
    """Reads the HTTP body of an answer.

    Args:
        kind: the member that the payload must have: ``InvoiceResponse`` or ``BusinessPremiseResponse``.
        signer: the common name that the signing certificate must carry.
        at: when it was received; the certificates must be valid then.

    Raises:
        Unreachable: it cannot be believed; the code says why (``not_json``, ``no_token``, ``bad_token``,
            ``untrusted_signer``, ``bad_signature``, ``not_understood``, ``wrong_message_id``).
    """
    header, payload, signature, signed = _take_apart(_token(body))
    members = _object(header, "bad_token")
    chain = _chain(members)
    try:
        key = anchors.signer_key([one for one, _ in chain], common_name=signer, at=at)
    except Untrusted as error:
        raise Unreachable("untrusted_signer", **error.values) from None
    try:
        key.verify(signature, signed, PKCS1v15(), hashes.SHA256())
    except InvalidSignature:
        raise Unreachable("bad_signature") from None
    eor, code, message, answered = _content(_object(payload, "not_understood"), kind)
    if answered != message_id.lower() and not (code is not None and answered == _ZERO):
        raise Unreachable("wrong_message_id", expected=message_id, found=answered)
    certificates = tuple((hashlib.sha256(der).hexdigest(), der) for _, der in chain)
    record = ReplyRecord(
        message_id=message_id,
        header=_without(header, certificates),
        payload=payload.decode(),
        signature=signature,
        certificates=[fingerprint for fingerprint, _ in certificates],
        message=message,
    )
    return Reply(eor=eor, code=code, message=message, record=record, certificates=certificates)


def _token(body: bytes) -> str:
    try:
        decoded = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise Unreachable("not_json") from None
    token = decoded.get("token") if isinstance(decoded, dict) else None
    if not isinstance(token, str):
        raise Unreachable("no_token")
    return token


def _take_apart(token: str) -> tuple[bytes, bytes, bytes, bytes]:
    parts = token.split(".")
    if len(parts) != 3 or not token.isascii():
        raise Unreachable("bad_token")
    header, payload, signature = (_from_base64url(part) for part in parts)
    return header, payload, signature, f"{parts[0]}.{parts[1]}".encode("ascii")


def _from_base64url(part: str) -> bytes:
    """Strict: the decoder of the standard library drops what it does not know; here only the one right form counts."""
    try:
        data = base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        raise Unreachable("bad_token") from None
    if base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii") != part:
        raise Unreachable("bad_token")
    return data


def _object(data: bytes, code: str) -> dict[str, Any]:
    try:
        decoded = msgspec.json.decode(data, type=dict[str, Any])
    except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError, RecursionError):
        raise Unreachable(code) from None
    return decoded


def _chain(header: dict[str, Any]) -> list[tuple[x509.Certificate, bytes]]:
    """The certificates of the header. RFC 7515: standard base64 of DER, the signer's first."""
    texts = header.get("x5c")
    if header.get("alg") != "RS256" or "crit" in header:
        raise Unreachable("bad_token")
    if not isinstance(texts, list) or not 1 <= len(texts) <= _MOST_CERTIFICATES:
        raise Unreachable("bad_token")
    chain = []
    for text in texts:
        try:
            der = base64.b64decode(text, validate=True)
            chain.append((x509.load_der_x509_certificate(der), der))
        except (TypeError, ValueError, x509.InvalidVersion):
            raise Unreachable("bad_token") from None
    return chain


def _content(payload: dict[str, Any], kind: str) -> tuple[str | None, str | None, str | None, str]:
    """EOR, error code, error message and message id of the payload."""
    answer = payload.get(kind)
    header = answer.get("Header") if isinstance(answer, dict) else None
    message_id = header.get("MessageID") if isinstance(header, dict) else None
    if not isinstance(answer, dict) or not isinstance(message_id, str):
        raise Unreachable("not_understood")
    error = answer.get("Error")
    if error is not None:
        code = error.get("ErrorCode") if isinstance(error, dict) else None
        if not isinstance(code, str) or not code:
            raise Unreachable("not_understood")
        return None, code.upper()[:20], str(error.get("ErrorMessage") or "")[:1000] or None, message_id.lower()
    eor = answer.get("UniqueInvoiceID")
    if kind == "InvoiceResponse" and not (isinstance(eor, str) and _UUID.fullmatch(eor)):
        raise Unreachable("not_understood")
    return eor if isinstance(eor, str) else None, None, None, message_id.lower()


def _without(header: bytes, certificates: tuple[tuple[str, bytes], ...]) -> str:
    text = header.decode()
    for fingerprint, der in certificates:
        text = text.replace(base64.b64encode(der).decode("ascii"), f"{{{fingerprint}}}")
    return text
