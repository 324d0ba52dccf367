"""The protection code (ZOI): MD5, in lower-case hex, of the issuer's RSA signature over the facts of the receipt.

Source: FURS technical specification v3.2, section 10. The signature is RSASSA-PKCS1-v1_5 with SHA-256, so the code is the
same at every computation; it is kept, since only with it anybody can check the code without the private key.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from fiscal.slovenia.amounts import amount_text


@dataclass(frozen=True, slots=True)
class Protection:
    """The code (32 hex digits), the text that was signed and the signature behind the code."""

    zoi: str
    signed: str
    signature: bytes


def signed_text(
    *, tax_number: str, wall_time: datetime, sequence: int, premise: str, device: str, total_cents: int
) -> str:
    """The text that is signed: number before premise and device, date with dots, amount with two decimals."""
    moment = wall_time.strftime("%d.%m.%Y %H:%M:%S")
    return f"{tax_number}{moment}{sequence}{premise}{device}{amount_text(total_cents)}"


def protect(key: RSAPrivateKey, text: str) -> Protection:
    """Signs `text` and computes the code. One RSA signature."""
    signature = key.sign(text.encode(), PKCS1v15(), hashes.SHA256())
    return Protection(zoi=hashlib.md5(signature, usedforsecurity=False).hexdigest(), signed=text, signature=signature)
