"""What a submitter asks of a country's line to its authority, and what it gets back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from fiscal.records import FailureRecord, ReplyRecord, RequestRecord


class Verdict(StrEnum):
    """How a try ended."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"  # the same data again cannot help
    LATER = "later"  # the authority is there but asks to come again
    UNREACHABLE = "unreachable"  # nothing that can be trusted came back


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a try may take: seconds for the connection, and for everything."""

    connect: float
    total: float


#: While the customer waits.
COUNTER: Final = Patience(connect=2.0, total=5.0)
#: When nobody waits.
BACKGROUND: Final = Patience(connect=5.0, total=20.0)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A signed message, ready to go; a further try needs a new one.

    `certificate` is fingerprint and DER of the certificate that it is signed with.
    """

    message_id: str
    body: bytes
    record: RequestRecord
    certificate: tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class Answer:
    """What a try brought.

    Attributes:
        confirmation: the authority's id when confirmed and the message has one.
        code: the authority's error code in upper case, or a transport code in lower case, unless confirmed.
        certificates: fingerprint and DER of the certificates that the record names.
    """

    verdict: Verdict
    record: ReplyRecord | FailureRecord
    confirmation: str | None = None
    code: str | None = None
    message: str | None = None
    certificates: tuple[tuple[str, bytes], ...] = ()


class Channel(Protocol):
    """The line to one authority with one taxpayer's credential."""

    def prepare(self, payload: bytes, *, late: bool, now: datetime) -> Prepared:
        """Signs a stored document under a fresh message id. No network. Raises `NoCredential` or `CertificateError`."""
        ...

    async def send(self, prepared: Prepared, patience: Patience) -> Answer:
        """Sends once. Whatever the world does comes back as an `Answer`; nothing of it is raised."""
        ...

    async def aclose(self) -> None:
        """Closes the connections."""
        ...
