"""PINs: what is accepted as one, and how it is hashed and checked.

A PIN is short because it is typed at a counter many times a day; it only works at a desk whose database somebody has already
opened, and wrong ones are counted (`desktop.staff.sign_in`). Argon2id with 19 MiB, two passes, one lane: about 60 ms, the
smallest setting that OWASP recommends and the longest that a counter should wait.
"""

from __future__ import annotations

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from desktop.errors import InvalidInput

SHORTEST, LONGEST = 4, 8
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_STRAIGHT = "01234567890"


def hash_pin(pin: str, field: str = "pin") -> str:
    """The argon2id hash of a new PIN: 4 to 8 digits, neither one digit repeated nor a straight run.

    Raises `InvalidInput` ``staff.pin_form`` or ``staff.pin_simple``.
    """
    if not (pin.isascii() and pin.isdigit() and SHORTEST <= len(pin) <= LONGEST):
        raise InvalidInput(field, "staff.pin_form", shortest=SHORTEST, longest=LONGEST)
    if len(set(pin)) == 1 or pin in _STRAIGHT or pin[::-1] in _STRAIGHT:
        raise InvalidInput(field, "staff.pin_simple")
    return _HASHER.hash(pin)


def is_pin(pin: str, pin_hash: str) -> bool:
    """Whether a typed PIN is the one that was hashed; False also for a damaged hash and for what is no PIN at all."""
    if len(pin) > LONGEST:
        return False
    try:
        return _HASHER.verify(pin_hash, pin)
    except (VerificationError, InvalidHashError, UnicodeEncodeError):
        return False
