"""The signed envelope of outgoing messages: JWS in compact form with the header members of the protocol.

Source: RFC 7515; FURS technical specification v3.2, section 8.1: ``alg`` RS256, the names of the certificate in Java's
form and its serial as a JSON integer of any size.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15

from fiscal.slovenia.certificate import Credential


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """A signed message in its parts, and whole as it goes out (`token`)."""

    header: bytes
    payload: bytes
    signature: bytes
    token: str


def sign_message(credential: Credential, payload: bytes) -> SignedMessage:
    """Signs `payload` (the JSON of a message). One RSA signature."""
    facts = credential.facts
    # The serial is longer than 64 bits, more than the JSON encoder takes as a number; its digits are put in as they are.
    header = msgspec.json.encode(
        {
            "alg": "RS256",
            "subject_name": facts.subject,
            "issuer_name": facts.issuer,
            "serial": msgspec.Raw(str(facts.serial).encode()),
        }
    )
    content = f"{_base64url(header)}.{_base64url(payload)}"
    signature = credential.key.sign(content.encode("ascii"), PKCS1v15(), hashes.SHA256())
    return SignedMessage(header, payload, signature, f"{content}.{_base64url(signature)}")


def _base64url(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")
