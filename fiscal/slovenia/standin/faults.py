"""What can go wrong at the authority, to be switched on for the next requests or for all of them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """One way of not answering rightly."""

    SILENCE = "silence"  # takes the request and never answers
    RESET_BEFORE = "reset_before"  # breaks the connection, nothing was processed
    RESET_AFTER = "reset_after"  # processes, then breaks the connection: the answer is lost
    HTML = "html"  # the page for visitors from abroad, with status 200
    UNAVAILABLE = "unavailable"  # status 503
    RUBBISH = "rubbish"  # bytes that are nothing
    NO_TOKEN = "no_token"  # JSON without an answer
    ERROR = "error"  # an error code, signed as it should be
    ZERO_MESSAGE_ID = "zero_message_id"  # an error for a message that could not be read
    WRONG_MESSAGE_ID = "wrong_message_id"  # the answer to another message
    BROKEN_SIGNATURE = "broken_signature"  # the payload was changed after signing
    ROGUE_SIGNER = "rogue_signer"  # a chain of its own, with the right names
    OTHER_SIGNER = "other_signer"  # below the right authority, but another's certificate
    EXPIRED_SIGNER = "expired_signer"
    SLOW = "slow"  # answers after `seconds`
    DRIP = "drip"  # answers a byte at a time, `seconds` apart


@dataclass(slots=True)
class Planned:
    """A fault that is switched on: for the next `times` requests, or until it is taken away (None)."""

    fault: Fault
    times: int | None
    code: str
    seconds: float
