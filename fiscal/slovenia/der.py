"""The two things that must be read from DER as it stands: distinguished names in Java's form, and whether a PKCS#12 file is whole.

`cryptography` shows a name's values but not the bytes they were made of, which the form of RFC 2253 needs for attribute
types without a keyword.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

_SEQUENCE: Final = 0x30
_KEYWORDS: Final = {
    "2.5.4.3": "CN",
    "2.5.4.6": "C",
    "2.5.4.7": "L",
    "2.5.4.8": "ST",
    "2.5.4.10": "O",
    "2.5.4.11": "OU",
    "2.5.4.9": "STREET",
    "0.9.2342.19200300.100.1.25": "DC",
    "0.9.2342.19200300.100.1.1": "UID",
}
_ENCODINGS: Final = {12: "utf-8", 19: "ascii", 22: "ascii", 20: "latin-1", 30: "utf-16-be", 28: "utf-32-be"}
_ESCAPED: Final = ',+"\\<>;'


def element(data: bytes, start: int = 0) -> tuple[int, int, int]:
    """Tag, start and end of the content of the element at `start`. Raises `ValueError` when it is not whole."""
    if len(data) < start + 2:
        raise ValueError("element is cut short")
    tag, length, content = data[start], data[start + 1], start + 2
    if length & 0x80:
        octets = length & 0x7F
        if not 1 <= octets <= 4 or len(data) < content + octets:
            raise ValueError("length is not usable")
        length = int.from_bytes(data[content : content + octets], "big")
        content += octets
    if len(data) < content + length:
        raise ValueError("element is cut short")
    return tag, content, content + length


def children(data: bytes, start: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Tag, start of the element, start and end of its content, for each element between `start` and `end`."""
    while start < end:
        tag, content, stop = element(data, start)
        yield tag, start, content, stop
        start = stop


def is_whole_pkcs12(data: bytes) -> bool:
    """Whether `data` begins with a complete PKCS#12 structure (RFC 7292): a sequence that starts with version 3.

    An indefinite length (BER, as some programs write) cannot be judged and counts as whole.
    """
    if data[:2] == b"\x30\x80":
        return b"\x02\x01\x03" in data[:8]
    try:
        tag, content, _ = element(data)
    except ValueError:
        return False
    return tag == _SEQUENCE and data[content : content + 3] == b"\x02\x01\x03"


def java_name(name: bytes) -> str:
    """A DER-encoded name as Java's ``X500Principal.getName()`` writes it (RFC 2253): most specific part first, ``,``
    between the parts, attribute types without a keyword as dotted number with ``#`` and the hex of the value.
    """
    _, start, end = element(name)
    parts = []
    for _, _, set_start, set_end in children(name, start, end):
        values = [_attribute(name, first, last) for _, _, first, last in children(name, set_start, set_end)]
        parts.append("+".join(values))
    return ",".join(reversed(parts))


def subject_and_issuer(certificate: bytes) -> tuple[str, str, int]:
    """Subject and issuer in Java's form and the serial number (any size, never negative) of a DER certificate."""
    _, start, _ = element(certificate)
    _, start, end = element(certificate, start)
    fields = list(children(certificate, start, end))
    if fields[0][0] == 0xA0:  # the version, which is optional
        fields = fields[1:]
    serial = int.from_bytes(certificate[fields[0][2] : fields[0][3]], "big")
    issuer, subject = fields[2], fields[4]
    return java_name(certificate[subject[1] : subject[3]]), java_name(certificate[issuer[1] : issuer[3]]), serial


def _attribute(data: bytes, start: int, end: int) -> str:
    (_, _, oid_start, oid_end), (tag, value_start, content, stop) = children(data, start, end)
    oid = _dotted(data[oid_start:oid_end])
    keyword, encoding = _KEYWORDS.get(oid), _ENCODINGS.get(tag)
    if keyword is None or encoding is None:
        return f"{keyword or oid}=#{data[value_start:stop].hex()}"
    return f"{keyword}={_escape(data[content:stop].decode(encoding))}"


def _dotted(content: bytes) -> str:
    numbers, value = [], 0
    for octet in content:
        value = value << 7 | octet & 0x7F
        if not octet & 0x80:
            numbers.append(value)
            value = 0
    first = min(numbers[0] // 40, 2)
    return ".".join(str(number) for number in (first, numbers[0] - 40 * first, *numbers[1:]))


def _escape(value: str) -> str:
    text = "".join("\\" + char if char in _ESCAPED else "\\00" if char == "\0" else char for char in value)
    lead = len(text) - len(text.lstrip(" "))
    trail = len(text) - len(text.rstrip(" ")) if lead < len(text) else 0
    middle = text[lead : len(text) - trail]
    if lead == 0 and middle.startswith("#"):
        middle = "\\" + middle
    return "\\ " * lead + middle + "\\ " * trail
