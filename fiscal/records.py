"""The bodies of journal rows: plain facts as JSON, one record type per kind. Amounts are cents, instants milliseconds.

A record only ever grows by optional fields: old rows must stay readable for ten years.
"""

from __future__ import annotations

import msgspec


class CertificateRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A certificate, once per chain, in DER."""

    der: bytes


class SealRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A sealed document.

    Attributes:
        subject: it is subject to verification; if not, the fields from `protection` on are empty.
        wall_time: ``YYYY-MM-DDTHH:MM:SS`` as printed.
        protection, code: as printed (Slovenia: ZOI, 60 digits).
        signed: the very text that was signed; `signature` its signature by the certificate `certificate` (fingerprint).
        message: the document as it will be submitted, without envelope.
    """

    subject: bool
    country: str
    kind: str
    premise: str
    device: str
    sequence: int
    wall_time: str
    seller_tax_number: str
    total_cents: int
    protection: str | None = None
    code: str | None = None
    signed: str | None = None
    signature: bytes | None = None
    certificate: str | None = None
    submit_before: int | None = None
    message: msgspec.Raw = msgspec.Raw(b"null")


class RequestRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A message as it was sent: header and payload as text, and the signature over both.

    `late` when it was sent after the document was handed out without a confirmation.
    """

    path: str
    header: str
    payload: str
    signature: bytes
    late: bool = False


class ReplyRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A signed answer that was believed.

    Attributes:
        header: as text, each certificate in it replaced by ``{fingerprint}``; `certificates` lists the fingerprints.
        message: the words of an error, if it was one.
    """

    message_id: str
    header: str
    payload: str
    signature: bytes
    certificates: list[str] = []
    message: str | None = None


class FailureRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A try without an answer that counts: `detail` for the log, `body` the beginning of what came back, if anything."""

    message_id: str
    detail: str
    body: str = ""


class PremiseRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """An accepted registration of a premise (the request is the row before it); `closed` for ever.

    `content` is the digest of what was registered, and where (`fiscal.slovenia.premise.premise_digest`).
    """

    reply: ReplyRecord
    valid_from: str
    closed: bool = False
    content: str = ""
