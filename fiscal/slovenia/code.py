"""The machine-readable code of a receipt: 60 digits, as QR, PDF417 or several Code 128 symbols.

Source: FURS technical specification v3.2, section 11. Code: ZOI as a decimal of 39 digits, tax number, time of issue
``YYMMDDHHMMSS``, and the sum of those 59 digits modulo 10.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime


def receipt_code(*, zoi: str, tax_number: str, wall_time: datetime) -> str:
    """The 60 digits. `zoi` has 32 hex digits, `tax_number` 8 digits, `wall_time` is the printed time.

    Raises `ValueError` for anything that does not give 60 digits.
    """
    body = f"{int(zoi, 16):039d}{tax_number}{wall_time:%y%m%d%H%M%S}"
    if len(zoi) != 32 or len(body) != 59 or not (body.isascii() and body.isdigit()):
        raise ValueError("not the parts of a receipt code")
    return body + str(sum(map(int, body)) % 10)


def code128_parts(code: str, count: int) -> Iterator[str]:
    """The code for `count` Code 128 symbols (2 to 6): prefix ``4`` (``44`` for four symbols), index from 1, digits."""
    if count not in (2, 3, 4, 5, 6) or len(code) != 60:
        raise ValueError("2 to 6 symbols of a code of 60 digits")
    size, prefix = 60 // count, "44" if count == 4 else "4"
    for index in range(count):
        yield f"{prefix}{index + 1}{code[index * size : (index + 1) * size]}"
